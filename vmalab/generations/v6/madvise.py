"""madvise(2): some advice changes VMAs, some drops pages, some fetches them.

Mirrors: mm/madvise.c (v6.18).
"""

from __future__ import annotations

from collections.abc import Callable
from errno import EACCES, EAGAIN, EFAULT, EINVAL, ENOMEM
from typing import Final

from vmalab.arch.x86_64_v6 import PTE_MARKER_GUARD
from vmalab.generations.v6.page_advice import cool_pages, free_pages
from vmalab.mm.flags import (
    VM_DONTCOPY,
    VM_DONTDUMP,
    VM_DROPPABLE,
    VM_HUGEPAGE,
    VM_LOCKED,
    VM_MAYBE_GUARD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_MERGEABLE,
    VM_NOHUGEPAGE,
    VM_RAND_READ,
    VM_READ,
    VM_SEQ_READ,
    VM_SHARED,
    VM_SPECIAL,
    VM_WIPEONFORK,
    VM_WRITE,
)
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.modify import vma_modify_flags
from vmalab.mm.populate import fault_in_range
from vmalab.mm.rmap import anon_vma_prepare
from vmalab.mm.truncate import punch_hole
from vmalab.mm.vma import VmArea, linear_page_index, vma_is_anonymous
from vmalab.mm.vmscan import evict_range
from vmalab.mm.zap import zap_page_range
from vmalab.records.events import GuardChanged
from vmalab.uapi import mman
from vmalab.uapi.mman import format_advice
from vmalab.units import WORD_MASK, addr_to_vpn, offset_in_page, page_align, vpn_to_addr

_RULE = "mm/madvise.c:do_madvise"

_SetClear = tuple[int, int]
FLAG_ADVICE: Final[dict[int, _SetClear]] = {
    mman.MADV_NORMAL: (0, VM_RAND_READ | VM_SEQ_READ),
    mman.MADV_SEQUENTIAL: (VM_SEQ_READ, VM_RAND_READ),
    mman.MADV_RANDOM: (VM_RAND_READ, VM_SEQ_READ),
    mman.MADV_DONTFORK: (VM_DONTCOPY, 0),
    mman.MADV_DOFORK: (0, VM_DONTCOPY),
    mman.MADV_WIPEONFORK: (VM_WIPEONFORK, 0),
    mman.MADV_KEEPONFORK: (0, VM_WIPEONFORK),
    mman.MADV_DONTDUMP: (VM_DONTDUMP, 0),
    mman.MADV_DODUMP: (0, VM_DONTDUMP),
    mman.MADV_MERGEABLE: (VM_MERGEABLE, 0),
    mman.MADV_UNMERGEABLE: (0, VM_MERGEABLE),
    mman.MADV_HUGEPAGE: (VM_HUGEPAGE, VM_NOHUGEPAGE),
    mman.MADV_NOHUGEPAGE: (VM_NOHUGEPAGE, VM_HUGEPAGE),
}
"""Advice that is nothing but vm_flags: the bits it sets, and those it clears."""


def madvise(mm: MmStruct, start: int, length: int, advice: int) -> int:
    """madvise(2) on ``start <= a < start + length`` (bytes): 0, or a negative errno.

    Holes are passed over, and ENOMEM returned at the end; a refusal by one VMA ends the call, and
    what was done below it stays.

    Raises (as a negative errno):
        EINVAL  no such advice; an unaligned start; a range that wraps; a VMA it does not suit.
        ENOMEM  a hole.
        EAGAIN  a VMA would have to be split at max_map_count.
        EACCES  MADV_REMOVE without the right to write.
        EFAULT  MADV_POPULATE_* met a page that cannot be had.
    """
    if advice not in FLAG_ADVICE and advice not in _PAGE_ADVICE:
        return mm.refuse(EINVAL, f"advice {advice} is none of the kernel's", _RULE)
    if offset_in_page(start):
        return mm.refuse(EINVAL, f"madvise at {start:#x}, which is not page-aligned", _RULE)
    end = start + page_align(length)
    if (length and end == start) or end > WORD_MASK:
        return mm.refuse(EINVAL, "the range to advise on wraps around", _RULE)
    if end == start:
        return 0
    if advice in {mman.MADV_POPULATE_READ, mman.MADV_POPULATE_WRITE}:
        return _populate(mm, start, end, write=advice == mman.MADV_POPULATE_WRITE)
    reached, hole = start, False
    for vma in mm.tree.overlapping(start, end):
        low, high = max(start, vma.vm_start), min(end, vma.vm_end)
        hole = hole or low > reached
        error = _advise_vma(mm, mm.tree.at(low) or vma, low, high, advice)
        if error < 0:
            return error
        reached = high
    if hole or reached < end:
        return mm.refuse(ENOMEM, f"{format_advice(advice)} over a hole; the rest is done", _RULE)
    return 0


def _advise_vma(mm: MmStruct, vma: VmArea, start: int, end: int, advice: int) -> int:
    if advice in FLAG_ADVICE:
        return _advise_flags(mm, vma, start, end, advice)
    return _PAGE_ADVICE[advice](mm, vma, start, end)


def _advise_flags(mm: MmStruct, vma: VmArea, start: int, end: int, advice: int) -> int:
    """Advice that is kept in vm_flags, and so may split and merge VMAs.

    Mirrors: mm/madvise.c:madvise_vma_behavior, madvise_update_vma.
    """
    gains, loses = FLAG_ADVICE[advice]
    if advice == mman.MADV_WIPEONFORK and (vma.vm_file is not None or vma.vm_flags & VM_SHARED):
        return mm.refuse(EINVAL, "only private anonymous memory can be wiped on fork", _RULE)
    if vma.vm_flags & VM_DROPPABLE and advice in {mman.MADV_KEEPONFORK, mman.MADV_DODUMP}:
        return mm.refuse(EINVAL, "droppable memory is never kept or dumped", _RULE)
    if advice == mman.MADV_MERGEABLE and vma.vm_flags & (VM_SHARED | VM_MAYSHARE | VM_DROPPABLE):
        return 0
    vm_flags = vma.vm_flags & ~loses | gains
    if vm_flags == vma.vm_flags:
        return 0
    error, _ = vma_modify_flags(mm, vma, start, end, vm_flags)
    if error == -ENOMEM:
        return mm.refuse(EAGAIN, "the VMA cannot be split now: too many VMAs", _RULE)
    return error


def _dontneed(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """MADV_DONTNEED: forget the pages; the VMA, its anon_vma and guard markers stay."""
    if vma.vm_flags & VM_LOCKED:
        return mm.refuse(EINVAL, "the pages of a locked VMA cannot be dropped", _RULE)
    zap_page_range(mm, start, end, keep_guards=True)
    return 0


def _dontneed_locked(mm: MmStruct, _vma: VmArea, start: int, end: int) -> int:
    """MADV_DONTNEED_LOCKED: the same, locked or not."""
    zap_page_range(mm, start, end, keep_guards=True)
    return 0


def _free(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """MADV_FREE: the pages may be taken under pressure; until then they stay."""
    if vma.vm_flags & VM_LOCKED:
        return mm.refuse(EINVAL, "the pages of a locked VMA cannot be freed", _RULE)
    if not vma_is_anonymous(vma):
        return mm.refuse(EINVAL, "MADV_FREE is for private anonymous memory", _RULE)
    free_pages(mm, start, end)
    return 0


def _cold(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """MADV_COLD: make the pages the next to be reclaimed."""
    if vma.vm_flags & VM_LOCKED:
        return mm.refuse(EINVAL, "the pages of a locked VMA cannot grow cold", _RULE)
    cool_pages(mm, start, end)
    return 0


def _pageout(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """MADV_PAGEOUT: reclaim the pages now, as far as they are this process's alone."""
    if vma.vm_flags & VM_LOCKED:
        return mm.refuse(EINVAL, "the pages of a locked VMA cannot be put out", _RULE)
    evict_range(mm, start, end)
    return 0


def _willneed(_mm: MmStruct, _vma: VmArea, _start: int, _end: int) -> int:
    """MADV_WILLNEED: start reading ahead; nothing that a program can see by itself."""
    return 0


def _remove(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """MADV_REMOVE: punch a hole into the file behind a shared writable mapping."""
    if vma.vm_flags & VM_LOCKED:
        return mm.refuse(EINVAL, "the pages of a locked VMA cannot be removed", _RULE)
    if vma.vm_file is None:
        return mm.refuse(EINVAL, "MADV_REMOVE of memory that has no file", _RULE)
    if vma.vm_flags & (VM_SHARED | VM_MAYWRITE) != VM_SHARED | VM_MAYWRITE:
        return mm.refuse(EACCES, "MADV_REMOVE through a mapping that may not write", _RULE)
    first, last = linear_page_index(vma, start), linear_page_index(vma, end - 1)
    punch_hole(mm.machine, vma.vm_file.filemap, first, last)
    return 0


def _guard_install(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """MADV_GUARD_INSTALL: touching these pages is fatal from now on, and no VMA is split.

    The markers are page-table entries, so anonymous memory gets its anon_vma as if written to.
    """
    if vma.vm_flags & (VM_SPECIAL | VM_LOCKED):
        return mm.refuse(EINVAL, "guard markers cannot be installed in a locked VMA", _RULE)
    vma.vm_flags |= VM_MAYBE_GUARD
    if vma_is_anonymous(vma):
        anon_vma_prepare(mm, vma)
    zap_page_range(mm, start, end)
    guard = mm.fmt.make_pte_marker(PTE_MARKER_GUARD)
    for vpn in range(addr_to_vpn(start), addr_to_vpn(end)):
        mm.set_pte(vpn_to_addr(vpn), guard)
    if mm.emit is not None:
        mm.emit(GuardChanged(start, end, installed=True))
    return 0


def _guard_remove(mm: MmStruct, vma: VmArea, start: int, end: int) -> int:
    """MADV_GUARD_REMOVE: take the markers out; other pages are left alone."""
    if vma.vm_flags & VM_SPECIAL:
        return mm.refuse(EINVAL, "a special VMA holds no guard markers", _RULE)
    for vpn, pte in list(mm.pgtable.entries(addr_to_vpn(start), addr_to_vpn(end))):
        if mm.fmt.pte_marker(pte):
            mm.set_pte(vpn_to_addr(vpn), 0)
    if mm.emit is not None:
        mm.emit(GuardChanged(start, end, installed=False))
    return 0


def _collapse(mm: MmStruct, _vma: VmArea, _start: int, _end: int) -> int:
    """MADV_COLLAPSE: a window of less than a huge page holds nothing to collapse."""
    return mm.refuse(EINVAL, "the range holds no whole huge page", _RULE)


def _populate(mm: MmStruct, start: int, end: int, *, write: bool) -> int:
    """MADV_POPULATE_READ and _WRITE: fault pages in, and say so when one cannot be had."""
    at = start
    while at < end:
        vma = mm.tree.at(at)
        if vma is None:
            return mm.refuse(ENOMEM, f"nothing is mapped at {at:#x} to populate", _RULE)
        if not vma.vm_flags & (VM_WRITE if write else VM_READ):
            reason = f"the VMA at {vma.vm_start:#x} does not allow populating it so"
            return mm.refuse(EINVAL, reason, "mm/madvise.c:madvise_populate")
        upto = min(vma.vm_end, end)
        error = fault_in_range(mm, vma, at, upto, write=write)
        if error == -ENOMEM:
            return mm.refuse(ENOMEM, "no frame is free for a page to populate", _RULE)
        if error < 0:
            return mm.refuse(EFAULT, "a page cannot be populated: guard or end of file", _RULE)
        at = upto
    return 0


_PageAdvice = Callable[[MmStruct, VmArea, int, int], int]
_PAGE_ADVICE: Final[dict[int, _PageAdvice]] = {
    mman.MADV_WILLNEED: _willneed,
    mman.MADV_DONTNEED: _dontneed,
    mman.MADV_FREE: _free,
    mman.MADV_REMOVE: _remove,
    mman.MADV_COLD: _cold,
    mman.MADV_PAGEOUT: _pageout,
    mman.MADV_POPULATE_READ: _willneed,
    mman.MADV_POPULATE_WRITE: _willneed,
    mman.MADV_DONTNEED_LOCKED: _dontneed_locked,
    mman.MADV_COLLAPSE: _collapse,
    mman.MADV_GUARD_INSTALL: _guard_install,
    mman.MADV_GUARD_REMOVE: _guard_remove,
}
