"""One program on several kernels: what each is left with, in lanes over one another.

page            0       4       8
linux-2.6       ┌───────┬───────┐
1 VMA           │   rw-s f0     │
                └───────┴───────┘
linux-6         ┌───┬───┬───────┐
3 VMAs          │   │   │       │
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vmalab.records.resolve import Window
from vmalab.records.run import Run
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.units import PAGE_SIZE
from vmalab.views import lanes
from vmalab.views.describe import brief_kernel
from vmalab.views.describe_op import brief_op
from vmalab.views.drawing import Drawing
from vmalab.views.facts import describe_rows
from vmalab.views.scene import Label, Scene, Shape, Table


def kernels_compared(runs: Sequence[Run], *, title: str = "") -> Drawing:
    """The VMAs that one program leaves on each kernel, and where their answers first part.

    Raises:
        ValueError: there is no run, or they are runs of different programs.
    """
    if not runs:
        msg = "nothing to compare: give the runs of one program on two kernels or more"
        raise ValueError(msg)
    if any(run.program.ops != runs[0].program.ops for run in runs):
        msg = "these are runs of different programs: run one program on each kernel"
        raise ValueError(msg)
    window = _window(runs)
    ends = [_moved(run.state(len(run.steps)).near(run.window), run, window) for run in runs]
    title = title or f"One program of {len(runs[0].steps)} operations, {len(runs)} kernels"
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    y = 2.0
    told = _parting(runs)
    shapes += (words := lanes.prose(told, y, "muted"))
    y += len(words) + 1
    edges = [edge for rows in ends for row in rows for edge in (row.start, row.end)]
    for strip in lanes.near_strips((), window, edges):
        shapes += lanes.ruler(strip, window, y)
        y += 1
        height = max(lanes.box_height(strip, rows) for rows in ends)
        for run, rows in zip(runs, ends, strict=True):
            shapes.append(Label(0, y, _heading(run, rows), face="strong"))
            shapes += lanes.lane(strip, rows, window, y + 1, height, "VMAs")
            y += height + 2
    told += "".join(
        f" {run.kernel}: {describe_rows(rows, window)}"
        for run, rows in zip(runs, ends, strict=True)
    )
    return Drawing(Scene(title, told, lanes.WIDTH, y, tuple(shapes), _table(runs)))


def _window(runs: Sequence[Run]) -> Window:
    """The window as far as anything ever was in it, and two pages more."""
    first = runs[0].window
    states = [(run, state.near(run.window)) for run in runs for state in _states(run)]
    ends = [row.end for run, rows in states for row in _moved(rows, run, first)]
    used = max([0, *((end - first.start) // PAGE_SIZE for end in ends)])
    return Window(first.start, min(first.pages, max(used + 2, 8)))


def _states(run: Run) -> list[Snapshot]:
    return [run.state(number) for number in range(len(run.steps) + 1)]


def _moved(rows: Sequence[VmaRow], run: Run, window: Window) -> tuple[VmaRow, ...]:
    """VMAs as if the run's window lay where another one does: machines have different ones."""
    off = window.start - run.window.start
    return tuple(replace(row, start=row.start + off, end=row.end + off) for row in rows)


def _heading(run: Run, rows: Sequence[VmaRow]) -> str:
    last = run.steps[-1].result.removeprefix("-1 ") if run.steps else "nothing was asked"
    noun = "VMA" if len(rows) == 1 else "VMAs"
    return f"{brief_kernel(run.kernel)}: {len(rows)} {noun}; the last answer: {last}"


def _parting(runs: Sequence[Run]) -> str:
    """Where the answers first differ, or that they never do."""
    for number, steps in enumerate(zip(*(run.steps for run in runs), strict=True), 1):
        if len({step.result for step in steps}) > 1:
            return f"The answers part at operation {number}, {brief_op(steps[0].op)}."
    counts = {run.steps[-1].after.map_count for run in runs if run.steps}
    if len(counts) > 1:
        return "All answers agree; the numbers of VMAs do not."
    return "All answers agree, and so do the numbers of VMAs."


def _table(runs: Sequence[Run]) -> Table:
    """The answers, an operation a row and a kernel a column."""
    heads = ("operation", *(brief_kernel(run.kernel) for run in runs))
    rows = [
        (brief_op(op), *(run.steps[number].result.removeprefix("-1 ") for run in runs))
        for number, op in enumerate(runs[0].program.ops)
    ]
    return Table(heads, tuple(rows))
