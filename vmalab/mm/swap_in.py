"""A touch of a page that was swapped out: bring it back.

Mirrors: mm/memory.c:do_swap_page (v6.18).

    entry: swap slot 5   ->   swap cache has it?   yes: minor fault, no reading
                                                   no:  read slot 5 into a new frame, major fault
                         ->   entry: present; the slot is freed when nobody names it any more
"""

from __future__ import annotations

from vmalab.mm.fault_result import FAULT_MAJOR, FAULT_MINOR, FAULT_OOM
from vmalab.mm.flags import VM_LOCKED, VM_WRITE
from vmalab.mm.map_page import vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import PG_DIRTY, PG_EXCLUSIVE, PG_REFERENCED, PG_SWAPCACHE
from vmalab.mm.page_cache import drop_swap_cache
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.mm.wp_page import do_wp_page


def do_swap_page(mm: MmStruct, vma: VmArea, addr: int, pte: int, *, write: bool) -> tuple[int, str]:
    """Replace a swap entry by a present one; its rights are the VMA's, as at a first fault."""
    memory, swap, fmt = mm.machine.memory, mm.machine.swap, mm.fmt
    slot = fmt.pte_to_swp_entry(pte)[1]
    pfn = swap.cache.get(slot, -1)
    result, outcome = FAULT_MINOR, "back from the swap cache"
    if pfn < 0:
        pfn = memory.alloc_page(PG_SWAPCACHE)
        if pfn < 0:
            return FAULT_OOM, "no frame is free to read the swapped page into"
        memory.physmem.write(pfn, 0, swap.read(slot))
        memory.mapping[pfn] = vma.anon_vma.root if vma.anon_vma else None
        memory.index[pfn] = linear_page_index(vma, addr)
        swap.add_cache(slot, pfn)
        result, outcome = FAULT_MAJOR, f"read back from swap slot {slot}"
    memory.flags[pfn] |= PG_REFERENCED
    memory.get_page(pfn)
    memory.mapcount[pfn] += 1
    mm.rss_anon += 1
    mm.nr_swap -= 1
    swap.free(slot)
    last = not swap.map[slot]
    if last and (write or swap.is_filling or vma.vm_flags & VM_LOCKED):
        drop_swap_cache(mm.machine, slot)
        memory.flags[pfn] |= PG_DIRTY
    alone = last and memory.mapcount[pfn] == 1
    if alone:
        memory.flags[pfn] |= PG_EXCLUSIVE
    new = fmt.mk_pte(pfn, vma_page_prot(mm, vma))
    if write and alone and vma.vm_flags & VM_WRITE:
        new |= fmt.rw | fmt.dirty
    mm.set_pte(addr, new)
    if write and not alone:
        copied, how = do_wp_page(mm, vma, addr, new)
        return max(result, copied), f"{outcome}, then {how}"
    return result, outcome
