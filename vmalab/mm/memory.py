"""Page faults: how a page comes to be where a VMA says it may be.

Mirrors: mm/memory.c:handle_mm_fault and its family (v2.6.18, v6.18).

    entry      VMA                access    what happens
    none       anonymous          read      the shared zero page, read-only
                                  write     a zeroed page of one's own
               private file       read      the file's page, read-only
                                  write     a copy of the file's page
               shared             any       the file's page
    present    private, read-only write     do_wp_page: reuse it or copy it
    swap       any                any       do_swap_page: back from the swap device
    file       nonlinear (2.6)    any       do_file_page: the page of the file that it names
    marker     any                any       SIGSEGV: a guard
"""

from __future__ import annotations

from vmalab.mm.fault_result import (
    FAULT_MINOR,
    FAULT_OOM,
    FAULT_SIGBUS,
    FAULT_SIGSEGV,
    VERDICTS,
)
from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_SHARED
from vmalab.mm.fremap import do_file_page
from vmalab.mm.map_page import map_anon_page, map_file_page, vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import PG_DIRTY, PG_EXCLUSIVE, ZERO_PFN
from vmalab.mm.page_cache import filemap_get_page
from vmalab.mm.rmap import anon_vma_prepare
from vmalab.mm.swap_in import do_swap_page
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.mm.wp_page import alloc_copy, do_wp_page
from vmalab.records.events import PageFaulted
from vmalab.units import PAGE_SIZE


def handle_mm_fault(mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
    """Make one page of a VMA accessible: a FAULT_ code.

    Requires: the VMA holds ``addr`` and allows the access.
    Emits: PageFaulted, AnonVmaAttached, PteSet.
    """
    pte = mm.pgtable.get(addr // PAGE_SIZE)
    if not pte:
        result, outcome = _do_no_page(mm, vma, addr, write=write)
    elif (kind := mm.fmt.kind(pte)) == "swap":
        result, outcome = do_swap_page(mm, vma, addr, pte, write=write)
    elif kind == "file":
        result, outcome = do_file_page(mm, vma, addr, pte)
    elif kind == "marker":
        result, outcome = FAULT_SIGSEGV, "a guard marker"
    elif write and not mm.fmt.pte_write(pte):
        result, outcome = do_wp_page(mm, vma, addr, pte)
    else:
        if write:  # include/asm-i386/pgtable.h:ptep_set_access_flags does nothing for a read
            mm.set_pte(addr, pte | mm.fmt.accessed | mm.fmt.dirty)
        result, outcome = FAULT_MINOR, "nothing was missing"
    mm.count_fault(result)
    if mm.emit is not None:
        mm.emit(PageFaulted(addr, "write" if write else "read", outcome, VERDICTS[result]))
    return result


def _do_no_page(mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> tuple[int, str]:
    """An empty entry. Mirrors: do_pte_missing (v6.18), do_no_page (v2.6.18)."""
    if not mm.pgtable.ensure(addr // PAGE_SIZE):
        return FAULT_OOM, "no frame is free for a page table"
    file = vma.vm_file
    if file is None:
        return _do_anonymous_page(mm, vma, addr, write=write)
    if write and not vma.vm_flags & VM_SHARED:
        return _do_cow_fault(mm, vma, file.filemap, addr)
    return _do_file_fault(mm, vma, file.filemap, addr, write=write)


def _do_anonymous_page(mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> tuple[int, str]:
    """Memory with no file: reading maps the shared zero page, writing a page of one's own."""
    if not write:
        prot = vma_page_prot(mm, vma)
        mm.set_pte(addr, mm.fmt.mk_pte(ZERO_PFN, prot))
        return FAULT_MINOR, "the shared zero page"
    anon_vma_prepare(mm, vma)
    pfn = mm.machine.memory.alloc_page(PG_EXCLUSIVE)
    if pfn < 0:
        return FAULT_OOM, "no frame is free"
    map_anon_page(mm, vma, addr, pfn)
    return FAULT_MINOR, "a zeroed page of its own"


def _do_cow_fault(mm: MmStruct, vma: VmArea, filemap: Filemap, addr: int) -> tuple[int, str]:
    """Writing to a private mapping of a file: a copy of the page, if the file reaches so far.

    Where the anon_vma comes first (6.x), even a write that ends in SIGBUS leaves the VMA with one.
    """
    if mm.policy.anon_vma_before_page:
        anon_vma_prepare(mm, vma)
    index = linear_page_index(vma, addr)
    if index >= filemap.nr_pages:
        return FAULT_SIGBUS, "beyond the end of the file"
    source, result = filemap_get_page(mm.machine, filemap, index)
    if source < 0:
        return FAULT_OOM, "no frame is free for the file's page"
    anon_vma_prepare(mm, vma)
    pfn = alloc_copy(mm.machine.memory, source)
    if pfn < 0:
        return FAULT_OOM, "no frame is free for the copy"
    map_anon_page(mm, vma, addr, pfn)
    return result, "a private copy of the file's page"


def _do_file_fault(
    mm: MmStruct, vma: VmArea, filemap: Filemap, addr: int, *, write: bool
) -> tuple[int, str]:
    """The file's own page: reading any mapping of it, or writing a shared one.

    Reading maps neighbours first, even where the page itself is beyond the end of the file.
    """
    index = linear_page_index(vma, addr)
    if not write:
        mm.policy.map_pages_around(mm, vma, addr)
    if index >= filemap.nr_pages:
        return FAULT_SIGBUS, "beyond the end of the file"
    pfn, result = filemap_get_page(mm.machine, filemap, index)
    if pfn < 0:
        return FAULT_OOM, "no frame is free for the file's page"
    vpn, pte = addr // PAGE_SIZE, mm.fmt.mk_pte(pfn, vma_page_prot(mm, vma))
    if write:
        mm.machine.memory.flags[pfn] |= PG_DIRTY
        map_file_page(mm, vpn, pfn, pte | mm.fmt.dirty | mm.fmt.rw)
    elif not mm.pgtable.get(vpn):  # else it was among the neighbours
        map_file_page(mm, vpn, pfn, pte)
    return result, "the file's page"
