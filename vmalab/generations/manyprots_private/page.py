"""COUNTERFACTUAL: the rights of one page, in its entry, and how a fault and mprotect use them.

    VMA     | r-x                         nl mp |
    entry   |  -   | R X  | RW   | none | file 9 RW |
               |      |                    |
               |      |                    not in memory: page 9 of the file, may be written
               |      present, with rights of its own (in bits 9 to 11)
               untouched: the VMA's own rights

For a fault, each page is a VMA of its own for as long as the fault lasts; so every rule of 2.6
applies as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from errno import EOVERFLOW

from vmalab.arch.own_rights import RIGHTS_SHIFT
from vmalab.mm.flags import VM_ACCESS_FLAGS, VM_MANYPROTS, VM_NONLINEAR, VM_SHARED
from vmalab.mm.fremap import set_nonlinear
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mprotect import mprotect_fixup
from vmalab.mm.rmap import anon_vma_prepare
from vmalab.mm.vma import AnonVma, VmArea, linear_page_index, vma_pages
from vmalab.units import PAGE_SIZE, addr_to_vpn, page_align_down, vpn_to_addr

_RULE = "mm/mprotect.c:sys_mprotect"


def page_of(mm: MmStruct, vma: VmArea, addr: int) -> VmArea:
    """The page at an address as a VMA: with its own rights, from its own place in the file."""
    if not vma.vm_flags & VM_MANYPROTS:
        return vma
    start, pte = page_align_down(addr), mm.pgtable.get(addr_to_vpn(addr))
    pgoff, rights = linear_page_index(vma, start), vma.vm_flags
    if pte:
        rights = pte >> RIGHTS_SHIFT
        if mm.fmt.kind(pte) == "file":
            pgoff = mm.fmt.pte_to_pgoff(pte)
    page = vma.copy(start, start + PAGE_SIZE, pgoff)
    page.vm_flags &= ~(VM_ACCESS_FLAGS | VM_MANYPROTS | VM_NONLINEAR)
    page.vm_flags |= rights & VM_ACCESS_FLAGS
    return page


def handle_page(
    mm: MmStruct, vma: VmArea, addr: int, fault: Callable[..., int], *, write: bool
) -> int:
    """Let 2.6 handle a fault in the page alone, then write its rights into the new entry.

    A private copy remembers its place in the VMA, not the file's page it came from: so reclaim
    finds it, by the one path that private pages have.
    """
    if write and not vma.vm_flags & VM_SHARED:
        anon_vma_prepare(mm, vma)
    page, vpn = page_of(mm, vma, addr), addr_to_vpn(addr)
    before = mm.pgtable.get(vpn)
    if mm.fmt.kind(before) == "file":
        mm.pgtable.clear(vpn)
    result = fault(mm, page, addr, write=write)
    pte = mm.pgtable.get(vpn)
    if not pte:
        if before:
            mm.set_pte(addr, before)
        return result
    pfn, memory = mm.fmt.pte_pfn(pte), mm.machine.memory
    if mm.fmt.pte_present(pte) and isinstance(memory.mapping[pfn], AnonVma):
        memory.index[pfn] = linear_page_index(vma, addr)
    mm.set_pte(addr, with_rights(mm, pte, page.vm_flags))
    return result


def with_rights(mm: MmStruct, pte: int, rights: int) -> int:
    """An entry of any kind, with other rights written into it; the hardware's bits stay."""
    return pte & ~mm.fmt.rights | (rights & VM_ACCESS_FLAGS) << RIGHTS_SHIFT


def file_entry(mm: MmStruct, vma: VmArea, pgoff: int, rights: int) -> int:
    """The entry of a page that is not in memory. One of no file has no offset: it is zeroes."""
    pgoff = pgoff if vma.vm_file is not None else 0
    return with_rights(mm, mm.fmt.pgoff_to_pte(pgoff), rights)


def offsets_fit(mm: MmStruct, vma: VmArea) -> bool:
    """Can a file entry name every page that the VMA has by its order?"""
    past = vma.vm_pgoff + vma_pages(vma) if vma.vm_file is not None else 0
    return not past >> mm.fmt.file_max_bits


def set_many_protections(mm: MmStruct, vma: VmArea) -> None:
    """From now on each entry of the VMA has its page's rights: at first, the VMA's."""
    if vma.vm_flags & VM_MANYPROTS:
        return
    if vma.vm_file is not None:
        set_nonlinear(vma)
    vma.vm_flags |= VM_MANYPROTS
    for vpn, pte in mm.pgtable.entries(addr_to_vpn(vma.vm_start), addr_to_vpn(vma.vm_end)):
        mm.set_pte(vpn_to_addr(vpn), with_rights(mm, pte, vma.vm_flags))


def set_rights(mm: MmStruct, vma: VmArea, start: int, end: int, vm_flags: int) -> int:
    """mprotect of part of a VMA: write the rights into its entries, and cut nothing.

    A VMA of one kind that changes as a whole is changed as in 2.6. So is one whose offsets do not
    fit an entry. An untouched page gets a file entry, unless the VMA's own rights are meant.

    Raises (as a negative errno): what mprotect does in 2.6; EOVERFLOW if mremap has made the
    offsets too large since.
    """
    whole = start == vma.vm_start and end == vma.vm_end
    many, fits = vma.vm_flags & VM_MANYPROTS, offsets_fit(mm, vma)
    if not many and (whole or not fits or vm_flags == vma.vm_flags):
        return mprotect_fixup(mm, vma, start, end, vm_flags)
    if not fits:
        return mm.refuse(EOVERFLOW, "the window has grown past what an entry can name", _RULE)
    set_many_protections(mm, vma)
    if whole:
        vma.vm_flags = vma.vm_flags & ~VM_ACCESS_FLAGS | vm_flags & VM_ACCESS_FLAGS
    prot = mm.fmt.protection_map[vm_flags & 0xF]
    for vpn in range(addr_to_vpn(start), addr_to_vpn(end)):
        pte, addr = mm.pgtable.get(vpn), vpn_to_addr(vpn)
        if mm.fmt.pte_present(pte):
            pte = mm.fmt.pte_modify(pte, prot)
        elif not pte and (vm_flags ^ vma.vm_flags) & VM_ACCESS_FLAGS:
            pte = file_entry(mm, vma, linear_page_index(vma, addr), vm_flags)
        if pte:
            mm.set_pte(addr, with_rights(mm, pte, vm_flags))
    mm.flush_tlb_range(start, end)
    return 0
