"""A timeline of page faults: time runs down, the pages of the window lie side by side.

     #  page     access               0       4       8          what happened
     1  page 2   write   [ minor ]    ┆ . w . . . . . . ┆        a zeroed page of its own
     2  page 5   read    [ major ]    ┆ . . . . r . . . ┆        read back from swap; page 2
                                                                 went to slot 3
     3  page 2   read    [  hit  ]    ┆ . r . . . . . . ┆

Read downwards, the letters are a reference string: one sees locality, scans and loops.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from vmalab.records.events import Event, PageFaulted, PageReclaimed, SwappedOut
from vmalab.records.resolve import Window
from vmalab.records.words import name_addr, window_page
from vmalab.units import addr_to_vpn, vpn_to_addr
from vmalab.views.drawing import Drawing
from vmalab.views.frames import cut
from vmalab.views.lanes import WIDTH
from vmalab.views.scene import Hatch, Label, Line, Outline, Rect, Role, Scene, Shape, Table

Access = Literal["read", "write", "exec"]

MOST_ROWS: Final = 40
"""How many rows are drawn; the others are counted."""
MOST_LANE_PAGES: Final = 32
"""More pages than that do not stand side by side."""
PLACE: Final = 4
"""The column in which the place begins; the others follow it."""
ACCESS_CELLS: Final = 7
VERDICT_CELLS: Final = 9
GUIDE_CELLS: Final = 4
"""How far apart page numbers stand, and the dots under them."""
LETTER_CELLS: Final = 1.4
"""How near a letter there is no dot."""
_LETTERS: Final = {"read": "r", "write": "w", "exec": "x"}


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch of memory, and what it made happen; without a fault among it, it was a hit."""

    addr: int
    access: Access
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the picture."""

    addr: int
    access: Access
    verdict: str
    outcome: str
    also: tuple[str, ...]


def fault_timeline(
    happened: Iterable[Event | Touch], window: Window | None = None, *, title: str = ""
) -> Drawing:
    """One row a fault: where, which access, minor, major or a signal, and what was done.

    ``happened`` are events as they came; those that are no faults are passed over, but what was
    pushed out of memory is told with the fault that follows. Give a :class:`Touch` for each
    reference, and hits have rows too.

    >>> fault = PageFaulted(0x12000, "write", "a zeroed page of its own")
    >>> touches = [Touch(0x12000, "write", (fault,)), Touch(0x12004, "read")]
    >>> drawing = fault_timeline(touches, Window(0x10000, 4))
    >>> drawing.scene.title
    '2 touches: 1 hit, 1 minor fault'
    >>> for row in drawing.scene.table.rows:
    ...     print(*row, sep=" | ")
    1 | page 2 | write | minor | a zeroed page of its own
    2 | byte 4 of page 2 | read | hit | -
    """
    rows = list(_rows(happened, window))
    title = title or _summary(rows)
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    lane = _Lane.of(rows, window)
    y = 2.0
    if rows:
        shapes += _heads(lane, y)
        y += 1
    for number, row in enumerate(rows[:MOST_ROWS], 1):
        found, y = _draw(number, row, lane, window, y)
        shapes += found
    if len(rows) > MOST_ROWS:
        more = f"{len(rows) - MOST_ROWS} more are not drawn."
        shapes.append(Label(PLACE, y, more, "muted", face="small"))
        y += 1
    told = " ".join([f"{title}.", *(_tell(row, window) for row in rows[:MOST_ROWS])])
    return Drawing(Scene(title, told, WIDTH, y, tuple(shapes), _table(rows, window)))


def _rows(happened: Iterable[Event | Touch], window: Window | None) -> Iterator[_Row]:
    pushed: list[str] = []
    for one in happened:
        if isinstance(one, Touch):
            found = list(_rows(one.events, window))
            yield from found or [_Row(one.addr, one.access, "hit", "", ())]
        elif isinstance(one, PageFaulted):
            yield _Row(one.addr, one.access, one.verdict, one.outcome, tuple(pushed))
            pushed.clear()
        elif isinstance(one, SwappedOut | PageReclaimed):
            pushed.append(_pushed(one, window))


def _pushed(event: SwappedOut | PageReclaimed, window: Window | None) -> str:
    """What had to leave memory, in a few words."""
    match event:
        case SwappedOut(addr, _, slot):
            return f"{name_addr(addr, window)} went to slot {slot}"
        case PageReclaimed(pfn, 0):
            return f"frame {pfn:#x} was taken back from its file"
        case PageReclaimed(pfn, slot):
            return f"frame {pfn:#x} went to slot {slot}"


def _summary(rows: Sequence[_Row]) -> str:
    """How many of each kind."""
    verdicts = [row.verdict for row in rows]
    counted = []
    for verdict in dict.fromkeys(("hit", "minor", "major", *sorted(verdicts))):
        if count := verdicts.count(verdict):
            words = verdict if verdict == "hit" or verdict.isupper() else f"{verdict} fault"
            counted.append(f"{count} {words}{'s' * (count > 1 and not words.isupper())}")
    if not counted:
        return "No page faults"
    if "hit" not in verdicts:
        return f"Page faults: {', '.join(counted)}"
    touches = "1 touch" if len(rows) == 1 else f"{len(rows)} touches"
    return f"{touches}: {', '.join(counted)}"


@dataclass(frozen=True, slots=True)
class _Lane:
    """Where the columns stand, and the pages side by side, as (virtual page number: column)."""

    access: float
    columns: Mapping[int, float] = field(default_factory=dict)
    width: float = 0
    numbered: bool = False

    @classmethod
    def of(cls, rows: Sequence[_Row], window: Window | None) -> _Lane:
        """The window's pages, or else those touched; none where they are too many."""
        access = PLACE + max([7, *(len(_short(row.addr, window)) for row in rows)]) + 2
        numbered = window is not None and window.pages <= MOST_LANE_PAGES
        if window is not None and numbered:
            first = addr_to_vpn(window.start)
            vpns = list(range(first, first + window.pages))
        else:
            vpns = sorted({addr_to_vpn(row.addr) for row in rows})
        if not vpns or len(vpns) > MOST_LANE_PAGES:
            return cls(access)
        cells = 2 if len(vpns) <= MOST_LANE_PAGES // 2 else 1
        left = access + ACCESS_CELLS + VERDICT_CELLS + 1
        columns = {vpn: left + cells * number for number, vpn in enumerate(vpns)}
        return cls(access, columns, cells * len(vpns), numbered)

    @property
    def verdict(self) -> float:
        """The column in which the verdict begins."""
        return self.access + ACCESS_CELLS

    @property
    def left(self) -> float:
        """The column in which the pages begin."""
        return self.verdict + VERDICT_CELLS + 1

    @property
    def after(self) -> float:
        """The column in which the words begin."""
        return self.left + self.width + 2 * bool(self.width)

    @property
    def cells(self) -> float:
        """How wide a page is drawn."""
        return self.width / max(len(self.columns), 1)

    @property
    def guides(self) -> list[tuple[float, str]]:
        """Columns under a page number, and the number, not too close together."""
        step = max(1, int(GUIDE_CELLS / max(self.cells, 1)))
        places = enumerate(self.columns.values())
        return [(x + self.cells / 2, str(number)) for number, x in places if number % step == 0]


def _heads(lane: _Lane, y: float) -> list[Shape]:
    heads = [(PLACE, "touched"), (lane.access, "access"), (lane.verdict, "fault")]
    heads.append((lane.after, "what happened"))
    shapes: list[Shape] = [Label(3, y, "#", "muted", "end", "small")]
    shapes += [Label(x, y, text, "muted", face="small") for x, text in heads]
    if lane.numbered:
        shapes += [Label(x, y, text, "muted", "middle", "small") for x, text in lane.guides]
    return shapes


def _draw(
    number: int, row: _Row, lane: _Lane, window: Window | None, y: float
) -> tuple[list[Shape], float]:
    """A row, and the row below it."""
    role, hatch, outline = _look(row.verdict)
    words = _tell(row, window)
    verdict: tuple[Line, ...] = ((row.verdict,),)
    shapes: list[Shape] = [
        Label(3, y, str(number), "muted", "end"),
        Label(PLACE, y, _short(row.addr, window)),
        Label(lane.access, y, row.access),
        Rect(lane.verdict, y, VERDICT_CELLS, 0.8, role, words, verdict, hatch, outline),
    ]
    shapes += _mark(row, lane, words, y)
    told = textwrap.wrap(_words(row), int(WIDTH - lane.after))
    shapes += [Label(lane.after, y + n, line, face="prose") for n, line in enumerate(told)]
    return shapes, y + max(1, len(told))


def _mark(row: _Row, lane: _Lane, words: str, y: float) -> list[Shape]:
    """The page that was touched, among the others."""
    if not lane.width:
        return []
    blank: tuple[Line, ...] = (("",),)
    pages = Rect(lane.left, y, lane.width, 0.8, "hole", "pages", blank, outline="dashed")
    x = lane.columns.get(addr_to_vpn(row.addr))
    middle = -WIDTH if x is None else x + lane.cells / 2
    dots: list[Shape] = [
        Label(place, y, "·", "muted", "middle")
        for place, _ in lane.guides
        if abs(place - middle) > LETTER_CELLS
    ]
    if x is None:
        return [pages, *dots]
    role, _, outline = _look(row.verdict)
    cell = Rect(x, y, lane.cells, 0.8, role, words, blank, outline=outline)
    return [pages, *dots, cell, Label(middle, y, _LETTERS[row.access], role, "middle")]


def _words(row: _Row) -> str:
    """What was done for a fault, and what had to go for it."""
    return "; ".join(filter(None, (row.outcome, *row.also)))


def _look(verdict: str) -> tuple[Role, Hatch, Outline]:
    """How a verdict's box looks; the word in it says the same."""
    match verdict:
        case "hit":
            return "hole", "", "dashed"
        case "minor":
            return "clear", "", "plain"
        case "major":
            return "set", "", "plain"
        case _:
            return "gone", "back", "plain"


def _short(addr: int, window: Window | None) -> str:
    """The page, where the window has it; else the address of the page."""
    page = window_page(addr, window)
    return f"{vpn_to_addr(addr_to_vpn(addr)):#x}" if page is None else f"page {page}"


def _tell(row: _Row, window: Window | None) -> str:
    verb = {"read": "Reading", "write": "Writing", "exec": "Executing"}[row.access]
    place = name_addr(row.addr, window)
    if row.verdict == "hit":
        return f"{verb} {place}: a hit."
    kind = row.verdict if row.verdict.isupper() else f"a {row.verdict} fault"
    return f"{verb} {place}: {kind}, {_words(row)}."


def _table(rows: Sequence[_Row], window: Window | None) -> Table:
    cells = [
        (
            str(number),
            name_addr(row.addr, window),
            row.access,
            row.verdict,
            _words(row) or "-",
        )
        for number, row in enumerate(rows, 1)
    ]
    return Table(("#", "touched", "access", "fault", "what happened"), cut(cells))
