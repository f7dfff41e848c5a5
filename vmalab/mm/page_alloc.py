"""Physical memory: one record a frame, kept as columns.

Mirrors: include/linux/mm_types.h:struct page, mm/page_alloc.c (v2.6.18, v6.18).

    pfn        0       1       2       3      ...
    count      1       2       0       1           who holds the frame: each mapping, each cache
    mapcount   0       1       -       1           how many page-table entries show it
    flags      table   dirty   free    excl
    mapping    -       f0      -       anon_vma 3  what it is a page of ...
    index      -       7       -       0x2000003   ... and which page of that

The kernel has an array of ``struct page`` (mem_map); columns are the same array turned on its side,
and cost 25 bytes a frame instead of several hundred.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Final

from vmalab.arch.physmem import PhysicalMemory
from vmalab.uapi.errors import KernelBug

PG_DIRTY: Final = 0x01
"""Written to since it was last read in or written out."""
PG_REFERENCED: Final = 0x02
"""Used since the clock hand last came by."""
PG_SWAPCACHE: Final = 0x04
"""Also in the swap cache: a slot holds, or will hold, the same bytes."""
PG_EXCLUSIVE: Final = 0x08
"""A private page that no other process shares (6.x: PG_anon_exclusive)."""
PG_TABLE: Final = 0x10
"""A page of page tables."""
PG_RESERVED: Final = 0x20
"""Never given back: the zero page."""
PG_LAZYFREE: Final = 0x40
"""A private page given away by MADV_FREE: unless it is written to, reclaim just drops it."""
PG_MLOCKED: Final = 0x80
"""Kept in memory until it is freed, though no VMA asks for it any more."""

ZERO_PFN: Final = 0
"""The frame of zeroes that untouched memory is read from."""
_CHUNK: Final = 1024


class MemMap:
    """All frames of a machine. ``limit`` is how many there are; columns grow as they are used.

    ``reclaim`` is asked for frames when fewer than ``low`` are left; see :mod:`vmalab.mm.vmscan`.
    """

    __slots__ = (
        "count",
        "flags",
        "free_list",
        "index",
        "limit",
        "low",
        "mapcount",
        "mapping",
        "nr_used",
        "physmem",
        "reclaim",
    )

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.low = 0
        self.physmem = PhysicalMemory()
        self.count = array("i", [1])
        self.mapcount = array("i", [0])
        self.flags = bytearray([PG_RESERVED])
        self.mapping: list[object] = [None]
        self.index = array("Q", [0])
        self.free_list: list[int] = []
        self.nr_used = 1
        self.reclaim: Callable[[], object] | None = None

    @property
    def nr_free(self) -> int:
        """Frames that nobody holds."""
        return self.limit - self.nr_used

    def alloc_page(self, flags: int = 0) -> int:
        """A zeroed frame held once: its number, or -1 where memory is exhausted.

        Mirrors: mm/page_alloc.c:__alloc_pages.
        """
        if self.limit - self.nr_used <= self.low:
            if self.reclaim is not None:
                self.reclaim()
            if self.nr_used >= self.limit:
                return -1
        if not self.free_list:
            self._grow()
        pfn = self.free_list.pop()
        self.nr_used += 1
        self.count[pfn] = 1
        self.flags[pfn] = flags
        return pfn

    def _grow(self) -> None:
        """Give the columns rows for more frames, lowest number first to be handed out."""
        first = len(self.count)
        more = min(_CHUNK, self.limit - first)
        self.count.extend([0] * more)
        self.mapcount.extend([0] * more)
        self.flags.extend(bytes(more))
        self.mapping.extend([None] * more)
        self.index.extend([0] * more)
        self.free_list.extend(range(first + more - 1, first - 1, -1))

    def get_page(self, pfn: int) -> None:
        """Hold a frame once more."""
        self.count[pfn] += 1

    def put_page(self, pfn: int) -> None:
        """Let go of a frame; the last to let go frees it.

        Raises:
            KernelBug: it was free already, or is still mapped.
        """
        left = self.count[pfn] - 1
        self.count[pfn] = left
        if left > 0:
            return
        if left < 0 or self.mapcount[pfn]:
            law = f"frame {pfn:#x} is freed once, by its last holder, when nothing maps it"
            raise KernelBug(law)
        self.flags[pfn] = 0
        self.mapping[pfn] = None
        self.physmem.clear_page(pfn)
        self.free_list.append(pfn)
        self.nr_used -= 1
