"""From addresses to columns: the scale of a picture, to scale where it can be.

A strip of address space is cut at every edge that matters (where VMAs begin and end, where the
window does). Between two edges pages are drawn to scale, up to a number of pages; a longer piece
is drawn shorter and broken. Pieces that do not fit into one line go on in the next.

    pages  0   1   2   3 ⋯ 900 901     pages 3 to 899 hold nothing that changes
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from vmalab.ranges import AddrRange
from vmalab.units import VAddr

LINE_CELLS: Final = 96
"""How many cells the address axis of one line may take."""
MIN_CELLS: Final = 3
MAX_CELLS: Final = 8
"""How wide a page is drawn, at least and at most."""
BROKEN_CELLS: Final = 4
"""How wide a page is drawn where not all of them can be."""
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
    cells_per_page: float

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

    >>> [strip.x(0x12000) for strip in strips(0x10000, 0x14000, ())]
    [16.0]
    """
    inner = {edge for edge in edges if start < edge < end}
    spans = list(pairwise(sorted({start, end, *inner})))
    pages = sum(_pages(*span) for span in spans)
    most = pages
    if pages * MIN_CELLS > LINE_CELLS:
        most = _most_pages(spans)
        pages = sum(min(_pages(*span), most) for span in spans)
        per_page = max(BROKEN_CELLS, LINE_CELLS // pages)
    else:
        per_page = min(MAX_CELLS, LINE_CELLS // pages)
    lines: list[list[Piece]] = [[]]
    x = left
    for low, high in spans:
        width = float(min(_pages(low, high), most) * per_page)
        if lines[-1] and x + width > left + LINE_CELLS:
            lines.append([])
            x = left
        lines[-1].append(Piece(low, high, x, width, _pages(low, high) <= most))
        x += width
    return tuple(Strip(tuple(line), per_page) for line in lines)


def _most_pages(spans: Sequence[tuple[int, int]]) -> int:
    """The longest piece that is drawn to scale, so that the whole fits into one line if it can."""
    room = LINE_CELLS // BROKEN_CELLS
    for most in range(room, 2, -1):
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
            ),
            FAR_CELLS,
        )
        for line in lines
    )
