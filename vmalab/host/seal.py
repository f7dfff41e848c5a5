"""Sealing: fill every hole of the address space but the window.

The kernel then has only the window to choose an address from, so where ``mmap`` without MAP_FIXED
or ``mremap`` with MREMAP_MAYMOVE puts a mapping can be compared exactly with the model.

    0x1000 ▒▒▒▒▒▒▒▒▒▒▒ window           ▒▒▒▒▒ python ▒▒▒▒ libc ▒▒▒▒     stack
           the filler: PROT_NONE pages  ↑ one of one memfd, which merge with nothing else

The filler is a shared mapping of a file of its own, so no mapping of a program ever merges with it.
Below the stack the kernel itself leaves 256 pages free, and so does the filler.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from vmalab.host.libc import must
from vmalab.host.maps import own_maps
from vmalab.uapi import mman
from vmalab.units import PAGE_SIZE

TASK_SIZE: Final = 0x7FFF_FFFF_F000
_STACK_GAP: Final = 256 * PAGE_SIZE


def holes(taken: list[tuple[int, int]], low: int, high: int) -> list[tuple[int, int]]:
    """What is left of ``low``-``high`` between the ranges taken (bytes).

    >>> holes([(2, 3), (5, 9)], 1, 8)
    [(1, 2), (3, 5)]
    """
    found = []
    for start, end in sorted(taken):
        if low < min(start, high):
            found.append((low, min(start, high)))
        low = max(low, end)
    return [*found, (low, high)] if low < high else found


def _lowest() -> int:
    """The lowest address that the kernel may choose (bytes)."""
    return max(int(Path("/proc/sys/vm/mmap_min_addr").read_text()), PAGE_SIZE)


def fill(start: int, end: int) -> None:
    """Fill every hole but the window ``start``-``end`` (bytes).

    Raises:
        HostError: the kernel refused.
    """
    fd = os.memfd_create("filler")
    taken = [(start, end)]
    for row in own_maps():
        gap = _STACK_GAP if row[5] == "[stack]" else 0
        taken.append((row[0] - gap, row[1]))
    flags = mman.MAP_SHARED | mman.MAP_FIXED | mman.MAP_NORESERVE
    for low, high in holes(taken, _lowest(), TASK_SIZE):
        must("mmap", low, high - low, mman.PROT_NONE, flags, fd, 0)
    os.close(fd)
