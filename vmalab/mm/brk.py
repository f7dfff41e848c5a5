"""brk(2): the heap, one private writable mapping whose end moves.

Mirrors: mm/mmap.c:SYSCALL brk, mm/vma.c:do_brk_flags (v6.18).
"""

from __future__ import annotations

from vmalab.mm.flags import VM_ACCOUNT, VM_GROWSDOWN, VM_MAY_FLAGS, VM_READ, VM_WRITE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mmap import place_vma
from vmalab.mm.munmap import do_munmap
from vmalab.mm.vma import VmArea
from vmalab.units import PAGE_SIZE, addr_to_vpn, bytes_to_pages, page_align

HEAP_FLAGS = VM_READ | VM_WRITE | VM_MAY_FLAGS | VM_ACCOUNT


def brk(mm: MmStruct, addr: int) -> int:
    """brk(2): move the end of the heap to ``addr`` (bytes); the new end, or the old one.

    It never fails with an errno: the caller compares. Giving back a part of the heap that munmap
    has taken already is one of the failures.
    """
    if addr < mm.start_brk:
        return mm.brk
    old_end, new_end = page_align(mm.brk), page_align(addr)
    if new_end == old_end:
        mm.brk = addr
    elif addr <= mm.brk:
        is_there = bool(mm.tree.overlapping(new_end, old_end))
        if is_there and do_munmap(mm, new_end, old_end) == 0:
            mm.brk = addr
    elif _may_grow(mm, old_end, new_end):
        place_vma(mm, VmArea(old_end, new_end, HEAP_FLAGS, addr_to_vpn(old_end)))
        mm.brk = addr
    return mm.brk


def _may_grow(mm: MmStruct, start: int, end: int) -> bool:
    """Is the way up free, and do the limits allow it?"""
    if not start < end <= mm.task_size:
        return False
    following = mm.tree.find(start)
    if following is not None:
        gap = mm.policy.stack_guard_gap if following.vm_flags & VM_GROWSDOWN else 0
        if end + PAGE_SIZE > following.vm_start - gap:
            return False
    nr_pages = bytes_to_pages(end - start)
    return mm.may_expand_vm(nr_pages) and mm.may_map() and mm.may_commit(nr_pages)
