"""mremap(2): shrink, grow or move mappings.

Mirrors: mm/mremap.c (v6.18), whose shape this file keeps: check the parameters, prepare each VMA,
then shrink, expand in place, or move.

    no new address      same size: nothing      smaller: unmap the tail
                        larger: into the gap behind, else (MAYMOVE) move
    MREMAP_FIXED        unmap the target, shrink the source if asked, move
    MREMAP_DONTUNMAP    move the pages, leave an empty VMA behind
"""

from __future__ import annotations

from dataclasses import dataclass
from errno import EAGAIN, EFAULT, EINVAL, ENOMEM

from vmalab.generations.v6.mremap_move import move_vma
from vmalab.mm.flags import VM_ACCOUNT, VM_DONTEXPAND, VM_LOCKED, VM_MAYSHARE, VM_PFNMAP, VM_SHARED
from vmalab.mm.merge import vma_merge_new_range
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.munmap import munmap
from vmalab.mm.populate import mm_populate
from vmalab.mm.unmapped_area import get_unmapped_area
from vmalab.mm.vma import VmArea, linear_page_index, vma_pages
from vmalab.records.events import VmaResized
from vmalab.uapi.mman import MAP_FIXED, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE
from vmalab.units import WORD_MASK, bytes_to_pages, offset_in_page, page_align

_RULE = "mm/mremap.c:check_mremap_params"
_PREP = "mm/mremap.c:check_prep_vma"


@dataclass(slots=True)
class Remap:
    """One mremap under way. Lengths in bytes, page-aligned.

    Mirrors: struct vma_remap_struct.
    """

    addr: int
    old_len: int
    new_len: int
    flags: int
    new_addr: int

    @property
    def implies_new_addr(self) -> bool:
        """Does the caller say where to (or leave the old place mapped)?"""
        return bool(self.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))


def mremap(mm: MmStruct, addr: int, old_len: int, new_len: int, flags: int, new_addr: int) -> int:
    """mremap(2): the address of the mapping afterwards, or a negative errno.

    Raises (as a negative errno):
        EINVAL  any of the parameters by itself is wrong; a private mapping with old_len 0.
        EFAULT  the source is not mapped, or a resize reaches over the end of its VMA.
        ENOMEM  no room, too many VMAs, a limit.
        EAGAIN  growing locked memory past RLIMIT_MEMLOCK.
    """
    request = Remap(addr, page_align(old_len), page_align(new_len), flags, new_addr)
    error = _check_params(mm, request)
    if error < 0:
        return error
    if flags & MREMAP_FIXED and request.old_len == request.new_len:
        return _move_range(mm, request)
    vma = mm.tree.at(addr)
    error = _check_prep_vma(mm, request, vma)
    if error < 0 or vma is None:
        return error
    if request.implies_new_addr:
        return _mremap_to(mm, request, vma)
    return _mremap_at(mm, request, vma)


def _check_params(mm: MmStruct, r: Remap) -> int:
    """What is wrong whatever is mapped."""
    if r.flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP):
        return mm.refuse(EINVAL, f"mremap flags {r.flags:#x} have unknown bits", _RULE)
    if offset_in_page(r.addr):
        return mm.refuse(EINVAL, f"the old address {r.addr:#x} is not page-aligned", _RULE)
    if not r.new_len:
        return mm.refuse(EINVAL, "the new length is 0", _RULE)
    if r.new_len > mm.task_size:
        return mm.refuse(EINVAL, "the new length is more than an address space", _RULE)
    if not r.implies_new_addr:
        return 0
    if r.new_addr > mm.task_size - r.new_len:
        return mm.refuse(EINVAL, "the target leaves the task's addresses", _RULE)
    if offset_in_page(r.new_addr):
        return mm.refuse(EINVAL, f"the target {r.new_addr:#x} is not page-aligned", _RULE)
    if not r.flags & MREMAP_MAYMOVE:
        return mm.refuse(EINVAL, "FIXED or DONTUNMAP without MAYMOVE", _RULE)
    if r.flags & MREMAP_DONTUNMAP and r.old_len != r.new_len:
        return mm.refuse(EINVAL, "DONTUNMAP cannot resize", _RULE)
    if r.addr < r.new_addr + r.new_len and r.new_addr < (r.addr + r.old_len) & WORD_MASK:
        return mm.refuse(EINVAL, "source and target overlap", _RULE)
    if mm.map_count + 2 >= mm.policy.max_map_count - 3:
        reason = f"{mm.map_count} VMAs leave too little room below max_map_count to move"
        return mm.refuse(ENOMEM, reason, _RULE)
    return 0


def _move_range(mm: MmStruct, r: Remap) -> int:
    """Move every VMA of a range, keeping the gaps between them (since 6.17).

        source   | A |   | B |          target   . . . . . . .
        after                                    | A |   | B |

    The source must begin in a VMA. A gap moves nothing, so what lies at its target stays.
    """
    start, end = r.addr, r.addr + r.old_len
    target, last_end, result = r.new_addr, 0, 0
    seen = False
    for vma in mm.tree.overlapping(start, end):
        addr = max(vma.vm_start, start)
        if not seen and addr > start:
            return mm.refuse(EFAULT, f"the source begins in a hole, at {start:#x}", _MOVE)
        target += vma.vm_start - last_end if seen else 0
        last_end = vma.vm_end
        length = min(end, vma.vm_end) - addr
        part = Remap(addr, length, length, r.flags, target)
        error = _check_prep_vma(mm, part, vma)
        moved = error if error < 0 else _mremap_to(mm, part, vma)
        if moved < 0:
            return moved
        result = result if seen else moved
        target = moved + length
        seen = True
    if not seen:
        return mm.refuse(EFAULT, "nothing is mapped at the source", _MOVE)
    return result


_MOVE = "mm/mremap.c:remap_move"


def _check_prep_vma(mm: MmStruct, r: Remap, vma: VmArea | None) -> int:
    """What is wrong with asking this of this VMA."""
    if vma is None:
        return mm.refuse(EFAULT, f"no VMA holds the source {r.addr:#x}", _PREP)
    if not r.old_len and not vma.vm_flags & (VM_SHARED | VM_MAYSHARE):
        return mm.refuse(EINVAL, "old length 0 duplicates shared mappings only", _PREP)
    if r.flags & MREMAP_DONTUNMAP and vma.vm_flags & (VM_DONTEXPAND | VM_PFNMAP):
        return mm.refuse(EINVAL, "DONTUNMAP of a mapping that may not expand", _PREP)
    if r.new_len <= r.old_len and not r.implies_new_addr:
        return 0
    if min(r.old_len, r.new_len) > vma.vm_end - r.addr:
        return mm.refuse(EFAULT, "the source reaches past the end of its VMA", _PREP)
    if r.new_len <= r.old_len:
        return 0
    return _check_growth(mm, r, vma)


def _check_growth(mm: MmStruct, r: Remap, vma: VmArea) -> int:
    """May the VMA grow by the difference at all?"""
    delta = r.new_len - r.old_len
    if linear_page_index(vma, r.addr) + bytes_to_pages(r.new_len) > WORD_MASK:
        return mm.refuse(EINVAL, "the grown mapping's last offset would wrap", _PREP)
    if vma.vm_flags & (VM_DONTEXPAND | VM_PFNMAP):
        return mm.refuse(EFAULT, "this mapping may not expand", _PREP)
    if not mm.may_lock(vma.vm_flags, delta):
        return mm.refuse(EAGAIN, "growing locked memory would pass RLIMIT_MEMLOCK", _PREP)
    if not mm.may_expand_vm(bytes_to_pages(delta)):
        return mm.refuse(ENOMEM, "growing would pass RLIMIT_AS", _PREP)
    return 0


def _mremap_to(mm: MmStruct, r: Remap, vma: VmArea) -> int:
    """Move to where the caller says; FIXED first unmaps what is there."""
    if r.flags & MREMAP_FIXED:
        error = munmap(mm, r.new_addr, r.new_len)
        if error < 0:
            return error
        found = mm.tree.at(r.addr)
        if found is None:
            return mm.refuse(EFAULT, "the source went with the target", "mm/mremap.c:mremap_to")
        vma = found
    if r.new_len < r.old_len:
        error = munmap(mm, r.addr + r.new_len, r.old_len - r.new_len)
        if error < 0:
            return error
        r.old_len = r.new_len
        vma = mm.tree.at(r.addr) or vma
    if r.flags & MREMAP_DONTUNMAP and not mm.may_expand_vm(bytes_to_pages(r.old_len)):
        reason = "the empty VMA left behind would pass RLIMIT_AS"
        return mm.refuse(ENOMEM, reason, "mm/mremap.c:mremap_to")
    return _move(mm, r, vma)


def _mremap_at(mm: MmStruct, r: Remap, vma: VmArea) -> int:
    """Resize where it is; move only to grow, and only with MAYMOVE."""
    if r.new_len == r.old_len:
        return r.addr
    if r.new_len < r.old_len:
        error = munmap(mm, r.addr + r.new_len, r.old_len - r.new_len)
        return error if error < 0 else r.addr
    if _can_expand_in_place(mm, r, vma):
        return _expand_in_place(mm, r, vma)
    if not r.flags & MREMAP_MAYMOVE:
        reason = "no room to grow where it is, and no MREMAP_MAYMOVE"
        return mm.refuse(ENOMEM, reason, "mm/mremap.c:expand_vma")
    return _move(mm, r, vma)


def _can_expand_in_place(mm: MmStruct, r: Remap, vma: VmArea) -> bool:
    """Does the range end where its VMA ends, with a wide enough gap behind?"""
    if vma.vm_end - r.addr != r.old_len:
        return False
    end = vma.vm_end + r.new_len - r.old_len
    return end <= mm.task_size and not mm.tree.overlapping(vma.vm_end, end)


def _expand_in_place(mm: MmStruct, r: Remap, vma: VmArea) -> int:
    """Grow into the gap; what lies behind it may be absorbed too."""
    delta = r.new_len - r.old_len
    if vma.vm_flags & VM_ACCOUNT and not mm.may_commit(bytes_to_pages(delta)):
        return mm.refuse(ENOMEM, "growing is more than RAM and swap could hold", _PREP)
    start, end = vma.vm_end, vma.vm_end + delta
    pgoff = vma.vm_pgoff + vma_pages(vma)
    new = vma.copy(start, end, pgoff)
    old_end = vma.vm_end
    grown = vma_merge_new_range(mm, new)
    if grown is None:
        return mm.refuse(
            ENOMEM, "the VMA cannot absorb its own growth", "mm/vma.c:vma_merge_extend"
        )
    mm.account_vm(vma.vm_flags, bytes_to_pages(delta))
    if mm.emit is not None:
        mm.emit(VmaResized(grown.vm_start, old_end, grown.vm_start, end))
    if vma.vm_flags & VM_LOCKED:
        mm_populate(mm, start, end)
    return r.addr


def _move(mm: MmStruct, r: Remap, vma: VmArea) -> int:
    """Find the new place and move there."""
    hint = r.new_addr if r.implies_new_addr else 0
    flags = MAP_FIXED if r.flags & MREMAP_FIXED else 0
    new_addr = get_unmapped_area(mm, vma.vm_file, hint, r.new_len, flags)
    if new_addr < 0:
        return new_addr
    keep = bool(r.flags & MREMAP_DONTUNMAP)
    return move_vma(mm, vma, r.addr, r.old_len, new_addr, r.new_len, keep=keep)
