"""A program that allocates in chunks and uses them at random, as Val Henson's ebizzy does.

    chunks   |rw-|r--|rw-|r--|rw-| ...        alternate: neighbours never merge, a VMA for each
             |------- rw- -------| ...        else one VMA, whatever malloc asked for

Every fault looks a VMA up. In May 2006 Nick Piggin measured that the one remembered VMA,
mmap_cache, answered 9 % of them for 16 such threads, and 47 % of those of a booting machine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from vmalab.kernel import Kernel
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from vmalab.units import pages_to_bytes
from vmalab.workloads.lookup import Area, MmapCache
from vmalab.workloads.lookup.compare import Steps, areas_of, count_steps

BASE: Final = 0x4000_0000
"""Where the lowest chunk lies (bytes)."""
_ANON: Final = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED


@dataclass(frozen=True, slots=True)
class Chunks:
    """What chunks cost: VMAs, faults, and how each structure would have looked their VMAs up."""

    kernel: str
    vmas: int
    faults: int
    cache_hits: float
    """The share of faults that mmap_cache would have answered."""
    steps: tuple[Steps, ...]


def use_chunks(
    kernel: Kernel,
    *,
    chunks: int = 500,
    chunk_pages: int = 8,
    touches: int = 3000,
    alternate: bool = True,
    neighbours: float = 0.0,
    seed: int = 1,
) -> Chunks:
    """Map chunks side by side, then read pages at random.

    With ``alternate`` every other chunk is read-only (``ebizzy -p``), so that no two merge.
    ``neighbours`` is the chance that the next page read is the one behind the last.

    >>> [use_chunks(Kernel("linux-2.6"), alternate=alternate).vmas for alternate in (True, False)]
    [500, 1]
    """
    task, rng, size = kernel.spawn(), random.Random(seed), pages_to_bytes(chunk_pages)
    for number in range(chunks):
        writable = 0 if alternate and number % 2 else PROT_WRITE
        task.mmap(BASE + number * size, size, PROT_READ | writable, _ANON)
    faulted: list[int] = []
    page, last = 0, chunks * chunk_pages
    for _ in range(touches):
        page = (page + 1) % last if rng.random() < neighbours else rng.randrange(last)
        addr, before = BASE + pages_to_bytes(page), task.mmu.nr_faults
        task.load(addr)
        faulted += [addr] * (task.mmu.nr_faults > before)
    areas = areas_of(task.mm.tree)
    hits = _cache_hits(areas, faulted)
    return Chunks(
        kernel.name, len(areas), len(faulted), hits, tuple(count_steps(areas, faulted, seed=seed))
    )


def _cache_hits(areas: list[Area], addrs: list[int]) -> float:
    """The share of look-ups that one remembered VMA answers."""
    cache = MmapCache()
    for area in areas:
        cache.insert(area)
    for addr in addrs:
        cache.find(addr)
    return cache.hits / max(len(addrs), 1)
