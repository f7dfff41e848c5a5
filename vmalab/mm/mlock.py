"""mlock(2), mlock2(2), munlock(2): pages that must stay in memory.

Mirrors: mm/mlock.c:do_mlock, apply_vma_lock_flags, mlock_fixup (v6.18).
"""

from __future__ import annotations

from errno import EFAULT, EINVAL, ENOMEM, EPERM

from vmalab.mm.flags import VM_DROPPABLE, VM_LOCKED, VM_LOCKED_MASK, VM_LOCKONFAULT, VM_SPECIAL
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.modify import vma_modify_flags
from vmalab.mm.populate import mm_populate
from vmalab.uapi.mman import MLOCK_ONFAULT
from vmalab.units import (
    WORD_MASK,
    bytes_to_pages,
    offset_in_page,
    page_align,
    page_align_down,
    pages_to_bytes,
)

_RULE = "mm/mlock.c:do_mlock"


def mlock(mm: MmStruct, start: int, length: int) -> int:
    """mlock(2): lock and fault in every page that the range (bytes, any alignment) touches.

    Raises (as a negative errno):
        EPERM   this task may lock nothing.
        ENOMEM  over RLIMIT_MEMLOCK; a hole in the range; a page that cannot be faulted in.
        EINVAL  the range wraps.

    Like mprotect it goes on VMA by VMA, and what it did before a refusal stays.
    """
    return do_mlock(mm, start, length, VM_LOCKED)


def mlock2(mm: MmStruct, start: int, length: int, flags: int) -> int:
    """mlock2(2): like mlock; with MLOCK_ONFAULT pages are locked as they are touched."""
    if flags & ~MLOCK_ONFAULT:
        return mm.refuse(
            EINVAL, f"mlock2 flags {flags:#x}: only MLOCK_ONFAULT means anything", _RULE
        )
    onfault = VM_LOCKONFAULT if flags & MLOCK_ONFAULT else 0
    return do_mlock(mm, start, length, VM_LOCKED | onfault)


def munlock(mm: MmStruct, start: int, length: int) -> int:
    """munlock(2): let the pages of the range be reclaimed again. ENOMEM at a hole."""
    start, length = _whole_pages(start, length)
    return _apply_lock_flags(mm, start, length, 0)


def do_mlock(mm: MmStruct, start: int, length: int, lock_flags: int) -> int:
    """The common part of mlock and mlock2."""
    if not mm.limits.cap_ipc_lock and not mm.limits.memlock:
        return mm.refuse(EPERM, "RLIMIT_MEMLOCK is 0 and the task has no CAP_IPC_LOCK", _RULE)
    start, length = _whole_pages(start, length)
    if not mm.limits.cap_ipc_lock:
        already = _locked_pages_within(mm, start, start + length)
        wanted = mm.locked_vm + bytes_to_pages(length) - already
        if pages_to_bytes(wanted) > mm.limits.memlock:
            reason = f"{wanted} locked pages would pass RLIMIT_MEMLOCK ({mm.limits.memlock} bytes)"
            return mm.refuse(ENOMEM, reason, _RULE)
    error = _apply_lock_flags(mm, start, length, lock_flags)
    if error < 0:
        return error
    error = mm_populate(mm, start, start + length, ignore_errors=False)
    if error == -EFAULT:
        reason = "the range is locked now, but one of its pages cannot be faulted in"
        return mm.refuse(ENOMEM, reason, "mm/mlock.c:__mlock_posix_error_return")
    if error < 0:
        reason = "the range is locked now, but no frame is free for one of its pages"
        return mm.refuse(ENOMEM, reason, "mm/gup.c:__mm_populate")
    return 0


def _whole_pages(start: int, length: int) -> tuple[int, int]:
    """The pages that a range of bytes touches."""
    return page_align_down(start), page_align(length + offset_in_page(start))


def _locked_pages_within(mm: MmStruct, start: int, end: int) -> int:
    """Pages of a range that are locked already, and so need no new allowance."""
    return sum(
        bytes_to_pages(min(end, vma.vm_end) - max(start, vma.vm_start))
        for vma in mm.tree.overlapping(start, end)
        if vma.vm_flags & VM_LOCKED
    )


def _apply_lock_flags(mm: MmStruct, start: int, length: int, lock_flags: int) -> int:
    """Rewrite the lock flags of VMA after VMA until the end or a hole."""
    end = start + length
    if end > WORD_MASK:
        return mm.refuse(EINVAL, "the range to lock wraps around", _RULE)
    done = start
    while done < end:
        vma = mm.tree.at(done)
        if vma is None:
            reason = f"no VMA at {done:#x}; what lies below is done"
            return mm.refuse(ENOMEM, reason, "mm/mlock.c:apply_vma_lock_flags")
        upto = min(vma.vm_end, end)
        vm_flags = vma.vm_flags & ~VM_LOCKED_MASK | lock_flags
        if vm_flags != vma.vm_flags and not vma.vm_flags & (VM_SPECIAL | VM_DROPPABLE):
            error, vma = vma_modify_flags(mm, vma, done, upto, vm_flags)
            if error < 0:
                return error
        done = upto
    return 0
