"""The ordered index of an address space: which VMA is at, before or after an address?

Mirrors: the maple tree of v6.18 (mm_struct.mm_mt) and the red-black tree of v2.6.18 (mm_rb) in what
they answer. The structure here is a list of blocks, each a sorted run of at most ``BLOCK`` VMAs:

    firsts   [ 0             | 0x9000               ]     where each block begins
    starts   [ 0x1000 0x4000 | 0x9000 0xa000 0xc000 ]     array('Q'), searched by bisection
    areas    [ vma    vma    | vma    vma    vma    ]     the VMAs themselves

Two bisections find any address, and the last place found is remembered: a system call asks again
and again about the same one. An insertion moves at most one block. docs/decisions/ has the
measurements against trees.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from vmalab.mm.vma import VmArea

BLOCK = 512
"""A block that grows past this many VMAs is cut in two."""
NOWHERE = -1
"""No address: the tree has changed since it last located one."""


class VmaTree:
    """VMAs in address order, none overlapping another."""

    __slots__ = ("_areas", "_firsts", "_located", "_place", "_starts", "count")

    def __init__(self) -> None:
        self._firsts: list[int] = [0]
        self._starts: list[array[int]] = [array("Q")]
        self._areas: list[list[VmArea]] = [[]]
        self._located = NOWHERE
        self._place = 0, 0
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[VmArea]:
        for block in self._areas:
            yield from block

    def _locate(self, addr: int) -> tuple[int, int]:
        """The block in which ``addr`` belongs, and how many of its VMAs begin at or below it.

                       addr
                        v
            [ vma   vma | vma ]       (b, 2): i - 1 is the VMA at or below, i the next one above

        Mirrors: mas_walk; the remembered place is what struct vma_iterator carries along.
        """
        if addr != self._located:
            b = bisect_right(self._firsts, addr) - 1
            self._place = b, bisect_right(self._starts[b], addr)
            self._located = addr
        return self._place

    def find(self, addr: int) -> VmArea | None:
        """The first VMA that ends after ``addr``; it may begin above it.

        Mirrors: find_vma.
        """
        b, i = self._locate(addr)
        areas = self._areas[b]
        if i and areas[i - 1].vm_end > addr:
            return areas[i - 1]
        if i < len(areas):
            return areas[i]
        return self._first_of(b + 1)

    def at(self, addr: int) -> VmArea | None:
        """The VMA that holds ``addr``, or None.

        Mirrors: vma_lookup.
        """
        b, i = self._locate(addr)
        vma = self._areas[b][i - 1] if i else None
        return vma if vma is not None and vma.vm_end > addr else None

    def before(self, addr: int) -> VmArea | None:
        """The last VMA that starts below ``addr``; it may reach past it.

        Mirrors: find_vma_prev, vma_prev.
        """
        b, i = self._locate(addr)
        if i and self._starts[b][i - 1] == addr:
            i -= 1
        return self._areas[b][i - 1] if i else self._last_of(b - 1)

    def after(self, vma: VmArea) -> VmArea | None:
        """The next VMA upwards.

        Mirrors: vma_next.
        """
        b, i = self._locate(vma.vm_start)
        areas = self._areas[b]
        return areas[i] if i < len(areas) else self._first_of(b + 1)

    def touching(self, start: int, end: int) -> tuple[VmArea | None, VmArea | None]:
        """The VMA that ends at ``start`` and the one that starts at ``end``, or None for either.

            | below |  range  | above |        the range is free, or part of a single VMA

        Mirrors: vma_prev and vma_next of one struct vma_iterator.
        """
        b, i = self._locate(start)
        starts, areas = self._starts[b], self._areas[b]
        if i < len(areas):
            above = areas[i] if starts[i] == end else None
        else:
            above = self._first_at(b + 1, end)
        if i and starts[i - 1] == start:
            i -= 1
        below = areas[i - 1] if i else self._last_of(b - 1)
        return below if below is not None and below.vm_end == start else None, above

    def overlapping(self, start: int, end: int) -> list[VmArea]:
        """Every VMA that shares an address with ``start <= a < end``, in order."""
        if start >= end:
            return []
        b, i = self._locate(start)
        if i and self._areas[b][i - 1].vm_end > start:
            i -= 1
        found: list[VmArea] = []
        while b < len(self._areas):
            starts, areas = self._starts[b], self._areas[b]
            while i < len(starts):
                if starts[i] >= end:
                    return found
                found.append(areas[i])
                i += 1
            b, i = b + 1, 0
        return found

    def insert(self, vma: VmArea) -> None:
        """Add a VMA whose range is free."""
        b, i = self._locate(vma.vm_start)
        starts, areas = self._starts[b], self._areas[b]
        starts.insert(i, vma.vm_start)
        areas.insert(i, vma)
        self.count += 1
        self._located = NOWHERE
        if len(areas) > BLOCK:
            self._halve(b)

    def erase(self, vma: VmArea) -> None:
        """Take a VMA out."""
        b, i = self._locate(vma.vm_start)
        starts, areas = self._starts[b], self._areas[b]
        del starts[i - 1], areas[i - 1]
        self.count -= 1
        self._located = NOWHERE
        if not areas and len(self._areas) > 1:
            del self._starts[b], self._areas[b], self._firsts[b]
            self._firsts[0] = 0
        elif i == 1 and b:
            self._firsts[b] = starts[0]

    def resize(self, vma: VmArea, start: int, end: int) -> None:
        """Move the ends of a VMA, into free addresses or away from its own."""
        if start != vma.vm_start:
            b, i = self._locate(vma.vm_start)
            self._starts[b][i - 1] = start
            if i == 1 and b:
                self._firsts[b] = start
            vma.vm_start = start
            self._located = NOWHERE
        vma.vm_end = end

    def _first_of(self, b: int) -> VmArea | None:
        """The lowest VMA of block ``b``; None where there is no such block."""
        return self._areas[b][0] if b < len(self._areas) else None

    def _first_at(self, b: int, addr: int) -> VmArea | None:
        """The lowest VMA of block ``b`` if it begins at ``addr``."""
        return self._areas[b][0] if b < len(self._areas) and self._firsts[b] == addr else None

    def _last_of(self, b: int) -> VmArea | None:
        """The highest VMA of block ``b``; None below the first block."""
        return self._areas[b][-1] if b >= 0 else None

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
