"""Every frame and every swap slot of a machine, as records that a picture is drawn from.

Mirrors: fs/proc/page.c (/proc/kpageflags, kpagecount) in what it tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vmalab.kernel import Kernel
from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_LOCKED
from vmalab.mm.mm_struct import Machine, MmStruct
from vmalab.mm.page_alloc import (
    PG_DIRTY,
    PG_EXCLUSIVE,
    PG_LAZYFREE,
    PG_REFERENCED,
    PG_SWAPCACHE,
    PG_TABLE,
    ZERO_PFN,
)
from vmalab.mm.rmap import page_mappings
from vmalab.mm.vma import AnonVma
from vmalab.records.memory import FrameKind, FrameRow, MemoryMap, SlotRow
from vmalab.units import vpn_to_addr

_FLAGS: Final = {
    PG_DIRTY: "dirty",
    PG_REFERENCED: "referenced",
    PG_EXCLUSIVE: "exclusive",
    PG_SWAPCACHE: "swapcache",
    PG_LAZYFREE: "lazyfree",
}


def memory_map(kernel: Kernel) -> MemoryMap:
    """All frames up to the machine's last, its swap slots, and where the clock's hand is.

    >>> kernel = Kernel("linux-6", ram_pages=16, swap_pages=2)
    >>> task = kernel.spawn()
    >>> task.store(task.mmap(0x10000, 4096, 3, 0x32))
    >>> now = memory_map(kernel)
    >>> [row.kind for row in now.frames[:7]], len(now.frames), len(now.slots), now.nr_free
    (['zero', 'table', 'table', 'table', 'table', 'anon', 'free'], 16, 2, 10)
    >>> now.frames[5].mapped_at, now.frames[5].flags
    (((1, 65536),), ('dirty', 'exclusive'))
    """
    machine, clock = kernel.machine, kernel.clock
    tasks = {task.mm: pid for pid, task in kernel.tasks.items()}
    frames = tuple(_frame(machine, pfn, tasks) for pfn in range(machine.memory.limit))
    swap = machine.swap
    slots = tuple(
        SlotRow(slot, swap.map[slot], swap.cache.get(slot)) for slot in range(1, swap.nr_slots + 1)
    )
    return MemoryMap(frames, slots, clock.hand, clock.low, clock.high)


def _frame(machine: Machine, pfn: int, tasks: Mapping[MmStruct, int]) -> FrameRow:
    memory = machine.memory
    if pfn >= len(memory.count) or memory.count[pfn] <= 0:
        return FrameRow(pfn, "free")
    mapping, index = memory.mapping[pfn], memory.index[pfn]
    places = [(tasks.get(mm, 0), vpn, mm, vma) for mm, vma, vpn in page_mappings(machine, pfn)]
    flags = [word for bit, word in _FLAGS.items() if memory.flags[pfn] & bit]
    if "dirty" not in flags and any(mm.fmt.pte_dirty(mm.pgtable.get(v)) for _, v, mm, _ in places):
        flags.insert(0, "dirty")
    if any(vma.vm_flags & VM_LOCKED for *_, vma in places):
        flags.append("locked")
    kind, backing = _what(pfn, mapping, is_table=bool(memory.flags[pfn] & PG_TABLE))
    return FrameRow(
        pfn,
        kind,
        backing,
        index if backing else 0,
        memory.count[pfn],
        memory.mapcount[pfn],
        tuple(sorted((task, vpn_to_addr(vpn)) for task, vpn, _, _ in places)),
        tuple(flags),
    )


def _what(pfn: int, mapping: object, *, is_table: bool) -> tuple[FrameKind, str]:
    """What kind of page a frame that is in use holds, and of what."""
    if pfn == ZERO_PFN:
        return "zero", ""
    if is_table:
        return "table", ""
    if isinstance(mapping, Filemap):
        return ("shmem" if mapping.is_shmem else "file"), mapping.name
    return "anon", f"anon_vma {mapping.number}" if isinstance(mapping, AnonVma) else ""
