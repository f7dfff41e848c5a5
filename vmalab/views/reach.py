"""Which addresses an operation speaks of, so that a picture can point at them."""

from __future__ import annotations

from dataclasses import dataclass

from vmalab.records import program as ops
from vmalab.records.program import Op
from vmalab.records.resolve import Window, to_bytes
from vmalab.units import PAGE_SIZE, page_align_down


@dataclass(frozen=True, slots=True)
class Reach:
    """A range of whole pages that an operation names, and a word for it."""

    word: str
    start: int
    end: int


def reach_of(op: Op, window: Window) -> tuple[Reach, ...]:
    """The ranges an operation names; those without a place or a length are left out.

    >>> [(reach.word, hex(reach.start), hex(reach.end)) for reach in reach_of(
    ...     ops.Munmap(2, 4), Window(0x10000, 8))]
    [('munmap', '0x12000', '0x16000')]
    """
    return tuple(
        Reach(word, page_align_down(start), page_align_down(start + len_bytes + PAGE_SIZE - 1))
        for word, addr, len_bytes in _spans(op)
        if addr is not None and len_bytes
        for start in [window.addr(addr)]
    )


def _spans(op: Op) -> list[tuple[str, ops.Addr, int]]:
    word = type(op).__name__.lower()
    match op:
        case ops.Mmap() | ops.Munmap() | ops.Mprotect() | ops.Remap() | ops.Madvise():
            return [(word, op.addr, to_bytes(op.length))]
        case ops.Mlock() | ops.Mlock2() | ops.Munlock() | ops.Msync() | ops.Mincore():
            return [(word, op.addr, to_bytes(op.length))]
        case ops.Mremap(addr, old, new, flags, new_addr):
            if "fixed" in str(flags):
                return [("from", addr, to_bytes(old)), ("to", new_addr, to_bytes(new))]
            return [(word, addr, max(to_bytes(old), to_bytes(new)))]
        case ops.Read() | ops.Write():
            return [(word, op.addr, 1)]
        case ops.Probe() | ops.Wprobe() | ops.Xprobe():
            return [(word, op.addr, op.pages * PAGE_SIZE)]
        case _:
            return []
