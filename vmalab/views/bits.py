"""The bits of a page-table entry as a strip of cells: the part that all entry pictures share.

    31 30 29        12 11 10  9  8  7  6  5  4  3  2  1  0       bit numbers
    ┌──┬──┬─ ⋯ ───┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──┐
    │0 │0 │       │1 │0 │0 │0 │0 │0 │1 │1 │0 │0 │1 │1 │1 │      a set bit is a 1 on dark ground
    └──┴──┴─ ⋯ ───┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──┘
    ├───── pfn ──────┤├─ free ┤  └ GLOBAL …                      a field's pieces

A strip is 32 bits long; a 64-bit entry takes two, the high half first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vmalab.records.walk import EntryField
from vmalab.views.lanes import GUTTER
from vmalab.views.scene import Label, Line, Outline, Rect, Role, Shape

STRIP_BITS: Final = 32
"""How many bits stand in one line."""
BIT_CELLS: Final = 3
"""How wide a bit is drawn: its number has two digits."""

FEW_BITS: Final = 5
"""A piece of more bits has room for its name in a bracket."""

ENTRY_WORDS: Final = {
    "none": "nothing at all",
    "table": "the next lower table",
    "present": "a page in memory",
    "protnone": "a page in memory that nobody may touch",
    "swap": "a page in swap",
    "file": "a page of the file, not in memory",
    "marker": "a marker instead of a page",
}
"""What each kind of entry stands for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring bits of a field, ``low`` to ``high`` (both belong to it), in one strip.

    They hold the bits ``value_low`` and up of the field's number.
    """

    field: EntryField
    low: int
    high: int
    value_low: int

    @property
    def nr_bits(self) -> int:
        """How many bits it has."""
        return self.high - self.low + 1

    @property
    def name(self) -> str:
        """The field's name and, where the field lies in several pieces, which part this is.

        >>> field = EntryField("page offset", 0xFFFFFF3E, "which page of the file")
        >>> [piece.name for piece in pieces((field,), 0)]
        ['page offset bits 28-5', 'page offset bits 4-0']
        """
        if self.nr_bits == self.field.nr_bits:
            return self.field.name
        ends = span(self.value_low, self.value_low + self.nr_bits - 1)
        return f"{self.field.name} {'bit' if self.nr_bits == 1 else 'bits'} {ends}"


def span(low: int, high: int) -> str:
    """Bit numbers, the high one first.

    >>> span(0, 4), span(6, 6)
    ('4-0', '6')
    """
    return str(low) if low == high else f"{high}-{low}"


def spans(mask: int) -> str:
    """All bit numbers of a mask, the highest first.

    >>> spans(0xFFFFFF3E)
    '31-8 5-1'
    """
    field = EntryField("", mask, "")
    found = [piece for first in (32, 0) for piece in pieces((field,), first)]
    runs: list[tuple[int, int]] = []
    for piece in found:
        if runs and runs[-1][0] == piece.high + 1:
            runs[-1] = (piece.low, runs[-1][1])
        else:
            runs.append((piece.low, piece.high))
    return " ".join(span(low, high) for low, high in runs)


def strip_starts(entry_bits: int) -> tuple[int, ...]:
    """The lowest bits of the strips an entry takes, from the top.

    >>> strip_starts(64), strip_starts(32)
    ((32, 0), (0,))
    """
    return tuple(range(entry_bits - STRIP_BITS, -1, -STRIP_BITS))


def pieces(fields: Sequence[EntryField], first: int) -> list[Piece]:
    """The pieces of all fields within the strip that begins with bit ``first``, high bits first."""
    found = [piece for field in fields for piece in _runs(field, first)]
    return sorted(found, key=lambda piece: -piece.high)


def _runs(field: EntryField, first: int) -> Iterator[Piece]:
    low: int | None = None
    for bit in range(first, first + STRIP_BITS + 1):
        inside = bit < first + STRIP_BITS and field.mask >> bit & 1
        if inside and low is None:
            low = bit
        elif not inside and low is not None:
            yield Piece(field, low, bit - 1, (field.mask & ((1 << low) - 1)).bit_count())
            low = None


def bit_left(bit: int) -> float:
    """The column in which the cell of a bit begins."""
    return GUTTER + (STRIP_BITS - 1 - bit % STRIP_BITS) * BIT_CELLS


def bit_middle(low: int, high: int) -> float:
    """The middle column of a run of bits."""
    return (bit_left(high) + bit_left(low) + BIT_CELLS) / 2


def numbers(first: int, y: float) -> list[Shape]:
    """The bit numbers over a strip."""
    bits = range(first, first + STRIP_BITS)
    return [
        Label(0, y, "bit", "muted", face="prose"),
        *(Label(bit_middle(bit, bit), y, str(bit), "muted", "middle") for bit in reversed(bits)),
    ]


def cells(
    entry: int, fields: Sequence[EntryField], first: int, y: float, *, initials: bool = False
) -> list[Shape]:
    """A cell a bit; bits that belong to no field are dashed.

    With ``initials`` a second line tells the field where a piece has but few bits: the first two
    letters of its name.
    """
    owners = {
        bit: piece for piece in pieces(fields, first) for bit in range(piece.low, piece.high + 1)
    }
    return [
        _cell(entry, bit, owners.get(bit), y, initials=initials)
        for bit in range(first + STRIP_BITS - 1, first - 1, -1)
    ]


def _cell(entry: int, bit: int, owner: Piece | None, y: float, *, initials: bool) -> Rect:
    on = entry >> bit & 1
    role: Role = "set" if on else "hole" if owner is None else "clear"
    state = "set" if on else "clear"
    words = f"bit {bit}, {owner.field.name}: {state}" if owner else f"bit {bit}: {state}, unused"
    lines: tuple[Line, ...] = ((str(on),),)
    if initials:
        lines = (*lines, (owner.field.name[:2] if owner and owner.nr_bits <= FEW_BITS else "",))
    outline: Outline = "plain" if owner or on else "dashed"
    height = 3 if initials else 2
    return Rect(bit_left(bit), y, BIT_CELLS, height, role, words, lines, outline=outline)


def value_words(field: EntryField, entry: int) -> str:
    """What a field holds: 0 or 1, or a number in hexadecimal.

    >>> value_words(EntryField("pfn", 0xFFFFF000, "the frame"), 0x7067)
    '0x7'
    """
    value = field.value_in(entry)
    return str(value) if field.nr_bits == 1 else f"{value:#x}"


def meaning_now(field: EntryField, entry: int) -> str:
    """What a field says in this entry; a clear bit says the contrary.

    >>> meaning_now(EntryField("RW", 0x2, "the page may be written"), 0x5)
    'not: the page may be written'
    """
    clear = field.nr_bits == 1 and not field.value_in(entry)
    return f"not: {field.meaning}" if clear else field.meaning
