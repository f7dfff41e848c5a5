"""The move at the bottom of mremap(2): copy the VMA, carry the pages, deal with the old place.

Mirrors: mm/mremap.c:move_vma, copy_vma_and_data, dontunmap_complete, unmap_source_vma (v6.18).
"""

from __future__ import annotations

from errno import ENOMEM

from vmalab.mm.flags import VM_ACCOUNT, VM_LOCKED, VM_LOCKED_MASK
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.move import copy_vma_and_pages
from vmalab.mm.munmap import do_munmap
from vmalab.mm.page_alloc import PG_MLOCKED, ZERO_PFN
from vmalab.mm.populate import mm_populate
from vmalab.mm.rmap import attach_anon_vma
from vmalab.mm.vma import VmArea, vma_pages
from vmalab.records.events import FlagsChanged
from vmalab.units import addr_to_vpn, bytes_to_pages

_RULE = "mm/mremap.c:move_vma"


def move_vma(
    mm: MmStruct,
    vma: VmArea,
    addr: int,
    old_len: int,
    new_addr: int,
    new_len: int,
    *,
    keep: bool,
) -> int:
    """Move ``old_len`` bytes of a VMA to ``new_addr``, grown to ``new_len``: the new address.

    ``keep`` is DONTUNMAP. The target is free. Moving the middle of a VMA out leaves two pieces.

    Raises (as a negative errno):
        ENOMEM  too near max_map_count, or more than the machine could ever hold; no frame for
                a page table.
    """
    if mm.map_count >= mm.policy.max_map_count - 3:
        return mm.refuse(ENOMEM, f"moving may need 3 VMAs more than {mm.map_count}", _RULE)
    charged = new_len if keep else new_len - old_len
    if vma.vm_flags & VM_ACCOUNT and not mm.may_commit(bytes_to_pages(charged)):
        return mm.refuse(ENOMEM, "the grown copy is more than RAM and swap could hold", _RULE)
    locked = vma.vm_flags & VM_LOCKED
    old_start, old_end = vma.vm_start, vma.vm_end
    error, copy = copy_vma_and_pages(mm, vma, addr, old_len, new_addr, new_len)
    if error < 0:
        return error
    if keep:
        source = mm.tree.at(addr) or vma
        _leave_empty(mm, source, copy, whole=(addr, addr + old_len) == (old_start, old_end))
    elif old_len:
        do_munmap(mm, addr, addr + old_len)
    if locked and new_len > old_len:
        mm_populate(mm, new_addr + old_len, new_addr + new_len)
    return new_addr


def _leave_empty(mm: MmStruct, vma: VmArea, copy: VmArea, *, whole: bool) -> None:
    """DONTUNMAP: the old VMA stays without its pages.

    It is never locked any more, all of it, and if all of it moved it has no private pages left
    that its anon_vma could be needed for. Pages that did not move are never unlocked: they stay in
    memory until they are freed. Nor is VmLck corrected: 6.18 goes on counting what it unlocked.
    """
    if vma.vm_flags & VM_LOCKED:
        mm.locked_vm_lost += vma_pages(vma)
        for _, pte in mm.pgtable.entries(addr_to_vpn(vma.vm_start), addr_to_vpn(vma.vm_end)):
            if mm.fmt.pte_present(pte) and (pfn := mm.fmt.pte_pfn(pte)) != ZERO_PFN:
                mm.machine.memory.flags[pfn] |= PG_MLOCKED
    lost = vma.vm_flags & VM_LOCKED_MASK
    vma.vm_flags &= ~VM_LOCKED_MASK
    if mm.emit is not None and lost:
        mm.emit(FlagsChanged(vma.vm_start, vma.vm_end, (), ("lo",)))
    if whole and copy is not vma:
        attach_anon_vma(mm, vma, None)
