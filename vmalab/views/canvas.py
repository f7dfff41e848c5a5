"""A sheet of character cells on which lines join where they meet.

Each cell remembers in which directions a line leaves it; only at the end are the directions turned
into box-drawing characters, so neighbours share a border and corners come out right:

    ┌──┬──┐   the ┬ was drawn twice, as the right corner of one box and the left of the other
    └──┴──┘
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor
from typing import Final

NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8
_JOINS: Final = " │─└││┌├─┘─┴┐┤┬┼"
"""Box-drawing characters by their four directions, as bits."""


def column(x: float) -> int:
    """The cell an abstract coordinate falls on; halves go right, on every machine.

    >>> column(2.5), column(3.5), column(2.4)
    (3, 4, 2)
    """
    return floor(x + 0.5)


@dataclass(slots=True)
class Canvas:
    """A sheet of ``width`` by ``height`` characters; what falls off it is not drawn."""

    width: int
    height: int
    _words: dict[tuple[int, int], str] = field(default_factory=dict)
    _lines: dict[tuple[int, int], int] = field(default_factory=dict)
    _solid: set[tuple[int, int]] = field(default_factory=set)

    def text(self, x: int, y: int, words: str) -> None:
        """Write words from a cell to the right; they cover lines."""
        for step, letter in enumerate(words):
            self._words[x + step, y] = letter

    def horizontal(self, x1: int, x2: int, y: int, *, dashed: bool = False) -> None:
        """A line from cell to cell along a row."""
        low, high = min(x1, x2), max(x1, x2)
        for x in range(low, high + 1):
            self._join((x, y), EAST * (x < high) | WEST * (x > low), dashed=dashed)

    def vertical(self, x: int, y1: int, y2: int, *, dashed: bool = False) -> None:
        """A line from cell to cell down a column."""
        low, high = min(y1, y2), max(y1, y2)
        for y in range(low, high + 1):
            self._join((x, y), SOUTH * (y < high) | NORTH * (y > low), dashed=dashed)

    def box(self, x1: int, y1: int, x2: int, y2: int, *, dashed: bool = False) -> None:
        """Four lines; what they enclose is wiped."""
        for x in range(x1 + 1, x2):
            for y in range(y1 + 1, y2):
                self._lines.pop((x, y), None)
                self._words.pop((x, y), None)
        for y in (y1, y2):
            self.horizontal(x1, x2, y, dashed=dashed)
        for x in (x1, x2):
            self.vertical(x, y1, y2, dashed=dashed)

    def _join(self, cell: tuple[int, int], directions: int, *, dashed: bool) -> None:
        self._lines[cell] = self._lines.get(cell, 0) | directions
        if not dashed:
            self._solid.add(cell)

    def _letter(self, cell: tuple[int, int]) -> str:
        if cell in self._words:
            return self._words[cell]
        directions = self._lines.get(cell, 0)
        letter = _JOINS[directions]
        if cell in self._solid:
            return letter
        return {"─": "┄", "│": "┆"}.get(letter, letter)

    def __str__(self) -> str:
        rows = (
            "".join(self._letter((x, y)) for x in range(self.width)).rstrip()
            for y in range(self.height)
        )
        return "\n".join(rows).rstrip("\n")
