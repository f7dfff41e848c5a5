"""Page frames as cells: large ones that tell everything of a frame, or small ones for many.

       0     1     2     3            the last digit of the frame's number
     ┌─────┬─────┬─────┬─────┬ ⋯
0x10 │ a:2 │  f  │  t  │  ·  │        what the frame holds, and how often it is mapped
     │ DR  │  R  │     │     │        what the hardware and the kernel noted about it
     └─────┴─────┴─────┴─────┴ ⋯
              ▲ clock hand            where the reclaimer stands
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from vmalab.records.memory import FrameKind, FrameRow, MemoryMap
from vmalab.records.words import name_addr
from vmalab.views.lanes import GUTTER, WIDTH
from vmalab.views.scene import (
    Arrow,
    Hatch,
    Label,
    Line,
    Outline,
    Rect,
    Role,
    Scene,
    Shape,
    Table,
)

ROW_CELLS: Final = 96
"""How many columns a row of frames or slots takes."""
LARGE_ROW: Final = 16
SMALL_ROW: Final = 32
"""Frames in a row: large cells tell everything, small ones the kind."""
MOST_LARGE: Final = 96
"""Memory of more frames is drawn in small cells."""
MOST_ROWS: Final = 24
"""How many rows are drawn at most; what does not fit is counted."""
MOST_TABLE_ROWS: Final = 200
"""How many lines the table under the picture has at most."""
MOST_PLACES: Final = 4
"""How many addresses that show one frame are listed."""
GAUGE_CELLS: Final = 60
HEADERS: Final = ("frame", "holds", "of", "page", "count", "mapped", "flags", "mapped at")


@dataclass(frozen=True, slots=True)
class _Look:
    """How a frame's cell is drawn: role, letter, hatching of small cells, and its name."""

    role: Role
    letter: str
    hatch: Hatch
    name: str


_LOOKS: Final[dict[FrameKind, _Look]] = {
    "free": _Look("hole", "·", "", "free"),
    "table": _Look("special", "t", "cross", "page table"),
    "zero": _Look("zero", "z", "", "zero page"),
    "anon": _Look("anon", "a", "", "anonymous"),
    "file": _Look("file", "f", "diagonal", "page cache"),
    "shmem": _Look("shmem", "s", "dots", "shared memory"),
}
_FLAG_LETTERS: Final = {
    "dirty": "D",
    "referenced": "R",
    "swapcache": "S",
    "locked": "L",
    "exclusive": "E",
}
"""The marks in the second line of a large cell."""
_SMALL_MARKS: Final = {
    frozenset({"dirty"}): ("*", "dirty"),
    frozenset({"referenced"}): ("'", "referenced"),
    frozenset({"dirty", "referenced"}): ('"', "both"),
}
"""The mark beside the letter of a small one."""


def memory_scene(memory: MemoryMap, title: str) -> Scene:
    """Title, gauge, frames, key."""
    frames = memory.frames
    title = title or f"Physical memory: {_count(len(frames))}, {memory.nr_free} free"
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    y = 2.0
    if memory.high:
        shapes += _gauge(memory, y)
        y += 4
    large = len(frames) <= MOST_LARGE
    found, y = _frame_rows(memory, y, large=large)
    shapes += found
    for name, items in _keys(memory, large=large):
        lines = key(name, items, y)
        shapes += lines
        y += len(lines)
    return Scene(title, _describe(memory, title), WIDTH, y, tuple(shapes), _frame_table(frames))


def _count(nr_frames: int) -> str:
    return "1 frame" if nr_frames == 1 else f"{nr_frames} frames"


def _gauge(memory: MemoryMap, y: float) -> list[Shape]:
    """How many frames are free, beside the watermarks; the scale ends at twice the high one."""
    scale = GAUGE_CELLS / (2 * memory.high)
    free = min(memory.nr_free * scale, GAUGE_CELLS)
    low, high = (GUTTER + round(mark * scale) for mark in (memory.low, memory.high))
    words = f"free: {_count(memory.nr_free)}; {_pressure(memory)}"
    shapes: list[Shape] = [
        Label(0, y + 1, "free", face="prose"),
        Rect(GUTTER, y + 1, GAUGE_CELLS, 0.8, "hole", words, (("",),), outline="dashed"),
    ]
    if free >= 1:
        shapes.append(Rect(GUTTER, y + 1, round(free), 0.8, "set", words))
    shapes += [
        Arrow(((low, y - 0.3), (low, y + 0.5)), "gone", f"low watermark: {memory.low} frames"),
        Arrow(
            ((high, y - 0.3), (high, y + 0.5)), "changed", f"high watermark: {memory.high} frames"
        ),
        Label(low - 1, y, f"low {memory.low}", "gone", "end", "small"),
        Label(high + 1, y, f"high {memory.high}", "changed", "start", "small"),
        Label(GUTTER + GAUGE_CELLS + 2, y + 1, _count(memory.nr_free), face="prose"),
        Label(GUTTER, y + 2, f"{_pressure(memory)}.".capitalize(), "muted", face="small"),
    ]
    return shapes


def _pressure(memory: MemoryMap) -> str:
    """What the reclaimer makes of the number of free frames."""
    if memory.nr_free < memory.low:
        return "below the low watermark, so pages are reclaimed until the high one is reached"
    if memory.nr_free < memory.high:
        return "between the watermarks, so a reclaim that is under way goes on but none begins"
    return "at the high watermark or above, so nothing is reclaimed"


def _frame_rows(memory: MemoryMap, y: float, *, large: bool) -> tuple[list[Shape], float]:
    """Rows of cells with their numbers, and the row below them."""
    per_row, height = (LARGE_ROW, 3.0) if large else (SMALL_ROW, 1.0)
    width = ROW_CELLS / per_row
    pfns = [frame.pfn for frame in memory.frames]
    shapes = ruler("frame", per_row, y, pfns) if pfns else []
    y += bool(pfns)
    drawn, foot = 0, 1 + large
    for folded, rows in _folded(memory, per_row):
        if drawn >= MOST_ROWS:
            break
        foot = 1 + large
        if folded:
            count = sum(map(len, rows))
            text = f"⋮ {count} free frames from {rows[0][0].pfn:#x}"
            shapes.append(Label(GUTTER, y + large, text, "muted", face="small"))
            y += 1 + large
            drawn += 1
            continue
        for row in rows[: MOST_ROWS - drawn]:
            number = f"{row[0].pfn - row[0].pfn % per_row:#x}"
            shapes.append(Label(0, y + large, number))
            for frame in row:
                x = GUTTER + frame.pfn % per_row * width
                shapes.append(_frame_cell(frame, x, y, width, large=large))
            y += height
            hands = [frame for frame in row if frame.pfn == memory.hand]
            if hands and memory.high:
                x = GUTTER + hands[0].pfn % per_row * width
                shapes += _hand(x, y, width, height)
                y += 1 + large
            foot = 1 if hands and memory.high else 1 + large
            drawn += 1
    shown = _count_shown(memory, per_row)
    if shown < len(memory.frames):
        text = f"{len(memory.frames) - shown} more frames are not drawn."
        shapes.append(Label(GUTTER, y + large, text, "muted", face="small"))
        y += 1
    return shapes, y + foot


def ruler(name: str, per_row: int, y: float, numbered: Iterable[int]) -> list[Shape]:
    """The last digits of the numbers in a row, as far as the longest row of cells goes."""
    width = ROW_CELLS / per_row
    digits = 1 if per_row <= 16 else 2
    numbers = (
        Label(GUTTER + (n + 0.5) * width, y, f"{n:0{digits}x}", "muted", "middle")
        for n in range(1 + max(number % per_row for number in numbered))
    )
    return [Label(0, y, name, "muted", face="prose"), *numbers]


def _folded(memory: MemoryMap, per_row: int) -> Iterator[tuple[bool, list[list[FrameRow]]]]:
    """Rows of frames; several neighbouring ones in which everything is free come as one."""
    rows = [list(row) for _, row in groupby(memory.frames, lambda frame: frame.pfn // per_row)]

    def dull(row: Sequence[FrameRow]) -> bool:
        return all(frame.kind == "free" and frame.pfn != memory.hand for frame in row)

    for key, found in groupby(rows, dull):
        group = list(found)
        yield key and len(group) > 2, group


def _count_shown(memory: MemoryMap, per_row: int) -> int:
    """How many frames the rows tell of, drawn or folded."""
    shown = drawn = 0
    for folded, rows in _folded(memory, per_row):
        if drawn >= MOST_ROWS:
            break
        taken = rows if folded else rows[: MOST_ROWS - drawn]
        shown += sum(map(len, taken))
        drawn += 1 if folded else len(taken)
    return shown


def _frame_cell(frame: FrameRow, x: float, y: float, width: float, *, large: bool) -> Rect:
    """A frame: kind and mapcount, and under them its flags."""
    look = _LOOKS[frame.kind]
    about = f"frame {frame.pfn:#x}: {_tell_frame(frame)}"
    outline: Outline = "dashed" if frame.kind == "free" else "plain"
    letter = look.letter
    if not large:
        letter = letter.upper() if frame.mapcount else letter
        mark = _small_mark(frame)
        lines: tuple[Line, ...] = ((f"{letter}{mark[0]}" if mark else letter,),)
        return Rect(x, y, width, 0.8, look.role, about, lines, look.hatch, outline)
    mapped = f"{letter}:{frame.mapcount}" if frame.mapcount else letter
    marks = "".join(_FLAG_LETTERS[flag] for flag in _FLAG_LETTERS if flag in frame.flags)
    return Rect(x, y, width, 3, look.role, about, ((mapped, letter), (marks,)), outline=outline)


def _small_mark(frame: FrameRow) -> tuple[str, str] | None:
    """The mark of a small cell, with its meaning."""
    return _SMALL_MARKS.get(frozenset(frame.flags) & {"dirty", "referenced"})


def _hand(x: float, y: float, width: float, height: float) -> list[Shape]:
    """The reclaimer's clock hand, under the frame at which it stands."""
    frame = Rect(x, y - height, width, max(height, 0.8), "changed", "clock hand", outline="frame")
    row, middle = y + (height > 1), x + width / 2
    if x < WIDTH / 2:
        return [frame, Label(middle - 0.5, row, "▲ clock hand", "changed")]
    return [frame, Label(middle + 0.5, row, "clock hand ▲", "changed", "end")]


def _tell_frame(frame: FrameRow) -> str:
    """A frame in words."""
    words = [_LOOKS[frame.kind].name]
    if frame.backing:
        words.append(f"page {frame.index} of {frame.backing}")
    if frame.mapcount:
        words.append(f"mapped {'once' if frame.mapcount == 1 else f'{frame.mapcount} times'}")
    return ", ".join([*words, *frame.flags])


def _keys(memory: MemoryMap, *, large: bool) -> list[tuple[str, list[str]]]:
    """What the letters mean, for those that occur."""
    kinds = [
        f"{look.letter} {look.name} {count}"
        for kind, look in _LOOKS.items()
        if (count := sum(frame.kind == kind for frame in memory.frames))
    ]
    flags = {flag for frame in memory.frames for flag in frame.flags}
    mapped = any(frame.mapcount for frame in memory.frames)
    if large:
        marks = [":n mapped n times"] if mapped else []
        marks += [f"{letter} {flag}" for flag, letter in _FLAG_LETTERS.items() if flag in flags]
    else:
        marks = ["capital: mapped"] if mapped else []
        found = {_small_mark(frame) for frame in memory.frames}
        marks += [" ".join(mark) for mark in _SMALL_MARKS.values() if mark in found]
    return [(name, items) for name, items in (("frames", kinds), ("marks", marks)) if items]


def key(name: str, items: Sequence[str], y: float) -> list[Shape]:
    """The key under a picture; an item is never broken."""
    lines = [f"{name}: {items[0]}"]
    for item in items[1:]:
        longer = f"{lines[-1]} · {item}"
        if len(longer) > WIDTH:
            lines.append(item)
        else:
            lines[-1] = longer
    return [Label(0, y + n, line, "muted", face="small") for n, line in enumerate(lines)]


def _describe(memory: MemoryMap, title: str) -> str:
    told = [f"{title}."]
    kinds = dict(_keys(memory, large=True)).get("frames", [])
    told += [f"They hold: {', '.join(kind[2:] for kind in kinds)}."] if kinds else []
    if memory.high:
        told.append(f"Low watermark {memory.low}, high {memory.high}: {_pressure(memory)}.")
        told.append(f"The clock hand stands at frame {memory.hand:#x}.")
    return " ".join(told)


def _frame_table(frames: Sequence[FrameRow]) -> Table:
    """A line a frame; neighbouring free ones share theirs."""
    rows: list[tuple[str, ...]] = []
    for free, found in groupby(frames, lambda frame: frame.kind == "free"):
        group = list(found)
        if free:
            ends = f"{group[0].pfn:#x}"
            ends += f"-{group[-1].pfn:#x}" if len(group) > 1 else ""
            rows.append((ends, "free", "-", "-", "-", "-", "-", "-"))
        else:
            rows += [_table_row(frame) for frame in group]
    return Table(HEADERS, cut(rows))


def _table_row(frame: FrameRow) -> tuple[str, ...]:
    found = [f"{task}:{name_addr(addr)}" for task, addr in frame.mapped_at]
    if len(found) > MOST_PLACES:
        found[MOST_PLACES:] = [f"and {len(found) - MOST_PLACES} more"]
    places = " ".join(found)
    return (
        f"{frame.pfn:#x}",
        frame.kind,
        frame.backing or "-",
        str(frame.index) if frame.backing else "-",
        str(frame.count),
        str(frame.mapcount),
        " ".join(frame.flags) or "-",
        places or "-",
    )


def cut(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """The first rows of a table, and how many more there are."""
    if len(rows) <= MOST_TABLE_ROWS:
        return tuple(rows)
    more = f"and {len(rows) - MOST_TABLE_ROWS} more"
    return (*rows[:MOST_TABLE_ROWS], (more, *[""] * (len(rows[0]) - 1)))
