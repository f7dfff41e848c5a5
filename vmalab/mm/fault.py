"""A page fault of a task: which VMA, is it allowed, and the page or the signal.

Mirrors: arch/x86/mm/fault.c:do_user_addr_fault, access_error; mm/vma.c:expand_downwards (v6.18).
"""

from __future__ import annotations

from errno import ENOMEM, EPERM
from typing import NoReturn

from vmalab.arch.mmu import PF_INSTR, PF_PROT, PF_WRITE
from vmalab.mm.fault_result import FAULT_ACCERR, FAULT_MAJOR, FAULT_SIGBUS, FAULT_SIGSEGV
from vmalab.mm.flags import VM_ACCESS_FLAGS, VM_EXEC, VM_GROWSDOWN, VM_WRITE, perms
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.rmap import anon_vma_prepare
from vmalab.mm.vma import VmArea
from vmalab.records.events import VmaResized
from vmalab.uapi.errors import (
    BUS_ADRERR,
    SEGV_ACCERR,
    SEGV_MAPERR,
    Access,
    BusError,
    OutOfMemory,
    SegmentationFault,
)
from vmalab.units import bytes_to_pages, page_align_down

_ALLOWING: dict[Access, int] = {"read": VM_ACCESS_FLAGS, "write": VM_WRITE, "exec": VM_EXEC}
"""By access: the vm_flags one of which allows it."""


def do_user_addr_fault(mm: MmStruct, addr: int, error_code: int) -> None:
    """What the kernel does when the MMU cannot go on: supply the page, so that it can try again.

    ``error_code`` is the processor's: was a page there (PROT), was it a write, an instruction?

    Raises:
        SegmentationFault: MAPERR where no VMA is (or a guard marker), ACCERR where the VMA does
            or the page's entry does not allow the access.
        BusError: ADRERR where the VMA's file ends before the page.
        OutOfMemory: no frame is free and none can be reclaimed.
    """
    vma = mm.tree.at(addr) or _expand_stack(mm, addr)
    if vma is None:
        reason = "no VMA holds the address"
        raise SegmentationFault(addr, access_of(error_code), SEGV_MAPERR, reason)
    write = mm.policy.page_fault_access(mm, vma, addr, error_code)
    if write is None:
        access, reason = access_of(error_code), "does not allow it"
        if vma.vm_flags & _ALLOWING[access]:
            reason = "would allow it, but the page's entry does not"
        reason = f"the VMA, {perms(vma.vm_flags)}, {reason}"
        raise SegmentationFault(addr, access, SEGV_ACCERR, reason)
    result = mm.policy.handle_mm_fault(mm, vma, addr, write=write)
    if result > FAULT_MAJOR:
        _raise_signal(addr, access_of(error_code), result)


def _raise_signal(addr: int, access: Access, result: int) -> NoReturn:
    """The signal that a fault's result stands for."""
    if result == FAULT_SIGBUS:
        raise BusError(addr, access, BUS_ADRERR, "the file ends before this page")
    if result == FAULT_SIGSEGV:
        raise SegmentationFault(addr, access, SEGV_MAPERR, "the page holds a guard marker")
    if result == FAULT_ACCERR:
        raise SegmentationFault(addr, access, SEGV_ACCERR, "the page's entry does not allow it")
    raise OutOfMemory(addr, access, 0, "no frame is free, and none can be reclaimed")


def access_of(error_code: int) -> Access:
    """What the task was doing, from the processor's error code."""
    if error_code & PF_INSTR:
        return "exec"
    return "write" if error_code & PF_WRITE else "read"


def page_fault_access(mm: MmStruct, vma: VmArea, addr: int, error_code: int) -> bool | None:
    """Is a fault to be handled as a write or as a read? None: the VMA forbids it.

    x86 without protection keys cannot separate read from write or execute: whoever may do
    anything to a page may read it. A page that is there and still faults on a read or a fetch is
    forbidden by its entry, and the VMA would only say the same.
    """
    if error_code & PF_WRITE:
        return True if vma.vm_flags & VM_WRITE else None
    if error_code & PF_PROT or not vma.vm_flags & VM_ACCESS_FLAGS:
        return None
    return False


def _expand_stack(mm: MmStruct, addr: int) -> VmArea | None:
    """The VMA above the address, if it is a stack that has just grown down to it."""
    vma = mm.tree.find(addr)
    if vma is None or not vma.vm_flags & VM_GROWSDOWN or not mm.policy.may_expand_stack(mm, addr):
        return None
    return None if expand_downwards(mm, vma, addr) < 0 else vma


def expand_downwards(mm: MmStruct, vma: VmArea, addr: int) -> int:
    """Grow a stack down to hold ``addr``: 0, or a negative errno.

        before   | other |      guard gap       |-- vma --|
        after    | other |  >= 256 pages  |----- vma -----|

    Only an accessible neighbour that is no stack itself must be kept at a distance.

    Raises (as a negative errno): EPERM below the lowest address, ENOMEM at the gap or a limit.
    Emits: VmaResized, AnonVmaAttached.
    """
    addr = page_align_down(addr)
    if addr < mm.lowest_addr:
        return -EPERM
    prev = mm.tree.before(addr)
    if (
        prev is not None
        and not prev.vm_flags & VM_GROWSDOWN
        and prev.vm_flags & VM_ACCESS_FLAGS
        and addr - prev.vm_end < mm.policy.stack_guard_gap
    ):
        return -ENOMEM
    anon_vma_prepare(mm, vma)
    grow = bytes_to_pages(vma.vm_start - addr)
    if vma.vm_end - addr > mm.limits.stack or not mm.may_expand_vm(grow):
        return -ENOMEM
    if not mm.may_lock(vma.vm_flags, vma.vm_start - addr) or not mm.may_commit(grow):
        return -ENOMEM
    if grow > vma.vm_pgoff:
        return -ENOMEM
    old_start = vma.vm_start
    mm.account_vm(vma.vm_flags, grow)
    mm.tree.resize(vma, addr, vma.vm_end)
    vma.vm_pgoff -= grow
    if mm.emit is not None:
        mm.emit(VmaResized(old_start, vma.vm_end, addr, vma.vm_end))
    return 0
