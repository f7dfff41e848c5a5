"""A scene as a matplotlib figure, for print and for learners' own plots.

Only ``Figure`` is used, never pyplot: widgets call from other threads. matplotlib is imported when
the first figure is drawn, so the rest of the house does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from vmalab.views.palette import PALETTE, PAPER_LIGHT
from vmalab.views.scene import Arrow, Bracket, Hatch, Label, Rect, Scene, Shape, fit
from vmalab.views.svg import CELL_HEIGHT, CELL_WIDTH, CHAR_WIDTH, PITCH, STRIPE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI: Final = 96
_HATCHES: Final[dict[Hatch, str]] = {
    "": "",
    "diagonal": "////",
    "back": "\\\\\\\\",
    "cross": "xxxx",
    "dots": "....",
    "bars": "||||",
    "dense": "//////xx",
}
_FACES: Final = {
    "mono": ("monospace", 9.0, "normal"),
    "strong": ("monospace", 9.0, "bold"),
    "prose": ("sans-serif", 9.5, "normal"),
    "small": ("sans-serif", 8.5, "normal"),
    "title": ("sans-serif", 11.5, "bold"),
}
_ALIGN: Final = {"start": "left", "middle": "center", "end": "right"}


def render(scene: Scene, ax: Axes | None = None) -> Figure:
    """Draw a scene into ``ax``, or into a figure of its own; the figure is returned."""
    if ax is not None:
        figure = ax.get_figure(root=True)
        if figure is None:
            msg = "these axes belong to no figure: make them with figure.add_subplot()"
            raise ValueError(msg)
        _paint(ax, scene)
        return figure
    from matplotlib.figure import Figure  # noqa: PLC0415 - imported when first needed

    width = (scene.width * CELL_WIDTH + 24) / DPI
    height = (scene.height * CELL_HEIGHT + 24) / DPI
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER_LIGHT)
    _paint(figure.add_axes((0.0, 0.0, 1.0, 1.0)), scene)
    return figure


def _paint(ax: Axes, scene: Scene) -> None:
    ax.set_xlim(-1, scene.width + 1)
    ax.set_ylim(scene.height + 0.6, -0.6)
    ax.set_axis_off()
    for shape in scene.shapes:
        _draw(ax, shape)


def _draw(ax: Axes, shape: Shape) -> None:
    match shape:
        case Rect():
            _rect(ax, shape)
        case Label():
            _label(ax, shape)
        case Bracket():
            _bracket(ax, shape)
        case Arrow():
            _arrow(ax, shape)
        case _:
            assert_never(shape)


def _rect(ax: Axes, rect: Rect) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - imported when first needed

    paint = PALETTE[rect.role].light
    top = rect.y + 0.5 * (rect.height > 1)
    overlay = rect.outline in {"frame", "veil"}
    style = "--" if rect.outline in {"dashed", "veil"} else "-"
    ax.add_patch(
        Rectangle(
            (rect.x, top),
            rect.width,
            rect.height,
            facecolor="none" if overlay else paint.fill,
            edgecolor=paint.line,
            linewidth=1.8 if overlay else 0.8,
            linestyle=style,
            label=rect.about,
        )
    )
    striped = not rect.hatch and rect.height > 1 and rect.outline == "plain"
    hatch = PALETTE[rect.role].hatch if striped else rect.hatch
    if striped or hatch:
        depth = 0.28 if striped else rect.height
        ax.add_patch(
            Rectangle(
                (rect.x, top + rect.height - depth),
                rect.width,
                depth,
                facecolor="none" if hatch else paint.line,
                edgecolor=paint.line,
                linewidth=0.0,
                hatch=_HATCHES[hatch],
                alpha=1.0 if striped else 0.4,
            )
        )
    _words(ax, rect, top)


def _words(ax: Axes, rect: Rect, top: float) -> None:
    """The lines of a box, at the same heights in every box of a lane."""
    room = (rect.width * CELL_WIDTH - 3) / CHAR_WIDTH
    slots, foot = (rect.height - 1, STRIPE) if rect.height > 1 else (1, 0)
    first = top + (rect.height - (foot + PITCH * (slots - 1)) / CELL_HEIGHT) / 2
    for row, line in enumerate(rect.lines):
        if words := fit(line, room):
            ax.text(
                rect.x + rect.width / 2,
                first + row * PITCH / CELL_HEIGHT,
                words,
                family="monospace",
                fontsize=9.0,
                color=PALETTE[rect.role].light.ink,
                ha="center",
                va="center",
            )


def _label(ax: Axes, label: Label) -> None:
    family, points, weight = _FACES[label.face]
    ax.text(
        label.x,
        label.y + 0.5,
        label.text,
        family=family,
        fontsize=points,
        fontweight=weight,
        color=PALETTE[label.role].light.ink,
        ha=_ALIGN[label.anchor],
        va="center",
    )


def _bracket(ax: Axes, bracket: Bracket) -> None:
    colour = PALETTE[bracket.role].light.line
    left, right, y = bracket.x, bracket.x + bracket.width, bracket.y + 0.5
    label = bracket.label
    if label is not None and label.anchor == "middle":
        half = len(label.text) * 0.42 + 0.5
        pieces = [(left, label.x - half), (label.x + half, right)]
    else:
        pieces = [(left, right)]
    for low, high in pieces:
        ax.plot([low, high], [y, y], color=colour, linewidth=1.2)
    for x in (left, right):
        ax.plot([x, x], [y - 0.22, y + 0.22], color=colour, linewidth=1.2)
    if label is not None:
        _label(ax, label)


def _arrow(ax: Axes, arrow: Arrow) -> None:
    from matplotlib.patches import FancyArrowPatch  # noqa: PLC0415 - imported when first needed

    colour = PALETTE[arrow.role].light.line
    style = "--" if arrow.dashed else "-"
    points = [(x, y + 0.5) for x, y in arrow.points]
    xs, ys = zip(*points, strict=True)
    ax.plot(xs, ys, color=colour, linewidth=1.2, linestyle=style)
    if arrow.head:
        ax.add_patch(
            FancyArrowPatch(
                points[-2],
                points[-1],
                arrowstyle="-|>",
                mutation_scale=9,
                color=colour,
                linewidth=0,
                shrinkA=0,
                shrinkB=0,
            )
        )
