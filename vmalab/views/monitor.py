"""A guest on its host: the VMAs over some of its pages, how they grew, and what finding one takes.

VMAs    ┌────┬────┐    ┌────┐        under one policy a VMA for each page, under the other
        │ rwx│ r-x│    │ rwx│        one over all of them; what the program sees is the same
        └────┴────┘    └────┘
pages   │ rwx│ r-x│    │ rwx│
        │  7 │  0 │    │ 311│

500 |       ...'             linked list  ████████████ 250.5
    |  ...''                 rb-tree      █              8.0
  0 +----------------
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from vmalab.views.drawing import Drawing
from vmalab.views.growth import Series
from vmalab.views.lanes import GUTTER, WIDTH
from vmalab.views.palette import PALETTE
from vmalab.views.scene import Arrow, Label, Rect, Role, Scene, Shape, Table

PAGE_CELLS: Final = 6
CHART_CELLS: Final = 46
CHART_ROWS: Final = 8
END_CELLS: Final = 15
"""Room for what stands at the end of a line."""
BARS_LEFT: Final = GUTTER + CHART_CELLS + END_CELLS
NAME_CELLS: Final = 19
LINES: Final[tuple[tuple[Role, bool], ...]] = (("gone", False), ("changed", True))
"""Each line's colour, and whether it is dashed."""
_VMAS_TOP, _PAGES_TOP, _CHART_TOP = 3, 6, 12


class GuestPage(NamedTuple):
    """A page of the guest: its right on the host, and the page of RAM; no perms: not there."""

    perms: str
    pgoff: int = 0


class HostVma(NamedTuple):
    """A VMA of the host, in guest pages counted from the first that is shown."""

    first: int
    end: int
    perms: str
    pgoff: int


class Reads(NamedTuple):
    """What a look-up reads in one structure: nodes, on average and at most."""

    structure: str
    average: float
    most: int


class Scale(NamedTuple):
    """How far the chart reaches; ``limit`` is drawn if it lies within."""

    touches: int
    vmas: int
    limit: int


def guest_monitor(
    title: str,
    pages: Sequence[GuestPage],
    vmas: Sequence[HostVma],
    lines: Sequence[Series],
    scale: Scale,
    reads: Sequence[Reads],
) -> Drawing:
    """One moment of a guest: pages and VMAs above, growth and look-ups below."""
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    shapes += [*_strip(pages, vmas), *_chart(lines, scale), *_bars(reads)]
    ends = "; ".join(f"{line.name}: {_end(line)}" for line in lines)
    told = f"{title}. VMAs by now: {ends}. {_read_out(reads)}"
    table = Table(
        ("a look-up reads", "on average", "at most"),
        tuple((one.structure, f"{one.average:.1f}", str(one.most)) for one in reads),
    )
    height = _CHART_TOP + CHART_ROWS + 3.0
    return Drawing(Scene(title, told, WIDTH, height, tuple(shapes), table))


def _read_out(reads: Sequence[Reads]) -> str:
    each = ", ".join(f"{one.structure} {one.average:.1f}" for one in reads)
    return f"Nodes a look-up reads on average: {each}."


# Pages and VMAs


def _strip(pages: Sequence[GuestPage], vmas: Sequence[HostVma]) -> list[Shape]:
    """The first pages of a program, the VMAs over them, and which page of RAM each shows."""
    shapes: list[Shape] = [Label(0, 2, "page")]
    shapes += [Label(_x(number) + 1.5, 2, str(number), "muted") for number in range(len(pages))]
    shapes += [Label(0, _VMAS_TOP + 1, "VMAs"), Label(0, _PAGES_TOP + 1, "right")]
    shapes.append(Label(0, _PAGES_TOP + 2, "RAM page"))
    shapes += [_vma(vma, len(pages)) for vma in vmas if vma.first < len(pages) and vma.end > 0]
    shapes += [_page(number, page) for number, page in enumerate(pages)]
    return shapes


def _x(number: int) -> float:
    return float(GUTTER + number * PAGE_CELLS)


def _vma(vma: HostVma, nr_pages: int) -> Rect:
    """A box over the pages that it holds; of one that reaches further, what is seen."""
    first, end = max(vma.first, 0), min(vma.end, nr_pages)
    role = _role(vma.perms)
    from_page = f"{vma.perms} from RAM page {vma.pgoff}"
    further = ", and beyond" if (first, end) != (vma.first, vma.end) else ""
    words = (f"one VMA: {from_page}{further}", from_page, vma.perms)
    about = f"a VMA of {vma.end - vma.first} pages: {from_page}"
    return Rect(
        _x(first),
        _VMAS_TOP,
        _x(end) - _x(first),
        2,
        role,
        about,
        (words if end - first > 1 else (vma.perms,),),
        PALETTE[role].hatch,
    )


def _page(number: int, page: GuestPage) -> Rect:
    at = _x(number), _PAGES_TOP, PAGE_CELLS, 3
    if not page.perms:
        return Rect(*at, "hole", f"page {number}: not there yet", outline="dashed")
    role = _role(page.perms)
    about = f"page {number}: {page.perms}, RAM page {page.pgoff}"
    return Rect(*at, role, about, ((page.perms,), (str(page.pgoff),)))


def _role(perms: str) -> Role:
    """Written pages, pages only read so far, and what nobody may touch."""
    if "w" in perms:
        return "shmem"
    return "file" if "r" in perms else "none"


# Growth


def _chart(lines: Sequence[Series], scale: Scale) -> list[Shape]:
    """The lines so far, in a frame that is as wide as the day and as high as both runs go."""
    left, top, foot = float(GUTTER), _CHART_TOP + 0.0, _CHART_TOP + CHART_ROWS + 0.0
    axis = ((left, top), (left, foot), (left + CHART_CELLS, foot))
    shapes: list[Shape] = [
        Label(0, _CHART_TOP - 1.5, "VMAs of the guest's first process", "ink", "start", "strong"),
        Arrow(axis, "muted", "axes: touches to the right, VMAs upwards", head=False),
        Label(left - 1, top, f"{scale.vmas:,}", "muted", "end"),
        Label(left - 1, foot, "0", "muted", "end"),
        Label(left + CHART_CELLS, foot + 1, f"{scale.touches:,} touches", "muted", "end"),
    ]
    if scale.limit <= scale.vmas:
        y = _y(scale.limit, scale)
        line = ((left, y), (left + CHART_CELLS, y))
        words = f"max_map_count {scale.limit:,}"
        shapes.append(Arrow(line, "ink", words, head=False, dashed=True))
        shapes.append(Label(left + 1, y - 1, words, "ink", face="small"))
    taken: list[float] = []
    for (role, dashed), line_of in zip(LINES, lines, strict=False):
        shapes += _line(line_of, scale, role, taken, dashed=dashed)
    return shapes


def _y(vmas: float, scale: Scale) -> float:
    return round(_CHART_TOP + CHART_ROWS * (1 - vmas / scale.vmas), 2)


def _line(
    series: Series, scale: Scale, role: Role, taken: list[float], *, dashed: bool
) -> list[Shape]:
    """A line in steps, and what stands at its end, above what stands there already."""
    if not series.points:
        return []
    points: list[tuple[float, float]] = []
    for touches, vmas in series.points:
        x, y = round(GUTTER + CHART_CELLS * touches / scale.touches, 2), _y(vmas, scale)
        if points and points[-1][1] != y:
            points.append((x, points[-1][1]))
        points.append((x, y))
    words = f"{series.name} {_end(series)}"
    x, y = points[-1]
    row = min(y, _CHART_TOP + CHART_ROWS - 1)
    if scale.limit <= scale.vmas and abs(row - _y(scale.limit, scale)) < 1:
        row = _y(scale.limit, scale) + 1  # under the limit: above it stands what it is
    while any(abs(row - other) < 1 for other in taken):
        row -= 1
    taken.append(row)
    shapes: list[Shape] = [Label(x + 1, row, words, role, face="strong")]
    if len(points) > 1:
        shapes.append(Arrow(tuple(points), role, words, head=False, dashed=dashed))
    return shapes


def _end(series: Series) -> str:
    """The last number of a line, and what happened there."""
    if not series.points:
        return "nothing yet"
    return f"{series.points[-1][1]:,.0f}" + (f", {series.ending}" if series.ending else "")


# Look-ups


def _bars(reads: Sequence[Reads]) -> list[Shape]:
    """A bar for each structure: nodes read by a look-up, on average."""
    shapes: list[Shape] = [
        Label(BARS_LEFT, _CHART_TOP - 1.5, "A look-up reads, on average", "ink", "start", "strong")
    ]
    room = WIDTH - BARS_LEFT - NAME_CELLS - 1
    most = max([one.average for one in reads], default=1)
    for row, one in enumerate(reads):
        y = _CHART_TOP + 0.5 + 1.5 * row
        about = f"{one.structure}: {one.average:.1f} nodes on average, {one.most} at most"
        shapes += [
            Label(BARS_LEFT, y, one.structure),
            Label(BARS_LEFT + NAME_CELLS - 1, y, f"{one.average:,.1f}", "ink", "end"),
            Rect(
                BARS_LEFT + NAME_CELLS,
                y + 0.12,
                max(room * one.average / most, 0.5),
                0.76,
                "special",
                about,
                (),
                PALETTE["special"].hatch,
            ),
        ]
    words = "VMAs, or maple nodes of 256 bytes"
    shapes.append(Label(BARS_LEFT, _CHART_TOP + 6.5, words, "muted", face="small"))
    return shapes
