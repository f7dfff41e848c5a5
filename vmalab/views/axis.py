"""From addresses to columns: the scale of a picture, to scale where it can be.

A window is drawn to scale, in one line or in a few. A range too long for that is cut at every edge
that matters (where VMAs begin and end, where the window does) and broken: between two edges a
piece of many pages is drawn shorter than it is.

    pages  0   1   2   3 ⋯ 900 901     pages 3 to 899 hold nothing that changes
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Final

from vmalab.ranges import AddrRange
from vmalab.units import NrPages, VAddr, pages_to_bytes

LINE_CELLS: Final = 96
"""How many cells the address axis of one line may take."""
MIN_CELLS: Final = 3
MAX_CELLS: Final = 8
"""How wide a page is drawn, at least and at most."""
WRAP_CELLS: Final = 4
"""How wide a page is drawn where the pages take several lines."""
MOST_LINES: Final = 4
"""How many lines a range may take; a longer one is broken."""
FAR_CELLS: Final = 16
"""How wide a VMA outside the window is drawn: a hexadecimal address fits over it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The addresses between two edges, and where they are drawn."""

    start: int
    end: int
    x: float
    width: float
    to_scale: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of a picture: pieces from left to right."""

    pieces: tuple[Piece, ...]

    @property
    def start(self) -> int:
        """The first address."""
        return self.pieces[0].start

    @property
    def end(self) -> int:
        """The first address after the last piece."""
        return self.pieces[-1].end

    @property
    def left(self) -> float:
        """The column of the first address."""
        return self.pieces[0].x

    @property
    def right(self) -> float:
        """The column after the last piece."""
        return self.pieces[-1].x + self.pieces[-1].width

    def x(self, addr: int) -> float:
        """The column of an address; what lies outside is drawn at the nearer end."""
        for piece in self.pieces:
            if addr < piece.end:
                share = max(0, addr - piece.start) / (piece.end - piece.start)
                return piece.x + piece.width * share
        return self.right

    def clip(self, start: int, end: int) -> tuple[float, float] | None:
        """The columns a range takes in this line, or None where it takes none."""
        low, high = max(start, self.start), min(end, self.end)
        return (self.x(low), self.x(high)) if low < high else None


def _pages(start: int, end: int) -> int:
    return AddrRange(VAddr(start), VAddr(end)).nr_pages


def strips(start: int, end: int, edges: Iterable[int], left: float = 0) -> tuple[Strip, ...]:
    """Cut a range at its edges and lay the pieces out from column ``left``, line by line.

    What fits into four lines is drawn to scale, the same at every step of a program, so that a
    page stays where it is; only a longer range is broken where nothing happens.

    >>> [strip.x(0x12000) for strip in strips(0x10000, 0x14000, ())]
    [16.0]
    """
    pages = _pages(start, end)
    if pages * MIN_CELLS <= LINE_CELLS:
        per_line, per_page = pages, min(MAX_CELLS, LINE_CELLS // pages)
    else:
        lines = ceil(pages * WRAP_CELLS / LINE_CELLS)
        per_line, per_page = ceil(pages / lines), WRAP_CELLS
    inner = {edge for edge in edges if start < edge < end}
    if pages > per_line * MOST_LINES:
        return _broken_strips(sorted({start, end, *inner}), left)
    step = pages_to_bytes(NrPages(per_line))
    return tuple(
        Strip(
            tuple(
                Piece(low, high, x, _pages(low, high) * per_page, to_scale=True)
                for low, high in pairwise(sorted({at, until, *_within(inner, at, until)}))
                for x in [left + _pages(at, low) * per_page]
            )
        )
        for at in range(start, end, step)
        for until in [min(at + step, end)]
    )


def one_line(start: int, end: int, edges: Sequence[int], left: float = 0) -> tuple[Strip, ...]:
    """The same in one line: what does not fit to scale is broken. Of very many pieces, several.

    >>> len(strips(0, 0x60000, [0x3000])), len(one_line(0, 0x60000, [0x3000]))
    (4, 1)
    """
    found = strips(start, end, edges, left)
    if len(found) == 1:
        return found
    return _broken_strips(sorted({start, end, *_within(edges, start, end)}), left)


def _within(edges: Iterable[int], low: int, high: int) -> list[int]:
    return [edge for edge in edges if low < edge < high]


def _broken_strips(edges: Sequence[int], left: float) -> tuple[Strip, ...]:
    """Pieces of which the longest are drawn shorter than they are."""
    spans = list(pairwise(edges))
    most = _most_pages(spans)
    shown = sum(min(_pages(*span), most) for span in spans)
    per_page = max(WRAP_CELLS, LINE_CELLS // shown)
    lines: list[list[Piece]] = [[]]
    x = left
    for low, high in spans:
        width = min(_pages(low, high), most) * per_page
        if lines[-1] and x + width > left + LINE_CELLS:
            lines.append([])
            x = left
        lines[-1].append(Piece(low, high, x, width, _pages(low, high) <= most))
        x += width
    return tuple(Strip(tuple(line)) for line in lines)


def _most_pages(spans: Sequence[tuple[int, int]]) -> int:
    """The longest piece that is drawn to scale, so that the whole fits into one line if it can."""
    room = LINE_CELLS // WRAP_CELLS
    for most in range(room, 3, -1):
        if sum(min(_pages(*span), most) for span in spans) <= room:
            return most
    return 3


def far_strips(ranges: Sequence[tuple[int, int]], left: float = 0) -> tuple[Strip, ...]:
    """Lines for the areas outside a window: equally wide, whatever their size and distance."""
    per_line = LINE_CELLS // FAR_CELLS
    lines = [ranges[at : at + per_line] for at in range(0, len(ranges), per_line)]
    return tuple(
        Strip(
            tuple(
                Piece(low, high, left + FAR_CELLS * place, FAR_CELLS, to_scale=False)
                for place, (low, high) in enumerate(line)
            )
        )
        for line in lines
    )
