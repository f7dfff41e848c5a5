"""From a program to a plan.

Everything that can be decided before the first system call is decided here: numbers, file
descriptors, and whether an operation would reach memory that is not the program's to touch (the
child shares its address space with a Python interpreter).
"""

from __future__ import annotations

from typing import Final

from vmalab.host.errors import HostError, HostUnsupportedError
from vmalab.host.plan import FDS, FREE_ZONE_BYTES, NO_ADDRESS, Instruction, Plan
from vmalab.records import program as ops
from vmalab.records.program import WINDOW_START, Op, Program
from vmalab.records.resolve import Call, Window, resolve, to_bytes, to_flags
from vmalab.records.snapshot import NEAR_PAGES
from vmalab.records.text import format_op
from vmalab.uapi import mman
from vmalab.uapi.syscalls import NR_X86_64
from vmalab.units import WORD_MASK, offset_in_page, page_align, page_align_down, pages_to_bytes

TASK_SIZE: Final = 0x7FFF_FFFF_F000
MAX_SEALED_PAGES: Final = 128
"""A sealed window must be too small for the interpreter's own arenas."""
_MAX_POPULATE: Final = 16 << 20
_POISON: Final = {100, 101}
"""MADV_HWPOISON and MADV_SOFT_OFFLINE."""


def window_of(program: Program) -> Window:
    """Where a program's window lies on this machine."""
    return Window(WINDOW_START["x86_64"], program.pages)


def make_plan(
    program: Program, *, sealed: bool = False, flags_each: bool = False, memory: bool = False
) -> Plan:
    """Compile a program.

    Raises:
        HostError: an operation cannot be run safely; it names the operation and why.
    """
    window = window_of(program)
    if sealed and program.pages > MAX_SEALED_PAGES:
        msg = f"a sealed window has at most {MAX_SEALED_PAGES} pages, not {program.pages}"
        raise HostError(msg)
    guard = _Guard(window, sealed=sealed)
    instructions = []
    for number, op in enumerate(program.ops, 1):
        try:
            guard.check(op)
            instructions.append(_instruction(op, window))
        except (HostError, KeyError) as error:
            what = f"there is no file {error}" if isinstance(error, KeyError) else str(error)
            msg = f"operation {number}, {format_op(op)!r}: {what}"
            kind = type(error) if isinstance(error, HostError) else HostError
            raise kind(msg) from None
    alone = any(isinstance(op, ops.Fork | ops.Brk | ops.Limit) for op in program.ops)
    return Plan(
        start=window.start,
        pages=program.pages,
        near=0 if sealed else pages_to_bytes(NEAR_PAGES),
        reserve=program.fill == "none",
        files=_files(program),
        heap=any(isinstance(op, ops.Brk) for op in program.ops),
        alone=alone,
        flags_each=flags_each,
        memory=memory,
        instructions=tuple(instructions),
    )


def _files(program: Program) -> tuple[str, ...]:
    named = {op.file for op in program.ops if isinstance(op, ops.Mmap | ops.Truncate)}
    return tuple(sorted(name for name in named if name in FDS))


def _instruction(op: Op, window: Window) -> Instruction:
    call = resolve(op, window, FDS)
    if call is not None:
        return _call(op, call)
    match op:
        case ops.Read(addr):
            return "r", window.addr(addr)
        case ops.Write(addr, value):
            return "w", window.addr(addr), value & 0xFFFF_FFFF
        case ops.Probe(addr, pages):
            return "p", window.addr(addr), pages, "rw"
        case ops.Wprobe(addr, pages):
            return "p", window.addr(addr), pages, "wr"
        case ops.Xprobe(addr, pages):
            return "p", window.addr(addr), pages, "rx"
        case ops.Truncate(file, pages):
            return "t", FDS[file], pages_to_bytes(pages)
        case ops.Limit(what, pages):
            return "l", what, pages
        case ops.Contents():
            return ("c",)
        case ops.Fork():
            return ("f",)
        case _:
            msg = "the machine's own kernel cannot be told to reclaim just these pages"
            raise HostUnsupportedError(msg)


def _call(op: Op, call: Call) -> Instruction:
    number = NR_X86_64[call.name]
    match op:
        case ops.Mmap(length=length) | ops.Mremap(new_length=length):
            return "s", page_align(to_bytes(length)), number, *call.args
        case ops.Mincore():
            return "m", number, *call.args
        case _:
            return "s", NO_ADDRESS, number, *call.args


def too_far(op: Op, window: Window, *, sealed: bool = False) -> bool:
    """Would an operation reach memory that is not the program's?"""
    try:
        _Guard(window, sealed=sealed).check(op)
    except HostError:
        return True
    return False


class _Guard:
    """Refuses operations that would reach beyond the window and the empty space around it."""

    def __init__(self, window: Window, *, sealed: bool) -> None:
        room = 0 if sealed else FREE_ZONE_BYTES
        self._low = window.start - room
        self._high = window.end + room
        self._window = window
        self._sealed = sealed

    def check(self, op: Op) -> None:
        """Raise HostError if an operation is not the program's to make."""
        match op:
            case ops.Mmap(addr, length, _, flags):
                self._mmap(self._window.addr(addr), to_bytes(length), flags)
            case ops.Munmap(addr, length):
                self._reach(addr, to_bytes(length))
            case ops.Mremap(addr, old, new, flags, new_addr):
                self._reach(addr, max(to_bytes(old), 1))
                if to_flags(flags, mman.MREMAP_FLAGS) & mman.MREMAP_FIXED:
                    self._reach(new_addr, to_bytes(new))
            case ops.Madvise(addr, length, advice):
                if to_flags(advice, mman.MADVICE) in _POISON:
                    msg = "it would take good memory away from this machine"
                    raise HostError(msg)
                self._reach(addr, to_bytes(length), limit=WORD_MASK)
            case ops.Read(addr) | ops.Write(addr):
                self._reach(addr, 4)
            case ops.Probe(addr, pages) | ops.Wprobe(addr, pages) | ops.Xprobe(addr, pages):
                self._reach(addr, pages_to_bytes(pages))
            case ops.Brk(addr):
                self._brk(self._window.addr(addr))
            case (
                ops.Mprotect(addr, length)
                | ops.Remap(addr, length)
                | ops.Mlock(addr, length)
                | ops.Mlock2(addr, length)
                | ops.Munlock(addr, length)
                | ops.Msync(addr, length)
                | ops.Mincore(addr, length)
            ):
                # These stop at the first hole, and an open window ends in one.
                self._reach(addr, to_bytes(length) if self._sealed else 1, limit=WORD_MASK)
            case _:
                pass

    def _mmap(self, addr: int, len_bytes: int, flags: ops.Flags) -> None:
        bits = to_flags(flags, mman.MMAP_FLAGS)
        if bits & (mman.MAP_FIXED | mman.MAP_FIXED_NOREPLACE) and not offset_in_page(addr):
            self._range(addr, page_align(len_bytes), TASK_SIZE)
        if bits & (mman.MAP_POPULATE | mman.MAP_LOCKED) and _MAX_POPULATE < len_bytes < TASK_SIZE:
            msg = "it would fill more than 16 MiB of this machine's memory"
            raise HostError(msg)

    def _brk(self, addr: int) -> None:
        if self._window.start <= addr and not addr <= self._high:
            msg = "the heap would leave the window"
            raise HostError(msg)

    def _reach(self, addr: ops.Addr, len_bytes: int, limit: int = TASK_SIZE) -> None:
        start = page_align_down(self._window.addr(addr))
        within = self._window.addr(addr) - start
        self._range(start, page_align(len_bytes + within) if len_bytes else 0, limit)

    def _range(self, start: int, len_bytes: int, limit: int) -> None:
        end = start + len_bytes
        inside = self._low <= start <= end <= self._high
        if not len_bytes or start >= TASK_SIZE or end > limit or inside:
            return
        msg = (
            f"it reaches {start:#x}-{end:#x}, outside the program's own memory "
            f"({self._low:#x}-{self._high:#x}), where the interpreter lives"
        )
        raise HostError(msg)
