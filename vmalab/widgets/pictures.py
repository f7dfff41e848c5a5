"""What lessons show between the widgets: one operation drawn, a program told, two kernels asked."""

from __future__ import annotations

from typing import Final

from vmalab.host import HostError, run_program, unavailable
from vmalab.records.program import Program
from vmalab.records.resolve import Window
from vmalab.records.run import Run, format_rows
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program as run_on_model
from vmalab.trace.film import film
from vmalab.units import bytes_to_pages
from vmalab.views import Drawing, before_after
from vmalab.views.describe import describe_event, describe_step
from vmalab.views.describe_op import brief_op
from vmalab.workloads.differential import compare
from vmalab.workloads.examples import EXAMPLES

ROOM: Final = 2
LEAST: Final = 8
"""How many free pages a picture shows behind the last VMA, and how many pages it shows at least."""


class Told:
    """Text that shows itself as text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def to_program(program: str | Program) -> Program:
    """A program from its name, from its text, or as it is.

    Raises:
        ProgramError: the text is not a program.
    """
    if isinstance(program, Program):
        return program
    return parse_program(EXAMPLES[program].text if program in EXAMPLES else program)


def draw(program: str | Program, step: int | None = None, *, on: str = "linux-6") -> Drawing:
    """The picture of one operation of a program, before and after; the last if none is named.

    ``step`` counts from 1, as in the stepper's list.
    """
    run = film(to_program(program), on).run
    number = len(run.steps) if step is None else step
    before, shown = run.state(number - 1), run.steps[number - 1]
    return before_after(before, shown, _closer(run.window, before, shown.after))


def _closer(window: Window, *states: Snapshot) -> Window:
    """The window without its empty end, but for a little room."""
    ends = [row.end for state in states for row in state.near(window)]
    used = bytes_to_pages(max([window.start, *ends]) - window.start)
    return Window(window.start, min(window.pages, max(used + ROOM, LEAST)))


def tell(program: str | Program, *, on: str = "linux-6") -> Told:
    """A program as a story: what was asked, what happened inside, which VMAs there are then.

    >>> tell("mmap 0 2 rw private,anon,fixed")
    mmap 0 2 rw private,anon,fixed
      Map 2 pages read-write at page 0, private anonymous, exactly there: done, at page 0.
      - A new VMA holds 2 pages at page 0.
      0-2 rw-p 0 anon
    """
    run = film(to_program(program), on).run
    lines = []
    for step in run.steps:
        lines += [brief_op(step.op), f"  {describe_step(step, run.window)}"]
        told = [describe_event(event, run.window) for event in step.events]
        lines += [f"  - {text}" for text in told if not text.startswith("The program called")]
        lines += [f"  {row}" for row in _rows(run, step.after.near(run.window))]
    return Told("\n".join(lines))


def _rows(run: Run, rows: tuple[VmaRow, ...]) -> list[str]:
    """VMAs in window pages, without the flags."""
    shown = format_rows(rows, run.window)
    return [" ".join(line.split()[1:5]) for line in shown]


def ask_both(program: str | Program) -> Told:
    """Run a program on this machine's own kernel and on the model, and say whether they agree."""
    asked = to_program(program)
    reason = unavailable(asked)
    if reason is not None:
        return Told(f"This machine's kernel cannot be asked: {reason}")
    try:
        real = run_program(asked, sealed=True)
    except HostError as error:
        return Told(f"This machine's kernel did not answer: {error}")
    model = run_on_model(asked, sealed=True)
    lines = [f"{brief_op(step.op):44} => {step.result}" for step in real.steps]
    difference = compare(model, real, sealed=True)
    verdict = (
        "The model agrees: results, VMAs and flags." if difference is None else str(difference)
    )
    return Told("\n".join([*lines, verdict]))
