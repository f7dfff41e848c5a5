"""mremap(2) in 2.6.18: one VMA at most, and what is unmapped on the way stays unmapped.

Mirrors: mm/mremap.c:do_mremap, move_vma (v2.6.18), whose order this file keeps.

    1  the parameters by themselves
    2  FIXED: unmap the target                      whatever else will be wrong
    3  shrink: unmap the tail                       of whatever is there, a hole included
    4  is the source inside one VMA? the limits     only to grow or to move
    5  grow into the gap behind, or move
"""

from __future__ import annotations

from errno import EAGAIN, EFAULT, EINVAL, ENOMEM

from vmalab.generations.v2_6.mlock import make_pages_present
from vmalab.generations.v2_6.unmapped_area import get_unmapped_area
from vmalab.mm.flags import VM_ACCOUNT, VM_DONTEXPAND, VM_LOCKED, VM_PFNMAP
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.move import copy_vma_and_pages
from vmalab.mm.munmap import do_munmap, munmap
from vmalab.mm.vma import VmArea
from vmalab.records.events import VmaResized
from vmalab.uapi.mman import MREMAP_FIXED, MREMAP_MAYMOVE
from vmalab.units import bytes_to_pages, offset_in_page

_RULE = "mm/mremap.c:do_mremap"


def mremap(mm: MmStruct, addr: int, old_len: int, new_len: int, flags: int, new_addr: int) -> int:
    """mremap(2): the address of the mapping afterwards, or a negative errno.

    Shrinking in place asks nothing: it is munmap of the tail, whoever owns it, and the same size
    in place does nothing, mapped or not. Length 0 makes a second mapping, of private memory too.

    Raises (as a negative errno):
        EINVAL  a parameter by itself is wrong; source and target overlap.
        EFAULT  the source is not mapped, or reaches over the end of its VMA; or the growth is
                more than the machine could ever hold, for which nobody set another errno.
        ENOMEM  no room, no MAYMOVE, too many VMAs, RLIMIT_AS.
        EAGAIN  growing locked memory past RLIMIT_MEMLOCK.
    """
    word = mm.word_mask
    fixed = bool(flags & MREMAP_FIXED)
    if flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE):
        return mm.refuse(EINVAL, f"mremap of 2.6.18 knows no flags {flags:#x}", _RULE)
    if offset_in_page(addr):
        return mm.refuse(EINVAL, f"the source {addr:#x} is inside a page", _RULE)
    old_len, new_len = mm.page_align(old_len), mm.page_align(new_len)
    if not new_len:
        return mm.refuse(EINVAL, "a mapping cannot shrink to nothing", _RULE)
    if fixed:
        error = _clear_target(mm, addr, old_len, new_len, flags, new_addr)
        if error < 0:
            return error
    if old_len >= new_len:
        if old_len > new_len:
            error = munmap(mm, (addr + new_len) & word, old_len - new_len)
            if error < 0:
                return error
        if not fixed:
            return addr
        old_len = new_len
    return _grow_or_move(mm, addr, old_len, new_len, flags, new_addr)


def _grow_or_move(
    mm: MmStruct, addr: int, old_len: int, new_len: int, flags: int, new_addr: int
) -> int:
    """Steps 4 and 5; shrinking and unmapping are done."""
    fixed = bool(flags & MREMAP_FIXED)
    vma = mm.tree.at(addr)
    if vma is None:
        return mm.refuse(EFAULT, f"nothing is mapped at the source {addr:#x}", _RULE)
    error = _check_source(mm, vma, addr, old_len, new_len)
    if error < 0:
        return error
    if not fixed and old_len == vma.vm_end - addr and _has_room(mm, vma, addr + new_len):
        return _grow(mm, vma, addr, addr + new_len)
    if not flags & MREMAP_MAYMOVE:
        reason = "it cannot grow where it is, and may not move"
        return mm.refuse(ENOMEM, reason, _RULE)
    if not fixed:
        new_addr = get_unmapped_area(mm, 0, new_len, 0)
        if new_addr < 0:
            return new_addr
    return _move_vma(mm, vma, addr, old_len, new_addr, new_len)


def _clear_target(
    mm: MmStruct, addr: int, old_len: int, new_len: int, flags: int, new_addr: int
) -> int:
    """MREMAP_FIXED: look at the target's address, then unmap what is there."""
    word = mm.word_mask
    if offset_in_page(new_addr):
        return mm.refuse(EINVAL, f"the target {new_addr:#x} is inside a page", _RULE)
    if not flags & MREMAP_MAYMOVE:
        return mm.refuse(EINVAL, "MREMAP_FIXED without MREMAP_MAYMOVE", _RULE)
    if new_len > mm.task_size or new_addr > mm.task_size - new_len:
        return mm.refuse(EINVAL, "the target reaches past TASK_SIZE", _RULE)
    if new_addr <= addr < new_addr + new_len or addr <= new_addr < (addr + old_len) & word:
        return mm.refuse(EINVAL, "the target overlaps the source", _RULE)
    return munmap(mm, new_addr, new_len)


def _check_source(mm: MmStruct, vma: VmArea, addr: int, old_len: int, new_len: int) -> int:
    """May this part of the VMA grow, or move?"""
    if old_len > vma.vm_end - addr:
        return mm.refuse(EFAULT, "the source crosses the end of its VMA", _RULE)
    delta = new_len - old_len
    if vma.vm_flags & (VM_DONTEXPAND | VM_PFNMAP) and delta:
        return mm.refuse(EFAULT, "device memory may not grow", _RULE)
    if not mm.may_lock(vma.vm_flags, delta):
        return mm.refuse(EAGAIN, "growing would lock more than RLIMIT_MEMLOCK", _RULE)
    if not mm.may_expand_vm(bytes_to_pages(delta)):
        return mm.refuse(ENOMEM, "the growth would be past RLIMIT_AS", _RULE)
    if vma.vm_flags & VM_ACCOUNT and not mm.may_commit(bytes_to_pages(delta)):
        errno = EAGAIN if vma.vm_flags & VM_LOCKED else EFAULT
        return mm.refuse(errno, "the growth is more than RAM and swap could hold", _RULE)
    return 0


def _has_room(mm: MmStruct, vma: VmArea, end: int) -> bool:
    return end <= mm.task_size and not mm.tree.overlapping(vma.vm_end, end)


def _grow(mm: MmStruct, vma: VmArea, addr: int, end: int) -> int:
    """Grow into the gap; what lies behind it is not absorbed, however alike.

    Mirrors: the vma_adjust in do_mremap.
    """
    old_end = vma.vm_end
    mm.tree.resize(vma, vma.vm_start, end)
    mm.account_vm(vma.vm_flags, bytes_to_pages(end - old_end))
    if mm.emit is not None:
        mm.emit(VmaResized(vma.vm_start, old_end, vma.vm_start, end))
    if vma.vm_flags & VM_LOCKED:
        make_pages_present(mm, old_end, end)
    return addr


def _move_vma(
    mm: MmStruct, vma: VmArea, addr: int, old_len: int, new_addr: int, new_len: int
) -> int:
    """Copy the VMA, carry the entries, unmap the source: the new address, or a negative errno.

    The charge for the source is hidden while it is unmapped, for the copy has taken it over. With
    length 0 there is nothing to unmap, do_munmap says EINVAL, and the source's flag stays hidden:
    it will merge with nothing that still has VM_ACCOUNT.
    """
    if mm.map_count >= mm.policy.max_map_count - 3:
        reason = f"{mm.map_count} VMAs, and moving may need three more"
        return mm.refuse(ENOMEM, reason, "mm/mremap.c:move_vma")
    vm_flags = vma.vm_flags
    error, _ = copy_vma_and_pages(mm, vma, addr, old_len, new_addr, new_len)
    if error < 0:
        return error
    if old_len:
        do_munmap(mm, addr, addr + old_len)
    elif (source := mm.tree.at(addr)) is not None:
        source.vm_flags &= ~VM_ACCOUNT
    if vm_flags & VM_LOCKED and new_len > old_len:
        make_pages_present(mm, new_addr + old_len, new_addr + new_len)
    return new_addr
