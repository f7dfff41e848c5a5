"""A learner's function in the place of the model's own, while programs run.

The model is run as it is tested: random programs, with its laws checked after every operation. So
what a learner has written is held against all the situations that the model itself is held against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vmalab.grading.canonical import Plain
from vmalab.grading.probes import fingerprint
from vmalab.mm import merge, modify, munmap
from vmalab.mm.flags import VM_MAYBE_GUARD, flag_letters
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, vma_pages
from vmalab.mm.vma_tree import VmaTree
from vmalab.records.words import name_flag
from vmalab.trace.capture import run_program
from vmalab.units import PAGE_SIZE
from vmalab.workloads.random_programs import random_program

Function = Callable[..., Any]

__all__ = ["as_record", "can_merge_in_place", "find_vma_in_place", "outcome", "split_in_place"]


def outcome(first: int, programs: int, profile: str = "anon", nr_ops: int = 25) -> Plain:
    """A fingerprint of so many random programs' runs, or the first law that one broke."""
    runs = []
    for index in range(first, first + programs):
        try:
            runs.append(run_program(random_program(7, index, profile, nr_ops), events=False))
        except Exception as error:  # a law of the model, or whatever a learner's code raises
            return f"program {index - first + 1} of {programs}: {type(error).__name__}"
    return fingerprint(runs)


@contextmanager
def instead(owner: object, name: str, replacement: Function) -> Iterator[None]:
    """One attribute, replaced for a while."""
    own = getattr(owner, name)
    setattr(owner, name, replacement)
    try:
        yield
    finally:
        setattr(owner, name, own)


@contextmanager
def find_vma_in_place(find_vma: Function) -> Iterator[None]:
    """``find_vma(vmas, addr)`` answers for the tree; VMAs are pairs (start, end) in order."""

    def find(tree: VmaTree, addr: int) -> VmArea | None:
        areas = {(vma.vm_start, vma.vm_end): vma for vma in tree}
        found = find_vma(list(areas), addr)
        return None if found is None else areas[tuple(found)]

    with instead(VmaTree, "find", find):
        yield


def as_record(vma: VmArea) -> dict[str, Any]:
    """A VMA as an exercise shows it: plain values under the kernel's names. Pages, not bytes."""
    return {
        "start": vma.vm_start // PAGE_SIZE,
        "end": vma.vm_end // PAGE_SIZE,
        "flags": [name_flag(code) for code in flag_letters(vma.vm_flags & ~VM_MAYBE_GUARD)],
        "file": None if vma.vm_file is None else f"file {id(vma.vm_file)}",
        "pgoff": vma.vm_pgoff,
        "anon_vma": None if vma.anon_vma is None else vma.anon_vma.number,
    }


@contextmanager
def can_merge_in_place(can_merge: Function) -> Iterator[None]:
    """``can_merge(low, high)`` decides whether two VMAs that touch become one."""

    def left(_mm: MmStruct, low: VmArea | None, new: VmArea) -> bool:
        return low is not None and bool(can_merge(as_record(low), as_record(new)))

    def right(_mm: MmStruct, high: VmArea | None, new: VmArea) -> bool:
        return high is not None and bool(can_merge(as_record(new), as_record(high)))

    with instead(merge, "can_merge_left", left), instead(merge, "can_merge_right", right):
        yield


@contextmanager
def split_in_place(split: Function) -> Iterator[None]:
    """``split(vma, page)`` says what the two halves of a VMA are."""
    own = modify.split_vma

    def split_vma(mm: MmStruct, vma: VmArea, addr: int) -> VmArea:
        low, high = split(as_record(vma), addr // PAGE_SIZE)
        whole = as_record(vma)
        upper = own(mm, vma, addr)
        upper.vm_pgoff = int(high["pgoff"])
        _must_be(low, whole, vma)
        _must_be(high, whole, upper)
        return upper

    with instead(modify, "split_vma", split_vma), instead(munmap, "split_vma", split_vma):
        yield


def _must_be(half: dict[str, Any], whole: dict[str, Any], vma: VmArea) -> None:
    """A half has the place that was asked for, and all else of the whole.

    Raises:
        ValueError: it has not; the message names the field.
    """
    place = {"start": vma.vm_start // PAGE_SIZE, "end": vma.vm_end // PAGE_SIZE}
    for name in ("start", "end", "flags", "file", "anon_vma"):
        if half[name] != place.get(name, whole[name]):
            msg = f"{name} of a half is {half[name]!r}"
            raise ValueError(msg)
    if vma_pages(vma) < 1:
        msg = "a half is empty"
        raise ValueError(msg)
