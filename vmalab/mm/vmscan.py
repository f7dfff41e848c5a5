"""Reclaim: taking frames back when few are left, and putting out pages on demand.

Mirrors: mm/vmscan.c (v2.6.18, v6.18), as a clock: a hand goes round all frames.

           +--- hand                      referenced since the hand last came by?
           v                                 yes: forget that, go on (a second chance)
    [ f0 ][anon][table][ f1 ][anon]          no:  unmap it everywhere and take the frame
                                                  private page     write it to a swap slot
                                                  shmem page       write it to a swap slot
                                                  page of a file   drop it (write it back if dirty)

    free frames   |#########high####low##|     allocation below ``low`` reclaims up to ``high``
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_LOCKED
from vmalab.mm.mm_struct import Machine, MmStruct
from vmalab.mm.page_alloc import (
    PG_DIRTY,
    PG_EXCLUSIVE,
    PG_LAZYFREE,
    PG_MLOCKED,
    PG_REFERENCED,
    PG_RESERVED,
    PG_SWAPCACHE,
    PG_TABLE,
)
from vmalab.mm.page_cache import (
    drop_swap_cache,
    remove_from_page_cache,
    shmem_write_out,
    write_back,
)
from vmalab.mm.rmap import page_mappings, vmas_of
from vmalab.mm.vma import AnonVma, VmArea, vma_pages
from vmalab.mm.zap import must_show_a_frame, put_mapped_page
from vmalab.records.events import Event, PageReclaimed, SwappedOut
from vmalab.units import PAGE_SIZE, addr_to_vpn, vpn_to_addr

_NEVER: Final = PG_TABLE | PG_RESERVED | PG_MLOCKED
_CLUSTER: Final = 32
"""So many pages of a nonlinear VMA are looked through in one go. Mirrors: CLUSTER_SIZE."""
_ROUNDS: Final = 3
"""After so many turns of the hand without a frame, memory is exhausted."""


class Clock:
    """The reclaimer of a machine: its hand and its watermarks (in frames)."""

    __slots__ = ("emit", "hand", "high", "low", "machine", "nr_reclaimed")

    def __init__(self, machine: Machine, low: int, high: int) -> None:
        self.machine = machine
        self.low = low
        self.high = high
        self.hand = 0
        self.nr_reclaimed = 0
        self.emit: Callable[[Event], None] | None = None
        machine.memory.low = low
        machine.memory.reclaim = self.balance

    def balance(self) -> int:
        """Reclaim until ``high`` frames are free or nothing more can be had: how many it took.

        Mirrors: try_to_free_pages, balance_pgdat.
        """
        memory = self.machine.memory
        before = self.nr_reclaimed
        steps = _ROUNDS * len(memory.count)
        while memory.nr_free < self.high and steps:
            steps -= 1
            self.hand = (self.hand + 1) % len(memory.count)
            if (
                is_evictable(self.machine, self.hand)
                and _has_somewhere_to_go(self.machine, self.hand)
                and not self._was_referenced(self.hand)
            ):
                self.nr_reclaimed += evict_page(self.machine, self.hand, self.emit)
        return self.nr_reclaimed - before

    def _was_referenced(self, pfn: int) -> bool:
        """Was the frame used since the hand last came by? Ask and forget.

        Mirrors: page_referenced (folio_referenced): ACCESSED bits of every entry that shows it.
        """
        memory = self.machine.memory
        seen = bool(memory.flags[pfn] & PG_REFERENCED)
        memory.flags[pfn] &= ~PG_REFERENCED
        for mm, _, vpn in page_mappings(self.machine, pfn):
            pte = mm.pgtable.get(vpn)
            if mm.fmt.pte_young(pte):
                seen = True
                mm.set_pte(vpn_to_addr(vpn), pte & ~mm.fmt.accessed)
                mm.flush_tlb_range(vpn_to_addr(vpn), vpn_to_addr(vpn + 1))
        return seen


def is_evictable(machine: Machine, pfn: int) -> bool:
    """May the frame be taken? Not free ones, page tables, the zero page or locked memory.

    Nor one that somebody holds besides its mappings and caches: a fault is at work on it.
    Mirrors: is_page_cache_freeable, folio_ref_freeze.
    """
    memory = machine.memory
    if memory.count[pfn] <= 0 or memory.flags[pfn] & _NEVER:
        return False
    if memory.mapping[pfn] is None:
        return False
    caches = isinstance(memory.mapping[pfn], Filemap) + (pfn in machine.swap.frames)
    if memory.count[pfn] != memory.mapcount[pfn] + caches:
        return False
    return not any(vma.vm_flags & VM_LOCKED for _, vma, _ in page_mappings(machine, pfn))


def _has_somewhere_to_go(machine: Machine, pfn: int) -> bool:
    """Can the frame's bytes be had again, once it is taken?

    Without a free swap slot the clock passes over what only swap could take.
    Mirrors: can_reclaim_anon_pages.
    """
    memory, swap = machine.memory, machine.swap
    if swap.nr_free or pfn in swap.frames or memory.flags[pfn] & PG_LAZYFREE:
        return True
    mapping = memory.mapping[pfn]
    return isinstance(mapping, Filemap) and not mapping.is_shmem


def evict_page(machine: Machine, pfn: int, emit: Callable[[Event], None] | None = None) -> bool:
    """Unmap a frame everywhere, save its contents, free it: whether that worked.

    Private and shmem pages need a free swap slot; a shmem page without one is unmapped, and stays
    in its file. Emits: SwappedOut, PageReclaimed.

    Mirrors: shrink_folio_list for one page.
    """
    mapping = machine.memory.mapping[pfn]
    if isinstance(mapping, AnonVma):
        if machine.memory.flags[pfn] & PG_LAZYFREE:
            return _discard_lazyfree(machine, pfn, emit)
        return _swap_out(machine, pfn, emit)
    assert isinstance(mapping, Filemap)
    index = machine.memory.index[pfn]
    for mm, _, vpn in page_mappings(machine, pfn):
        _unmap_file_page(mm, vpn, pfn)
    if machine.memory.mapcount[pfn] and not _unmap_nonlinear(machine, mapping, pfn):
        return False
    if mapping.is_shmem and machine.memory.flags[pfn] & PG_DIRTY:
        if not shmem_write_out(machine, mapping, index):
            return False
        slot = mapping.slot(index)
    else:
        write_back(machine, mapping, index)
        remove_from_page_cache(machine, mapping, index)
        slot = 0
    if emit is not None:
        emit(PageReclaimed(pfn, slot))
    return True


def _discard_lazyfree(machine: Machine, pfn: int, emit: Callable[[Event], None] | None) -> bool:
    """Drop a page that MADV_FREE gave away; one that was written since is ordinary again: False.

    Mirrors: mm/rmap.c:try_to_unmap_one (a folio that is not swap-backed).
    """
    memory = machine.memory
    places = list(page_mappings(machine, pfn))
    if memory.flags[pfn] & PG_DIRTY or any(
        mm.fmt.pte_dirty(mm.pgtable.get(vpn)) for mm, _, vpn in places
    ):
        memory.flags[pfn] &= ~PG_LAZYFREE
        return False
    for mm, _, vpn in places:
        mm.set_pte(vpn_to_addr(vpn), 0)
        mm.flush_tlb_range(vpn_to_addr(vpn), vpn_to_addr(vpn + 1))
        put_mapped_page(mm, pfn)
    machine.events.lazyfreed += 1
    if emit is not None:
        emit(PageReclaimed(pfn, 0))
    return True


def _unmap_file_page(mm: MmStruct, vpn: int, pfn: int, left: int = 0) -> None:
    """Clear one entry of a file's page, or leave what tells which page of the file it was."""
    memory = mm.machine.memory
    if mm.fmt.pte_dirty(mm.pgtable.get(vpn)):
        memory.flags[pfn] |= PG_DIRTY
    mm.set_pte(vpn_to_addr(vpn), left)
    mm.flush_tlb_range(vpn_to_addr(vpn), vpn_to_addr(vpn + 1))
    mm.rss_file -= 1
    memory.mapcount[pfn] -= 1
    memory.put_page(pfn)


def _unmap_nonlinear(machine: Machine, filemap: Filemap, pfn: int) -> bool:
    """Unmap what can be had of the nonlinear VMAs of a file: whether the frame was among it.

    Where in them the frame is nobody knows. So each VMA is gone through in clusters, from where the
    last search ended, and every page that was not just used is unmapped, until as many are as the
    frame has entries. That many others are as good for reclaim.

        vma a   |  32 pages  |  32 pages  |  32 pages  |
        vma b   |  32 pages  |  32 pages  |              the cursors keep step

    Mirrors: mm/rmap.c:try_to_unmap_file (v2.6.18).
    """
    memory, cursors = machine.memory, filemap.i_mmap_nonlinear
    areas = {vma: mm for vma, mm in vmas_of(filemap) if vma in cursors and not _is_locked(vma)}
    wanted = memory.mapcount[pfn]
    upto = max([_CLUSTER, *(cursors[vma] for vma in areas)])
    size = max([0, *(vma_pages(vma) for vma in areas)]) + _CLUSTER
    while areas and upto < size + _CLUSTER:
        for vma, mm in areas.items():
            while cursors[vma] < min(upto, vma_pages(vma)):
                first = addr_to_vpn(vma.vm_start) + cursors[vma]
                cursors[vma] += _CLUSTER
                wanted -= _unmap_cluster(mm, vma, first, first + _CLUSTER)
                if wanted <= 0:
                    return not memory.mapcount[pfn]
            cursors[vma] = upto
        upto += _CLUSTER
    cursors.update(dict.fromkeys(cursors, 0))
    return not memory.mapcount[pfn]


def _is_locked(vma: VmArea) -> bool:
    return bool(vma.vm_flags & VM_LOCKED)


def _unmap_cluster(mm: MmStruct, vma: VmArea, first: int, last: int, *, aged: bool = False) -> int:
    """Unmap the file's pages of part of a nonlinear VMA, but those just used: how many went.

    ``aged``: those too. Mirrors: mm/rmap.c:try_to_unmap_cluster (v2.6.18).
    """
    fmt, gone = mm.fmt, 0
    for vpn, pte in mm.pgtable.entries(first, min(last, addr_to_vpn(vma.vm_end))):
        pfn, addr = fmt.pte_pfn(pte), vpn_to_addr(vpn)
        if not fmt.pte_present(pte):
            continue
        must_show_a_frame(mm, pte)
        if not isinstance(mm.machine.memory.mapping[pfn], Filemap):
            continue
        if fmt.pte_young(pte) and not aged:
            mm.set_pte(addr, pte & ~fmt.accessed)
            mm.flush_tlb_range(addr, addr + 1)
            continue
        _unmap_file_page(mm, vpn, pfn, mm.policy.pte_left_behind(mm, vma, addr, pte))
        gone += 1
    return gone


def _swap_out(machine: Machine, pfn: int, emit: Callable[[Event], None] | None) -> bool:
    """Give a private frame a swap slot, put the slot into every entry, write the bytes, free it.

    A frame that is still in the swap cache and clean need not be written again.
    """
    memory, swap = machine.memory, machine.swap
    slot = swap.frames.get(pfn, 0)
    fresh = not slot
    if fresh:
        slot = swap.alloc_slot()
        if not slot:
            return False
        memory.get_page(pfn)
        memory.flags[pfn] |= PG_SWAPCACHE
        swap.add_cache(slot, pfn)
    dirty = fresh or bool(memory.flags[pfn] & PG_DIRTY)
    for mm, _, vpn in page_mappings(machine, pfn):
        dirty |= _unmap_anon_page(mm, vpn, pfn, slot)
        if emit is not None:
            emit(SwappedOut(vpn_to_addr(vpn), pfn, slot))
    if dirty:
        swap.write(slot, memory.physmem.read(pfn, 0, PAGE_SIZE))
    memory.flags[pfn] &= ~(PG_DIRTY | PG_EXCLUSIVE)
    drop_swap_cache(machine, slot)
    return True


def _unmap_anon_page(mm: MmStruct, vpn: int, pfn: int, slot: int) -> bool:
    """Put a swap entry where a private frame was shown; whether the entry was dirty.

    Mirrors: mm/rmap.c:try_to_unmap_one.
    """
    memory = mm.machine.memory
    pte = mm.pgtable.get(vpn)
    mm.machine.swap.duplicate(slot)
    mm.set_pte(vpn_to_addr(vpn), mm.fmt.swp_entry_to_pte(0, slot) | pte & mm.fmt.rights)
    mm.flush_tlb_range(vpn_to_addr(vpn), vpn_to_addr(vpn + 1))
    mm.rss_anon -= 1
    mm.nr_swap += 1
    memory.mapcount[pfn] -= 1
    memory.put_page(pfn)
    return mm.fmt.pte_dirty(pte)


def evict_file(machine: Machine, filemap: Filemap) -> int:
    """Put out every page of a file that may go, now: how many went."""
    for vma, mm in vmas_of(filemap):
        if vma in filemap.i_mmap_nonlinear and not _is_locked(vma):
            first, last = addr_to_vpn(vma.vm_start), addr_to_vpn(vma.vm_end)
            _unmap_cluster(mm, vma, first, last, aged=True)
    frames = [number for _, number in filemap.i_pages.items() if number >= 0]
    return sum(evict_page(machine, pfn) for pfn in frames if is_evictable(machine, pfn))


def evict_range(mm: MmStruct, start: int, end: int) -> int:
    """Put out the pages of a range now: how many went. What MADV_PAGEOUT asks for.

    A page that others map too stays, as on a real kernel.
    """
    memory = mm.machine.memory
    gone = 0
    first, last = addr_to_vpn(start), addr_to_vpn(end)
    for _, pte in list(mm.pgtable.entries(first, last)):
        pfn = mm.fmt.pte_pfn(pte) if mm.fmt.pte_present(pte) else 0
        if pfn and memory.mapcount[pfn] == 1 and is_evictable(mm.machine, pfn):
            gone += evict_page(mm.machine, pfn, mm.emit)
    return gone
