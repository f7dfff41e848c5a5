"""Page faults: how a page comes to be where a VMA says it may be.

Mirrors: mm/memory.c:handle_mm_fault and its family, mm/gup.c:populate_vma_page_range,
arch/x86/mm/fault.c:access_error (v6.18); mm/memory.c (v2.6.18).

A fault asks three questions in this order: is there a VMA, does it allow the access, and can the
page be had? The answers are no signal, SIGSEGV, or SIGBUS.
"""

from __future__ import annotations

from errno import EFAULT

from vmalab.mm.flags import VM_ACCESS_FLAGS, VM_LOCKONFAULT, VM_SHARED, VM_WRITE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.present import ANON, FILE, GUARD, ZERO
from vmalab.mm.rmap import anon_vma_prepare
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.records.events import PageFaulted, PagesDropped, PagesPopulated
from vmalab.units import addr_to_vpn, vpn_to_addr

FAULT_OK = 0
FAULT_SIGSEGV = 1
FAULT_SIGBUS = 2


def handle_mm_fault(mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
    """Make one page of a VMA accessible: FAULT_OK, or the signal instead.

    Requires: the VMA holds ``addr`` and allows the access.
    Emits: PageFaulted, AnonVmaAttached.
    """
    vpn = addr_to_vpn(addr)
    kind = mm.pages.get(vpn)
    if kind == GUARD:
        return _tell_fault(mm, addr, FAULT_SIGSEGV, "a guard marker", write=write)
    if kind == ANON or (kind is not None and (not write or vma.vm_flags & VM_SHARED)):
        return FAULT_OK
    if vma.vm_file is None:
        return _do_anonymous_page(mm, vma, addr, write=write)
    if write and not vma.vm_flags & VM_SHARED:
        return _do_cow_fault(mm, vma, addr)
    return _do_read_fault(mm, vma, addr, write=write)


def _do_anonymous_page(mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
    """Memory with no file: reading maps the shared zero page, writing a page of one's own."""
    if write:
        anon_vma_prepare(mm, vma)
        mm.pages.set(addr_to_vpn(addr), ANON)
        return _tell_fault(mm, addr, FAULT_OK, "a zeroed page of its own", write=True)
    mm.pages.set(addr_to_vpn(addr), ZERO)
    return _tell_fault(mm, addr, FAULT_OK, "the shared zero page", write=False)


def _do_cow_fault(mm: MmStruct, vma: VmArea, addr: int) -> int:
    """Writing to a private mapping of a file: a copy of the page, if the file reaches so far.

    The anon_vma comes first, so even a write that ends in SIGBUS leaves the VMA with one.
    """
    anon_vma_prepare(mm, vma)
    if not _read_page_cache(vma, addr):
        return _tell_fault(mm, addr, FAULT_SIGBUS, "beyond the end of the file", write=True)
    mm.pages.set(addr_to_vpn(addr), ANON)
    return _tell_fault(mm, addr, FAULT_OK, "a private copy of the file's page", write=True)


def _do_read_fault(mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
    """The file's own page: reading any mapping of it, or writing a shared one."""
    if not _read_page_cache(vma, addr):
        return _tell_fault(mm, addr, FAULT_SIGBUS, "past the end of the file", write=write)
    mm.pages.set(addr_to_vpn(addr), FILE)
    return _tell_fault(mm, addr, FAULT_OK, "the file's page", write=write)


def _read_page_cache(vma: VmArea, addr: int) -> bool:
    """Bring the file's page into the page cache; False beyond the end of the file."""
    filemap = vma.vm_file.filemap if vma.vm_file else None
    index = linear_page_index(vma, addr)
    if filemap is None or index >= filemap.nr_pages:
        return False
    filemap.resident.add(index)
    return True


def _tell_fault(mm: MmStruct, addr: int, result: int, outcome: str, *, write: bool) -> int:
    if mm.emit is not None:
        mm.emit(PageFaulted(addr, "write" if write else "read", outcome))
    return result


def zap_page_range(mm: MmStruct, start: int, end: int) -> None:
    """Clear the entries of a range, whatever they are.

    Mirrors: mm/memory.c:unmap_vmas, zap_page_range_single. Emits: PagesDropped.
    """
    if not mm.pages:
        return
    present = mm.pages.within(addr_to_vpn(start), addr_to_vpn(end))
    for vpn in present:
        mm.pages.clear(vpn)
    if mm.emit is not None and present:
        mm.emit(PagesDropped(vpn_to_addr(present[0]), vpn_to_addr(present[-1] + 1)))


def zap_except_guards(mm: MmStruct, start: int, end: int) -> None:
    """Clear the entries of a range but leave guard markers: what MADV_DONTNEED does."""
    present = mm.pages.within(addr_to_vpn(start), addr_to_vpn(end))
    dropped = [vpn for vpn in present if mm.pages.get(vpn) != GUARD]
    for vpn in dropped:
        mm.pages.clear(vpn)
    if mm.emit is not None and dropped:
        mm.emit(PagesDropped(vpn_to_addr(dropped[0]), vpn_to_addr(dropped[-1] + 1)))


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
    """Touch each page of part of a VMA: 0, or -EFAULT at the first that cannot be had."""
    for vpn in range(addr_to_vpn(start), addr_to_vpn(end)):
        if handle_mm_fault(mm, vma, vpn_to_addr(vpn), write=write) != FAULT_OK:
            return -EFAULT
    if mm.emit is not None:
        mm.emit(PagesPopulated(start, end))
    return 0


def mm_populate(mm: MmStruct, start: int, end: int, *, ignore_errors: bool = True) -> int:
    """Fault in every mapped page of a range: 0, or the first error unless those are ignored.

    Mirrors: mm/gup.c:__mm_populate.
    """
    for vma in mm.tree.overlapping(start, end):
        low, high = max(start, vma.vm_start), min(end, vma.vm_end)
        error = populate_vma_page_range(mm, vma, low, high)
        if error < 0 and not ignore_errors:
            return error
    return 0
