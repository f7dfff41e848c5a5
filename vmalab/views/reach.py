"""Which addresses an operation speaks of, so that a picture can point at them."""

from __future__ import annotations

from vmalab.records import program as ops
from vmalab.records.program import Op
from vmalab.records.resolve import Window, to_bytes
from vmalab.units import PAGE_SIZE


def reach_of(op: Op, window: Window) -> tuple[tuple[str, int, int], ...]:
    """The ranges an operation names, each with a word for it; empty ones are left out.

    >>> reach_of(ops.Munmap(2, 4), Window(0x10000, 8))
    (('munmap', 73728, 90112),)
    """
    verb = type(op).__name__.lower()
    match op:
        case (
            ops.Mmap(addr=addr, length=length)
            | ops.Munmap(addr, length)
            | ops.Mprotect(addr, length)
            | ops.Mlock(addr, length)
            | ops.Mlock2(addr, length)
            | ops.Munlock(addr, length)
            | ops.Msync(addr, length)
            | ops.Mincore(addr, length)
            | ops.Remap(addr, length)
            | ops.Madvise(addr, length)
        ):
            spans = [(verb, addr, to_bytes(length))]
        case ops.Mremap():
            spans = [("from", op.addr, to_bytes(op.old_length))]
            if "fixed" in str(op.flags):
                spans.append(("to", op.new_addr, to_bytes(op.new_length)))
            elif to_bytes(op.new_length) > to_bytes(op.old_length):
                spans = [("mremap", op.addr, to_bytes(op.new_length))]
        case ops.Read(addr) | ops.Write(addr, _):
            spans = [(verb, addr, 1)]
        case ops.Probe(addr, pages) | ops.Wprobe(addr, pages) | ops.Xprobe(addr, pages):
            spans = [(verb, addr, pages * PAGE_SIZE)]
        case _:
            spans = []
    found = []
    for word, addr, len_bytes in spans:
        if addr is not None and len_bytes:
            start = window.addr(addr)
            low = start - start % PAGE_SIZE
            high = -(-(start + len_bytes) // PAGE_SIZE) * PAGE_SIZE
            found.append((word, low, high))
    return tuple(found)
