"""What VMAs cost: bytes, counted from structures, and microseconds, looked up in a measured table.

Bytes are computed. Microseconds are *simulated*: so many calls of a kind, each at what such a call
took when it was measured once, on one machine, on Linux 6.18. They are no measurement of the run at
hand, and whoever prints them says so (:data:`SOURCE`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from math import log
from typing import Final

SOURCE: Final = (
    "Linux 6.18.44 on x86_64, a virtual machine on an AMD EPYC, called from C: medians, 2026;"
    " clone and exit a VMA: fork, exit and wait of 60,000 VMAs by Python, least of 25;"
    " remap_file_pages inside one VMA: today's emulation over 1.88, the ratio in the message of"
    " commit c8d78c1823f4 (4.0), which brought it"
)
"""Where the microseconds come from, in words to be printed beside them."""

SIZES: Final = (1, 1_000, 10_000, 60_000, 1_000_000)
"""The numbers of VMAs at which calls were measured."""

EMULATION_OVER_NONLINEAR: Final = 43.9 / 23.3
"""A million remap_file_pages of single pages: seconds after commit c8d78c1823f4, over before."""

MICROSECONDS: Final[Mapping[str, tuple[float, ...]]] = {
    "mmap": (4.28, 5.38, 4.64, 5.69, 6.98),
    "munmap": (4.07, 5.15, 4.00, 4.23, 5.01),
    "mprotect": (3.36, 4.27, 3.78, 4.33, 4.75),
    "remap_file_pages": (10.4, 10.7, 13.6, 14.4, 15.4),
    "fault": (1.64, 1.87, 1.69, 2.11, 2.54),
    "find_vma": (0.52, 0.59, 0.51, 0.67, 0.94),
}
"""Microseconds a call on one page, at each of :data:`SIZES`: mmap over a page that was touched,
mprotect and remap_file_pages of a page inside a larger VMA, a minor fault of a cached page."""

CLONE_AND_EXIT_A_VMA: Final = 2.2
"""Microseconds for each VMA that a clone copies and its exit frees."""

MAPLE_NODE_BYTES: Final = 256
MAPLE_NODES_A_VMA: Final = 0.177
"""Measured on 6.18.44 after a million mappings of one page, holes between, in random order."""

ANON_VMA_BYTES: Final[Mapping[tuple[str, str], tuple[int, int]]] = {
    ("linux-6", "x86_64"): (104, 64),
    ("linux-2.6", "i386"): (12, 0),
    ("linux-2.6", "i386-pae"): (12, 0),
    ("linux-2.6", "x86_64"): (24, 0),
}
"""struct anon_vma, and the anon_vma_chain that ties one VMA to it.

6.18: objects of /proc/slabinfo, counted while a process with 1,172 VMAs forked. 2.6: a lock and a
list head (include/linux/rmap.h); the list's links are in the VMAs themselves, so ties are free.
"""


def microseconds(call: str, vmas: int) -> float:
    """What a call takes in a space of so many VMAs, between the measured sizes by their logarithm.

    Raises:
        KeyError: no such call was measured.

    >>> microseconds("mmap", 60_000), round(microseconds("find_vma", 245_000), 2)
    (5.69, 0.81)
    """
    measured = MICROSECONDS[call]
    if vmas <= SIZES[0] or vmas >= SIZES[-1]:
        return measured[0 if vmas <= SIZES[0] else -1]
    above = bisect_left(SIZES, vmas)
    low, high = SIZES[above - 1], SIZES[above]
    share = log(vmas / low) / log(high / low)
    return measured[above - 1] + share * (measured[above] - measured[above - 1])


def nonlinear_microseconds() -> float:
    """What remap_file_pages would take where it rearranges one VMA, and makes none."""
    return MICROSECONDS["remap_file_pages"][0] / EMULATION_OVER_NONLINEAR


def vma_bytes(kernel: str, sizeof_vma: int, vmas: int) -> int:
    """Kernel memory for so many VMAs and the tree that finds them.

    In 2.6 the tree's node is inside the VMA; since 6.1 the tree has nodes of its own.

    >>> vma_bytes("linux-2.6", 84, 65_536), vma_bytes("linux-6", 192, 65_536)
    (5505024, 15552479)
    """
    nodes = vmas * MAPLE_NODES_A_VMA if kernel == "linux-6" else 0
    return round(vmas * sizeof_vma + nodes * MAPLE_NODE_BYTES)


def anon_vma_bytes(kernel: str, arch: str, anon_vmas: int, ties: int | None = None) -> int:
    """Kernel memory for so many anon_vmas, and ``ties`` of VMAs to them; without it, one each.

    Shared memory has none.

    >>> anon_vma_bytes("linux-6", "x86_64", 10), anon_vma_bytes("linux-2.6-manyprots-v4", "i386", 1)
    (1680, 12)
    >>> anon_vma_bytes("linux-6", "x86_64", 10, ties=25)
    2640
    """
    family = "linux-6" if kernel.startswith("linux-6") else "linux-2.6"
    own, tie = ANON_VMA_BYTES[family, arch]
    return anon_vmas * own + (anon_vmas if ties is None else ties) * tie
