"""remap_file_pages(2) as it is since Linux 4.0: an emulation that makes VMAs.

Mirrors: mm/mmap.c:SYSCALL remap_file_pages (v6.18).

The call of 2002 rearranged pages inside one VMA. Today each call is a MAP_FIXED mapping of the
same file, so a page out of order costs a VMA of its own.
"""

from __future__ import annotations

from errno import EINVAL

from vmalab.mm.flags import VM_EXEC, VM_LOCKED, VM_READ, VM_SHARED, VM_WRITE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mmap import do_mmap
from vmalab.mm.truncate import release_if_orphan
from vmalab.mm.vma import VmArea
from vmalab.uapi.mman import MAP_FIXED, MAP_LOCKED, MAP_NONBLOCK, MAP_POPULATE, MAP_SHARED
from vmalab.units import WORD_MASK, bytes_to_pages, page_align_down

_RULE = "mm/mmap.c:remap_file_pages"


def remap_file_pages(mm: MmStruct, start: int, size: int, prot: int, pgoff: int, flags: int) -> int:
    """Show file page ``pgoff`` and on at ``start`` (bytes, rounded down) for ``size`` bytes: 0.

    Raises (as a negative errno):
        EINVAL     prot is not 0; nothing to do; the range is not one shared mapping of one file.
        EOVERFLOW  the offset wraps (do_mmap's check).
        ENOMEM     too many VMAs.
    """
    if prot:
        return mm.refuse(EINVAL, f"prot must be 0, and is {prot:#x}", _RULE)
    start, size = page_align_down(start), page_align_down(size)
    if not start < start + size <= WORD_MASK:
        return mm.refuse(EINVAL, "the range to rearrange is empty or wraps around", _RULE)
    if pgoff + bytes_to_pages(size) > WORD_MASK:
        return mm.refuse(EINVAL, f"file page {pgoff:#x} and the size wrap around", _RULE)
    vma = mm.tree.at(start)
    if vma is None or not vma.vm_flags & VM_SHARED:
        return mm.refuse(EINVAL, f"no shared mapping at {start:#x}", _RULE)
    if not _is_one_mapping(mm, vma, start, start + size):
        reason = "the range is not one file with one set of flags, without a hole"
        return mm.refuse(EINVAL, reason, _RULE)
    prot = vma.vm_flags & (VM_READ | VM_WRITE | VM_EXEC)
    flags = flags & MAP_NONBLOCK | MAP_SHARED | MAP_FIXED | MAP_POPULATE
    if vma.vm_flags & VM_LOCKED:
        flags |= MAP_LOCKED
    return min(_map_again(mm, vma, start, size, prot, flags, pgoff), 0)


def _map_again(
    mm: MmStruct, vma: VmArea, start: int, size: int, prot: int, flags: int, pgoff: int
) -> int:
    """Map the VMA's file over part of it, or all; held, so that it outlives its last VMA.

    Mirrors: get_file, fput.
    """
    assert vma.vm_file is not None
    file = vma.vm_file
    file.filemap.nr_opens += 1
    result = do_mmap(mm, file, start, size, prot, flags, pgoff)
    file.filemap.nr_opens -= 1
    release_if_orphan(mm.machine, file.filemap)
    return result


def _is_one_mapping(mm: MmStruct, vma: VmArea, start: int, end: int) -> bool:
    """Do the VMAs of the range follow each other without a hole, with one file and equal flags?"""
    reached = start
    for other in mm.tree.overlapping(start, end):
        if other is not vma and (
            other.vm_start != reached
            or other.vm_file is not vma.vm_file
            or other.vm_flags != vma.vm_flags
        ):
            return False
        reached = other.vm_end
    return reached >= end
