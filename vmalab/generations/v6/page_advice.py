"""Advice about pages, not VMAs: give them away, let them grow cold.

Mirrors: mm/madvise.c:madvise_free_pte_range, madvise_cold_or_pageout_pte_range (v6.18).

    MADV_FREE      written, then given away     read before reclaim comes     the old bytes
                                                written before it comes       an ordinary page again
                                                reclaim comes first           dropped: zeroes
"""

from __future__ import annotations

from vmalab.mm.flags import VM_LOCKED
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import (
    PG_DIRTY,
    PG_LAZYFREE,
    PG_MLOCKED,
    PG_REFERENCED,
    PG_SWAPCACHE,
    ZERO_PFN,
)
from vmalab.mm.page_cache import forget_slot
from vmalab.mm.rmap import page_mappings
from vmalab.mm.zap import zap_pte
from vmalab.units import addr_to_vpn, vpn_to_addr


def free_pages(mm: MmStruct, start: int, end: int) -> None:
    """Make private pages clean and untouched, so that reclaim may drop them; drop swapped ones.

    A page whose bytes also lie in swap, or may be wanted by others, is given away only if it is
    this entry's alone.
    """
    fmt, memory = mm.fmt, mm.machine.memory
    for vpn, pte in list(mm.pgtable.entries(addr_to_vpn(start), addr_to_vpn(end))):
        if fmt.kind(pte) == "swap":
            zap_pte(mm, vpn, pte)
        elif fmt.pte_present(pte) and (pfn := fmt.pte_pfn(pte)) != ZERO_PFN:
            if not _forget_bytes(mm, pfn):
                continue
            mm.set_pte(vpn_to_addr(vpn), pte & ~(fmt.accessed | fmt.dirty))
            if not _is_locked(mm, pfn):
                memory.flags[pfn] = memory.flags[pfn] & ~PG_REFERENCED | PG_LAZYFREE
                mm.machine.events.lazyfree += 1
    mm.flush_tlb_range(start, end)


def _is_locked(mm: MmStruct, pfn: int) -> bool:
    """Does another process, or nobody any more, keep the frame in memory?

    Mirrors: folio_mark_lazyfree (folio_test_unevictable).
    """
    memory = mm.machine.memory
    if memory.flags[pfn] & PG_MLOCKED:
        return True
    if memory.mapcount[pfn] == 1:
        return False
    return any(vma.vm_flags & VM_LOCKED for _, vma, _ in page_mappings(mm.machine, pfn))


def _forget_bytes(mm: MmStruct, pfn: int) -> bool:
    """Make a frame clean, and free of its swap slot; False where others still need either."""
    memory = mm.machine.memory
    if not memory.flags[pfn] & (PG_SWAPCACHE | PG_DIRTY):
        return True
    if memory.mapcount[pfn] != 1:
        return False
    if memory.flags[pfn] & PG_SWAPCACHE:
        forget_slot(mm.machine, pfn)
        if memory.flags[pfn] & PG_SWAPCACHE:
            return False
    memory.flags[pfn] &= ~PG_DIRTY
    return True


def cool_pages(mm: MmStruct, start: int, end: int) -> None:
    """Forget that pages were used, as far as they are this process's alone."""
    fmt, memory = mm.fmt, mm.machine.memory
    for vpn, pte in list(mm.pgtable.entries(addr_to_vpn(start), addr_to_vpn(end))):
        if not fmt.pte_present(pte):
            continue
        pfn = fmt.pte_pfn(pte)
        if pfn != ZERO_PFN and memory.mapcount[pfn] == 1:
            mm.set_pte(vpn_to_addr(vpn), pte & ~fmt.accessed)
            memory.flags[pfn] &= ~PG_REFERENCED
    mm.flush_tlb_range(start, end)
