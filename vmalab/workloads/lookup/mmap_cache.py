"""One remembered VMA in front of the tree: programs touch the same area again and again.

    addr ──▶ mmap_cache ──hit──▶ 1 step
                 │ miss
                 ▼
              rb-tree  ──▶ what it finds is remembered

Mirrors: mm/mmap.c:find_vma, mm_struct.mmap_cache (v2.6.18). Its comment says that about a third of
all look-ups hit; three slots more for each thread raised that to two thirds, and nothing got faster
(Nick Piggin, 2006).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmalab.workloads.lookup.area import Area, Found
from vmalab.workloads.lookup.rb_tree import RbTree


class MmapCache:
    """A red-black tree and the area that was found last; ``hits`` and ``misses`` are counted.

    >>> areas = MmapCache()
    >>> for page in range(100):
    ...     areas.insert(Area(2 * page, 2 * page + 1))
    >>> [areas.find(addr).steps for addr in (150, 150, 150, 20, 150)]
    [6, 1, 1, 7, 7]
    """

    def __init__(self) -> None:
        self._tree = RbTree()
        self._cached: Area | None = None
        self.hits = self.misses = 0

    def find(self, addr: int) -> Found:
        """Ask the remembered area first; one that only follows the address is no hit."""
        cached = self._cached
        if cached is not None and cached.start <= addr < cached.end:
            self.hits += 1
            return Found(cached, 1)
        self.misses += 1
        found = self._tree.find(addr)
        if found.area is not None:
            self._cached = found.area
        return Found(found.area, found.steps + (cached is not None))

    def insert(self, area: Area) -> None:
        """The cache stays: the new area overlaps nothing."""
        self._tree.insert(area)

    def erase(self, area: Area) -> None:
        """munmap always forgets the cache."""
        self._tree.erase(area)
        self._cached = None

    def areas(self) -> Iterator[Area]:
        """What the tree holds."""
        return self._tree.areas()
