"""mprotect(2): change what may be done with pages, and split or merge VMAs as it must.

Mirrors: mm/mprotect.c:do_mprotect_pkey, mprotect_fixup (v6.18).
"""

from __future__ import annotations

from collections.abc import Callable
from errno import EACCES, EINVAL, ENOMEM

from vmalab.mm.flags import (
    MAY_SHIFT,
    VM_ACCESS_FLAGS,
    VM_ACCOUNT,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_NORESERVE,
    VM_SHARED,
    VM_WRITE,
)
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.modify import vma_modify_flags
from vmalab.mm.populate import populate_vma_page_range
from vmalab.mm.vma import VmArea, vma_is_anonymous
from vmalab.mm.zap import change_protection
from vmalab.uapi.mman import PROT_GROWSDOWN, PROT_GROWSUP, PROT_SEM
from vmalab.units import PAGE_SIZE, bytes_to_pages, page_align

_RULE = "mm/mprotect.c:do_mprotect_pkey"
_GROWS = PROT_GROWSDOWN | PROT_GROWSUP
_KIND = VM_LOCKED | VM_SHARED | VM_WRITE
"""Of these bits, locked memory that is private and read-only has VM_LOCKED alone."""
_UNKNOWN_PROT = ~(VM_ACCESS_FLAGS | PROT_SEM | _GROWS)


def mprotect(
    mm: MmStruct,
    start: int,
    length: int,
    prot: int,
    *,
    before: Callable[[MmStruct, int, int, int], int] | None = None,
    fixup: Callable[[MmStruct, VmArea, int, int, int], int] | None = None,
) -> int:
    """mprotect(2): give the pages of ``start <= a < start + length`` (bytes) protection ``prot``.

    It works VMA by VMA, and what is done stays done: over a hole, the part below the hole is
    changed and ENOMEM returned. ``before`` may refuse once the arguments are known to be sane;
    ``fixup`` is what happens to each VMA, else :func:`mprotect_fixup`.

    Raises (as a negative errno):
        EINVAL  start is unaligned; unknown bits in prot; PROT_GROWSDOWN where nothing grows.
        ENOMEM  a hole in the range; a split at max_map_count; too much private writable memory.
        EACCES  a right that the mapping can never have (writing a file opened read-only).

    Emits: VmaSplit, VmaMerged, VmaNotMerged, FlagsChanged.
    """
    if prot & _GROWS == _GROWS:
        return mm.refuse(EINVAL, "PROT_GROWSDOWN and PROT_GROWSUP together", _RULE)
    if start % PAGE_SIZE:
        return mm.refuse(EINVAL, f"start {start:#x} is not page-aligned", _RULE)
    if not length:
        return 0
    end = start + (page_align(length) if length % PAGE_SIZE else length)
    if not start < end <= mm.word_mask:
        return mm.refuse(ENOMEM, "the range wraps around the address space", _RULE)
    if prot & _UNKNOWN_PROT:
        return mm.refuse(EINVAL, f"prot {prot:#x} has bits that mean nothing", _RULE)
    if before is not None and (error := before(mm, start, end, prot)) < 0:
        return error
    if prot & _GROWS and (start := _grown_start(mm, start, end, prot)) < 0:
        return start
    return _protect_range(mm, start, end, prot & VM_ACCESS_FLAGS, fixup or mprotect_fixup)


def _grown_start(mm: MmStruct, start: int, end: int, prot: int) -> int:
    """PROT_GROWSDOWN: begin at the start of the stack-like VMA that the range touches."""
    vma = mm.tree.find(start)
    if vma is None or vma.vm_start >= end:
        return mm.refuse(ENOMEM, "PROT_GROWSDOWN over addresses that hold no VMA", _RULE)
    if prot & PROT_GROWSUP:
        if vma.vm_start > start:
            return mm.refuse(ENOMEM, "PROT_GROWSUP begins in a hole", _RULE)
        return mm.refuse(EINVAL, "PROT_GROWSUP, but no VMA grows up on this machine", _RULE)
    if not vma.vm_flags & VM_GROWSDOWN:
        return mm.refuse(EINVAL, "PROT_GROWSDOWN on a VMA that does not grow down", _RULE)
    return vma.vm_start


def _protect_range(
    mm: MmStruct,
    start: int,
    end: int,
    access: int,
    fixup: Callable[[MmStruct, VmArea, int, int, int], int],
) -> int:
    """Change VMA after VMA until the end, a hole, or a refusal."""
    done = start
    while True:
        vma = mm.tree.at(done)
        if vma is None:
            return mm.refuse(ENOMEM, f"there is no VMA at {done:#x}; below it all is done", _RULE)
        vm_flags = vma.vm_flags & ~VM_ACCESS_FLAGS | access
        if access & ~(vm_flags >> MAY_SHIFT):
            reason = f"the VMA at {vma.vm_start:#x} may never have all of those rights"
            return mm.refuse(EACCES, reason, _RULE)
        upto = vma.vm_end
        if upto >= end:
            return fixup(mm, vma, done, end, vm_flags)
        if (error := fixup(mm, vma, done, upto, vm_flags)) < 0:
            return error
        done = upto


def mprotect_fixup(mm: MmStruct, vma: VmArea, start: int, end: int, vm_flags: int) -> int:
    """Give part of one VMA other access rights: 0, or a negative errno.

    Memory that becomes private and writable is charged to the machine (VM_ACCOUNT). The charge
    comes back only in 6.x, and only while the VMA is anonymous and has never been written to.
    """
    before = vma.vm_flags
    if vm_flags == before:
        return 0
    if vm_flags & VM_WRITE:
        if not before & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE):
            if not mm.may_commit(bytes_to_pages(end - start)):
                reason = "making so much memory writable is more than RAM and swap could ever hold"
                return mm.refuse(ENOMEM, reason, "mm/mprotect.c:mprotect_fixup")
            vm_flags |= VM_ACCOUNT
    elif before & VM_ACCOUNT and vma_is_anonymous(vma) and vma.anon_vma is None:
        vm_flags &= ~mm.policy.mprotect_gives_back
    error, vma = vma_modify_flags(mm, vma, start, end, vm_flags)
    if error < 0:
        return error
    if ptes := mm.pgtable.entries(start // PAGE_SIZE, end // PAGE_SIZE):
        change_protection(mm, vma, start, end, ptes)
    if vm_flags & VM_WRITE and before & _KIND == VM_LOCKED and mm.policy.mprotect_populates:
        populate_vma_page_range(mm, vma, start, end)
    return 0
