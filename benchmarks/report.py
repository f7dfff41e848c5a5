"""From rounds to a table: medians, minima, ratios, and how much dearer a large space is."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from rich import box
from rich.table import Table

from benchmarks.race import HEARD, LIVE, MODEL, OPS, Result

SUM: Final = "sum"
"""The row that adds the operations of one round up."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing, measured several times: microseconds a call.

    >>> Cell.of([3.0, 1.0, 2.0])
    Cell(median=2.0, minimum=1.0)
    """

    median: float
    minimum: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Cell:
        """The middle and the least of some samples."""
        return cls(median(samples), min(samples))

    def over(self, other: Cell) -> Cell:
        """The ratios of the medians and of the minima.

        >>> Cell(3.0, 1.0).over(Cell(2.0, 2.0))
        Cell(median=1.5, minimum=0.5)
        """
        return Cell(self.median / other.median, self.minimum / other.minimum)

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.minimum:.2f}]"


@dataclass(frozen=True, slots=True)
class Row:
    """One operation at one size: both contestants, and the model with every event recorded."""

    vmas: int
    op: str
    model: Cell
    live: Cell | None
    heard: Cell

    @property
    def ratio(self) -> Cell | None:
        """Model over live; below 1 the model is the faster."""
        return self.model.over(self.live) if self.live else None

    @property
    def listening(self) -> Cell:
        """Recorded over silent: what a listener costs."""
        return self.heard.over(self.model)


def rows(results: Sequence[Result]) -> list[Row]:
    """A row for every size and operation, and one for their sum."""
    return [
        Row(
            result.course.vmas,
            op,
            _cell(result, MODEL, op),
            _live_cell(result, op),
            _cell(result, HEARD, op),
        )
        for result in results
        for op in (*OPS, SUM)
    ]


def _cell(result: Result, name: str, op: str) -> Cell:
    ops = OPS if op == SUM else (op,)
    return Cell.of([sum(one[name][each] for each in ops) for one in result.rounds])


def _live_cell(result: Result, op: str) -> Cell | None:
    return None if result.reason else _cell(result, LIVE, op)


def growth(table: Sequence[Row], small: int = 1000, large: int = 60_000) -> Cell | None:
    """How many times dearer the model's sum is in the large space; None if either is missing."""
    sums = {row.vmas: row.model for row in table if row.op == SUM}
    return sums[large].over(sums[small]) if small in sums and large in sums else None


def as_table(table: Sequence[Row]) -> Table:
    """The rows as rich draws them."""
    drawn = Table("VMAs", "single page", box=box.SIMPLE, title=r"µs a call, median \[min]")
    for heading in ("model", "live", "model / live", "recorded / model"):
        drawn.add_column(heading, justify="right")
    for row in table:
        first = f"{row.vmas:,}" if row.op == OPS[0] else ""
        cells = [str(cell) if cell else "-" for cell in (row.model, row.live, row.ratio)]
        recorded = f"{row.listening.median:.2f}"
        drawn.add_row(first, row.op, *cells, recorded, end_section=row.op == SUM)
    return drawn


def as_json(results: Sequence[Result]) -> dict[str, object]:
    """Everything that was measured, every round of it, and what it was measured on."""
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "processor": platform.machine(),
        "unit": "microseconds a call",
        "races": [
            {
                "vmas": result.course.vmas,
                "generation": result.course.generation,
                "calls_a_round": result.course.batch * result.course.batches,
                "gc_on": result.course.gc_on,
                "no_live_kernel_because": result.reason,
                "rounds": result.rounds,
                "rows": {row.op: _row_as_json(row) for row in rows([result])},
            }
            for result in results
        ],
    }


def _row_as_json(row: Row) -> dict[str, object]:
    cells = {
        MODEL: row.model,
        LIVE: row.live,
        "ratio": row.ratio,
        HEARD: row.heard,
        "listening": row.listening,
    }
    return {
        name: {"median": cell.median, "min": cell.minimum} if cell else None
        for name, cell in cells.items()
    }
