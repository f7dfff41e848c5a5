"""From what the child noted to a :class:`~vmalab.records.run.Run`: numbers become words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vmalab.host.maps import perms_of
from vmalab.host.touch import FAULTED
from vmalab.records import program as ops
from vmalab.records.program import Op, Program
from vmalab.records.run import Run, Step
from vmalab.records.smaps import VmaMemory
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.tokens import FAULT_TOKENS, content_runs, probe_runs, token
from vmalab.uapi import signals
from vmalab.uapi.errors import SEGV_MAPERR, errno_name
from vmalab.uapi.pagemap import PM_PFRAME_MASK
from vmalab.units import PAGE_SIZE, bytes_to_pages

if TYPE_CHECKING:
    from vmalab.host.machine import Answer, Flags, Outcome, Rows
    from vmalab.host.memory import RawMemory
    from vmalab.records.resolve import Window

KERNEL: Final = "host"
_MAX_ERRNO: Final = 4095
_SIGBUS: Final = 7


def make_run(program: Program, window: Window, outcome: Outcome) -> Run:
    """Spell an outcome as transcripts do."""
    before, noted, files, memory = outcome
    namer = _Namer(files)
    snapshots: dict[int, Snapshot] = {}
    steps = []
    for op, (answer, rows, flags) in zip(program.ops, noted, strict=True):
        key = 0 if flags else id(rows)
        after = snapshots.get(key) if key else None
        if after is None:
            after = snapshots[key] = namer.snapshot(rows, flags)
        steps.append(Step(op, spell(op, answer, window), after))
    if memory is not None and steps:
        steps[-1] = replace(steps[-1], after=with_memory(steps[-1].after, memory))
    return Run(KERNEL, program, window, namer.snapshot(before, {}), tuple(steps))


def with_memory(snapshot: Snapshot, memory: RawMemory) -> Snapshot:
    """A snapshot that says what the pages are, too; frames and slots are this machine's own."""
    lines, entries = memory
    return replace(
        snapshot,
        memory=tuple(VmaMemory.of_lines(start, found) for start, found in lines),
        pagemap=tuple(entry & ~PM_PFRAME_MASK for entry in entries),
    )


class _Namer:
    """Names what is behind a mapping: f0…f3, anon, shm0, shm1 … in the order first seen."""

    def __init__(self, files: dict[int, str]) -> None:
        self._names = {0: "anon", **files}
        self._nr_shm = 0
        self._rows: dict[tuple[object, ...], VmaRow] = {}

    def snapshot(self, rows: Rows, flags: Flags) -> Snapshot:
        """The rows as a snapshot."""
        return Snapshot(tuple(self._row(row, flags.get(row[0], ())) for row in rows))

    def _row(self, raw: tuple[int, int, int, int, int, str], flags: tuple[str, ...]) -> VmaRow:
        key = (raw, flags)
        row = self._rows.get(key)
        if row is None:
            start, end, bits, offset, inode, name = raw
            backing = name if name.startswith("[") else self._backing(inode)
            row = VmaRow(start, end, perms_of(bits), bytes_to_pages(offset), backing, flags)
            self._rows[key] = row
        return row

    def _backing(self, inode: int) -> str:
        if inode not in self._names:
            self._names[inode] = f"shm{self._nr_shm}"
            self._nr_shm += 1
        return self._names[inode]


def spell(op: Op, answer: Answer, window: Window) -> str:
    """An operation's answer as its result in a transcript."""
    match op, answer:
        case ops.Read(), int(word):
            return fault_name(word) if word & FAULTED else token(word)
        case ops.Write(), int(word):
            return fault_name(word) if word & FAULTED else signals.OK
        case ops.Contents(), tuple(words):
            return contents(words)
        case ((ops.Probe() | ops.Wprobe() | ops.Xprobe()), tuple(words)):
            first = (window.addr(op.addr) - window.start) // PAGE_SIZE
            return probes(words, first)
        case ops.Fork(), _:
            return "child"
        case _, bytes(vector):
            return "".join(str(byte) for byte in vector)
        case ((ops.Mmap() | ops.Mremap() | ops.Brk()), int(number)) if not _refused(number):
            return brk_name(number, window) if isinstance(op, ops.Brk) else window.name(number)
        case _, int(number):
            return f"-1 {errno_name(-number)}" if _refused(number) else str(number)
        case _:
            return signals.OK


def _refused(number: int) -> bool:
    return -_MAX_ERRNO <= number < 0


def brk_name(addr: int, window: Window) -> str:
    """The end of the heap: ``pN``, or ``pN+B`` within a page; it may lie beyond the window.

    >>> from vmalab.records.resolve import Window
    >>> brk_name(0x12003, Window(0x10000, 4)), brk_name(0x15000, Window(0x10000, 4))
    ('p2+3', 'p5')
    """
    page, byte = divmod(addr - window.start, PAGE_SIZE)
    return f"p{page}+{byte}" if byte else f"p{page}"


def fault_name(word: int) -> str:
    """The signal of a fault word."""
    return signals.SIGBUS if word & 0xFF == _SIGBUS else signals.SIGSEGV


def fault_letter(word: int) -> str:
    """What a probe prints: o fine, a SEGV_ACCERR, m SEGV_MAPERR, b SIGBUS."""
    if not word & FAULTED:
        return "o"
    if word & 0xFF == _SIGBUS:
        return "b"
    return "a" if word >> 8 & 0xFF not in {SEGV_MAPERR, 0x80} else "m"


def contents(words: tuple[int, ...]) -> str:
    """The runs of a C line; pages that SIGSEGV are left out.

    >>> contents((0xF0010003, 0xF0010004, 0, 0, FAULTED | 0x10B, 9))
    '0-2=f1@3 2-4=0 5-6=#9'
    """
    return content_runs([word_token(word) for word in words])


def word_token(word: int) -> str:
    """What a read found, or the token of the signal it ended in."""
    return FAULT_TOKENS[fault_name(word)] if word & FAULTED else token(word)


def probes(words: tuple[int, ...], first: int) -> str:
    """The runs of a probe: ``from-to=xy``.

    >>> probes((0, 0, 0, FAULTED | 0x20B, 0, FAULTED | 0x20B), 4)
    '4-5=oo 5-7=oa'
    """
    pairs = [
        fault_letter(a) + fault_letter(b) for a, b in zip(words[::2], words[1::2], strict=True)
    ]
    return probe_runs(pairs, first)
