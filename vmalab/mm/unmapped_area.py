"""Finding room: where a mapping goes when the caller does not insist.

Mirrors: mm/vma.c:unmapped_area_topdown, mm/mmap.c:__get_unmapped_area,
arch/x86/kernel/sys_x86_64.c:arch_get_unmapped_area_topdown (v6.18).

    lowest_addr                                     mmap_base     task_size
        |        | vma |          | vma || vma |        |              |
                                              ^^^^^^^^^^ the highest gap that is wide enough wins
"""

from __future__ import annotations

from errno import EINVAL, ENOMEM

from vmalab.mm.filemap import File
from vmalab.mm.flags import VM_GROWSDOWN
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea
from vmalab.records.events import AddressChosen
from vmalab.uapi.mman import MAP_FIXED
from vmalab.units import PAGE_SIZE, WORD_MASK, page_align_down

PMD_SIZE = 512 * PAGE_SIZE
"""What one page-middle-directory entry maps: the size of a transparent huge page (bytes)."""
MAX_ERRNO = 4095
"""Results above -4095 are errnos, whoever meant an address by them (include/linux/err.h)."""
_RULE = "mm/mmap.c:__get_unmapped_area"


def get_unmapped_area(mm: MmStruct, file: File | None, addr: int, length: int, flags: int) -> int:
    """Choose the address of a new mapping: the address, or a negative errno.

    ``addr`` is a hint, or with MAP_FIXED an order; ``length`` counts bytes, page-aligned. Memory of
    no file looks for room that huge pages fit into.

    Raises (as a negative errno):
        ENOMEM  no gap is wide enough, or the range would leave the task's addresses.
        EINVAL  MAP_FIXED at an address that is not page-aligned.
        and whatever errno MAP_FIXED at one of the last 4095 addresses looks like.

    Emits: AddressChosen.
    """
    if length > mm.task_size:
        reason = f"{length:#x} bytes are more than a task's whole address space"
        return mm.refuse(ENOMEM, reason, _RULE)
    if not flags & MAP_FIXED:
        return _search(mm, file, addr, length)
    if addr > mm.task_size - length:
        if addr > WORD_MASK - MAX_ERRNO:
            reason = f"MAP_FIXED at {addr:#x}, which a 64-bit word spells like a negative errno"
            return mm.refuse(WORD_MASK + 1 - addr, reason, _RULE)
        reason = f"a mapping of {length:#x} bytes at {addr:#x} would end beyond TASK_SIZE"
        return mm.refuse(ENOMEM, reason, _RULE)
    if addr % PAGE_SIZE:
        return mm.refuse(EINVAL, f"MAP_FIXED at {addr:#x}, which is not page-aligned", _RULE)
    return addr


def _search(mm: MmStruct, file: File | None, hint: int, length: int) -> int:
    """The hint if it is free, else the highest gap."""
    hint = _round_hint_to_min(mm, hint)
    if hint and _is_free(mm, hint, length):
        return chosen(mm, hint, length, "the hint was free")
    if file is None and not hint and not length % PMD_SIZE:
        addr = topdown(mm, length, PMD_SIZE)
        if addr:
            return chosen(mm, addr, length, "the highest gap, aligned for a huge page")
    addr = topdown(mm, length, PAGE_SIZE)
    if addr:
        return chosen(mm, addr, length, "the top of the highest gap")
    return mm.refuse(
        ENOMEM, f"no gap of {length:#x} bytes is left", "mm/vma.c:unmapped_area_topdown"
    )


def _round_hint_to_min(mm: MmStruct, hint: int) -> int:
    """A hint counts from its page's start, and not below the lowest address.

    Mirrors: mm/mmap.c:round_hint_to_min.
    """
    hint = page_align_down(hint)
    return max(hint, mm.lowest_addr) if hint else 0


def chosen(mm: MmStruct, addr: int, length: int, how: str) -> int:
    """Tell which address it is to be, and why. Emits: AddressChosen."""
    if mm.emit is not None:
        mm.emit(AddressChosen(addr, length, how))
    return addr


def _is_free(mm: MmStruct, addr: int, length: int) -> bool:
    """May a mapping lie at ``addr``: inside the task, below the next VMA (and its stack gap)?"""
    if addr < mm.lowest_addr or addr + length > mm.task_size:
        return False
    vma = mm.tree.find(addr)
    return vma is None or addr + length <= _start_gap(mm, vma)


def _start_gap(mm: MmStruct, vma: VmArea) -> int:
    """Where the VMA begins for the search: a stack owns the guard gap below it.

    Mirrors: include/linux/mm.h:vm_start_gap.
    """
    if not vma.vm_flags & VM_GROWSDOWN:
        return vma.vm_start
    return max(0, vma.vm_start - mm.policy.stack_guard_gap)


def topdown(mm: MmStruct, length: int, align: int) -> int:
    """The highest free, aligned address below mmap_base; 0 where there is none."""
    ceiling = mm.mmap_base
    while ceiling >= mm.lowest_addr + length:
        below = mm.tree.before(ceiling)
        floor = max(below.vm_end if below is not None else 0, mm.lowest_addr)
        above = mm.tree.find(ceiling)
        top = min(ceiling, _start_gap(mm, above)) if above is not None else ceiling
        addr = (top - length) & ~(align - 1) if top >= length else -1
        if addr >= floor:
            return addr
        if below is None:
            return 0
        ceiling = min(below.vm_start, _start_gap(mm, below))
    return 0
