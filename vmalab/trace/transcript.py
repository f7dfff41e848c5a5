"""Transcripts read back: what a kernel said to each line of a program, and how it looked after it.

    @3 seq 16 hole                        a fresh process
    @3.1 mmap 0 8 rw shared,fixed f0 0 => p0
     V 0-8 rw-s 0 f0                      its VMAs: all of them, or `same`, or `-`
     T same                               the page-table entries of its window, likewise

docs/program-format.md specifies the form. What a line leaves out (a read prints no VMAs) is None:
nothing is known of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from vmalab.records.program import Contents, Op, Program, Read
from vmalab.records.resolve import Window
from vmalab.records.run import RUN_ON, Step, format_rows
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.text import ProgramError, parse_op, parse_programs
from vmalab.records.tokens import FAULT_TOKENS
from vmalab.trace.capture import FILLER
from vmalab.units import PAGE_SIZE

FLAGS_OF_2006: Final = ("nl", "mp", "lo", "sr", "rr", "dc")
"""The flags that kernels without VmFlags could be asked for."""
_HEAD: Final = re.compile(r"@(\S+) (seq .*)\Z")
_STEP: Final = re.compile(r"@(\S+)\.(\d{1,6}) (.*?) => ?(.*)\Z")
_ROW: Final = re.compile(
    r"(-?\d{1,20})-(-?\d{1,20}) ([r-][w-][x-][ps]) (\d{1,20}) (\S+)((?: \S+)*)\Z"
)
_RUN: Final = re.compile(r"(\d{1,7})-(\d{1,7})=(\S+)\Z")


class TranscriptError(ValueError):
    """A text is not a transcript: which line, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of one operation: its result and the state after it, as text.

    ``rows`` are the ``V`` lines, ``entries`` the ``T`` line and ``contents`` the ``C`` line without
    their letter; None where nothing is known.
    """

    result: str
    rows: tuple[str, ...] | None = None
    entries: str | None = None
    contents: str | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A program, and what a kernel said to each of its operations."""

    program: Program
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """All sequences of a file; ``all_flags`` if it knows more than a kernel of 2006 told.

    ``booted_each`` says that the kernel was booted for each of them: so runs of the model are.
    """

    sequences: tuple[Sequence, ...]
    all_flags: bool = False
    booted_each: bool = False

    @property
    def nr_ops(self) -> int:
        """How many operations there are in all."""
        return sum(len(sequence.said) for sequence in self.sequences)


def parse_transcript(text: str) -> Transcript:
    r"""Read a transcript.

    >>> read = parse_transcript("@1 seq 8 hole\n@1.1 munmap 0 1 => 0\n V -\n T -")
    >>> read.sequences[0].said
    (Said(result='0', rows=(), entries='', contents=None),)

    Raises:
        TranscriptError: a line is none of a transcript's, or stands where it means nothing.
    """
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            reader.booted_each |= line.startswith(RUN_ON)
        elif line.strip():
            reader.line(number, line)
    return reader.finish()


def at_start(program: Program) -> Said:
    """What a program finds before its first operation."""
    full = program.fill == "none"
    return Said("", (f"0-{program.pages} ---p 0 anon",) if full else (), "")


class _Reader:
    """A transcript being read, line by line."""

    def __init__(self) -> None:
        self.number = 0
        self.sequences: list[Sequence] = []
        self.head: Program | None = None
        self.ops: list[Op] = []
        self.said: list[Said] = []
        self.result: str | None = None
        self.rows: list[str] = []
        self.entries: str | None = None
        self.contents: str | None = None
        self.last_rows: tuple[str, ...] = ()
        self.last_entries = ""
        self.all_flags = False
        self.booted_each = False

    def bad(self, what: str) -> NoReturn:
        msg = f"line {self.number}: {what}"
        raise TranscriptError(msg)

    def line(self, number: int, line: str) -> None:
        """Take the next line."""
        if line.startswith("@"):
            self.end_step()
        self.number = number
        if match := _STEP.match(line):
            self.step(*match.groups())
        elif match := _HEAD.match(line):
            self.begin(match[1], match[2])
        elif line[:2] in {" V", " T", " C"} and line[2:3] in {"", " "}:
            if self.result is None:
                self.bad(f"a{line[:2]} line, but no operation before it")
            self.state(line[1], line[3:].strip())
        else:
            self.bad(f"{line[:60]!r} is no line of a transcript")

    def begin(self, name: str, seq: str) -> None:
        self.end_sequence()
        words = seq.split()
        try:
            (self.head,) = parse_programs(" ".join(["seq", name, *words[1:]]))
        except ProgramError as error:
            self.bad(f"{error.message}; {error.cure}")
        self.last_rows, self.last_entries = at_start(self.head).rows or (), ""

    def step(self, name: str, number: str, op: str, result: str) -> None:
        if self.head is None or name != self.head.name:
            self.bad(f"operation @{name}.{number} of a sequence that has not begun")
        if int(number) != len(self.ops) + 1:
            self.bad(f"operation {number} follows operation {len(self.ops)}")
        try:
            self.ops.append(parse_op(op))
        except ProgramError as error:
            self.bad(f"{error.message}; {error.cure}")
        self.result = result.strip()

    def state(self, letter: str, rest: str) -> None:
        if letter == "C":
            self.contents = self.runs(rest)
        elif letter == "T":
            self.entries = self.last_entries if rest == "same" else self.runs(rest)
        elif rest == "same":
            self.rows += ["same"]
        elif rest == "-":
            self.rows += ["-"]
        else:
            self.rows.append(self.row(rest))

    def row(self, rest: str) -> str:
        match = _ROW.match(rest)
        if match is None or int(match[1]) >= int(match[2]):
            self.bad(f"{rest[:60]!r} is no VMA; the form is: from-to perms pgoff object flags")
        self.all_flags |= not set(match[6].split()) <= set(FLAGS_OF_2006)
        return rest

    def runs(self, rest: str) -> str:
        words = [] if rest == "-" else rest.split()
        for word in words:
            if not _RUN.match(word):
                self.bad(f"{word[:60]!r} is no run of pages; the form is: from-to=what")
        return " ".join(words)

    def end_step(self) -> None:
        if self.result is None:
            return
        rows: tuple[str, ...] | None = tuple(self.rows)
        if rows == ("same",):
            rows = self.last_rows
        elif rows == ("-",):
            rows = ()
        elif not rows:
            rows = None
        elif {"same", "-"} & set(rows or ()):
            self.bad("V same and V - stand alone")
        self.said.append(Said(self.result, rows, self.entries, self.contents))
        self.last_rows = self.last_rows if rows is None else rows
        self.last_entries = self.last_entries if self.entries is None else self.entries
        self.result, self.rows, self.entries, self.contents = None, [], None, None

    def end_sequence(self) -> None:
        if self.head is not None:
            head = self.head
            program = Program(head.pages, tuple(self.ops), head.fill, head.name)
            self.sequences.append(Sequence(program, tuple(self.said)))
        self.ops, self.said = [], []

    def finish(self) -> Transcript:
        self.end_step()
        self.end_sequence()
        if not any(sequence.said for sequence in self.sequences):
            self.number = 1
            self.bad("there is no operation in it")
        return Transcript(tuple(self.sequences), self.all_flags, self.booted_each)


def said_of(step: Step, window: Window, *, all_flags: bool = True) -> Said:
    """What the model said, in a transcript's words."""
    near = tuple(row for row in step.after.near(window) if row.backing != FILLER)
    rows = format_rows(near, window)
    lines = tuple(line.removeprefix(" V ") for line in rows if line != " V -")
    if not all_flags:
        lines = tuple(map(_flags_of_2006, lines))
    if isinstance(step.op, Contents):
        return Said("", lines, step.entries, step.result)
    spelled = FAULT_TOKENS.get(step.result) if isinstance(step.op, Read) else None
    return Said(spelled or step.result, lines, step.entries)


def _flags_of_2006(line: str) -> str:
    """A row with no more flags than a kernel of 2006 told.

    >>> _flags_of_2006("0-4 rw-s 0 f0 rd wr sh nl")
    '0-4 rw-s 0 f0 nl'
    """
    words = line.split()
    return " ".join([*words[:4], *(flag for flag in FLAGS_OF_2006 if flag in words[4:])])


def snapshot_of(said: Said, window: Window) -> Snapshot:
    """The VMAs of a recorded line as records that views can draw."""
    rows = []
    for line in said.rows or ():
        match = _ROW.match(line)
        if match is not None:
            start, end = (window.start + int(match[i]) * PAGE_SIZE for i in (1, 2))
            flags = tuple(match[6].split())
            rows.append(VmaRow(start, end, match[3], int(match[4]), match[5], flags))
    return Snapshot(tuple(rows))
