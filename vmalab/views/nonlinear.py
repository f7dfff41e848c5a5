r"""A nonlinear area: each page of a window joined to the page of the file that it shows.

page      0    1    2    3
VMAs      ┌───────────────────┐     what the VMA says of all its pages
          │ rw-s  f0          │
          └───────────────────┘
pages     ┌────┬────┬────┬────┐     what the page table says of each
          │ rw │ r-*│ rw │ rw │     its rights; a star where they are not the VMA's
          │ →0 │ →9 │ →7 │(3) │     which page of the file; in brackets: only if the VMA is asked
          │here│note│here│ ·  │
          └────┴────┴────┴────┘
             │    \   /
f0        ┌────┬────┬────┐
          │ 0  │ 7  │ 9  │
          └────┴────┴────┘
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from vmalab.records.pages import PageRow
from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.words import name_addr, name_prot
from vmalab.units import PAGE_SIZE
from vmalab.views import lanes
from vmalab.views.axis import LINE_CELLS, MAX_CELLS, MIN_CELLS, Strip, strips
from vmalab.views.drawing import Drawing
from vmalab.views.facts import about, role_of
from vmalab.views.scene import Arrow, Label, Line, Outline, Rect, Role, Scene, Shape, Table

KINDS: Final[dict[str, tuple[Line, str]]] = {
    "present": (("here", "h"), "in memory"),
    "protnone": (("shut", "x"), "in memory, and nobody may touch it"),
    "file": (("note", "n"), "not in memory, the entry is a note of what belongs here"),
    "swap": (("swap", "s"), "a copy of its own, in swap"),
    "none": (("·",), "no entry, so the VMA decides: the page in brackets"),
}
"""A page's entry: the word in its cell, and what that means."""
_ROLES: Final[dict[str, Role]] = {"protnone": "none", "none": "hole"}
_LINKS: Final[dict[str, tuple[Role, bool]]] = {
    "present": ("changed", False),
    "protnone": ("gone", False),
}
"""The line from a page to its file: its colour, and is it dashed?"""
CELL_HEIGHT: Final = 4
LINK_ROWS: Final = 4
"""How far apart the window's pages and the file's are drawn."""
MOST_FILLED: Final = 16
"""A file's part of so many pages is shown without gaps."""
OWN: Final = "*"
"""Marks rights that are not the VMA's."""


def nonlinear_area(
    snapshot: Snapshot, window: Window, *, title: str = "", part: Window | None = None
) -> Drawing:
    """Window pages joined to file pages, each with its rights beside those of its VMA.

    Draws ``snapshot.pages``; on a kernel without nonlinear areas the VMAs over them tell the same.
    Of a large window only ``part`` may be drawn; pages keep their numbers.

    >>> from vmalab.records.snapshot import VmaRow
    >>> row = VmaRow(0x10000, 0x12000, "rw-s", 0, "f0", ("nl",))
    >>> pages = (PageRow(0x10000, "present", 9, "rw"), PageRow(0x11000, "none", 1, "rw"))
    >>> nonlinear_area(Snapshot((row,), pages=pages), Window(0x10000, 2)).scene.title
    'Pages of f0 through a window: 1 VMA'
    """
    if part is not None:
        pages = tuple(one for one in snapshot.pages if part.start <= one.addr < part.end)
        snapshot = replace(snapshot, pages=pages)
    return Drawing(_Page(snapshot, window, title, part).scene())


@dataclass(slots=True)
class _Page:
    """A picture being laid out from top to bottom."""

    snapshot: Snapshot
    window: Window
    title: str
    part: Window | None
    shapes: list[Shape] = field(default_factory=list)

    def scene(self) -> Scene:
        """Heading, lanes, key."""
        window = self.window
        near = lanes.near_rows(self.snapshot.vmas, self.part or window)
        title = self.title or _title(near)
        self.shapes.append(Label(0, 0, title, "ink", "start", "title"))
        y = 2.0
        for strip in self._strips(near):
            y = self._strip(strip, near, y) + 1
        for line in self._key():
            lines = lanes.prose(line, y, "muted", "small")
            self.shapes += lines
            y += len(lines)
        told = [about(row, window) for row in near]
        told += [
            self._tell(page) for page in self.snapshot.pages if page.kind != "none" or page.own
        ]
        words = " ".join([f"{title}.", *told])
        return Scene(title, words, lanes.WIDTH, y, tuple(self.shapes), self._table())

    def _strips(self, near: Sequence[VmaRow]) -> tuple[Strip, ...]:
        """The lines: those of the part, or of the window with what reaches into it."""
        if self.part is None:
            return lanes.near_strips(near, self.window)
        edges = [edge for row in near for edge in (row.start, row.end)]
        return strips(self.part.start, self.part.end, edges, lanes.GUTTER)

    def _strip(self, strip: Strip, near: Sequence[VmaRow], y: float) -> float:
        """One line of the window and what it shows; returns the row under it."""
        height = lanes.box_height(strip, near)
        self.shapes += lanes.ruler(strip, self.window, y)
        self.shapes += lanes.lane(strip, near, self.window, y + 1, height, "VMAs")
        y += height + 2
        pages = [one for one in self.snapshot.pages if strip.start <= one.addr < strip.end]
        if not pages:
            return y
        self.shapes.append(Label(0, y + 2, "pages", face="prose"))
        for page in pages:
            self.shapes += self._cell(strip, page, y)
        return self._file_pages(strip, pages, y + CELL_HEIGHT)

    def _cell(self, strip: Strip, page: PageRow, y: float) -> list[Shape]:
        x, width = strip.x(page.addr), strip.x(page.addr + PAGE_SIZE) - strip.x(page.addr)
        empty = page.kind == "none"
        rights: Line = (page.perms,)
        shows: Line = (f"→{page.pgoff}", str(page.pgoff))
        if page.own:
            rights = (page.perms + OWN, page.perms)
        if empty:
            shows = (f"({page.pgoff})", str(page.pgoff))
        lines = (rights, shows, KINDS.get(page.kind, ((page.kind,), ""))[0])
        role = self._role(page)
        words = self._tell(page)
        outline: Outline = "dashed" if empty else "plain"
        cell = Rect(x, y, width, CELL_HEIGHT, role, words, lines, outline=outline)
        frame = Rect(x, y, width, CELL_HEIGHT, "gone", words, outline="frame")
        return [cell, frame] if page.own else [cell]

    def _role(self, page: PageRow) -> Role:
        row = self.snapshot.find(page.addr)
        if page.kind == "present" and row is not None:
            return "file" if role_of(row) == "none" else role_of(row)
        return _ROLES.get(page.kind, "special")

    def _file_pages(self, strip: Strip, pages: Sequence[PageRow], foot: float) -> float:
        """The pages of the file that are shown or noted, and the lines that join them."""
        joined = [one for one in pages if one.kind not in {"none", "swap"}]
        if not joined:
            return foot + 1
        top = foot + LINK_ROWS
        widest = (strip.right - strip.left) * PAGE_SIZE / (strip.end - strip.start)
        places = _places([(self._backing(one), one.pgoff) for one in joined], widest)
        names = {name for name, _ in places}
        for page in joined:
            x = strip.x(page.addr) + (strip.x(page.addr + PAGE_SIZE) - strip.x(page.addr)) / 2
            left, width = places[self._backing(page), page.pgoff]
            role, dashed = _LINKS.get(page.kind, ("muted", True))
            path = ((x, foot), (left + width / 2, top))
            words = self._tell(page)
            self.shapes.append(Arrow(path, role, words, head=False, dashed=dashed, in_text=False))
        shown = {(self._backing(one), one.pgoff) for one in joined}
        for (name, pgoff), (left, width) in places.items():
            text = str(pgoff) if len(names) == 1 else f"{name}:{pgoff}"
            here = (name, pgoff) in shown
            words = f"page {pgoff} of {name}" + ("" if here else ": not shown in the window")
            outline: Outline = "plain" if here else "dashed"
            lines = ((text, str(pgoff)),)
            self.shapes.append(
                Rect(left, top, width, 2, "file" if here else "hole", words, lines, outline=outline)
            )
        self.shapes += [
            Label((end + start) / 2, top + 1, "⋯", "muted", "middle")
            for end, start in _gaps(list(places.values()))
        ]
        name = " ".join(sorted(names))
        self.shapes.append(Label(0, top + 1, name[: lanes.GUTTER - 1], face="prose"))
        return top + 3

    def _backing(self, page: PageRow) -> str:
        row = self.snapshot.find(page.addr)
        return row.backing if row is not None else ""

    def _tell(self, page: PageRow) -> str:
        """One page in a sentence."""
        where = name_addr(page.addr, self.window)
        verb = {"none": "would show", "file": "is to show"}.get(page.kind, "shows")
        what = f"{where} {verb} page {page.pgoff} of {self._backing(page)}"
        own = ", not the rights of its VMA" if page.own else ""
        meaning = KINDS.get(page.kind, ((), page.kind))[1]
        return f"{what}, {name_prot(page.perms)}{own} ({meaning})."

    def _key(self) -> list[str]:
        kinds = {one.kind for one in self.snapshot.pages}
        words = [f"{KINDS[kind][0][0]} = {KINDS[kind][1]}" for kind in KINDS if kind in kinds]
        if any(one.own for one in self.snapshot.pages):
            words.append(f"{OWN} = not the rights of the VMA")
        return words

    def _table(self) -> Table:
        rows = []
        for page in self.snapshot.pages:
            vma = self.snapshot.find(page.addr)
            if vma is None:
                continue
            linear = vma.pgoff + (page.addr - vma.start) // PAGE_SIZE
            where = name_addr(page.addr, self.window).removeprefix("page ")
            told = (page.kind, str(page.pgoff), page.perms, str(linear), vma.perms[:3])
            rows.append((where, *told))
        heads = ("page", "entry", "file page", "rights", "VMA: file page", "VMA: rights")
        return Table(heads, tuple(rows))


def _title(near: Sequence[VmaRow]) -> str:
    names = sorted({row.backing for row in near}) or ["nothing"]
    count = "1 VMA" if len(near) == 1 else f"{len(near)} VMAs"
    return f"Pages of {', '.join(names)} through a window: {count}"


def _places(
    wanted: Sequence[tuple[str, int]], widest: float = MAX_CELLS
) -> dict[tuple[str, int], tuple[float, float]]:
    """Where each page of the files is drawn: column and width. Near pages stand side by side."""
    found = sorted(set(wanted))
    names = {name for name, _ in found}
    if len(names) == 1:
        (name,), low, high = names, found[0][1], found[-1][1]
        if high - low < MOST_FILLED:
            found = [(name, pgoff) for pgoff in range(low, high + 1)]
    breaks = sum(not _follow(one, two) for one, two in pairwise(found))
    gap = MIN_CELLS if (len(found) + breaks) * MIN_CELLS <= LINE_CELLS else 0
    width = min(widest, (LINE_CELLS - breaks * gap) // len(found))
    places: dict[tuple[str, int], tuple[float, float]] = {}
    x, before = float(lanes.GUTTER), None
    for one in found:
        if before is not None and not _follow(before, one):
            x += gap
        places[one] = (x, width)
        x, before = x + width, one
    return places


def _follow(one: tuple[str, int], two: tuple[str, int]) -> bool:
    return one[0] == two[0] and one[1] + 1 == two[1]


def _gaps(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The columns between pages that do not touch."""
    return [(one[0] + one[1], two[0]) for one, two in pairwise(places) if two[0] > one[0] + one[1]]
