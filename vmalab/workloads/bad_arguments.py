"""Spoiling an operation: unaligned, zero, huge, overflowing, unknown, forbidden."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from vmalab.records import program as ops
from vmalab.records.program import Abs, At, Bytes, Op

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_HUGE: Final = (
    Bytes(None, 0x7FFF_FFFF_F000),
    Bytes(None, 0x7FFF_FFFF_FFFF_F000),
    Bytes(None, 0x8000_0000_0000_0000),
    Bytes(None, 0xFFFF_FFFF_FFFF_F000),
    Bytes(None, 0xFFFF_FFFF_FFFF_FFFF),
)
_WRAPPING: Final = _HUGE[3:]
"""Lengths that wrap round: the only huge ones that madvise refuses before it does anything."""
_BEYOND: Final = (Abs(0x7FFF_FFFF_F000), Abs(0x8000_0000_0000), Abs(0xFFFF_8000_0000_0000))

_TOUCHES: Final = (ops.Read, ops.Write, ops.Probe, ops.Wprobe, ops.Xprobe)

_MMAP_CHANGES: Final[tuple[dict[str, object], ...]] = (
    {"flags": "fixed,anon"},
    {"flags": "private,shared,fixed,anon"},
    {"flags": "private,shared,fixed", "file": "f0"},
    {"flags": "private,shared,fixed,0x10000000", "file": "f0"},
    {"flags": "0x10000031", "prot": "r", "file": "-"},
    {"flags": "0x34", "prot": "r", "file": "-"},
    {"flags": "private,fixed", "file": "x"},
    {"flags": "private,fixed", "file": "-"},
    {"flags": "private,fixed", "file": "w0"},
    {"flags": "shared,fixed", "file": "r0", "prot": "rw"},
    {"flags": "shared,fixed", "file": "f0", "pgoff": Bytes(1, 17)},
    {"flags": "shared,fixed", "file": "f0", "pgoff": Bytes(None, 0xFFFF_FFFF_FFFF_F000)},
    {"flags": "shared,fixed", "file": "f0", "pgoff": Bytes(None, 0x7FFF_FFFF_FFFF_F000)},
    {"flags": "private,fixed", "file": "f0", "pgoff": Bytes(None, 0x8000_0000_0000_0000)},
    {"flags": "shared,fixed,growsdown", "file": "f0"},
    {"flags": "private,fixed,growsdown", "file": "f0"},
    {"flags": "shared,fixed,growsdown,anon"},
    {"prot": "0x8"},
    {"prot": "0xff0"},
    {"prot": "0x7fffffff"},
)
_PROTS: Final = ("0x8", "0x10", "0x1000001", "0x2000001", "0x3000001", "0xffffffff", "0x80000003")
_MREMAP_CHANGES: Final[tuple[dict[str, object], ...]] = (
    {"flags": "0x8"},
    {"flags": "fixed"},
    {"flags": "dontunmap"},
    {"flags": "maymove,dontunmap", "new_length": 9},
    {"new_length": 0},
    {"new_length": Bytes(None, 0x7FFF_FFFF_F000)},
    {"new_length": Bytes(None, 0xFFFF_FFFF_FFFF_FFFF)},
    {"flags": "maymove,fixed", "new_addr": At(1, 5)},
    {"flags": "maymove,fixed", "new_addr": Abs(0x7FFF_FFFF_F000)},
    {"old_length": 0},
)
_REMAP_CHANGES: Final[tuple[dict[str, object], ...]] = (
    {"prot": "r"},
    {"prot": "0x1000000"},
    {"pgoff": 0x7FFF_FFFF},
    {"pgoff": 0xF_FFFF_FFFF_FFFF},
    {"pgoff": 0xFFFF_FFFF_FFFF_FFFF},
    {"flags": "nonblock"},
    {"flags": "chgprot"},
    {"flags": "0xffff"},
)
_CHANGES: Final[dict[type[Op], tuple[dict[str, object], ...]]] = {
    ops.Mmap: _MMAP_CHANGES,
    ops.Mremap: _MREMAP_CHANGES,
    ops.Remap: _REMAP_CHANGES,
    ops.Mprotect: tuple({"prot": prot} for prot in _PROTS),
    ops.Madvise: tuple({"advice": str(number)} for number in (5, 6, 7, 77, 1000, 0xFFFF_FFFF)),
    ops.Mlock2: ({"flags": "2"}, {"flags": "0x80000001"}),
    ops.Msync: ({"flags": "8"}, {"flags": "sync,async"}, {"flags": "0xffff"}),
}
"""Fields that make an operation one that the kernel refuses, or looks at twice."""


def spoil(op: Op, rng: random.Random) -> Op:
    """The same operation with one argument that is probably wrong."""
    ways: list[Callable[[Op, random.Random], Op]] = [_unaligned, _odd_length]
    if type(op) in _CHANGES:
        ways += [_changed, _changed]
    if hasattr(op, "length") or hasattr(op, "old_length"):
        ways += [_zero, _huge]
    return rng.choice(ways)(op, rng)


def _unaligned(op: Op, rng: random.Random) -> Op:
    addr = getattr(op, "addr", None)
    if not isinstance(addr, int) or isinstance(op, _TOUCHES):
        return op
    if rng.random() < 0.2 and not isinstance(op, ops.Brk):
        return _replace(op, addr=rng.choice(_BEYOND))
    return _replace(op, addr=At(addr, rng.choice([1, 8, 2048, 4095])))


def _odd_length(op: Op, rng: random.Random) -> Op:
    length = getattr(op, "length", None)
    if not isinstance(length, int):
        return op
    return _replace(op, length=Bytes(length, rng.choice([1, 17, -1, -4095])))


def _zero(op: Op, _: random.Random) -> Op:
    return _replace(op, **{_length_field(op): 0})


def _huge(op: Op, rng: random.Random) -> Op:
    choice = rng.choice(_WRAPPING if isinstance(op, ops.Madvise) else _HUGE)
    return _replace(op, **{_length_field(op): choice})


def _length_field(op: Op) -> str:
    return "old_length" if isinstance(op, ops.Mremap) else "length"


def _changed(op: Op, rng: random.Random) -> Op:
    changed = _replace(op, **rng.choice(_CHANGES[type(op)]))
    # Nothing is ever fixed at NULL: page 0 of an address space is root's, or nobody's.
    if isinstance(changed, ops.Mmap) and changed.addr is None:
        return op
    if isinstance(changed, ops.Mremap) and changed.new_addr is None:
        return _replace(changed, new_addr=rng.randrange(4))
    return changed


def _replace(op: Op, **fields: object) -> Op:
    changed: Op = dataclasses.replace(op, **fields)
    return changed
