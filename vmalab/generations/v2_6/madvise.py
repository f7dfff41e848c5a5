"""madvise(2) in 2.6.18: eight pieces of advice, looked at VMA by VMA.

Mirrors: mm/madvise.c (v2.6.18).
"""

from __future__ import annotations

from errno import EACCES, EAGAIN, EBADF, EINVAL, ENOMEM
from typing import Final

from vmalab.mm.flags import (
    VM_DONTCOPY,
    VM_LOCKED,
    VM_MANYPROTS,
    VM_NONLINEAR,
    VM_RAND_READ,
    VM_SEQ_READ,
    VM_SHARED,
    VM_WRITE,
)
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.modify import vma_modify_flags
from vmalab.mm.truncate import punch_hole
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.mm.zap import zap_nonlinear, zap_page_range
from vmalab.uapi import mman
from vmalab.uapi.mman import format_advice
from vmalab.units import offset_in_page

_RULE = "mm/madvise.c:sys_madvise"
_VMA_RULE = "mm/madvise.c:madvise_vma"

FLAG_ADVICE: Final[dict[int, tuple[int, int]]] = {
    mman.MADV_NORMAL: (0, VM_RAND_READ | VM_SEQ_READ),
    mman.MADV_SEQUENTIAL: (VM_SEQ_READ, VM_RAND_READ),
    mman.MADV_RANDOM: (VM_RAND_READ, VM_SEQ_READ),
    mman.MADV_DONTFORK: (VM_DONTCOPY, 0),
    mman.MADV_DOFORK: (0, VM_DONTCOPY),
}
"""Advice that is nothing but vm_flags: the bits it sets, and those it clears."""


def madvise(mm: MmStruct, start: int, length: int, advice: int) -> int:
    """madvise(2) on ``start <= a < start + length`` (bytes): 0, or a negative errno.

    Holes are passed over, and ENOMEM returned at the end. Whether there is such advice is asked
    only when a VMA has been found.

    Raises (as a negative errno):
        EINVAL  an unaligned start; a range that wraps; no such advice; a VMA it does not suit.
        ENOMEM  a hole.
        EAGAIN  a VMA would have to be split at max_map_count.
        EBADF   MADV_WILLNEED on memory of no file.
        EACCES  MADV_REMOVE of what is not shared and writable.
    """
    if offset_in_page(start):
        return mm.refuse(EINVAL, f"advice for an address inside a page, {start:#x}", _RULE)
    size = mm.page_align(length)
    end = (start + size) & mm.word_mask
    if (length and not size) or end < start:
        return mm.refuse(EINVAL, "the range to advise on passes the end of a word", _RULE)
    at, hole = start, False
    while at < end:
        vma = mm.tree.find(at)
        hole = hole or vma is None or at < vma.vm_start
        if vma is None or vma.vm_start >= end:
            break
        at, upto = max(at, vma.vm_start), min(end, vma.vm_end)
        error = _madvise_vma(mm, vma, at, upto, advice)
        if error < 0:
            return error
        at = upto
    if hole:
        return mm.refuse(ENOMEM, f"{format_advice(advice)}: done, but for a hole", _RULE)
    return 0


def _madvise_vma(mm: MmStruct, vma: VmArea, start: int, end: int, advice: int) -> int:
    if advice in FLAG_ADVICE:
        return _madvise_behavior(mm, vma, start, end, advice)
    if advice == mman.MADV_WILLNEED:
        if vma.vm_file is None:
            reason = f"no file to read ahead behind {vma.vm_start:#x}"
            return mm.refuse(EBADF, reason, "mm/madvise.c:madvise_willneed")
        return 0  # tmpfs has no readpage: nothing is read
    if advice == mman.MADV_DONTNEED:
        if vma.vm_flags & VM_LOCKED:
            reason = "locked pages cannot be dropped"
            return mm.refuse(EINVAL, reason, "mm/madvise.c:madvise_dontneed")
        if vma.vm_flags & (VM_NONLINEAR | VM_MANYPROTS):
            zap_nonlinear(mm, vma, start, end)
        else:
            zap_page_range(mm, start, end)
        return 0
    if advice == mman.MADV_REMOVE:
        return _madvise_remove(mm, vma, start, end)
    return mm.refuse(EINVAL, f"2.6.18 knows no advice {advice}", _VMA_RULE)


def _madvise_behavior(mm: MmStruct, vma: VmArea, start: int, end: int, advice: int) -> int:
    """Advice that is kept in vm_flags, and so may split and merge VMAs."""
    gains, loses = FLAG_ADVICE[advice]
    vm_flags = vma.vm_flags & ~loses | gains
    if vm_flags == vma.vm_flags:
        return 0
    error, _ = vma_modify_flags(mm, vma, start, end, vm_flags)
    if error == -ENOMEM:
        return mm.refuse(EAGAIN, "too many VMAs to cut one for advice", _VMA_RULE)
    return error


def _madvise_remove(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """MADV_REMOVE: punch a hole into the file.

    This is what the call was for. 2.6.18 itself stops in mm/shmem.c:516 on its way to do it.
    """
    rule = "mm/madvise.c:madvise_remove"
    if vma.vm_flags & (VM_LOCKED | VM_NONLINEAR):
        return mm.refuse(EINVAL, "no hole can be punched through a locked or nonlinear VMA", rule)
    if vma.vm_file is None:
        return mm.refuse(EINVAL, "there is no file to punch a hole into", rule)
    if vma.vm_flags & (VM_SHARED | VM_WRITE) != VM_SHARED | VM_WRITE:
        return mm.refuse(EACCES, "only a shared writable mapping may punch holes", rule)
    first, last = linear_page_index(vma, start), linear_page_index(vma, end - 1)
    punch_hole(mm.machine, vma.vm_file.filemap, first, last)
    return 0
