"""The parts of which lane pictures are made: a ruler of page numbers, VMAs over holes, pages.

page     0   4       8           what a ruler says
before   ┌───┬───────┬┄┄┄┄       VMAs to scale, holes dashed
         │rw-│ r--p  ┆
         └───┴───────┴┄┄┄┄
pages     a   f                  what the page tables hold
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from vmalab.records.resolve import Window
from vmalab.records.snapshot import NEAR_PAGES, Snapshot, VmaRow
from vmalab.records.words import count_pages, window_page
from vmalab.units import PAGE_SIZE, bytes_to_pages, format_bytes
from vmalab.views.axis import LINE_CELLS, Strip, far_strips, strips
from vmalab.views.facts import PRESENT, about, extras_line, hatch_of, lines_of, role_of
from vmalab.views.scene import Face, Label, Line, Rect, Role, Shape

GUTTER: Final = 8
"""Columns left of the address axis, for the names of the lanes."""
WIDTH: Final = GUTTER + LINE_CELLS + 2
"""Columns of a lane picture."""
MOST_FAR: Final = 12
"""How many VMAs outside the window are worth drawing."""


def near_strips(
    rows: Sequence[VmaRow], window: Window, edges: Sequence[int] = ()
) -> tuple[Strip, ...]:
    """The lines of the window and of what touches it."""
    reach = NEAR_PAGES * PAGE_SIZE
    low, high = window.start - reach, window.end + reach
    near = [row for row in rows if row.start < high and row.end > low]
    start = max(low, min([window.start, *(row.start for row in near)]))
    end = min(high, max([window.end, *(row.end for row in near)]))
    cuts = [window.start, window.end, *edges]
    cuts += [edge for row in near for edge in (row.start, row.end)]
    return strips(start, end, cuts, GUTTER)


def far_rows(rows: Sequence[VmaRow], window: Window) -> list[VmaRow]:
    """The VMAs that lie farther than 16 pages from the window."""
    near = Snapshot(tuple(rows)).near(window)
    return [row for row in rows if row not in near]


def far_lines(rows: Sequence[VmaRow]) -> tuple[Strip, ...]:
    """Lines for VMAs outside the window, one place each."""
    ranges = sorted({(row.start, row.end) for row in rows})
    return far_strips(ranges, GUTTER)


def ruler(strip: Strip, window: Window, y: float) -> list[Shape]:
    """Page numbers (or addresses) over a strip; where they would collide, the edges' win."""
    edges = {strip.start, strip.end} | {piece.start for piece in strip.pieces}
    wanted = sorted(edges) + [
        addr
        for piece in strip.pieces
        if piece.to_scale
        for addr in range(piece.start + PAGE_SIZE, piece.end, PAGE_SIZE)
    ]
    taken: list[Label] = []
    for addr in wanted:
        page = window_page(addr, window)
        if page is None:
            label = Label(strip.x(addr), y, f"{addr:#x}", "muted", "start", "mono")
            skip = addr == strip.end
        else:
            role: Role = "ink" if addr in edges else "muted"
            label = Label(strip.x(addr), y, str(page), role, "middle", "mono")
            skip = False
        free = all(
            label.right + 1 <= other.left or other.right + 1 <= label.left for other in taken
        )
        if free and not skip:
            taken.append(label)
    return [Label(0, y, "page", "muted", "start", "prose"), *sorted(taken, key=lambda one: one.x)]


def lane(
    strip: Strip,
    rows: Sequence[VmaRow],
    window: Window,
    y: float,
    height: float,
    name: str = "",
) -> list[Shape]:
    """VMAs as boxes, with holes between them."""
    shapes: list[Shape] = [Label(0, y + height / 2, name, "ink", "start", "prose")]
    shapes += [_hole(strip, low, high, y, height) for low, high in holes(strip, rows)]
    shapes += [box for row in rows for box in _boxes(strip, row, window, y, height)]
    return shapes


def _boxes(strip: Strip, row: VmaRow, window: Window, y: float, height: float) -> Iterator[Rect]:
    if (columns := strip.clip(row.start, row.end)) is None:
        return
    left, right = columns
    lines = lines_of(row)
    if any(row.start <= piece.start < row.end and not piece.to_scale for piece in strip.pieces):
        lines = (*lines[:2], (f"⋯ {count_pages(row.nr_pages)} ⋯", f"⋯{row.nr_pages}⋯"))
    yield Rect(
        left, y, right - left, height, role_of(row), about(row, window), lines, hatch_of(row)
    )


def holes(strip: Strip, rows: Sequence[VmaRow]) -> list[tuple[int, int]]:
    """The ranges of a contiguous strip that no VMA covers."""
    if any(one.end != two.start for one, two in zip(strip.pieces, strip.pieces[1:], strict=False)):
        return []
    found, at = [], strip.start
    for row in rows:
        if row.end <= strip.start or row.start >= strip.end:
            continue
        if row.start > at:
            found.append((at, row.start))
        at = max(at, row.end)
    return [*found, (at, strip.end)] if at < strip.end else found


def _hole(strip: Strip, low: int, high: int, y: float, height: float) -> Rect:
    left, right = strip.x(low), strip.x(high)
    pages = bytes_to_pages(high - low)
    words = f"{count_pages(pages)} free ({format_bytes(high - low)}): nothing is mapped here."
    broken = any(low <= piece.start < high and not piece.to_scale for piece in strip.pieces)
    lines: tuple[Line, ...] = ((f"⋯ {count_pages(pages)} free ⋯", f"⋯{pages}⋯"),) if broken else ()
    return Rect(left, y, right - left, height, "hole", words, lines, outline="dashed")


def page_cells(strip: Strip, snapshot: Snapshot, window: Window, y: float) -> list[Shape]:
    """One small cell for each page that has an entry in the page tables."""
    cells: list[Shape] = []
    for addr, kind in snapshot.present:
        if not (strip.start <= addr < strip.end and _to_scale(strip, addr)):
            continue
        role, letter, hatch = PRESENT.get(kind, ("special", kind[:1], ""))
        left, right = strip.x(addr), strip.x(addr + PAGE_SIZE)
        words = f"page {window_page(addr, window)} is present: {kind}"
        cells.append(Rect(left, y, right - left, 1, role, words, ((letter,),), hatch))
    return cells


def _to_scale(strip: Strip, addr: int) -> bool:
    return any(piece.start <= addr < piece.end and piece.to_scale for piece in strip.pieces)


def box_height(rows: Sequence[VmaRow]) -> int:
    """How tall boxes must be for what is written in them."""
    return 4 if any(extras_line(row) for row in rows) else 3


def prose(
    text: str, y: float, role: Role = "ink", *, x: float = 0, face: Face = "prose"
) -> list[Label]:
    """A paragraph, broken into lines that fit the picture."""
    lines = textwrap.wrap(text, int(WIDTH - x)) or [""]
    return [Label(x, y + row, line, role, "start", face) for row, line in enumerate(lines)]
