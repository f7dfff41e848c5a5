"""The ordered index of an address space: which VMA is at, before or after an address?

Mirrors: the maple tree of v6.18 (mm_struct.mm_mt) and the red-black tree of v2.6.18 (mm_rb) in what
they answer. The structure here is a list of blocks, each a sorted run of at most ``BLOCK`` VMAs:

    firsts   [ 0x1000        | 0x9000               ]     the first start of each block
    starts   [ 0x1000 0x4000 | 0x9000 0xa000 0xc000 ]     array('Q'), searched by bisection
    areas    [ vma    vma    | vma    vma    vma    ]     the VMAs themselves

Two bisections find any address; an insertion moves at most one block. docs/decisions/ has the
measurements against trees.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from vmalab.mm.vma import VmArea

BLOCK = 512
"""A block that grows past this many VMAs is cut in two."""


class VmaTree:
    """VMAs in address order, none overlapping another."""

    __slots__ = ("_areas", "_firsts", "_starts", "count")

    def __init__(self) -> None:
        self._firsts: list[int] = [0]
        self._starts: list[array[int]] = [array("Q")]
        self._areas: list[list[VmArea]] = [[]]
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[VmArea]:
        for block in self._areas:
            yield from block

    def find(self, addr: int) -> VmArea | None:
        """The first VMA that ends after ``addr``; it may begin above it.

        Mirrors: find_vma.
        """
        b = bisect_right(self._firsts, addr) - 1
        areas = self._areas[b]
        i = bisect_right(self._starts[b], addr)
        if i and areas[i - 1].vm_end > addr:
            return areas[i - 1]
        if i < len(areas):
            return areas[i]
        return self._areas[b + 1][0] if b + 1 < len(self._areas) else None

    def at(self, addr: int) -> VmArea | None:
        """The VMA that holds ``addr``, or None.

        Mirrors: vma_lookup.
        """
        vma = self.find(addr)
        return vma if vma is not None and vma.vm_start <= addr else None

    def before(self, addr: int) -> VmArea | None:
        """The last VMA that starts below ``addr``; it may reach past it.

        Mirrors: find_vma_prev, vma_prev.
        """
        if addr <= 0:
            return None
        b = bisect_right(self._firsts, addr - 1) - 1
        i = bisect_right(self._starts[b], addr - 1)
        if i:
            return self._areas[b][i - 1]
        return self._areas[b - 1][-1] if b else None

    def after(self, vma: VmArea) -> VmArea | None:
        """The next VMA upwards.

        Mirrors: vma_next.
        """
        return self.find(vma.vm_end)

    def overlapping(self, start: int, end: int) -> list[VmArea]:
        """Every VMA that shares an address with ``start <= a < end``, in order."""
        if start >= end:
            return []
        b = bisect_right(self._firsts, start) - 1
        i = bisect_right(self._starts[b], start)
        if i and self._areas[b][i - 1].vm_end > start:
            i -= 1
        found: list[VmArea] = []
        while b < len(self._areas):
            areas = self._areas[b]
            for vma in areas[i:] if i else areas:
                if vma.vm_start >= end:
                    return found
                found.append(vma)
            b += 1
            i = 0
        return found

    def insert(self, vma: VmArea) -> None:
        """Add a VMA whose range is free."""
        b = bisect_right(self._firsts, vma.vm_start) - 1
        starts, areas = self._starts[b], self._areas[b]
        i = bisect_right(starts, vma.vm_start)
        starts.insert(i, vma.vm_start)
        areas.insert(i, vma)
        self.count += 1
        if len(areas) > BLOCK:
            self._halve(b)

    def erase(self, vma: VmArea) -> None:
        """Take a VMA out."""
        b = bisect_right(self._firsts, vma.vm_start) - 1
        starts, areas = self._starts[b], self._areas[b]
        i = bisect_right(starts, vma.vm_start) - 1
        del starts[i], areas[i]
        self.count -= 1
        if not areas and len(self._areas) > 1:
            del self._starts[b], self._areas[b], self._firsts[b]
            self._firsts[0] = 0

    def resize(self, vma: VmArea, start: int, end: int) -> None:
        """Move the ends of a VMA, into free addresses or away from its own."""
        if start != vma.vm_start:
            b = bisect_right(self._firsts, vma.vm_start) - 1
            i = bisect_right(self._starts[b], vma.vm_start) - 1
            self._starts[b][i] = start
            if i == 0 and b:
                self._firsts[b] = start
            vma.vm_start = start
        vma.vm_end = end

    def _halve(self, b: int) -> None:
        """Cut block ``b`` in two.

        before   |--------- b ---------|
        after    |--- b ---|-- b + 1 --|
        """
        half = len(self._areas[b]) // 2
        self._starts.insert(b + 1, self._starts[b][half:])
        self._areas.insert(b + 1, self._areas[b][half:])
        self._firsts.insert(b + 1, self._starts[b + 1][0])
        del self._starts[b][half:], self._areas[b][half:]
