"""The parts of which lane pictures are made: a ruler of page numbers, VMAs over holes, pages.

page      0   4       8           what a ruler says
before    ┌───┬───────┬┄┄┄┄       VMAs to scale, holes dashed
          │rw-│ r--p  ┆
          └───┴───────┴┄┄┄┄
present    a   f                  what the page tables hold
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from vmalab.records.pages import PageRow
from vmalab.records.resolve import Window
from vmalab.records.snapshot import NEAR_PAGES, Snapshot, VmaRow
from vmalab.records.words import count_pages, name_addr, window_page
from vmalab.units import PAGE_SIZE, bytes_to_pages, format_bytes
from vmalab.views.axis import LINE_CELLS, Strip, far_strips, strips
from vmalab.views.facts import KIND_WORDS, PRESENT, about, extras_line, hatch_of, lines_of, role_of
from vmalab.views.scene import Face, Label, Line, Rect, Role, Shape

GUTTER: Final = 9
"""Columns left of the address axis, for the names of the lanes."""
WIDTH: Final = GUTTER + LINE_CELLS + 1
"""Columns of a lane picture."""
MOST_FAR_LINES: Final = 2
"""How many lines the VMAs outside the window may take."""


CELL_DEPTH: Final = 0.8
"""How tall the cell of a present page is."""


def near_rows(rows: Iterable[VmaRow], window: Window) -> tuple[VmaRow, ...]:
    """The VMAs that reach into a window, in address order."""
    near = [row for row in rows if row.start < window.end and row.end > window.start]
    return tuple(sorted(near, key=lambda row: (row.start, row.end)))


def far_rows(rows: Iterable[VmaRow], window: Window) -> list[VmaRow]:
    """The VMAs that do not."""
    return [row for row in rows if row.start >= window.end or row.end <= window.start]


def near_strips(
    rows: Sequence[VmaRow], window: Window, edges: Sequence[int] = ()
) -> tuple[Strip, ...]:
    """The lines of the window, and of what reaches into it, up to 16 pages out."""
    reach = NEAR_PAGES * PAGE_SIZE
    start = min([window.start, *(max(row.start, window.start - reach) for row in rows)])
    end = max([window.end, *(min(row.end, window.end + reach) for row in rows)])
    cuts = [window.start, window.end, *edges, *(row.start for row in rows)]
    return strips(start, end, [*cuts, *(row.end for row in rows)], GUTTER)


def far_lines(rows: Sequence[VmaRow]) -> tuple[Strip, ...]:
    """Lines for VMAs outside the window, one place each."""
    return far_strips(sorted({(row.start, row.end) for row in rows}), GUTTER)


def ruler(strip: Strip, window: Window, y: float) -> list[Shape]:
    """Page numbers over a strip (addresses, far from the window); edges win where they collide."""
    edges = sorted({piece.start for piece in strip.pieces} | {strip.end})
    inner = [
        addr
        for piece in strip.pieces
        if piece.to_scale
        for addr in range(piece.start + PAGE_SIZE, piece.end, PAGE_SIZE)
    ]
    taken: list[Label] = []
    room: list[tuple[float, float]] = []
    for addr in [*edges, *inner]:
        page = window_page(addr, window)
        if page is not None:
            role: Role = "ink" if addr in edges else "muted"
            label = Label(strip.x(addr), y, str(page), role, "middle")
            if label.right > WIDTH + 1:
                label = replace(label, x=WIDTH, anchor="end")
        elif addr != strip.end:
            label = Label(strip.x(addr), y, name_addr(addr, window), "ink", "start")
        else:
            continue
        left, right = label.left, label.right
        if all(right + 1 <= low or high + 1 <= left for low, high in room):
            taken.append(label)
            room.append((left, right))
    word = "page" if window_page(strip.start, window) is not None else "address"
    return [Label(0, y, word, "muted", face="prose"), *sorted(taken, key=lambda one: one.x)]


def lane(
    strip: Strip, rows: Sequence[VmaRow], window: Window, y: float, height: float, name: str
) -> list[Shape]:
    """VMAs as boxes, with holes between them."""
    shapes: list[Shape] = [Label(0, y + height / 2, name, face="prose")]
    shapes += [_hole(strip, low, high, y, height) for low, high in _holes(strip, rows)]
    shapes += [box for row in rows for box in _boxes(strip, row, window, y, height)]
    return shapes


def _boxes(strip: Strip, row: VmaRow, window: Window, y: float, height: float) -> Iterator[Rect]:
    if columns := strip.clip(row.start, row.end):
        left, right = columns
        lines = _continued(lines_of(row), before=row.start < strip.start, after=row.end > strip.end)
        if _broken(strip, row.start, row.end):
            lines = (*lines[:2], _break_line(row.nr_pages, ""))
        words = about(row, window)
        yield Rect(left, y, right - left, height, role_of(row), words, lines, hatch_of(row))


def _continued(lines: tuple[Line, ...], *, before: bool, after: bool) -> tuple[Line, ...]:
    """The lines of a VMA that comes from the line above or goes on in the line below."""
    if not (before or after):
        return lines
    pattern = f"{'« ' if before else ''}{{}}{' »' if after else ''}"
    return ((*map(pattern.format, lines[0]), *lines[0]), *lines[1:])


def _broken(strip: Strip, start: int, end: int) -> bool:
    """Does a range hold a piece that is drawn shorter than it is?"""
    return any(start <= one.start < end and not one.to_scale for one in strip.pieces)


def _break_line(pages: int, word: str) -> Line:
    return (f"⋯ {count_pages(pages)}{word} ⋯", f"⋯ {pages} ⋯", f"⋯{pages}⋯")


def _holes(strip: Strip, rows: Sequence[VmaRow]) -> list[tuple[int, int]]:
    """The ranges of a strip without gaps that no VMA covers."""
    if any(one.end != two.start for one, two in pairwise(strip.pieces)):
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
    lines = (_break_line(pages, " free"),) if _broken(strip, low, high) else ()
    return Rect(left, y, right - left, height, "hole", words, lines, outline="dashed")


def page_cells(
    strip: Strip, state: Snapshot, window: Window, y: float, was: Snapshot | None = None
) -> list[Shape]:
    """A row of small cells, one for each page that has an entry in the page tables.

    Entries that came or changed since ``was`` are framed, those that went are hatched.
    """
    now, old = dict(state.present), dict((was or state).present)
    top = y + (1 - CELL_DEPTH) / 2
    cells: list[Shape] = []
    for addr in sorted(now.keys() | old.keys()):
        if not any(piece.start <= addr < piece.end and piece.to_scale for piece in strip.pieces):
            continue
        kind = now.get(addr, old.get(addr, ""))
        role, letter, hatch = PRESENT.get(kind, ("special", kind[:1], "cross"))
        x, width = strip.x(addr), strip.x(addr + PAGE_SIZE) - strip.x(addr)
        page = name_addr(addr, window)
        if addr in now:
            words = f"{page} is present: {kind}"
            cells.append(Rect(x, top, width, CELL_DEPTH, role, words, ((letter,),), hatch))
        if now.get(addr) != old.get(addr):
            words = f"{page} was {old.get(addr, 'absent')}, is {now.get(addr, 'absent')}"
            left = Rect(x, top, width, CELL_DEPTH, "gone", words, (("x",),), "back", "dashed")
            frame = Rect(x, top, width, CELL_DEPTH, "changed", words, outline="frame")
            cells.append(frame if addr in now else left)
    return [Label(0, y, "present", "muted", face="prose"), *cells] if cells else []


def shown_cells(strip: Strip, state: Snapshot, window: Window, y: float) -> list[Shape]:
    """A row that says which page of its file each page shows, where the VMA cannot tell.

    Under it, where a page has rights of its own, a row of rights.
    """
    pages = [one for one in state.pages if strip.clip(one.addr, one.addr + PAGE_SIZE)]
    pages = [one for one in pages if one.kind != "none"]
    rows = [("shows", [(one, str(one.pgoff), _is_linear(state, one)) for one in pages])]
    if any(one.own for one in pages):
        rows.append(("rights", [(one, one.perms, not one.own) for one in pages]))
    cells: list[Shape] = []
    for row, (name, told) in enumerate(rows):
        top = y + row + (1 - CELL_DEPTH) / 2
        for page, text, usual in told:
            x, width = strip.x(page.addr), strip.x(page.addr + PAGE_SIZE) - strip.x(page.addr)
            words = f"{name_addr(page.addr, window)}: page {page.pgoff} of the file, {page.perms}"
            role: Role = "clear" if usual else "set"
            cells.append(Rect(x, top, width, CELL_DEPTH, role, words, ((text,),)))
        if told:
            cells.append(Label(0, y + row, name, "muted", face="prose"))
    return cells


def nr_rows(shapes: Iterable[Shape]) -> int:
    """How many named rows of cells there are."""
    return sum(isinstance(shape, Label) for shape in shapes)


def _is_linear(state: Snapshot, page: PageRow) -> bool:
    """Does a page show what the VMA's arithmetic says?"""
    vma = state.find(page.addr)
    return vma is not None and page.pgoff == vma.pgoff + bytes_to_pages(page.addr - vma.start)


def page_key(states: Iterable[Snapshot], window: Window, y: float) -> list[Label]:
    """What the letters in the cells mean, for those that occur in the window."""
    kinds = {
        kind
        for state in states
        for addr, kind in state.present
        if window.start <= addr < window.end
    }
    known = [f"{PRESENT[kind][1]} {KIND_WORDS[kind]}" for kind in PRESENT if kind in kinds]
    if not known:
        return []
    return prose("present pages: " + " · ".join(known), y, "muted", "small")


def box_height(strip: Strip, rows: Sequence[VmaRow]) -> int:
    """How tall the boxes of a line must be for what is written in them."""
    shown = [row for row in rows if strip.clip(row.start, row.end)]
    third = any(extras_line(row) or _broken(strip, row.start, row.end) for row in shown)
    return 4 if third else 3


def prose(text: str, y: float, role: Role = "ink", face: Face = "prose") -> list[Label]:
    """A paragraph, broken into lines that fit the picture; not at a no-break space."""
    lines = textwrap.wrap(text, WIDTH, subsequent_indent="  " if text.startswith("• ") else "")
    lines = [line.replace("\u00a0", " ") for line in lines]
    return [Label(0, y + row, line, role, "start", face) for row, line in enumerate(lines)]
