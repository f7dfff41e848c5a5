"""The ordered index of an address space: which VMA is at, before or after an address?

Mirrors: the maple tree of v6.18 (mm_struct.mm_mt) and the red-black tree of v2.6.18 (mm_rb) in what
they answer. The structure here is a list of blocks, each a sorted run of at most ``BLOCK`` VMAs:

    firsts   [ 0               | 0x9000               ]     where each block begins
    starts   [ 0 0x1000 0x4000 | 0x9000 0xa000 0xc000 ]     array('Q'), searched by bisection
    areas    [ bottom vma vma  | vma    vma    vma    ]     the VMAs themselves

Two bisections find any address. The last place found is remembered, as a system call asks again and
again about the same one; so is the last VMA that held an address, as faults come in runs. An
insertion moves at most one block. Below all VMAs lies ``bottom``, which holds nothing and touches
nothing: so there is always one at or below an address.
docs/decisions/ has the measurements against trees.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain, islice

from vmalab.mm.vma import VmArea

BLOCK = 512
"""A block that grows past this many VMAs is cut in two."""
NOWHERE = -1
"""No address: the tree has changed since it last located one."""
BEYOND = 1 << 64
"""No address is that high."""
Block = tuple["array[int]", list[VmArea]]
"""The starts of some VMAs, and the VMAs."""


class VmaTree:
    """VMAs in address order, none overlapping another."""

    __slots__ = ("_blocks", "_bottom", "_firsts", "_last", "_located", "_place", "count")

    def __init__(self) -> None:
        self._bottom = self._last = VmArea(0, NOWHERE, 0)
        self._firsts: list[int] = [0]
        self._blocks: list[Block] = [(array("Q", [0]), [self._bottom])]
        self._located = NOWHERE
        self._place = 0, *self._blocks[0], 1
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[VmArea]:
        return islice(chain.from_iterable(areas for _, areas in self._blocks), 1, None)

    def _locate(self, addr: int) -> tuple[int, array[int], list[VmArea], int]:
        """The block in which ``addr`` belongs, and how many of its VMAs begin at or below it.

                       addr
                        v
            [ vma   vma | vma ]    (b, starts, areas, 2): areas[1] at or below addr, areas[2] above

        Callers look at the remembered place first; it is what struct vma_iterator carries along.
        Mirrors: mas_walk.
        """
        b = bisect_right(self._firsts, addr) - 1
        starts, areas = self._blocks[b]
        place = b, starts, areas, bisect_right(starts, addr)
        self._located = addr
        self._place = place
        return place

    def around(self, addr: int) -> tuple[VmArea, int]:
        """The last VMA that begins at or below ``addr``, or the bottom, and where the next begins.

        That next VMA is not looked at: it would be a cache miss for nothing.
        """
        b, starts, areas, i = self._place if addr == self._located else self._locate(addr)
        return areas[i - 1], starts[i] if i < len(areas) else self._begin_of(b + 1)

    def find(self, addr: int) -> VmArea | None:
        """The first VMA that ends after ``addr``; it may begin above it.

        Mirrors: find_vma.
        """
        b, _, areas, i = self._place if addr == self._located else self._locate(addr)
        vma = areas[i - 1]
        if vma.vm_end > addr:
            return vma
        return areas[i] if i < len(areas) else self._first_of(b + 1)

    def at(self, addr: int) -> VmArea | None:
        """The VMA that holds ``addr``, or None; first the last one found is asked.

        Mirrors: vma_lookup; mmap_cache (v2.6.18).
        """
        vma = self._last
        if vma.vm_start <= addr < vma.vm_end:
            return vma
        _, _, areas, i = self._locate(addr)
        self._last = vma = areas[i - 1]
        return vma if vma.vm_end > addr else None

    def before(self, addr: int) -> VmArea | None:
        """The last VMA that starts below ``addr``; it may reach past it.

        Mirrors: find_vma_prev, vma_prev.
        """
        b, _, areas, i = self._place if addr == self._located else self._locate(addr)
        vma = areas[i - 1]
        if vma.vm_start == addr:
            vma = areas[i - 2] if i > 1 else self._last_of(b - 1)
        return vma if vma.vm_end >= 0 else None

    def after(self, vma: VmArea) -> VmArea | None:
        """The next VMA upwards.

        Mirrors: vma_next.
        """
        b, _, areas, i = self._locate(vma.vm_start)
        return areas[i] if i < len(areas) else self._first_of(b + 1)

    def touching(self, start: int, end: int) -> tuple[VmArea | None, VmArea | None]:
        """The VMA that ends at ``start`` and the one that starts at ``end``, or None for either.

            | below |  range  | above |        the range is free, or part of a single VMA

        Mirrors: vma_prev and vma_next of one struct vma_iterator.
        """
        b, starts, areas, i = self._place if start == self._located else self._locate(start)
        below, above = areas[i - 1], None
        if below.vm_start == start:
            below = areas[i - 2] if i > 1 else self._last_of(b - 1)
        if i < len(areas):
            if starts[i] == end:
                above = areas[i]
        elif self._begin_of(b + 1) == end:
            above = self._first_of(b + 1)
        return below if below.vm_end == start else None, above

    def overlapping(self, start: int, end: int) -> list[VmArea]:
        """Every VMA that shares an address with ``start <= a < end``, in order."""
        found: list[VmArea] = []
        if start >= end:
            return found
        b, _, areas, i = self._place if start == self._located else self._locate(start)
        if areas[i - 1].vm_end > start:
            i -= 1
        while True:
            if i == len(areas):
                b, i = b + 1, 0
                if b == len(self._blocks):
                    return found
                areas = self._blocks[b][1]
            vma = areas[i]
            if vma.vm_start >= end:
                return found
            found.append(vma)
            i += 1

    def insert(self, vma: VmArea) -> None:
        """Add a VMA whose range is free."""
        start = vma.vm_start
        b, starts, areas, i = self._place if start == self._located else self._locate(start)
        starts.insert(i, start)
        areas.insert(i, vma)
        self._located = NOWHERE
        self.count += 1
        if len(areas) > BLOCK:
            self._halve(b)

    def erase(self, vma: VmArea) -> None:
        """Take a VMA out."""
        start = vma.vm_start
        b, starts, areas, i = self._place if start == self._located else self._locate(start)
        del starts[i - 1], areas[i - 1]
        self._located, self._last = NOWHERE, self._bottom
        self.count -= 1
        if i == 1:
            self._first_has_gone(b)

    def resize(self, vma: VmArea, start: int, end: int) -> None:
        """Move the ends of a VMA, into free addresses or away from its own."""
        if start != vma.vm_start:
            b, starts, _, i = self._locate(vma.vm_start)
            starts[i - 1] = start
            if i == 1:
                self._firsts[b] = start
            vma.vm_start = start
            self._located = NOWHERE
        vma.vm_end = end

    def _first_of(self, b: int) -> VmArea | None:
        """The lowest VMA of block ``b``; None where there is no such block."""
        return self._blocks[b][1][0] if b < len(self._blocks) else None

    def _begin_of(self, b: int) -> int:
        """Where block ``b`` begins; beyond all addresses, if there is no such block."""
        return self._firsts[b] if b < len(self._firsts) else BEYOND

    def _last_of(self, b: int) -> VmArea:
        """The highest VMA of block ``b``; the bottom, if there is no such block."""
        return self._blocks[b][1][-1] if b >= 0 else self._bottom

    def _first_has_gone(self, b: int) -> None:
        """Block ``b``, which is not the first, begins higher up now; or it is empty and goes."""
        starts, _ = self._blocks[b]
        if starts:
            self._firsts[b] = starts[0]
        else:
            del self._blocks[b], self._firsts[b]

    def _halve(self, b: int) -> None:
        """Cut block ``b`` in two.

        before   |--------- b ---------|
        after    |--- b ---|-- b + 1 --|
        """
        starts, areas = self._blocks[b]
        half = len(areas) // 2
        self._firsts.insert(b + 1, starts[half])
        self._blocks.insert(b + 1, (starts[half:], areas[half:]))
        del starts[half:], areas[half:]
