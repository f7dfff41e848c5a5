"""Changing the flags of part of a VMA: merge if a neighbour allows it, split where one must.

Mirrors: mm/vma.c:vma_modify, __split_vma (v6.18); the middle of mprotect_fixup, mlock_fixup and
madvise_update_vma in v2.6.18, each of which had its own copy.
"""

from __future__ import annotations

from errno import ENOMEM

from vmalab.mm.flags import VM_LOCKED, flag_letters
from vmalab.mm.merge import vma_merge_existing_range
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.records.events import FlagsChanged, VmaSplit
from vmalab.units import bytes_to_pages


def split_vma(mm: MmStruct, vma: VmArea, addr: int) -> VmArea:
    """Cut a VMA in two at a page boundary; the new upper part is returned.

        before   |----------- vma -----------|
        after    |--- vma ---|---- upper ----|      upper.vm_pgoff grows by the pages below it

    Requires: vma.vm_start < addr < vma.vm_end.
    Emits: VmaSplit.
    """
    upper = vma.copy(addr, vma.vm_end, linear_page_index(vma, addr))
    mm.tree.resize(vma, vma.vm_start, addr)
    mm.insert_vma(upper)
    if mm.emit is not None:
        mm.emit(VmaSplit(vma.vm_start, addr, upper.vm_end))
    return upper


def vma_modify_flags(
    mm: MmStruct, vma: VmArea, start: int, end: int, vm_flags: int
) -> tuple[int, VmArea]:
    """Give ``start <= a < end`` of a VMA other flags; (0, the VMA that holds the range).

    Returns:
        A negative errno instead of 0 where a split would exceed max_map_count (ENOMEM); the VMA
        keeps its old flags then, though it may have been split at ``start`` already.

    Emits: VmaMerged, VmaNotMerged, VmaSplit, FlagsChanged.
    """
    before = vma.vm_flags
    merged = vma_merge_existing_range(mm, vma, start, end, vm_flags)
    if merged is not None:
        _flags_changed(mm, start, end, before, vm_flags)
        return 0, merged
    if vma.vm_start < start:
        if (error := _no_room_to_split(mm, start)) < 0:
            return error, vma
        vma = split_vma(mm, vma, start)
    if vma.vm_end > end:
        if (error := _no_room_to_split(mm, end)) < 0:
            return error, vma
        split_vma(mm, vma, end)
    vma.vm_flags = vm_flags
    if mm.emit is not None or (before ^ vm_flags) & VM_LOCKED:
        _flags_changed(mm, start, end, before, vm_flags)
    return 0, vma


def _no_room_to_split(mm: MmStruct, addr: int) -> int:
    if mm.may_split():
        return 0
    return mm.refuse(
        ENOMEM,
        f"the VMA would have to be split at {addr:#x}, and the process has {mm.map_count} VMAs of"
        f" the {mm.policy.max_map_count} it may have",
        "mm/vma.c:split_vma",
    )


def _flags_changed(mm: MmStruct, start: int, end: int, before: int, after: int) -> None:
    """Locked pages are counted where VM_LOCKED comes or goes; then the change is told."""
    if (before ^ after) & VM_LOCKED:
        nr_pages = bytes_to_pages(end - start)
        mm.locked_vm += nr_pages if after & VM_LOCKED else -nr_pages
    if mm.emit is not None and before != after:
        gained, lost = flag_letters(after & ~before), flag_letters(before & ~after)
        mm.emit(FlagsChanged(start, end, gained, lost))
