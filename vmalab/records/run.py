"""A program's run on one kernel: each operation, its result, why, and the state after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vmalab.records.events import Event
from vmalab.records.program import Contents, Op, Program, Read
from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.text import format_op
from vmalab.records.tokens import FAULT_TOKENS
from vmalab.units import PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Step:
    """One operation that was run.

    ``result`` is spelled as in transcripts: ``0``, ``-1 ENOMEM``, ``p4``, ``OUT``, ``ok``,
    ``SIGSEGV`` …; ``because`` and ``rule`` explain a refusal (empty where the model is not the
    one that refused, or nothing was). ``entries`` is a transcript's T line, if the run noted it.
    """

    op: Op
    result: str
    after: Snapshot
    events: tuple[Event, ...] = ()
    because: str = ""
    rule: str = ""
    entries: str | None = None

    @property
    def failed(self) -> bool:
        """Was the operation refused, ended by a signal, or never ended?"""
        return self.result.startswith(("-1 ", "SIG", "LOOP"))


@dataclass(frozen=True, slots=True)
class Run:
    """A whole program on one kernel. ``kernel`` is a generation's name, or ``host``."""

    kernel: str
    program: Program
    window: Window
    before: Snapshot
    steps: tuple[Step, ...]

    def state(self, index: int) -> Snapshot:
        """The address space after ``index`` operations; 0 is before the first."""
        return self.steps[index - 1].after if index else self.before


def format_rows(rows: tuple[VmaRow, ...], window: Window) -> list[str]:
    """The `` V`` lines of a transcript: a line a VMA, in window pages.

    >>> row = VmaRow(0x3000, 0x5000, "rw-p", 0, "anon", ("lo",))
    >>> format_rows((row,), Window(0x1000, 8))
    [' V 2-4 rw-p 0 anon lo']
    """
    if not rows:
        return [" V -"]
    return [_format_row(row, window) for row in rows]


def _format_row(row: VmaRow, window: Window) -> str:
    start, end = ((edge - window.start) // PAGE_SIZE for edge in (row.start, row.end))
    return " ".join([f" V {start}-{end} {row.perms} {row.pgoff} {row.backing}", *row.flags])


def _spell(step: Step) -> str:
    """A result as transcripts spell it: a read that faults prints the token of a C line."""
    result = "" if isinstance(step.op, Contents) else step.result
    return FAULT_TOKENS.get(result, result) if isinstance(step.op, Read) else result


RUN_ON: Final = "# run on "
"""How the transcript of a run begins, before the kernel's name."""


def format_transcript(run: Run) -> str:
    """A run in the text form of transcripts (docs/program-format.md)."""
    name, program = run.program.name, run.program
    lines = [f"{RUN_ON}{run.kernel}", f"@{name} seq {program.pages} {program.fill}"]
    last: list[str] | None = None
    entries: str | None = ""
    for number, step in enumerate(run.steps, 1):
        lines.append(f"@{name}.{number} {format_op(step.op)} => {_spell(step)}")
        rows = format_rows(step.after.near(run.window), run.window)
        lines += [" V same"] if rows == last else rows
        if isinstance(step.op, Contents):
            lines.append(f" C {step.result}".rstrip())
        if step.entries is not None:
            lines.append(" T same" if step.entries == entries else f" T {step.entries or '-'}")
        last, entries = rows, step.entries
    return "\n".join(lines) + "\n"
