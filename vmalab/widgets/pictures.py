"""What lessons show between the widgets: one operation drawn, a program told, two kernels asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vmalab.host import HostError, run_program, unavailable
from vmalab.records.program import Program
from vmalab.records.resolve import Window
from vmalab.records.run import Run, format_rows
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.text import parse_program
from vmalab.trace.capture import Runner
from vmalab.trace.capture import run_program as run_on_model
from vmalab.trace.film import film
from vmalab.trace.pages import snapshot_with_pages
from vmalab.units import bytes_to_pages
from vmalab.views import Drawing, before_after, nonlinear_area
from vmalab.views.describe import brief_kernel, describe_event, describe_step
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
    return before_after(before, shown, closer(run.window, before, shown.after))


def shown_pages(
    program: str | Program,
    step: int | None = None,
    *,
    on: str = "linux-2.6",
    arch: str = "x86_64",
    title: str = "",
) -> Drawing:
    r"""The pages of the files that a program's window shows, in the end or after ``step``.

    >>> shown_pages("mmap 0 2 r shared,fixed f0 5\nread 0").scene.table.rows[0]
    ('0', 'present', '5', 'r--', '5', 'r--')
    """
    asked = to_program(program)
    runner = Runner(asked, on, events=False, arch=arch)
    for op in asked.ops[:step]:
        runner.step(op)
    now = snapshot_with_pages(runner.task, runner.window)
    return nonlinear_area(now, closer(runner.window, now), title=title)


def side_by_side(program: str | Program, *kernels: str, arch: str = "x86_64") -> Told:
    r"""A program's results on several kernels, a column each; lines that differ are marked.

    >>> side_by_side("mmap 0 1 r shared,fixed f0 0\nremap 0 1 r 0", "linux-2.6", "linux-6")
                                 2.6     6
    mmap 0 1 r shared,fixed f0   p0      p0
    remap 0 1 r 0                EINVAL  EINVAL
    VMAs in the end              1       1
    """
    asked = to_program(program)
    runs = [run_on_model(asked, name, arch=arch) for name in kernels]
    rows = [
        [brief_op(op), *(run.steps[number].result.removeprefix("-1 ") for run in runs)]
        for number, op in enumerate(asked.ops)
    ]
    heads = ["", *map(brief_kernel, kernels)]
    ends = [run.state(len(run.steps)).map_count for run in runs]
    rows.append(["VMAs in the end", *map(str, ends)])
    widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]
    lines = [_row(heads, widths, " ")]
    lines += [_row(row, widths, " " if len(set(row[1:])) == 1 else "≠") for row in rows]
    return Told("\n".join(lines))


def _row(cells: Sequence[str], widths: Sequence[int], mark: str) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return f"{padded[0]} {mark} {'  '.join(padded[1:])}".rstrip()


def closer(window: Window, *states: Snapshot) -> Window:
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
