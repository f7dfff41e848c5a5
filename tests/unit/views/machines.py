"""Hand-written memory: frames of every kind with every mark, and swap slots."""

import random

from vmalab.records.memory import FrameRow, MemoryMap, SlotRow

FEW = MemoryMap(
    (
        FrameRow(
            0, "zero", count=13, mapcount=12, mapped_at=tuple((1, n << 16) for n in range(12))
        ),
        FrameRow(1, "table", count=1),
        FrameRow(2, "anon", "anon_vma 1", 3, 1, 1, ((1, 0x13000),), ("dirty", "referenced")),
        FrameRow(3, "file", "f0", 9, 1),
        FrameRow(4, "shmem", "shm1", 0, 3, 2, ((1, 0x20000), (2, 0x20000)), ("dirty",)),
        *(FrameRow(pfn, "free") for pfn in range(5, 16)),
        FrameRow(16, "anon", "anon_vma 1", 4, 2, 0, (), ("swapcache", "locked")),
        *(FrameRow(pfn, "free") for pfn in range(17, 20)),
    ),
    (SlotRow(0), SlotRow(1, 2), SlotRow(2, 1, 16), SlotRow(3)),
    hand=4,
    low=4,
    high=8,
)


def frames(count, seed=2006, first=0):
    """Frames of every kind, with every mark."""
    dice = random.Random(seed)
    rows = []
    for pfn in range(first, first + count):
        kind = dice.choice(["free", "table", "anon", "anon", "file", "shmem", "zero"])
        flags = ("dirty", "referenced", "exclusive", "swapcache", "locked")
        flags = tuple(flag for flag in flags if dice.random() < 0.4)
        mapcount = dice.choice([0, 1, 2, 130])
        rows.append(
            FrameRow(pfn, "free")
            if kind == "free"
            else FrameRow(pfn, kind, "f0", pfn, mapcount + 1, mapcount, (), flags)
        )
    return tuple(rows)


def slots(count, seed=2006):
    dice = random.Random(seed)
    return tuple(
        SlotRow(slot, dice.choice([0, 1, 2, 30]), dice.choice([None, None, 5]))
        for slot in range(count)
    )


MAPS = {
    "few": FEW,
    "some": MemoryMap(frames(96), slots(40), 0x5F, 6, 12),
    "many": MemoryMap(frames(300), slots(1000), 0x44, 16, 32),
    "sparse": MemoryMap(
        (*frames(40), *(FrameRow(pfn, "free") for pfn in range(40, 4096)), *frames(40, 7, 4096)),
        (),
        4,
        100,
        100,
    ),
    "huge": MemoryMap(frames(5000), (), 4999, 2, 3),
    "long": MemoryMap(
        (*frames(800), *(FrameRow(pfn, "free") for pfn in range(800, 1000)), *frames(9, 7, 1000)),
    ),
    "one": MemoryMap((FrameRow(0, "free"),), (SlotRow(0),)),
    "nothing": MemoryMap(()),
}
