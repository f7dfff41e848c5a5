"""A database on a 32-bit machine: a small window over a file that is larger than all addresses.

    file     0 1 2 3 4 5 6 7 8 9 ... thousands of blocks
    window   | 7 | 2 | 9 | 4 |            a few slots; the one not used longest is shown anew

For this remap_file_pages was made (2002): with ``rfp`` the window stays one VMA on the kernels that
rearranged pages inside it; with ``mmap`` each slot becomes a VMA of its own, on any kernel.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from vmalab.kernel import Kernel, Task
from vmalab.uapi.mman import MAP_FIXED, MAP_SHARED, PROT_READ, PROT_WRITE
from vmalab.units import PAGE_SIZE, pages_to_bytes

WINDOW: Final = 0x4000_0000
"""Where the window begins (bytes)."""
POLICIES: Final = ("mmap", "rfp")
_RW: Final = PROT_READ | PROT_WRITE
_HOT: Final = 0.8
"""So many of all reads go to the hot tenth of the blocks."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a run did: VMAs and page tables at the end, and how many blocks were ``wrong`` ones."""

    kernel: str
    policy: str
    reads: int
    shown: int
    """How often a block was not in the window, and had to be shown."""
    vmas: int
    table_bytes: int
    wrong: int


def read_blocks(
    kernel: Kernel, policy: str, *, slots: int = 64, blocks: int = 1024, reads: int = 4000
) -> Window:
    """Read blocks of one page through a window, at random, most of them from a hot tenth.

    Each block of the file holds its own number, which is checked.

    Raises:
        ValueError: no such policy.

    >>> [read_blocks(Kernel("linux-2.6"), policy).vmas for policy in POLICIES]
    [64, 1]
    """
    if policy not in POLICIES:
        msg = f"{policy!r} is no way to show a block; choose one of {', '.join(POLICIES)}"
        raise ValueError(msg)
    task, rng = kernel.spawn(), random.Random(blocks)
    fd = task.memfd("data", blocks)
    for block in range(blocks):
        task.pwrite(fd, block.to_bytes(4, "little"), pages_to_bytes(block))
    task.mmap(WINDOW, pages_to_bytes(slots), _RW, MAP_SHARED | MAP_FIXED, fd)
    place: OrderedDict[int, int] = OrderedDict((slot, slot) for slot in range(slots))
    shown = wrong = 0
    for _ in range(reads):
        block = rng.randrange(max(blocks // 10, 1) if rng.random() < _HOT else blocks)
        if block not in place:
            _, slot = place.popitem(last=False)
            place[block] = slot
            _show(task, policy, fd, slot, block)
            shown += 1
        place.move_to_end(block)
        word = task.load(WINDOW + pages_to_bytes(place[block]), 4)
        wrong += word != block.to_bytes(4, "little")
    table_bytes = task.mm.pgtable.nr_bytes
    return Window(kernel.name, policy, reads, shown, task.mm.map_count, table_bytes, wrong)


def _show(task: Task, policy: str, fd: int, slot: int, block: int) -> None:
    """Let a slot of the window show another block."""
    addr = WINDOW + pages_to_bytes(slot)
    if policy == "rfp":
        task.remap_file_pages(addr, PAGE_SIZE, 0, block)
    else:
        task.mmap(addr, PAGE_SIZE, _RW, MAP_SHARED | MAP_FIXED, fd, pages_to_bytes(block))
