"""A scene as a matplotlib figure, for print and for learners' own plots.

Only ``Figure`` is used, never pyplot: widgets call from other threads. matplotlib is imported when
the first figure is drawn, so the rest of the house does not wait for it.

On a reader's own axes a scene keeps its shape: it takes the largest place of its proportions, and
its words shrink with it. It is drawn for dark paper where the figure's paper is dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from vmalab.views.palette import PALETTE, Paint, paper
from vmalab.views.scene import (
    Arrow,
    Bracket,
    Hatch,
    Label,
    Rect,
    Role,
    Scene,
    Shape,
    fit,
)
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


def render(scene: Scene, ax: Axes | None = None, *, dark: bool = False) -> Figure:
    """Draw a scene into ``ax``, or into a figure of its own; the figure is returned.

    ``dark`` is for a figure of its own; given axes lie on the paper of their figure.

    Raises:
        ValueError: the axes belong to no figure.
    """
    if ax is not None:
        return _into(ax, scene)
    from matplotlib.figure import Figure  # noqa: PLC0415 - imported when first needed

    figure = Figure(figsize=size_of(scene), dpi=DPI, facecolor=paper(dark=dark))
    Pen(figure.add_axes((0.0, 0.0, 1.0, 1.0)), dark=dark).paint(scene)
    return figure


def size_of(scene: Scene) -> tuple[float, float]:
    """How large a scene is at its full size, in inches: width and height."""
    return (scene.width * CELL_WIDTH + 24) / DPI, (scene.height * CELL_HEIGHT + 24) / DPI


def _into(ax: Axes, scene: Scene) -> Figure:
    figure = ax.get_figure(root=True)
    if figure is None:
        msg = "these axes belong to no figure: make them with figure.add_subplot()"
        raise ValueError(msg)
    place = ax.get_window_extent()
    width, height = (inches * figure.dpi for inches in size_of(scene))
    scale = min(place.width / width, place.height / height)
    ax.set_aspect(CELL_HEIGHT / CELL_WIDTH, adjustable="box", anchor="NW")
    Pen(ax, dark=is_dark(ax), scale=scale).paint(scene)
    return figure


def is_dark(ax: Axes) -> bool:
    """Is the paper that axes lie on dark? Axes that show none of their own lie on the figure's."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415 - imported when first needed

    figure = ax.get_figure(root=True)
    paper = ax.get_facecolor() if figure is None else figure.get_facecolor()
    red, green, blue = to_rgb(paper)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5


class Pen:
    """Draws shapes on axes, in the colours of their paper and words of a size."""

    def __init__(self, ax: Axes, *, dark: bool = False, scale: float = 1.0) -> None:
        self.ax, self._dark, self._scale = ax, dark, scale

    def paint(self, scene: Scene) -> None:
        """Draw all of a scene."""
        self.ax.set_xlim(-1, scene.width + 1)
        self.ax.set_ylim(scene.height + 0.6, -0.6)
        self.ax.set_axis_off()
        for shape in scene.shapes:
            _draw(self, shape)

    @property
    def paper(self) -> str:
        """The colour of what it is drawn on."""
        return paper(dark=self._dark)

    def of(self, role: Role) -> Paint:
        """A role's colours on this paper."""
        style = PALETTE[role]
        return style.dark if self._dark else style.light

    def size(self, points: float) -> float:
        """A size of words or a width of lines, as large as the scene is drawn."""
        return points * self._scale


def _draw(pen: Pen, shape: Shape) -> None:
    match shape:
        case Rect():
            _rect(pen, shape)
        case Label():
            _label(pen, shape)
        case Bracket():
            _bracket(pen, shape)
        case Arrow():
            _arrow(pen, shape)
        case _:
            assert_never(shape)


def _rect(pen: Pen, rect: Rect) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - imported when first needed

    paint = pen.of(rect.role)
    top = rect.y + 0.5 * (rect.height > 1)
    overlay = rect.outline in {"frame", "veil"}
    style = "--" if rect.outline in {"dashed", "veil"} else "-"
    pen.ax.add_patch(
        Rectangle(
            (rect.x, top),
            rect.width,
            rect.height,
            facecolor="none" if overlay else paint.fill,
            edgecolor=paint.line,
            linewidth=pen.size(1.8 if overlay else 0.8),
            linestyle=style,
            label=rect.about,
        )
    )
    striped = not rect.hatch and rect.height > 1 and rect.outline == "plain"
    hatch = PALETTE[rect.role].hatch if striped else rect.hatch
    if striped or hatch:
        depth = 0.28 if striped else rect.height
        pen.ax.add_patch(
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
    _words(pen, rect, top)


def _words(pen: Pen, rect: Rect, top: float) -> None:
    """The lines of a box, at the same heights in every box of a lane."""
    left, width = rect.place
    room = (width * CELL_WIDTH - 3) / CHAR_WIDTH
    slots, foot = (rect.height - 1, STRIPE) if rect.height > 1 else (1, 0)
    first = top + (rect.height - (foot + PITCH * (slots - 1)) / CELL_HEIGHT) / 2
    for row, line in enumerate(rect.lines):
        if words := fit(line, room):
            pen.ax.text(
                left + width / 2,
                first + row * PITCH / CELL_HEIGHT,
                words,
                family="monospace",
                fontsize=pen.size(9.0),
                color=pen.of(rect.role).ink,
                ha="center",
                va="center",
            )


def _label(pen: Pen, label: Label, *, on_paper: bool = False) -> None:
    """Free-standing words, ``on_paper`` where a line ends on both sides of them."""
    family, points, weight = _FACES[label.face]
    pen.ax.text(
        label.x,
        label.y + 0.5,
        label.text,
        family=family,
        fontsize=pen.size(points),
        fontweight=weight,
        color=pen.of(label.role).ink,
        ha=_ALIGN[label.anchor],
        va="center",
        bbox={"facecolor": pen.paper, "linewidth": 0, "pad": pen.size(4)} if on_paper else None,
    )


def _bracket(pen: Pen, bracket: Bracket) -> None:
    colour = pen.of(bracket.role).line
    left, right, y = bracket.x, bracket.x + bracket.width, bracket.y + 0.5
    pen.ax.plot([left, right], [y, y], color=colour, linewidth=pen.size(1.2))
    for x in (left, right):
        pen.ax.plot([x, x], [y - 0.22, y + 0.22], color=colour, linewidth=pen.size(1.2))
    if bracket.label is not None:
        _label(pen, bracket.label, on_paper=True)


def _arrow(pen: Pen, arrow: Arrow) -> None:
    from matplotlib.patches import FancyArrowPatch  # noqa: PLC0415 - imported when first needed

    colour = pen.of(arrow.role).line
    style = "--" if arrow.dashed else "-"
    points = [(x, y + 0.5) for x, y in arrow.points]
    xs, ys = zip(*points, strict=True)
    pen.ax.plot(xs, ys, color=colour, linewidth=pen.size(1.2), linestyle=style)
    if arrow.head:
        pen.ax.add_patch(
            FancyArrowPatch(
                points[-2],
                points[-1],
                arrowstyle="-|>",
                mutation_scale=pen.size(9),
                color=colour,
                linewidth=0,
                shrinkA=0,
                shrinkB=0,
            )
        )
