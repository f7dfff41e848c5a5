"""A page-table entry bit by bit: what each bit means now, and what outlives a change of kind.

The lesson of these pictures: an entry that is not present is the kernel's own note, and what the
note has no bit for is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from vmalab.records.walk import EntryField
from vmalab.views import bits
from vmalab.views.bits import BIT_CELLS, Piece
from vmalab.views.drawing import Drawing
from vmalab.views.lanes import GUTTER, WIDTH, prose
from vmalab.views.scene import Arrow, Bracket, Label, Line, Role, Scene, Shape, Table, fit


def pte_strip(
    entry: int,
    fields: tuple[EntryField, ...],
    *,
    kind: str,
    entry_bits: int = 64,
    title: str = "",
) -> Drawing:
    """An entry as cells with bit numbers, every field named, with a table of what it means now.

    ``fields`` are those of this ``kind`` of entry; ``entry_bits`` is 32 or 64.

    >>> rw = EntryField("RW", 0x2, "the page may be written")
    >>> drawing = pte_strip(0x2, (rw,), kind="present", entry_bits=32)
    >>> drawing.scene.title
    'Entry 0x00000002: a page in memory'
    >>> drawing.scene.table.rows
    (('1', 'RW', '1', 'the page may be written'),)
    """
    title = title or name_entry(entry, kind, entry_bits)
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    y = 2.0
    for first in bits.strip_starts(entry_bits):
        shapes += bits.numbers(first, y)
        shapes += bits.cells(entry, fields, first, y + 1)
        shapes.append(_ends(first, y + 2))
        names, y = _names(entry, bits.pieces(fields, first), y + 3)
        shapes += names
        y += 1
    table = field_table(entry, fields)
    told = [f"{name} {value}: {meaning}." for _, name, value, meaning in table.rows]
    words = " ".join([f"{title}.", *told] if told else [f"{title}: no bit means anything."])
    return Drawing(Scene(title, words, WIDTH, y, tuple(shapes), table))


def name_entry(entry: int, kind: str, entry_bits: int) -> str:
    """An entry's number, all its digits, and what it stands for."""
    return f"Entry {entry:#0{entry_bits // 4 + 2}x}: {bits.ENTRY_WORDS.get(kind, kind)}"


def field_table(entry: int, fields: Sequence[EntryField]) -> Table:
    """Every field of an entry: its bits, its name, what it holds, what that means."""
    rows = [
        (
            bits.spans(field.mask),
            field.name,
            bits.value_words(field, entry),
            bits.meaning_now(field, entry),
        )
        for field in sorted(fields, key=lambda one: -one.mask)
    ]
    return Table(("bits", "name", "value", "what it means now"), tuple(rows))


def _ends(first: int, y: float) -> Label:
    return Label(0, y, bits.span(first, first + bits.STRIP_BITS - 1), "ink", face="prose")


def _extent(piece: Piece) -> tuple[float, float]:
    """Where the bracket of a piece begins and how wide it is: neighbours must not touch."""
    return bits.bit_left(piece.high) + 0.5, piece.nr_bits * BIT_CELLS - 1.2


# The names under a strip


def _names(entry: int, found: Sequence[Piece], y: float) -> tuple[list[Shape], float]:
    """Brackets under the wide pieces, leaders to the names of the narrow ones; the row below.

    ``y`` is the row of the cells' lower border.

        └──┴──┴──┴──┴──┴──┴──┴──┴──┘
        ├───── pfn = 0x7 ──┤ │  │
                      ACCESSED  │     a leader's name stands where no other leader runs
                       USER ────┘
    """
    shapes: list[Shape] = []
    leaders: list[tuple[float, float, Piece]] = []
    row = y + 1
    for piece in found:
        left, width = _extent(piece)
        text = fit(_spellings(piece, entry), width - 5)
        if piece.nr_bits > 1:
            about = fit(_spellings(piece, entry), 999)
            shapes.append(Bracket(left, row, width, "ink", about, text))
        if not text:
            start = row if piece.nr_bits > 1 else y
            leaders.append((bits.bit_middle(piece.low, piece.high), start, piece))
    bracketed = any(piece.nr_bits > 1 for piece in found)
    middle = GUTTER + bits.STRIP_BITS * BIT_CELLS / 2
    west = sorted((one for one in leaders if one[0] < middle), key=lambda one: -one[0])
    east = sorted((one for one in leaders if one[0] >= middle), key=lambda one: one[0])
    edge_west = (west[0][0] + 2 if west else 0.0) if east else 0.0
    edge_east = (east[0][0] - 2 if east else float(WIDTH)) if west else float(WIDTH)
    if west and east:
        edge_west = edge_east = (edge_west + edge_east) / 2
    top = row + bracketed
    for number, (x, start, piece) in enumerate(west):
        words = _label(x, top + number, piece, entry, edge_east)
        shapes += [_leader(x, start, words.y, 1, piece), words]
    for number, (x, start, piece) in enumerate(east):
        words = _label(x, top + number, piece, entry, edge_west)
        shapes += [_leader(x, start, words.y, -1, piece), words]
    return shapes, top + max(len(west), len(east))


def _leader(x: float, start: float, y: float, side: Literal[-1, 1], piece: Piece) -> Arrow:
    """A line from a bit down to row ``y``, turning to the side where its words are."""
    return Arrow(((x, start), (x, y), (x + side, y)), "muted", piece.name, head=False)


def _label(x: float, y: float, piece: Piece, entry: int, edge: float) -> Label:
    """The words beside a leader's foot, as long as there is room for up to column ``edge``."""
    role: Role = "ink" if piece.field.is_set_in(entry) else "muted"
    spellings = _spellings(piece, entry)
    text = fit(spellings, abs(edge - x) - 2) or spellings[-1]
    if edge > x:
        return Label(x + 2, y, text, role, "start", "small")
    return Label(x - 2, y, text, role, "end", "small")


def _spellings(piece: Piece, entry: int) -> Line:
    """A piece's name with its value and meaning, and shorter."""
    field = piece.field
    if piece.nr_bits < field.nr_bits:
        whole = f"{piece.name} of {bits.value_words(field, entry)}"
        return (f"{whole}: {field.meaning}", whole, piece.name)
    value, meaning = bits.value_words(field, entry), bits.meaning_now(field, entry)
    held = f"{field.name} = {value}"
    return (f"{held}{',' if value == '0' else ':'} {meaning}", held, field.name)


# Two entries


@dataclass(frozen=True, slots=True)
class EntryState:
    """An entry, what kind it is, and what its bits mean in that kind."""

    entry: int
    fields: tuple[EntryField, ...]
    kind: str


Fate = Literal["kept", "changed", "lost", "new", "made anew"]
FATE_MARKS: Final[dict[Fate, str]] = {
    "kept": "=",
    "changed": "≠",
    "lost": "✗",
    "new": "+",
    "made anew": "~",
}
"""What became of a field, as one letter."""
_FATE_ROLES: Final[dict[Fate, Role]] = {
    "kept": "ink",
    "changed": "changed",
    "lost": "gone",
    "new": "changed",
    "made anew": "muted",
}
_SAME: Final = {"saved RW": "RW", "no access": "PROTNONE", "saved NX": "NX"}
"""Fields that say, in an entry that is not present, what another says in a present one."""


@dataclass(frozen=True, slots=True)
class FieldFate:
    """A field before and after, either of which may be missing."""

    old: EntryField | None
    new: EntryField | None
    fate: Fate


def compare_entries(before: EntryState, after: EntryState) -> tuple[FieldFate, ...]:
    """What becomes of every field: those of ``before`` from the top bit, then the new ones.

    A field is kept if the new entry has one of that name (or that meaning) with the same value.

    >>> rw, pfn = EntryField("RW", 0x2, "may be written"), EntryField("pfn", 0xFF000, "the frame")
    >>> saved = EntryField("saved RW", 0x2, "may be written when back")
    >>> fates = compare_entries(
    ...     EntryState(0x7003, (rw, pfn), "present"), EntryState(0x42, (saved,), "file"))
    >>> [(one.old.name, one.fate) for one in fates]
    [('pfn', 'lost'), ('RW', 'kept')]
    """
    named = {_SAME.get(field.name, field.name): field for field in after.fields}
    fates = []
    for old in sorted(before.fields, key=lambda one: -one.mask):
        new = named.pop(_SAME.get(old.name, old.name), None)
        if new is None:
            fates.append(FieldFate(old, None, "lost"))
        else:
            same = old.value_in(before.entry) == new.value_in(after.entry)
            fates.append(FieldFate(old, new, "kept" if same else "changed"))
    fresh = sorted(named.values(), key=lambda one: -one.mask)
    return (*fates, *(FieldFate(None, new, "new") for new in fresh))


def pte_compare(
    before: EntryState, after: EntryState, *, entry_bits: int = 64, title: str = ""
) -> Drawing:
    """Two entries over each other, and what became of each field: = kept, ≠ changed, ✗ lost, + new.

    Made for a page that is swapped out: the frame goes, a slot comes, and the protection survives
    only where the new kind of entry has a bit for it.
    """
    fates = compare_entries(before, after)
    kinds = [bits.ENTRY_WORDS.get(state.kind, state.kind) for state in (before, after)]
    title = title or f"From {kinds[0]} to {kinds[1]}"
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    y = 2.0
    for first in bits.strip_starts(entry_bits):
        shapes += bits.numbers(first, y)
        for name, state, key in (("before", before, "old"), ("after", after, "new")):
            shapes += bits.cells(state.entry, state.fields, first, y + 1, initials=True)
            shapes.append(Label(0, y + 2, name, face="prose"))
            marked = [(getattr(one, key), one.fate) for one in fates]
            shapes += fate_marks(marked, first, y + 5)
            y += 5
        y += 2
    told = [
        f"{FATE_MARKS[fate]} {words}"
        for fate in FATE_MARKS
        if (words := fate_words(fates, fate, before.entry, after.entry))
    ]
    for words in told:
        lines = prose(words, y, "gone" if words.startswith("✗") else "ink")
        shapes += lines
        y += len(lines)
    entries = [name_entry(one.entry, one.kind, entry_bits) for one in (before, after)]
    description = " ".join([f"{entries[0]}. Then {entries[1].lower()}.", *told])
    table = _fate_table(fates, before.entry, after.entry)
    return Drawing(Scene(title, description, WIDTH, y, tuple(shapes), table))


def fate_marks(
    marked: Sequence[tuple[EntryField | None, Fate]], first: int, y: float
) -> list[Shape]:
    """A bracket under every wide piece, a mark under every other bit."""
    shapes: list[Shape] = []
    for field, fate in marked:
        for piece in bits.pieces((field,) if field else (), first):
            role, mark = _FATE_ROLES[fate], FATE_MARKS[fate]
            left, width = _extent(piece)
            about = f"{piece.name} {fate}"
            text = fit((f"{mark} {about}", f"{mark} {piece.name}"), width - 5)
            if text:
                shapes.append(Bracket(left, y, width, role, about, text))
                continue
            shapes += [
                Label(bits.bit_middle(bit, bit), y, mark, role, "middle", "strong")
                for bit in range(piece.low, piece.high + 1)
            ]
    return shapes


def fate_words(fates: Sequence[FieldFate], fate: Fate, old: int, new: int) -> str:
    """One sentence for all fields that met the same fate; empty where none did."""
    found = [one for one in fates if one.fate == fate]
    clear = [one.old.name for one in found if not _weighs(one, old) and one.old]
    words = [_change(one, old, new) for one in found if _weighs(one, old)]
    words += [f"and, all clear: {', '.join(clear)}"] if clear else []
    return f"{fate}: {', '.join(words)}" if words else ""


def _weighs(one: FieldFate, old: int) -> bool:
    """Is a fate worth its own words? What was clear and is lost is told in one breath."""
    return one.fate != "lost" or (one.old is not None and one.old.is_set_in(old))


def _change(one: FieldFate, old: int, new: int) -> str:
    was, now = _held(one.old, old), _held(one.new, new)
    if one.old is None or one.new is None:
        return f"{(one.old or one.new or NO_FIELD).name} {was if one.old else now}"
    name = one.old.name
    if one.new.name != name:
        name += f" (as {one.new.name})"
    return f"{name} {was}" if one.fate == "kept" else f"{name} {was} to {now}"


NO_FIELD: Final = EntryField("", 0, "")


def _held(field: EntryField | None, entry: int) -> str:
    return "-" if field is None else bits.value_words(field, entry)


def _fate_table(fates: Sequence[FieldFate], old: int, new: int) -> Table:
    rows = [
        (
            (one.old or one.new or NO_FIELD).name,
            bits.spans(one.old.mask) if one.old else "-",
            _held(one.old, old),
            bits.spans(one.new.mask) if one.new else "-",
            _held(one.new, new),
            f"{FATE_MARKS[one.fate]} {one.fate}",
        )
        for one in fates
    ]
    return Table(("name", "bits before", "value", "bits after", "value", "fate"), tuple(rows))
