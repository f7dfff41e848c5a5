"""When do two VMAs become one? The heart of VMA management.

Mirrors: mm/vma.c:vma_merge_new_range, vma_merge_existing_range, can_vma_merge_* (v6.18);
mm/mmap.c:vma_merge (v2.6.18), whose eight numbered cases are the branches below.

Two areas that touch merge when nothing tells them apart: the same flags, the same open file at
consecutive offsets, and anon_vmas that do not contradict each other.

What neighbours are compared with, ``new`` below, is a VMA that is in no tree yet: the range, and
what its VMA would be. If nobody absorbs it, it can be inserted as it is.
"""

from __future__ import annotations

from vmalab.mm.flags import VM_SPECIAL, flag_letters
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import AnonVma, VmArea, linear_page_index, vma_pages
from vmalab.records.events import VmaMerged, VmaNotMerged
from vmalab.records.words import name_flag
from vmalab.units import PAGE_SIZE, vpn_to_addr


def why_apart(mm: MmStruct, low: VmArea, new: VmArea) -> str:
    """Why a VMA that ends where the proposal starts cannot absorb it; empty when it can."""
    return _why_different(mm, low, new) or (
        ""
        if low.vm_pgoff + vma_pages(low) == new.vm_pgoff
        else "the offsets are not consecutive: the upper begins at"
        f" {_name_pgoff(new, new.vm_pgoff)} where {_name_pgoff(new, low.vm_pgoff + vma_pages(low))}"
        " would follow"
    )


def why_apart_above(mm: MmStruct, high: VmArea, new: VmArea) -> str:
    """Why a VMA that starts where the proposal ends cannot absorb it; empty when it can."""
    return _why_different(mm, high, new) or (
        ""
        if new.vm_pgoff + vma_pages(new) == high.vm_pgoff
        else "the offsets are not consecutive: the upper begins at"
        f" {_name_pgoff(new, high.vm_pgoff)} where"
        f" {_name_pgoff(new, new.vm_pgoff + vma_pages(new))} would follow"
    )


def can_merge_left(mm: MmStruct, low: VmArea | None, new: VmArea) -> bool:
    """May ``low``, which ends where the proposal starts, absorb it?

    Mirrors: can_vma_merge_left, can_vma_merge_after.
    """
    return (
        low is not None
        and not (low.vm_flags ^ new.vm_flags) & ~mm.policy.merge_ignores
        and low.vm_file is new.vm_file
        and low.vm_pgoff + vma_pages(low) == new.vm_pgoff
        and (
            low.anon_vma is new.anon_vma
            or mm.policy.is_mergeable_anon_vma(low.anon_vma, new.anon_vma)
        )
        and not new.vm_flags & VM_SPECIAL
    )


def can_merge_right(mm: MmStruct, high: VmArea | None, new: VmArea) -> bool:
    """May ``high``, which starts where the proposal ends, absorb it?

    Mirrors: can_vma_merge_right, can_vma_merge_before.
    """
    return (
        high is not None
        and not (high.vm_flags ^ new.vm_flags) & ~mm.policy.merge_ignores
        and high.vm_file is new.vm_file
        and new.vm_pgoff + vma_pages(new) == high.vm_pgoff
        and (
            high.anon_vma is new.anon_vma
            or mm.policy.is_mergeable_anon_vma(high.anon_vma, new.anon_vma)
        )
        and not new.vm_flags & VM_SPECIAL
    )


def _follows(low: VmArea | None, high: VmArea | None) -> bool:
    """Do the offsets of two VMAs that touch, if there are two, follow one another?"""
    if low is None or high is None:
        return False
    return high.vm_pgoff - low.vm_pgoff == (high.vm_start - low.vm_start) // PAGE_SIZE


def neighbours_agree(prev: VmArea, following: VmArea) -> bool:
    """May the two sides of a range be joined through it?

    Each side may suit the range and still not suit the other: two separately faulted VMAs have
    different anon_vmas. Then the lower side wins and the upper stays apart.

    Mirrors: can_vma_merge_right's second check.
    """
    a, b = prev.anon_vma, following.anon_vma
    return a is None or b is None or a is b


def vma_merge_new_range(mm: MmStruct, new: VmArea) -> VmArea | None:
    """Let neighbours absorb a range that holds no VMA; the survivor, or None.

        case 1   | prev |  new  | next |   ->   |--------- prev ---------|
        case 2   | prev |  new  | other|   ->   |---- prev ----| other   |
        case 3   | other|  new  | next |   ->   | other |----- next -----|

    Emits: VmaMerged, or VmaNotMerged for each neighbour that touches and stays.
    """
    prev, following = mm.tree.touching(new.vm_start, new.vm_end)
    if prev is None and following is None:
        return None
    left = can_merge_left(mm, prev, new)
    right = can_merge_right(mm, following, new)
    if mm.emit is not None:
        _tell_apart(mm, prev, following, new, left=left, right=right)
    if left and prev is not None:
        end = new.vm_end
        joined = [(prev.vm_start, prev.vm_end), (new.vm_start, new.vm_end)]
        if right and following is not None and neighbours_agree(prev, following):
            mm.erase_vma(following)
            end = following.vm_end
            joined.append((following.vm_start, following.vm_end))
            _inherit(mm, prev, following.vm_flags, following.anon_vma)
        _inherit(mm, prev, new.vm_flags, new.anon_vma)
        mm.tree.resize(prev, prev.vm_start, end)
        _tell_merged(mm, prev, joined)
        return prev
    if right and following is not None:
        joined = [(new.vm_start, new.vm_end), (following.vm_start, following.vm_end)]
        mm.tree.resize(following, new.vm_start, following.vm_end)
        following.vm_pgoff = new.vm_pgoff
        _inherit(mm, following, new.vm_flags, new.anon_vma)
        _tell_merged(mm, following, joined)
        return following
    return None


def vma_merge_existing_range(
    mm: MmStruct, vma: VmArea, start: int, end: int, vm_flags: int
) -> VmArea | None:
    """Let neighbours absorb part or all of a VMA whose flags change; the survivor, or None.

    Only a part that reaches the VMA's edge touches a neighbour there:

        case 6   | prev | whole vma | next |  ->  |----------- prev -----------|
        case 7   | prev | whole vma | other|  ->  |------ prev ------|  other  |
        case 8   | other| whole vma | next |  ->  | other |------- next -------|
        case 5   | prev | head | rest of vma  ->  |--- prev ---| rest of vma   |
        case 4   | rest of vma | tail | next  ->  | rest of vma |---- next ----|

    The survivor takes the anon_vma of what it absorbed if it has none of its own.
    """
    prev, following = mm.tree.touching(start, end)
    if prev is None and following is None:
        return None
    if mm.emit is None and not _follows(prev, vma) and not _follows(vma, following):
        return None  # nobody wants to hear why
    pgoff = linear_page_index(vma, start)
    new = VmArea(start, end, vm_flags, pgoff, vma.vm_file, vma.anon_vma)
    left = can_merge_left(mm, prev, new)
    right = can_merge_right(mm, following, new)
    if mm.emit is not None:
        _tell_apart(mm, prev, following, new, left=left, right=right)
    if left and right and prev is not None and following is not None:
        right = neighbours_agree(prev, following)
    if left and prev is not None:
        return _absorb_upwards(mm, prev, vma, following if right else None, end)
    if right and following is not None:
        return _absorb_downwards(mm, vma, following, start)
    return None


def _absorb_upwards(
    mm: MmStruct, prev: VmArea, vma: VmArea, following: VmArea | None, end: int
) -> VmArea:
    """``prev`` grows over the range (cases 5, 6, 7); whichever VMAs it swallows whole go."""
    joined = [(prev.vm_start, prev.vm_end), (vma.vm_start, end)]
    if end == vma.vm_end:
        mm.erase_vma(vma)
    else:
        vma.vm_pgoff = linear_page_index(vma, end)
        mm.tree.resize(vma, end, vma.vm_end)
    if following is not None:
        mm.erase_vma(following)
        end = following.vm_end
        joined.append((following.vm_start, following.vm_end))
        _inherit(mm, prev, following.vm_flags, following.anon_vma)
    _inherit(mm, prev, vma.vm_flags, vma.anon_vma)
    mm.tree.resize(prev, prev.vm_start, end)
    _tell_merged(mm, prev, joined)
    return prev


def _absorb_downwards(mm: MmStruct, vma: VmArea, following: VmArea, start: int) -> VmArea:
    """``following`` grows down over the range (cases 4, 8)."""
    joined = [(start, vma.vm_end), (following.vm_start, following.vm_end)]
    pgoff = linear_page_index(vma, start)
    if start == vma.vm_start:
        mm.erase_vma(vma)
    else:
        mm.tree.resize(vma, vma.vm_start, start)
    mm.tree.resize(following, start, following.vm_end)
    following.vm_pgoff = pgoff
    _inherit(mm, following, vma.vm_flags, vma.anon_vma)
    _tell_merged(mm, following, joined)
    return following


def _inherit(mm: MmStruct, survivor: VmArea, vm_flags: int, anon_vma: AnonVma | None) -> None:
    """The survivor takes over what it absorbs: an anon_vma if it has none, and sticky flags.

    Mirrors: mm/vma.c:dup_anon_vma; VM_STICKY (v6.18.y).
    """
    if survivor.anon_vma is None and anon_vma is not None:
        mm.unlink_rmap(survivor)
        survivor.anon_vma = anon_vma
        mm.link_rmap(survivor)
    survivor.vm_flags |= vm_flags & mm.policy.merge_ignores


def _why_different(mm: MmStruct, vma: VmArea, new: VmArea) -> str:
    """The part of the answer that does not depend on the side: flags, file, anon_vma."""
    differ = (vma.vm_flags ^ new.vm_flags) & ~mm.policy.merge_ignores
    if differ:
        names = map(name_flag, flag_letters(differ))
        return f"flags differ: {', '.join(names) or hex(differ)}"
    if vma.vm_file is not new.vm_file:
        return "the open files differ" if vma.vm_file and new.vm_file else "only one has a file"
    if vma.anon_vma is not new.anon_vma and not mm.policy.is_mergeable_anon_vma(
        vma.anon_vma, new.anon_vma
    ):
        if vma.anon_vma and new.anon_vma:
            return "their anon_vmas differ: private pages were made in each of them separately"
        return "one has an anon_vma from before a fork, and shares pages with the other process"
    return "the area is special (device memory)" if new.vm_flags & VM_SPECIAL else ""


def _name_pgoff(new: VmArea, pgoff: int) -> str:
    """A page of a file, or, of memory without one, the address where it was first mapped."""
    return f"the file's page {pgoff}" if new.vm_file else f"{vpn_to_addr(pgoff):#x}"


def _tell_apart(
    mm: MmStruct,
    prev: VmArea | None,
    following: VmArea | None,
    new: VmArea,
    *,
    left: bool,
    right: bool,
) -> None:
    """Say of each touching neighbour that stays apart, why."""
    if mm.emit is None:
        return
    if prev is not None and not left:
        mm.emit(VmaNotMerged(new.vm_start, why_apart(mm, prev, new)))
    if following is not None and not right:
        mm.emit(VmaNotMerged(new.vm_end, why_apart_above(mm, following, new)))
    elif left and right and prev and following and not neighbours_agree(prev, following):
        reason = "the lower neighbour won: the two sides have different anon_vmas"
        mm.emit(VmaNotMerged(new.vm_end, reason))


def _tell_merged(mm: MmStruct, vma: VmArea, joined: list[tuple[int, int]]) -> None:
    if mm.emit is not None:
        reason = "same flags, same backing, consecutive offsets, anon_vmas that agree"
        mm.emit(VmaMerged(vma.vm_start, vma.vm_end, tuple(joined), reason))
