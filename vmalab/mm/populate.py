"""Faulting pages in ahead of use: MAP_POPULATE, mlock, MADV_POPULATE_*.

Mirrors: mm/gup.c:populate_vma_page_range, __mm_populate, faultin_page_range (v6.18).
"""

from __future__ import annotations

from errno import EFAULT, ENOMEM

from vmalab.mm.fault_result import FAULT_OOM, is_fatal
from vmalab.mm.flags import VM_ACCESS_FLAGS, VM_LOCKONFAULT, VM_SHARED, VM_WRITE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import PG_DIRTY, PG_REFERENCED, ZERO_PFN
from vmalab.mm.vma import VmArea
from vmalab.records.events import PagesPopulated
from vmalab.units import addr_to_vpn, vpn_to_addr


def populate_vma_page_range(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """Fault in part of a VMA ahead of use: 0, or -EFAULT at the first page that cannot be had.

    Private writable memory is written to (so it gets its anon_vma and its own pages); anything
    else is only read, so that nothing is dirtied for nothing. PROT_NONE cannot be faulted in.
    """
    if vma.vm_flags & VM_LOCKONFAULT:
        return 0
    if not vma.vm_flags & VM_ACCESS_FLAGS:
        return -EFAULT
    write = vma.vm_flags & (VM_WRITE | VM_SHARED) == VM_WRITE
    return fault_in_range(mm, vma, start, end, write=write)


def fault_in_range(mm: MmStruct, vma: VmArea, start: int, end: int, *, write: bool) -> int:
    """Touch each page of part of a VMA: 0, or -EFAULT at the first that cannot be had.

    Raises:
        FaultLoop: the kernel would try for ever (a bug of 2006).
    """
    copied = False
    for vpn in range(addr_to_vpn(start), addr_to_vpn(end)):
        pte = mm.pgtable.get(vpn)
        if not mm.fmt.pte_present(pte) or (write and not mm.fmt.pte_write(pte)):
            addr = vpn_to_addr(vpn)
            result = mm.policy.faultin_page(mm, vma, addr, write=write, copied=copied)
            copied = copied or (write and mm.fmt.pte_present(pte))
            if is_fatal(result):
                return -ENOMEM if result == FAULT_OOM else -EFAULT
        _touch(mm, mm.pgtable.get(vpn), write=write)
    if mm.emit is not None:
        mm.emit(PagesPopulated(start, end))
    return 0


def _touch(mm: MmStruct, pte: int, *, write: bool) -> None:
    """Note on the frame itself that it is used, and perhaps written: the entry has not heard.

    Mirrors: mm/gup.c:follow_page_pte (FOLL_TOUCH).
    """
    pfn, flags = mm.fmt.pte_pfn(pte), mm.machine.memory.flags
    if pfn == ZERO_PFN:
        return
    if write and not mm.fmt.pte_dirty(pte):
        flags[pfn] |= PG_DIRTY
    flags[pfn] |= PG_REFERENCED


def mm_populate(mm: MmStruct, start: int, end: int, *, ignore_errors: bool = True) -> int:
    """Fault in every mapped page of a range: 0, or the first error unless those are ignored."""
    for vma in mm.tree.overlapping(start, end):
        low, high = max(start, vma.vm_start), min(end, vma.vm_end)
        error = populate_vma_page_range(mm, vma, low, high)
        if error < 0 and not ignore_errors:
            return error
    return 0
