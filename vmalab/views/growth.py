"""How something grew: lines over one another, as a matplotlib figure and as text.

65,536 |                  ....x            x  mmap, where it ended early
       |          ........
       |  ........
     1 |-------------------------          rfp
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from vmalab.views.palette import chart_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES: Final = ("-", "--", ":", "-.")
MARKS: Final = "*o+x"
COLUMNS: Final = 60
ROWS: Final = 12


class Series(NamedTuple):
    """One line: its name, its points (x, y), and what happened at its end, if anything did."""

    name: str
    points: Sequence[tuple[float, float]]
    ending: str = ""


def growth_figure(series: Sequence[Series], title: str, x_label: str, y_label: str) -> Figure:
    """The lines in one figure, the vertical axis logarithmic."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - imported when first needed

    figure = Figure(figsize=(7.5, 4.2), dpi=96, layout="constrained")
    axes = figure.add_subplot()
    colours = chart_colours()
    for number, line in enumerate(series):
        colour, style = colours[number % len(colours)], STYLES[number % len(STYLES)]
        xs, ys = [x for x, _ in line.points], [y for _, y in line.points]
        axes.plot(xs, ys, style, color=colour, label=line.name, linewidth=2)
        if line.ending and xs:
            axes.plot(xs[-1:], ys[-1:], "X", color=colour, markersize=9)
            axes.annotate(
                line.ending,
                (xs[-1], ys[-1]),
                xytext=(-8, -14),
                textcoords="offset points",
                ha="right",
                color=colour,
            )
    axes.set_yscale("log")
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(alpha=0.3)
    axes.legend(loc="center right")
    return figure


def growth_text(series: Sequence[Series]) -> str:
    """The lines as characters, the vertical axis linear, the higher line drawn last.

    >>> text = growth_text([Series("one", [(0, 0), (4, 4)]), Series("two", [(0, 1), (4, 1)])])
    >>> print(text.splitlines()[-1])
    *  one    o  two
    """
    points = [point for line in series for point in line.points]
    right = max((x for x, _ in points), default=0) or 1
    top = max((y for _, y in points), default=0) or 1
    sheet = [[" "] * COLUMNS for _ in range(ROWS)]
    for number, line in enumerate(series):
        for x, y in line.points:
            column = min(int(x / right * COLUMNS), COLUMNS - 1)
            row = min(int(y / top * ROWS), ROWS - 1)
            sheet[ROWS - 1 - row][column] = MARKS[number % len(MARKS)]
    labels = [f"{top:,.0f}", *[""] * (ROWS - 2), "0"]
    width = max(6, len(labels[0]))
    lines = [
        f"{label.rjust(width)} | {''.join(cells)}".rstrip()
        for label, cells in zip(labels, sheet, strict=True)
    ]
    lines.append(f"{' ' * width} +-{'-' * COLUMNS}")
    lines.append(f"{' ' * width}   0{f'{right:,.0f}'.rjust(COLUMNS - 1)}")
    lines.append(
        "    ".join(
            f"{MARKS[number % len(MARKS)]}  {line.name}" for number, line in enumerate(series)
        )
    )
    return "\n".join(lines)
