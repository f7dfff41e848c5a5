"""A page-table walk in one picture: the address cut into indexes, the tables read, the entry found.

   47        39 38        30 29        21 20        12 11         0
   ┌───────────┬────────────┬────────────┬────────────┬────────────┐
   │ pgd index │ pud index  │ pmd index  │ pte index  │byte in page│   the address
   └─────┬─────┴─────┬──────┴─────┬──────┴─────┬──────┴─────┬──────┘
         ▼           ▼            ▼            ▼            ▼
CR3 ─▶ table ──────▶ table ─────▶ table ─────▶ table ─────▶ page
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Final

from vmalab.records.walk import EntryField, Walk, WalkStep
from vmalab.units import PAGE_SHIFT, pages_to_bytes
from vmalab.views.bits import ENTRY_WORDS, span, spans, value_words
from vmalab.views.drawing import Drawing
from vmalab.views.lanes import WIDTH, prose
from vmalab.views.scene import Arrow, Label, Line, Outline, Rect, Role, Scene, Shape, Table, fit

CR3_CELLS: Final = 7
"""Room to the left of the first table, for the register that leads there."""
GAP_CELLS: Final = 2
"""From one table to the next."""
PAGE_CELLS: Final = 14
"""How wide the page is drawn."""
MOST_TABLE_CELLS: Final = 26
MEANING: Final = 41
"""The column in which a field's meaning begins."""
TABLE_HEIGHT: Final = 6
"""A table: what is above the entry, the entry, what is below it."""


def page_table_walk(walk: Walk, *, refused: str = "", title: str = "") -> Drawing:
    """How an address was looked up, table by table, and what came of it.

    Under the tables stand the fields of the last entry, with their meaning. ``refused`` tells why
    an entry that is present did not help: the reason of the protection fault, in words.

    >>> entry = WalkStep("pte", 10, 5, 0x64, 0x7067, "present", ())
    >>> walk = Walk(0x5123, 0x123, 32, (entry,), "present", 7)
    >>> page_table_walk(walk).scene.title
    'Page-table walk of 0x5123: physical address 0x7123'

    Raises:
        ValueError: the indexes of the walk are not those of its address.
    """
    _check(walk)
    return Drawing(_Page(walk, refused, title).scene())


def _check(walk: Walk) -> None:
    for step, low in zip(walk.steps, _lows(walk), strict=False):
        index = walk.addr >> low & ((1 << step.index_bits) - 1)
        if index != step.index:
            msg = (
                f"this walk of {walk.addr:#x} read entry {step.index} of its {step.level}, but the "
                f"address says {index}: name the levels it left unread in Walk.unread"
            )
            raise ValueError(msg)


def _levels(walk: Walk) -> list[tuple[str, int]]:
    """All levels, read or not, from the top."""
    return [*((step.level, step.index_bits) for step in walk.steps), *walk.unread]


def _lows(walk: Walk) -> list[int]:
    """The lowest address bit of every level's index."""
    found, low = [], PAGE_SHIFT
    for _, index_bits in reversed(_levels(walk)):
        found.append(low)
        low += index_bits
    return found[::-1]


@dataclass(slots=True)
class _Page:
    """A picture being laid out from top to bottom."""

    walk: Walk
    refused: str
    title: str
    shapes: list[Shape] = field(default_factory=list)

    def scene(self) -> Scene:
        """Heading, address, tables, outcome, the last entry's fields."""
        walk = self.walk
        verdict = _verdict(walk, self.refused)
        title = self.title or f"Page-table walk of {walk.addr:#x}: {verdict}"
        self.shapes.append(Label(0, 0, title, "ink", "start", "title"))
        self._address(2)
        self._tables(9)
        reason = _reason(walk, self.refused)
        role: Role = "ink" if _arrives(walk, self.refused) else "gone"
        lines = prose(reason, 17, role)
        self.shapes += lines
        y = self._fields(18.0 + len(lines))
        told = [_tell(step) for step in walk.steps]
        words = " ".join([f"The address is {walk.addr:#x}.", *told, reason])
        return Scene(title, words, WIDTH, y, tuple(self.shapes), _table(walk))

    @property
    def _table_cells(self) -> float:
        """How wide a table is drawn, so that all of them fit."""
        count = len(_levels(self.walk))
        room = WIDTH - CR3_CELLS - PAGE_CELLS - GAP_CELLS * count
        return min(MOST_TABLE_CELLS, room // count)

    def _left(self, number: int) -> float:
        """The column where a table begins; the page comes after the last one."""
        return CR3_CELLS + number * (self._table_cells + GAP_CELLS)

    def _middle(self, number: int) -> float:
        return self._left(number) + self._table_cells // 2

    def _address(self, y: float) -> None:
        """The address, cut where the hardware cuts it; unused high bits to the left."""
        walk, levels, lows = self.walk, _levels(self.walk), _lows(self.walk)
        top = lows[0] + levels[0][1]
        if top < walk.entry_bits:
            rest = walk.addr >> top
            words = f"bits {span(top, walk.entry_bits - 1)}: {rest:#x}, no table looks at them"
            lines: tuple[Line, ...] = (("rest",), (f"{rest:#x}",))
            box = Rect(0, y + 1, CR3_CELLS, 4, "none", words, lines, outline="dashed")
            ends = Label(0.5, y, span(top, walk.entry_bits - 1), "muted", face="small")
            self.shapes += [ends, box]
        for number, ((name, index_bits), low) in enumerate(zip(levels, lows, strict=True)):
            width = self._left(number + 1) - self._left(number)
            read = number < len(walk.steps)
            self._index(name, low, index_bits, (self._left(number), y, width), read=read)
        left = self._left(len(levels))
        binary = f"{walk.offset_bytes:0{PAGE_SHIFT}b}"
        lines = (("byte in page", "byte"), (f"{walk.offset_bytes:#x}",), (binary,))
        words = f"bits 11-0: byte {walk.offset_bytes:#x} of the page"
        self.shapes += _ends(PAGE_SHIFT - 1, 0, left, y, PAGE_CELLS)
        self.shapes.append(Rect(left, y + 1, PAGE_CELLS, 4, "clear", words, lines))

    def _index(
        self, name: str, low: int, nr_bits: int, place: tuple[float, float, float], *, read: bool
    ) -> None:
        """One index cut out of the address."""
        left, y, width = place
        index = self.walk.addr >> low & ((1 << nr_bits) - 1)
        lines: tuple[Line, ...] = (
            (f"{name} index", name),
            (str(index),),
            (f"{index:0{nr_bits}b}",),
        )
        ends = span(low, low + nr_bits - 1)
        words = f"bits {ends}: entry {index} of the {name}{'' if read else ', which was not read'}"
        role: Role = "file" if read else "none"
        outline: Outline = "plain" if read else "dashed"
        self.shapes += _ends(low + nr_bits - 1, low, left, y, width)
        self.shapes.append(Rect(left, y + 1, width, 4, role, words, lines, outline=outline))

    def _tables(self, y: float) -> None:
        """The tables that were read, the arrows between them, and where they lead."""
        walk, width = self.walk, self._table_cells
        head, row = y, y + 3
        self.shapes += [
            Label(0, head, "CR3", "ink", "start", "strong"),
            Arrow(((3.5, head), (CR3_CELLS - 0.5, head)), "ink", "CR3 holds the top table's frame"),
        ]
        for number, step in enumerate(walk.steps):
            left = self._left(number)
            self.shapes += _table_box(step, left, head, width)
            down = ((self._middle(number), y - 2), (self._middle(number), head - 1))
            words = f"the index chooses entry {step.index} of the {step.level}"
            self.shapes.append(Arrow(down, "muted", words))
            if number + 1 < len(walk.steps):
                words = f"the entry names frame {_pfn(step)}, the next table"
                self._onward(number, head, row, words)
        last = len(walk.steps) - 1
        if walk.pfn is None:
            self._dead_end(last, row)
        else:
            self._frame(last, head, row)

    def _onward(self, number: int, head: float, row: float, words: str) -> None:
        """From an entry to the head of what it names."""
        right = self._left(number) + self._table_cells
        bend = right + GAP_CELLS / 4
        path = ((right, row), (bend, row), (bend, head), (right + GAP_CELLS - 0.2, head))
        self.shapes.append(Arrow(path, "ink", words))

    def _frame(self, last: int, head: float, row: float) -> None:
        """The page at the end of the walk."""
        walk, left = self.walk, self._left(last + 1)
        barred = not _arrives(walk, self.refused)
        pfn = walk.pfn or 0
        self._onward(last, head, row, f"the entry names frame {pfn:#x}")
        name = Label(left + 1, head, f"frame {pfn:#x}", "ink", "start", "strong")
        place = f"{_physical(walk):#x}"
        lines: tuple[Line, ...] = (("",), ("barred" if barred else "here",), (place,))
        words = f"the page in frame {pfn:#x}; the byte is at physical address {place}"
        role: Role = "none" if barred else "anon"
        self.shapes += [
            name,
            Rect(
                left,
                head + 0.5,
                PAGE_CELLS,
                TABLE_HEIGHT,
                role,
                words,
                lines,
                hatch="back" if barred else "",
            ),
        ]
        down = ((left + PAGE_CELLS // 2, head - 2), (left + PAGE_CELLS // 2, head - 1))
        self.shapes.append(Arrow(down, "muted", "the byte in the page is not looked up"))

    def _dead_end(self, last: int, row: float) -> None:
        """No frame: the entry leads nowhere the hardware can go."""
        left = self._left(last) + self._table_cells
        words = _verdict(self.walk, "")
        self.shapes += [
            Arrow(((left, row), (left + 2, row)), "gone", words, head=False, dashed=True),
            Label(left + 2.5, row, f"✗ {_END_WORDS.get(self.walk.outcome, 'no page')}", "gone"),
        ]

    def _fields(self, y: float) -> float:
        """The last entry's fields that are set, with their meaning; the clear ones by name."""
        step = self.walk.steps[-1]
        what = ENTRY_WORDS.get(step.kind, step.kind)
        digits = self.walk.entry_bits // 4 + 2
        text = f"The {step.level} entry {step.entry:#0{digits}x}: {what}"
        self.shapes.append(Label(0, y, text, "ink", "start", "strong"))
        y += 1
        ordered = sorted(step.bits, key=lambda one: -one.mask)
        for one in ordered:
            if _says(one, step.entry):
                meaning = textwrap.wrap(one.meaning, WIDTH - MEANING)
                self.shapes += [
                    Label(12, y, spans(one.mask), "muted", "end"),
                    Label(14, y, f"{one.name} = {value_words(one, step.entry)}"),
                    *(Label(MEANING, y + n, line, face="prose") for n, line in enumerate(meaning)),
                ]
                y += max(1, len(meaning))
        if clear := [one.name for one in ordered if not _says(one, step.entry)]:
            lines = prose(f"Clear: {', '.join(clear)}.", y, "muted")
            self.shapes += lines
            y += len(lines)
        return y


def _says(one: EntryField, entry: int) -> bool:
    return one.nr_bits > 3 or one.is_set_in(entry)


def _ends(high: int, low: int, left: float, y: float, width: float) -> list[Shape]:
    """The bit numbers over the two ends of an index."""
    ends = [(left + 1, high, "start"), (left + width - 1, low, "end")]
    return [
        Label(x, y, str(bit), "muted", "start" if anchor == "start" else "end", "small")
        for x, bit, anchor in ends
    ]


def _table_box(step: WalkStep, left: float, head: float, width: float) -> list[Shape]:
    """A table of which one entry was read."""
    name = f"{step.level} in frame {step.table_pfn:#x}"
    short = (name, f"{step.level} @{step.table_pfn:#x}", step.level)
    entry: tuple[Line, ...] = ((f"entry {step.index}",), (f"{step.entry:#x}",))
    words = f"the {step.level} in frame {step.table_pfn:#x}"
    chosen = f"entry {step.index} of {words}: {step.entry:#x}, {step.kind}"
    role: Role = "special"
    return [
        Label(left + 1, head, fit(short, width - 1), "ink", "start", "strong"),
        Rect(left, head + 0.5, width, TABLE_HEIGHT, role, words, outline="plain"),
        Rect(left, head + 2, width, 3, "clear", chosen, entry),
    ]


# Words


def _arrives(walk: Walk, refused: str) -> bool:
    return walk.outcome == "present" and not refused


def _pfn(step: WalkStep) -> str:
    found = [one.value_in(step.entry) for one in step.bits if one.name == "pfn"]
    return f"{found[0]:#x}" if found else "of the next level"


def _physical(walk: Walk) -> int:
    return pages_to_bytes(walk.pfn or 0) + walk.offset_bytes


_END_WORDS: Final = {
    "no table": "no table",
    "none": "no page",
    "swap": "in swap",
    "file": "in the file",
    "marker": "a marker",
}


def _verdict(walk: Walk, refused: str) -> str:
    """What came of it, in a few words."""
    if _arrives(walk, refused):
        return f"physical address {_physical(walk):#x}"
    if refused:
        return "protection fault"
    return "page fault"


def _reason(walk: Walk, refused: str) -> str:
    """How the walk ended, in a sentence."""
    step = walk.steps[-1]
    numbers = [one for one in step.bits if one.nr_bits > 1]
    held = ", ".join(f"{one.name} {value_words(one, step.entry)}" for one in numbers)
    match walk.outcome:
        case "present" if refused:
            return f"The page is in frame {walk.pfn or 0:#x}, but the access is refused: {refused}."
        case "present":
            place = f"frame {walk.pfn or 0:#x}, byte {walk.offset_bytes:#x}"
            return f"The page is in {place}: physical address {_physical(walk):#x}."
        case "protnone":
            frame_words = f"A page is attached, in frame {walk.pfn or 0:#x}"
            return f"{frame_words}, but PRESENT is clear: nobody may touch it (PROT_NONE)."
        case "no table":
            return f"Entry {step.index} of the {step.level} is empty: nothing near is mapped."
        case "none":
            return "The entry is empty: no page has been put here yet, or none ever will be."
        case "swap":
            return f"The page was swapped out; the kernel must read it back: {held}."
        case "file":
            return f"The page is in the file; the kernel must read it again: {held}."
        case "marker":
            meant = "; ".join(one.meaning for one in numbers)
            return f"The kernel left a marker instead of a page: {held} ({meant})."
        case other:
            return f"The entry is of the kind {other}: {held}."


def _tell(step: WalkStep) -> str:
    where = f"Entry {step.index} of the {step.level} in frame {step.table_pfn:#x}"
    return f"{where} is {step.entry:#x}, {ENTRY_WORDS.get(step.kind, step.kind)}."


def _table(walk: Walk) -> Table:
    """A line a table read."""
    rows = [
        (
            step.level,
            span(low, low + step.index_bits - 1),
            str(step.index),
            f"{step.table_pfn:#x}",
            f"{step.entry:#0{walk.entry_bits // 4 + 2}x}",
            step.kind,
            " ".join(step.set_bits) or "-",
        )
        for step, low in zip(walk.steps, _lows(walk), strict=False)
    ]
    headers = ("level", "address bits", "index", "table in frame", "entry", "kind", "fields set")
    return Table(headers, tuple(rows))
