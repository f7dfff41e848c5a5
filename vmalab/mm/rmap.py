"""Giving a VMA its anon_vma, and the neighbours it may share one with.

Mirrors: mm/rmap.c:__anon_vma_prepare, mm/vma.c:find_mergeable_anon_vma (v6.18).

A VMA that writes its first private page beside a neighbour from which it differs only in access
rights takes the neighbour's anon_vma: should mprotect make the two alike again, they can merge.
"""

from __future__ import annotations

from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea
from vmalab.records.events import AnonVmaAttached


def anon_vma_prepare(mm: MmStruct, vma: VmArea) -> None:
    """Make sure a VMA has an anon_vma: its own, the next neighbour's, the previous one's, or new.

    Emits: AnonVmaAttached.
    """
    if vma.anon_vma is not None:
        return
    donor = _find_mergeable(mm, vma)
    vma.anon_vma = donor.anon_vma if donor is not None else mm.new_anon_vma()
    if mm.emit is not None and vma.anon_vma is not None:
        shared_with = donor.vm_start if donor is not None else None
        number = vma.anon_vma.number
        mm.emit(AnonVmaAttached(vma.vm_start, vma.vm_end, number, shared_with))


def _find_mergeable(mm: MmStruct, vma: VmArea) -> VmArea | None:
    """The neighbour whose anon_vma the VMA may share: the next one first, then the previous."""
    following = mm.tree.after(vma)
    if following is not None and _reusable(mm, vma, following, following):
        return following
    prev = mm.tree.before(vma.vm_start)
    if prev is not None and _reusable(mm, prev, vma, prev):
        return prev
    return None


def _reusable(mm: MmStruct, low: VmArea, high: VmArea, donor: VmArea) -> bool:
    """Has ``donor`` an anon_vma that is not inherited through fork, and are the two alike?"""
    return (
        donor.anon_vma is not None
        and donor.anon_vma.parent is None
        and low.vm_end == high.vm_start
        and mm.policy.anon_vma_compatible(low, high)
    )
