"""Thread stacks with guard pages: two VMAs a thread, in 2006; one for all of them, today.

    mprotect   |g| stack |g| stack |g| stack        g: a VMA of one page, PROT_NONE
    guard      |g  stack  g  stack  g  stack|        g: a marker in the page table, no VMA

Ulrich Drepper counted in May 2006: a thousand threads, two thousand VMAs. What the patch could not
do for private memory, MADV_GUARD_INSTALL does since 6.13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vmalab.kernel import Kernel
from vmalab.uapi.errors import SegmentationFault
from vmalab.uapi.mman import (
    MADV_GUARD_INSTALL,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_STACK,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
)
from vmalab.units import PAGE_SIZE, pages_to_bytes

BASE: Final = 0x4000_0000
"""Where the lowest stack lies (bytes)."""
POLICIES: Final = ("mprotect", "guard")
_OWN: Final = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_STACK


@dataclass(frozen=True, slots=True)
class Stacks:
    """What stacks cost: VMAs, page tables (bytes), and how many guards stopped an overrun."""

    kernel: str
    policy: str
    threads: int
    vmas: int
    table_bytes: int
    guarded: int


def make_stacks(kernel: Kernel, policy: str, threads: int = 1000, stack_pages: int = 16) -> Stacks:
    """Make stacks as a thread library does, use the top of each, and run each over its end.

    Raises:
        ValueError: no such policy.
        KernelError: EINVAL, the kernel knows no guard markers.

    >>> [make_stacks(Kernel("linux-6"), policy, 100).vmas for policy in POLICIES]
    [200, 1]
    """
    if policy not in POLICIES:
        msg = f"{policy!r} guards no stack; choose one of {', '.join(POLICIES)}"
        raise ValueError(msg)
    task, size = kernel.spawn(), pages_to_bytes(stack_pages)
    for thread in range(threads):
        low = BASE + thread * size
        task.mmap(low, size, PROT_READ | PROT_WRITE, _OWN)
        if policy == "guard":
            task.madvise(low, PAGE_SIZE, MADV_GUARD_INSTALL)
        else:
            task.mprotect(low, PAGE_SIZE, PROT_NONE)
        task.store(low + size - 8, thread.to_bytes(8, "little"))
    guarded = 0
    for thread in range(threads):
        try:
            task.store(BASE + thread * size)
        except SegmentationFault:
            guarded += 1
    table_bytes = task.mm.pgtable.nr_bytes
    return Stacks(kernel.name, policy, threads, task.mm.map_count, table_bytes, guarded)
