"""The swap device: slots of one page each, who refers to them, and the cache in front.

Mirrors: mm/swapfile.c, mm/swap_state.c (v6.18; the same ideas in v2.6.18).

    slot       1        2        3        4
    map        2        0        1        1       page-table entries (and shmem) that name the slot
    data       "ab.."   free     ""       "xy.."  what was written out; "" is a page of zeroes
    cache      pfn 7    -        -        pfn 9   a frame that still (or already) holds the same

Slot 0 is never used: on a real device it is the header.
"""

from __future__ import annotations

from array import array
from typing import Final

from vmalab.uapi.errors import KernelBug

NO_SLOT: Final = 0


class SwapDevice:
    """A device of ``nr_slots`` usable slots."""

    __slots__ = ("cache", "data", "frames", "free_list", "map", "nr_slots", "reads", "writes")

    def __init__(self, nr_slots: int) -> None:
        self.nr_slots = nr_slots
        self.map = array("i", [0]) * (nr_slots + 1)
        self.data: dict[int, bytes] = {}
        self.cache: dict[int, int] = {}
        self.frames: dict[int, int] = {}
        self.free_list = list(range(nr_slots, 0, -1))
        self.reads = 0
        self.writes = 0

    @property
    def nr_free(self) -> int:
        """Slots that nobody refers to."""
        return len(self.free_list)

    @property
    def is_filling(self) -> bool:
        """Is more than half of it in use? Then slots are given back as soon as they can be.

        Mirrors: vm_swap_full.
        """
        return self.nr_free * 2 < self.nr_slots

    def alloc_slot(self) -> int:
        """A free slot, not yet referred to, or NO_SLOT.

        Mirrors: get_swap_page, folio_alloc_swap.
        """
        return self.free_list.pop() if self.free_list else NO_SLOT

    def duplicate(self, slot: int) -> None:
        """One more entry names the slot. Mirrors: swap_duplicate."""
        self.map[slot] += 1

    def free(self, slot: int) -> None:
        """One entry fewer names the slot; the last one frees it unless a frame caches it.

        Mirrors: swap_free.
        """
        self.map[slot] -= 1
        if self.map[slot] < 0:
            raise KernelBug(f"swap slot {slot} is freed as often as it was taken")
        self._release_if_unused(slot)

    def add_cache(self, slot: int, pfn: int) -> None:
        """Let a frame stand in front of the slot. Mirrors: add_to_swap_cache."""
        self.cache[slot] = pfn
        self.frames[pfn] = slot

    def drop_cache(self, slot: int) -> int:
        """Take the slot's frame out of the swap cache: its pfn.

        Mirrors: delete_from_swap_cache.
        """
        pfn = self.cache.pop(slot)
        del self.frames[pfn]
        self._release_if_unused(slot)
        return pfn

    def _release_if_unused(self, slot: int) -> None:
        if not self.map[slot] and slot not in self.cache:
            self.data.pop(slot, None)
            self.free_list.append(slot)

    def write(self, slot: int, page: bytes) -> None:
        """Write a page out; one of zeroes takes no room."""
        self.writes += 1
        self.data[slot] = page if any(page) else b""

    def read(self, slot: int) -> bytes:
        """Read a page back in; ``b""`` is a page of zeroes."""
        self.reads += 1
        return self.data[slot]
