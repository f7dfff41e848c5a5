"""msync(2) and mincore(2) in 2.6.18: both go from VMA to VMA and remember that there was a hole.

Mirrors: mm/msync.c, mm/mincore.c (v2.6.18).
"""

from __future__ import annotations

from errno import EBUSY, EINVAL, ENOMEM

from vmalab.mm.flags import VM_LOCKED, VM_SHARED
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.msync import check_msync
from vmalab.mm.page_alloc import PG_DIRTY
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.uapi.mman import MS_INVALIDATE, MS_SYNC
from vmalab.units import addr_to_vpn, offset_in_page, page_align, vpn_to_addr

_RULE = "mm/msync.c:sys_msync"


def msync(mm: MmStruct, start: int, length: int, flags: int) -> int:
    """msync(2): hand the dirty bits of shared file mappings to their pages, and write them.

    A hole is remembered until the last VMA. But MS_SYNC ends with the fsync of that VMA's file, if
    the mapping is shared, and its success is what the call returns: the hole is forgotten.

        range          [-----------------)
        VMAs           |-- A --|      |---- B ----|     ENOMEM, but 0 if B is a shared file's

    Raises (as a negative errno):
        EINVAL  unknown flags; MS_ASYNC with MS_SYNC; an unaligned start.
        EBUSY   MS_INVALIDATE over a locked VMA.
        ENOMEM  the range wraps, or holds a hole that is not forgotten.
    """
    if error := check_msync(mm, start, flags):
        return error
    end = (start + mm.page_align(length)) & mm.word_mask
    if end < start:
        return mm.refuse(ENOMEM, "the range to write back passes the end of a word", _RULE)
    hole, at = False, start
    while at < end:
        vma = mm.tree.find(at)
        hole = hole or vma is None or at < vma.vm_start
        if vma is None:
            break
        if vma.vm_start < end:
            if flags & MS_INVALIDATE and vma.vm_flags & VM_LOCKED:
                return mm.refuse(EBUSY, f"{vma.vm_start:#x} and on is locked", _RULE)
            _sync_dirty_bits(mm, vma, max(at, vma.vm_start), min(end, vma.vm_end))
        at = vma.vm_end
        if at >= end and flags & MS_SYNC and vma.vm_file and vma.vm_flags & VM_SHARED:
            hole = False
    return mm.refuse(ENOMEM, "a hole in the range to write back", _RULE) if hole else 0


def _sync_dirty_bits(mm: MmStruct, vma: VmArea, start: int, end: int) -> None:
    """From the entries to the frames: a clean entry shows a page that is known to be dirty.

    Mirrors: mm/msync.c:msync_pte_range.
    """
    if vma.vm_file is None or not vma.vm_flags & VM_SHARED:
        return
    fmt = mm.fmt
    for vpn, pte in mm.pgtable.entries(addr_to_vpn(start), addr_to_vpn(end)):
        if fmt.pte_present(pte) and fmt.pte_dirty(pte):
            mm.machine.memory.flags[fmt.pte_pfn(pte)] |= PG_DIRTY
            mm.set_pte(vpn_to_addr(vpn), pte & ~fmt.dirty)
    mm.flush_tlb_range(start, end)


def mincore(mm: MmStruct, start: int, length: int) -> int | str:
    """mincore(2): a digit a page, 1 where the page cache holds the page of the linear offset.

    It asks the file, not the page tables: a private copy counts as little as the order that
    remap_file_pages has made, and memory of no file cannot be asked about.

    Raises (as a negative errno):
        EINVAL  an unaligned start.
        ENOMEM  the range leaves the task's addresses, holds a hole, or memory of no file.
    """
    if offset_in_page(start):
        return mm.refuse(EINVAL, f"mincore inside a page, at {start:#x}", _MINCORE)
    end = start + page_align(length)
    if end > mm.task_size:
        return mm.refuse(ENOMEM, "the range asked about passes TASK_SIZE", _MINCORE)
    digits, at = [], start
    for vma in mm.tree.overlapping(start, end):
        if vma.vm_start > at or vma.vm_file is None:
            break
        upto = min(end, vma.vm_end)
        first, last = linear_page_index(vma, at), linear_page_index(vma, upto)
        filemap = vma.vm_file.filemap
        digits += ["1" if filemap.frame(index) >= 0 else "0" for index in range(first, last)]
        at = upto
    if at < end:
        reason = f"at {at:#x} is a hole, or memory of no file"
        return mm.refuse(ENOMEM, reason, "mm/mincore.c:mincore_vma")
    return "".join(digits)


_MINCORE = "mm/mincore.c:sys_mincore"
