"""Carrying a VMA and its pages to another address: the mechanics under mremap(2).

Mirrors: mm/vma.c:copy_vma, mm/mremap.c:move_page_tables.
"""

from __future__ import annotations

from errno import ENOMEM

from vmalab.mm.merge import vma_merge_new_range
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.munmap import do_munmap
from vmalab.mm.vma import VmArea, linear_page_index, vma_is_anonymous
from vmalab.records.events import VmaCreated, VmaMoved
from vmalab.uapi.errors import OutOfMemory
from vmalab.units import addr_to_vpn, bytes_to_pages


def copy_vma_and_pages(
    mm: MmStruct, vma: VmArea, addr: int, old_len: int, new_addr: int, new_len: int
) -> tuple[int, VmArea]:
    """A copy of part of a VMA at a free place, with its entries: (0, the copy).

    The source stays, without entries. Without a frame for a page table at the new place, what was
    put there is unmapped again: (-ENOMEM, the source).

    Emits: VmaMerged or VmaCreated, VmaMoved.
    """
    vm_flags = vma.vm_flags
    copy = copy_vma(mm, vma, addr, new_addr, new_len)
    mm.account_vm(vm_flags, bytes_to_pages(new_len))
    try:
        move_page_tables(mm, addr, new_addr, old_len)
    except OutOfMemory:
        do_munmap(mm, new_addr, new_addr + new_len)
        reason = "no frame is free for page tables at the new place"
        return mm.refuse(ENOMEM, reason, "mm/mremap.c:move_page_tables"), vma
    return 0, copy


def copy_vma(mm: MmStruct, vma: VmArea, addr: int, new_addr: int, new_len: int) -> VmArea:
    """A VMA like ``vma`` (seen from ``addr``) for ``new_len`` bytes at ``new_addr``.

    It keeps flags, file and anon_vma, and may be absorbed by a neighbour. Anonymous memory that was
    never written to has no pages that remember an offset, so its offset becomes that of its new
    place: it can merge there as if it had been mapped there.

    Emits: VmaMerged or VmaCreated.
    """
    pgoff = linear_page_index(vma, addr)
    if vma_is_anonymous(vma) and vma.anon_vma is None:
        pgoff = addr_to_vpn(new_addr)
    new = vma.copy(new_addr, new_addr + new_len, pgoff)
    merged = vma_merge_new_range(mm, new)
    if merged is not None:
        return merged
    mm.insert_vma(new)
    if mm.emit is not None:
        mm.emit(VmaCreated(new.vm_start, new.vm_end))
    return new


def move_page_tables(mm: MmStruct, addr: int, new_addr: int, len_bytes: int) -> None:
    """Carry the entries of a range to another, untouched. Emits: VmaMoved."""
    first, last = addr_to_vpn(addr), addr_to_vpn(addr + len_bytes)
    mm.pgtable.move(first, last, addr_to_vpn(new_addr))
    mm.flush_tlb_range(addr, addr + len_bytes)
    if mm.emit is not None:
        mm.emit(VmaMoved(addr, addr + len_bytes, new_addr))
