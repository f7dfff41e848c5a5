"""Taking entries out of the page tables, rewriting them, and carrying them elsewhere.

Mirrors: mm/memory.c:zap_pte_range, unmap_mapping_range; mm/mprotect.c:change_pte_range;
mm/mremap.c:move_ptes (v6.18).
"""

from __future__ import annotations

from collections.abc import Iterable

from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_NONLINEAR, VM_SHARED, VM_WRITE
from vmalab.mm.map_page import vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import PG_DIRTY, PG_EXCLUSIVE, PG_SWAPCACHE, ZERO_PFN
from vmalab.mm.page_cache import forget_slot
from vmalab.mm.rmap import vmas_of
from vmalab.mm.vma import AnonVma, VmArea, linear_page_index, vma_pages
from vmalab.records.events import PagesDropped
from vmalab.uapi.errors import KernelBug
from vmalab.units import WORD_MASK, addr_to_vpn, vpn_to_addr


def zap_page_range(mm: MmStruct, start: int, end: int, *, keep_guards: bool = False) -> None:
    """Clear the entries of a range and let go of what they show; guard markers may stay.

    Emits: PagesDropped.
    """
    ptes = mm.pgtable.entries(addr_to_vpn(start), addr_to_vpn(end))
    if keep_guards:
        ptes = ((vpn, pte) for vpn, pte in ptes if mm.fmt.kind(pte) != "marker")
    zap_ptes(mm, start, end, ptes)


def zap_ptes(mm: MmStruct, start: int, end: int, ptes: Iterable[tuple[int, int]]) -> None:
    """The same for the entries of a range that are there: (vpn, entry), in order."""
    first = vpn = -1
    for vpn, pte in ptes:
        zap_pte(mm, vpn, pte)
        if first < 0:
            first = vpn
    if first >= 0:
        mm.flush_tlb_range(start, end)
        if mm.emit is not None:
            mm.emit(PagesDropped(vpn_to_addr(first), vpn_to_addr(vpn + 1)))


def zap_pte(mm: MmStruct, vpn: int, pte: int) -> None:
    """Clear one entry and let go of its frame or its swap slot; see :func:`must_show_a_frame`."""
    fmt = mm.fmt
    mm.pgtable.set(vpn, 0)
    if fmt.pte_present(pte):
        if fmt.mistakes_files:
            must_show_a_frame(mm, pte)
        pfn = fmt.pte_pfn(pte)
        if pfn != ZERO_PFN:
            if pte & fmt.dirty:
                mm.machine.memory.flags[pfn] |= PG_DIRTY
            put_mapped_page(mm, pfn)
    elif fmt.kind(pte) == "swap":
        slot = fmt.pte_to_swp_entry(pte)[1]
        mm.machine.swap.free(slot)
        mm.nr_swap -= 1
        if slot in mm.machine.swap.cache:
            forget_slot(mm.machine, mm.machine.swap.cache[slot])


def must_show_a_frame(mm: MmStruct, pte: int) -> None:
    """A present entry is about to be handled as such: does it show a frame?

    On x86_64 in April 2006 a file entry may look present, and its offset like a frame's number.
    Unmapping that frame stops the kernel. Giving it to a child or another protection only leads
    there, by way of a frame that belongs to somebody else; here that is the end already.

    Raises:
        KernelBug: it does not.
    """
    if mm.fmt.is_no_page(pte):
        raise KernelBug("a page that is unmapped was mapped (mm/rmap.c:522)", mm.dump())


def zap_nonlinear(
    mm: MmStruct, vma: VmArea, start: int, end: int, first: int = 0, last: int = WORD_MASK
) -> None:
    """Take pages ``first`` to ``last`` of the file out of part of a nonlinear VMA.

    Every entry must be looked at: any page may be anywhere. What was remapped stays remapped, as a
    file entry; so do the file entries that are there. Emits: PagesDropped.

    Mirrors: mm/memory.c:unmap_mapping_range_list, zap_pte_range with ``details`` (v2.6.18).
    """
    dropped = []
    for vpn, pte in mm.pgtable.entries(addr_to_vpn(start), addr_to_vpn(end)):
        addr = vpn_to_addr(vpn)
        index = linear_page_index(vma, addr)
        if mm.fmt.pte_present(pte):
            index = mm.machine.memory.index[mm.fmt.pte_pfn(pte)]
        if first <= index <= last and mm.fmt.kind(pte) != "file":
            left = mm.policy.pte_left_behind(mm, vma, addr, pte)
            zap_pte(mm, vpn, pte)
            if left:
                mm.set_pte(addr, left)
            dropped.append(vpn)
    mm.flush_tlb_range(start, end)
    if dropped and mm.emit is not None:
        mm.emit(PagesDropped(vpn_to_addr(dropped[0]), vpn_to_addr(dropped[-1] + 1)))


def put_mapped_page(mm: MmStruct, pfn: int) -> None:
    """One entry fewer shows the frame. Mirrors: page_remove_rmap, put_page."""
    memory = mm.machine.memory
    memory.mapcount[pfn] -= 1
    memory.put_page(pfn)
    if isinstance(memory.mapping[pfn], Filemap):
        mm.rss_file -= 1
        return
    mm.rss_anon -= 1
    if memory.flags[pfn] & PG_SWAPCACHE and not memory.mapcount[pfn]:
        forget_slot(mm.machine, pfn)


def change_protection(
    mm: MmStruct, vma: VmArea, start: int, end: int, ptes: Iterable[tuple[int, int]]
) -> None:
    """Rewrite the present ones of the entries of part of a VMA to its new protection.

    Frame, ACCESSED and DIRTY stay. A private page becomes writable at once only if nobody shares
    it, and only in 6.x; otherwise its first write decides (do_wp_page). Empty, swap, file and
    marker entries are left: they take the VMA's protection when they are faulted in.
    """
    fmt = mm.fmt
    prot, changed = vma_page_prot(mm, vma), False
    upgrade = vma.vm_flags & (VM_WRITE | VM_SHARED) == VM_WRITE
    for vpn, pte in ptes:
        if not fmt.pte_present(pte):
            continue
        if fmt.mistakes_files:
            must_show_a_frame(mm, pte)
        new = fmt.pte_modify(pte, prot)
        if upgrade and mm.policy.can_change_pte_writable(mm, pte):
            new |= fmt.rw
        mm.pgtable.set(vpn, new)
        changed = True
    if changed:
        mm.flush_tlb_range(start, end)


def is_exclusive(mm: MmStruct, pte: int) -> bool:
    """Does a present entry show a private page that nobody shares?"""
    memory, pfn = mm.machine.memory, mm.fmt.pte_pfn(pte)
    return bool(memory.flags[pfn] & PG_EXCLUSIVE) and isinstance(memory.mapping[pfn], AnonVma)


def unmap_mapping_range(filemap: Filemap, first: int, last: int, *, even_cows: bool) -> None:
    """Drop every entry that shows pages ``first`` to ``last`` of a file, wherever mapped.

    ``even_cows`` drops private copies too: what truncation does, and hole punching does not.
    """
    for vma, mm in vmas_of(filemap):
        if vma.vm_flags & VM_NONLINEAR:
            zap_nonlinear(mm, vma, vma.vm_start, vma.vm_end, first, last)
            continue
        base = addr_to_vpn(vma.vm_start)
        low = base + max(first - vma.vm_pgoff, 0)
        high = base + min(last + 1 - vma.vm_pgoff, vma_pages(vma))
        for vpn, pte in mm.pgtable.entries(low, max(low, high)):
            kind = mm.fmt.kind(pte)
            if kind == "marker" or not (even_cows or _is_file_page(mm, pte)):
                continue
            zap_pte(mm, vpn, pte)
        mm.flush_tlb_range(vma.vm_start, vma.vm_end)


def _is_file_page(mm: MmStruct, pte: int) -> bool:
    if not mm.fmt.pte_present(pte):
        return False
    return isinstance(mm.machine.memory.mapping[mm.fmt.pte_pfn(pte)], Filemap)
