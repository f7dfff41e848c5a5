"""What physical memory and the swap device looked like at one moment.

Mirrors: /proc/kpageflags and /proc/kpagecount in what they tell, and /proc/swaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FrameKind = Literal["free", "table", "zero", "anon", "file", "shmem"]


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One page frame: what it holds, who holds it, who maps it.

    ``backing`` is the file's name or ``anon_vma N``; ``index`` the page of that. ``mapped_at`` are
    the virtual addresses (bytes) that show it, as (task number, address). ``flags`` are words:
    ``dirty``, ``referenced``, ``exclusive``, ``swapcache``, ``locked``.
    """

    pfn: int
    kind: FrameKind
    backing: str = ""
    index: int = 0
    count: int = 0
    mapcount: int = 0
    mapped_at: tuple[tuple[int, int], ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotRow:
    """One swap slot: how many entries name it, and the frame that caches it, or None."""

    slot: int
    count: int = 0
    cached_in: int | None = None


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """All frames and slots, and the reclaimer's hand and watermarks (in frames)."""

    frames: tuple[FrameRow, ...]
    slots: tuple[SlotRow, ...] = ()
    hand: int = 0
    low: int = 0
    high: int = 0

    @property
    def nr_free(self) -> int:
        """Frames that nobody holds."""
        return sum(row.kind == "free" for row in self.frames)
