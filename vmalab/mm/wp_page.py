"""Copy on write: a write meets an entry that is present and read-only.

Mirrors: mm/memory.c:do_wp_page, wp_page_copy, wp_page_reuse (v6.18).

    before fork     parent  -- rw -->  frame 7
    after fork      parent  -- r  -->  frame 7  <-- r  --  child       two map it, neither may write
    child writes    parent  -- r  -->  frame 7
                                       frame 9  <-- rw --  child       a copy
    parent writes   parent  -- rw -->  frame 7                         alone again: reuse, no copy
"""

from __future__ import annotations

from vmalab.mm.fault_result import FAULT_MINOR, FAULT_OOM
from vmalab.mm.flags import VM_SHARED
from vmalab.mm.map_page import map_anon_page
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import PG_DIRTY, PG_EXCLUSIVE, PG_SWAPCACHE, ZERO_PFN, MemMap
from vmalab.mm.page_cache import forget_slot
from vmalab.mm.rmap import anon_vma_prepare
from vmalab.mm.vma import AnonVma, VmArea
from vmalab.mm.zap import put_mapped_page


def do_wp_page(mm: MmStruct, vma: VmArea, addr: int, pte: int) -> tuple[int, str]:
    """Let a write through: make the page writable where it is, or map a copy that is."""
    pfn = mm.fmt.pte_pfn(pte)
    if vma.vm_flags & VM_SHARED:
        mm.machine.memory.flags[pfn] |= PG_DIRTY
        _reuse(mm, addr, pte)
        return FAULT_MINOR, "a shared page, made writable"
    if pfn != ZERO_PFN and can_reuse(mm, pfn):
        mm.machine.memory.mapping[pfn] = vma.anon_vma
        _reuse(mm, addr, pte)
        return FAULT_MINOR, "its own page, made writable: nobody shares it any more"
    return _copy(mm, vma, addr, pfn)


def can_reuse(mm: MmStruct, pfn: int) -> bool:
    """Is a private frame held by this one entry alone? Then it need not be copied.

    Mirrors: wp_can_reuse_anon_folio.
    """
    memory = mm.machine.memory
    if not isinstance(memory.mapping[pfn], AnonVma):
        return False
    if memory.flags[pfn] & PG_EXCLUSIVE:
        return True
    if memory.flags[pfn] & PG_SWAPCACHE and memory.count[pfn] == 2:
        forget_slot(mm.machine, pfn)
    if memory.count[pfn] != 1:
        return False
    memory.flags[pfn] |= PG_EXCLUSIVE
    return True


def alloc_copy(memory: MemMap, old: int) -> int:
    """A new frame with what a frame holds, or -1. The old one is held, lest reclaim takes it."""
    memory.get_page(old)
    new = memory.alloc_page(PG_EXCLUSIVE)
    if new >= 0:
        memory.physmem.copy_page(old, new)
    memory.put_page(old)
    return new


def _reuse(mm: MmStruct, addr: int, pte: int) -> None:
    mm.set_pte(addr, pte | mm.fmt.rw | mm.fmt.dirty | mm.fmt.accessed)


def _copy(mm: MmStruct, vma: VmArea, addr: int, old: int) -> tuple[int, str]:
    """Map a copy of the frame, or a zeroed one in place of the zero page."""
    anon_vma_prepare(mm, vma)
    new = alloc_copy(mm.machine.memory, old)
    if new < 0:
        return FAULT_OOM, "no frame is free for the copy"
    mm.flush_tlb_range(addr, addr + 1)
    if old != ZERO_PFN:
        put_mapped_page(mm, old)
    map_anon_page(mm, vma, addr, new)
    return FAULT_MINOR, "a copy of the page" if old != ZERO_PFN else "a zeroed page of its own"
