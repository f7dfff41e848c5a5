"""mlock(2) and munlock(2) in 2.6.18: each VMA is locked and faulted in before the next is seen.

Mirrors: mm/mlock.c:do_mlock, mlock_fixup; mm/memory.c:make_pages_present (v2.6.18).
"""

from __future__ import annotations

from errno import EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM

from vmalab.mm.flags import VM_LOCKED, VM_READ, VM_WRITE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.modify import vma_modify_flags
from vmalab.mm.populate import fault_in_range
from vmalab.units import (
    addr_to_vpn,
    bytes_to_pages,
    offset_in_page,
    page_align_down,
    pages_to_bytes,
)

_RULE = "mm/mlock.c:do_mlock"


def mlock(mm: MmStruct, start: int, length: int) -> int:
    """mlock(2): lock and fault in every page that the range (bytes, any alignment) touches.

    Raises (as a negative errno):
        EPERM   this task may lock nothing; a page that cannot be had, behind one that could.
        ENOMEM  over RLIMIT_MEMLOCK, where pages locked already count twice; a hole.
        EINVAL  the range wraps.
        EFAULT  the first page of a VMA cannot be had, or the VMA may not be read.
        EAGAIN  a split at max_map_count, or no frame for the first page of a VMA.
    """
    limits = mm.limits
    if not limits.cap_ipc_lock and not limits.memlock:
        return mm.refuse(EPERM, "RLIMIT_MEMLOCK is 0 and there is no CAP_IPC_LOCK", _RULE)
    length = mm.page_align(length + offset_in_page(start))
    locked = mm.locked_vm + bytes_to_pages(length)
    if not limits.cap_ipc_lock and pages_to_bytes(locked) > limits.memlock:
        reason = f"{locked} pages, some perhaps counted twice, are past RLIMIT_MEMLOCK"
        return mm.refuse(ENOMEM, reason, "mm/mlock.c:sys_mlock")
    return _do_mlock(mm, page_align_down(start), length, VM_LOCKED)


def munlock(mm: MmStruct, start: int, length: int) -> int:
    """munlock(2): let the pages of the range be reclaimed again.

    Raises (as a negative errno): ENOMEM at a hole, EINVAL, EAGAIN as mlock.
    """
    length = mm.page_align(length + offset_in_page(start))
    return _do_mlock(mm, page_align_down(start), length, 0)


def _do_mlock(mm: MmStruct, start: int, length: int, lock: int) -> int:
    end = (start + length) & mm.word_mask
    if end < start:
        return mm.refuse(EINVAL, "the range to lock passes the end of a word", _RULE)
    done = start
    while done < end:
        vma = mm.tree.at(done)
        if vma is None:
            return mm.refuse(ENOMEM, f"a hole at {done:#x}; what lies below is done", _RULE)
        upto = min(vma.vm_end, end)
        vm_flags = vma.vm_flags & ~VM_LOCKED | lock
        if vm_flags != vma.vm_flags and (error := _mlock_fixup(mm, done, upto, vm_flags)) < 0:
            return error
        done = upto
    return 0


def _mlock_fixup(mm: MmStruct, start: int, end: int, vm_flags: int) -> int:
    """Lock part of a VMA, then fault it in; ENOMEM of either becomes EAGAIN."""
    vma = mm.tree.find(start)
    assert vma is not None
    error, vma = vma_modify_flags(mm, vma, start, end, vm_flags)
    if error == 0 and vm_flags & VM_LOCKED:
        error = make_pages_present(mm, start, end)
    if error == -ENOMEM:
        return mm.refuse(EAGAIN, "no VMA or no page more can be had now", "mm/mlock.c:mlock_fixup")
    return error


def make_pages_present(mm: MmStruct, start: int, end: int) -> int:
    """Fault in part of one VMA: 0, or a negative errno.

    Whatever may be written is written to, shared or not. A failure at the first page is told; one
    behind it is only "fewer than asked for", which is -1, and -1 is EPERM.

    Mirrors: mm/memory.c:make_pages_present, get_user_pages (v2.6.18).
    """
    vma = mm.tree.at(start)
    assert vma is not None
    write = bool(vma.vm_flags & VM_WRITE)
    if not vma.vm_flags & (VM_WRITE | VM_READ):
        reason = "pages that may be neither read nor written cannot be faulted in"
        return mm.refuse(EFAULT, reason, "mm/memory.c:get_user_pages")
    error = fault_in_range(mm, vma, start, end, write=write)
    if error == 0:
        return 0
    first = mm.pgtable.get(addr_to_vpn(start))
    if mm.fmt.pte_present(first) and (mm.fmt.pte_write(first) or not write):
        return mm.refuse(EPERM, f"some page above {start:#x} cannot be had", _PRESENT)
    return mm.refuse(-error, f"the page at {start:#x} cannot be had", _PRESENT)


_PRESENT = "mm/memory.c:make_pages_present"
