"""Guest RAM: frames that are pages of one file on the host, handed out more or less in order."""

from __future__ import annotations

import random
from array import array
from typing import Final

ZERO_PFN: Final = 0
"""The guest's empty_zero_page: what untouched memory is read from."""
NO_FRAME: Final = -1


class GuestRam:
    """The frames of a guest. ``fragmentation`` is the chance that the next one is not adjacent.

    A frame's number is the page of the RAM file that holds it. Frame 0 is the zero page.

    >>> GuestRam(8, 0.0, random.Random(1)).alloc_many(3)
    [1, 2, 3]
    >>> frames = GuestRam(64, 1.0, random.Random(1)).alloc_many(5)
    >>> any(after == before + 1 for before, after in zip(frames, frames[1:]))
    False
    """

    __slots__ = ("_free", "_last", "_place", "_random", "fragmentation", "holders", "nr_pages")

    def __init__(self, nr_pages: int, fragmentation: float, rng: random.Random) -> None:
        self.nr_pages = nr_pages
        self.fragmentation = fragmentation
        self.holders = array("I", bytes(4 * nr_pages))
        self.holders[ZERO_PFN] = 1
        self._random = rng
        self._last = ZERO_PFN
        self._free = array("I", range(1, nr_pages))
        self._place = array("I", [0, *range(nr_pages - 1)])

    @property
    def nr_free(self) -> int:
        """How many frames nobody holds."""
        return len(self._free)

    def alloc(self) -> int:
        """A frame held once; ``NO_FRAME`` when none is left."""
        if not self._free:
            return NO_FRAME
        following = self._last + 1
        adjacent = following < self.nr_pages and not self.holders[following]
        if not adjacent or self._random.random() < self.fragmentation:
            pfn = self._scattered(following)
        else:
            pfn = following
        self._take(pfn)
        self._last = pfn
        return pfn

    def alloc_many(self, count: int) -> list[int]:
        """Several frames, one after the other."""
        return [self.alloc() for _ in range(count)]

    def _scattered(self, but: int) -> int:
        """Any free frame but one, if there is another."""
        free = self._free
        pfn = free[self._random.randrange(len(free))]
        if pfn == but and len(free) > 1:
            pfn = free[(self._place[pfn] + 1) % len(free)]
        return pfn

    def _take(self, pfn: int) -> None:
        """Take a frame out of the free ones: the last of them takes its place."""
        place, moved = self._place[pfn], self._free.pop()
        if moved != pfn:
            self._free[place] = moved
            self._place[moved] = place
        self.holders[pfn] = 1

    def hold(self, pfn: int) -> None:
        """One more page table shows the frame."""
        self.holders[pfn] += 1

    def put(self, pfn: int) -> None:
        """One fewer does; the last one frees it. The zero page is never freed."""
        if pfn == ZERO_PFN:
            return
        self.holders[pfn] -= 1
        if not self.holders[pfn]:
            self._place[pfn] = len(self._free)
            self._free.append(pfn)
