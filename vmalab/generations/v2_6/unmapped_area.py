"""Finding room, as in 2006: i386 from the top down, x86_64 from a third of the way up.

    i386      0 ....................................... mmap_base   TASK_SIZE
                              <- the highest gap that is wide enough, or else:
                     TASK_SIZE / 3  the lowest gap above here ->
    x86_64    0 .... TASK_SIZE / 3  the lowest gap above here ->    TASK_SIZE

Mirrors: mm/mmap.c:get_unmapped_area, arch_get_unmapped_area(_topdown);
arch/x86_64/kernel/sys_x86_64.c (v2.6.18). The kernel also remembers where it last found room
(free_area_cache) and may pass over a lower gap that an earlier caller found too narrow.
"""

from __future__ import annotations

from errno import EINVAL, ENOMEM

from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.unmapped_area import chosen, topdown
from vmalab.uapi.mman import MAP_FIXED
from vmalab.units import PAGE_SIZE, offset_in_page, page_align

_RULE = "mm/mmap.c:get_unmapped_area"


def get_unmapped_area(mm: MmStruct, addr: int, length: int, flags: int) -> int:
    """Choose the address of a new mapping of ``length`` bytes: the address, or a negative errno.

    A hint is rounded up to a page, and taken if the range is free.

    Raises (as a negative errno):
        ENOMEM  no gap is wide enough, or MAP_FIXED would leave the task's addresses.
        EINVAL  MAP_FIXED at an address that is not page-aligned.

    Emits: AddressChosen.
    """
    if flags & MAP_FIXED:
        if addr > mm.task_size - length:
            reason = f"MAP_FIXED at {addr:#x}, and {length:#x} bytes reach past TASK_SIZE"
            return mm.refuse(ENOMEM, reason, _RULE)
        if offset_in_page(addr):
            return mm.refuse(EINVAL, f"MAP_FIXED inside a page, at {addr:#x}", _RULE)
        return addr
    hint = page_align(addr)
    if hint and hint + length <= mm.task_size and not mm.tree.overlapping(hint, hint + length):
        return chosen(mm, hint, length, "the hint was free")
    if mm.policy.arch != "x86_64" and (addr := topdown(mm, length, PAGE_SIZE)):
        return chosen(mm, addr, length, "the top of the highest gap")
    addr = _bottomup(mm, length)
    if addr + length > mm.task_size:
        reason = f"no gap of {length:#x} bytes is left, up to TASK_SIZE"
        return mm.refuse(ENOMEM, reason, "mm/mmap.c:arch_get_unmapped_area")
    return chosen(mm, addr, length, "the bottom of the lowest gap")


def _bottomup(mm: MmStruct, length: int) -> int:
    """The lowest address at which nothing is in the way; it may be too high."""
    third = page_align(mm.task_size // 3)
    addr = mm.mmap_base if mm.policy.arch == "x86_64" else third
    while in_the_way := mm.tree.overlapping(addr, addr + length):
        addr = in_the_way[-1].vm_end
    return addr
