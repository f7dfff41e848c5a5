"""Reading what this process's pages are: /proc/self/smaps and /proc/self/pagemap.

Mirrors: fs/proc/task_mmu.c:show_smap, pagemap_read (v6.18).
"""

from __future__ import annotations

import ctypes
import mmap
import os
from pathlib import Path
from typing import Final

from vmalab.host.libc import must
from vmalab.units import PAGE_SIZE, addr_to_vpn

RawMemory = tuple[tuple[tuple[int, dict[str, int]], ...], tuple[int, ...]]
"""The kB lines of each VMA by its start, and the 64-bit entry of each page."""

_ENTRY_BYTES: Final = 8
_MADV_COLD: Final = 20


def read_smaps(low: int, high: int) -> tuple[tuple[int, dict[str, int]], ...]:
    """The lines in kB of this process's VMAs between two addresses (bytes).

    The file is written VMA by VMA as it is read, so reading stops behind ``high``.
    """
    found: list[tuple[int, dict[str, int]]] = []
    inside = False
    with Path("/proc/self/smaps").open() as smaps:
        for line in smaps:
            words = line.split()
            if words[-1] == "kB":
                if inside:
                    found[-1][1][words[0][:-1]] = int(words[1])
            elif not words[0].endswith(":"):
                start, end = (int(word, 16) for word in words[0].split("-"))
                if start >= high:
                    break
                if inside := end > low:
                    found.append((start, {}))
    return tuple(found)


def read_pagemap(start: int, end: int) -> tuple[int, ...]:
    """The entries of this process's pages between two addresses (bytes)."""
    fd = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
    try:
        first = addr_to_vpn(start)
        size = (addr_to_vpn(end) - first) * _ENTRY_BYTES
        data = os.pread(fd, size, first * _ENTRY_BYTES)
    finally:
        os.close(fd)
    return tuple(memoryview(data).cast("Q"))


def stay_on_one_cpu() -> None:
    """Run on one processor from now on: each keeps lists of pages of its own."""
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpus[os.getpid() % len(cpus)]})


class Settler:
    """Lets the kernel finish what it puts off: pages on their way to its lists of pages.

    Advice about one page of its own makes this processor's lists of pages up to date.

    Mirrors: mm/swap.c:lru_add_drain.
    """

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, PAGE_SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        view = ctypes.c_char.from_buffer(self._page)
        self._addr = ctypes.addressof(view)
        del view

    def settle(self) -> None:
        """Bring the lists up to date."""
        must("madvise", self._addr, PAGE_SIZE, _MADV_COLD)
