"""A library's life as frames under one scale, and the file beside the addresses that show it.

page      0      16 ⋯ 268  270    one scale for all frames; long stretches are drawn shorter

1 reserve ┌──────────────────┐
          │       r-x        │
2 seal    ┌──────┬───────────┐
          │ r-x  │    ---    │
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from vmalab.records.resolve import Window
from vmalab.records.snapshot import VmaRow
from vmalab.records.words import count_pages
from vmalab.units import bytes_to_pages, pages_to_bytes
from vmalab.views import lanes
from vmalab.views.axis import Strip, one_line, strips
from vmalab.views.drawing import Drawing
from vmalab.views.facts import about, is_file, table_of
from vmalab.views.scene import Arrow, Label, Rect, Scene, Shape

LANE: Final = 4
"""How tall the boxes of VMAs are: three lines of text."""
FILE_LANE: Final = 3
ARROW_ROOM: Final = 1


@dataclass(frozen=True, slots=True)
class LifeFrame:
    """One moment: its name, what was done and why, and the VMAs after it."""

    name: str
    done: str
    rows: tuple[VmaRow, ...]


def library_life(frames: Sequence[LifeFrame], *, title: str = "") -> Drawing:
    """The moments of a library's loading, one under the other, all on the same scale.

    >>> row = VmaRow(0x1000, 0x3000, "r-xp", 0, "lib.so")
    >>> print(library_life([LifeFrame("reserve", "room", (row,))]))  # doctest: +SKIP
    """
    window = _window(row for frame in frames for row in frame.rows)
    edges = sorted({edge for one in frames for row in one.rows for edge in (row.start, row.end)})
    scale = strips(window.start, window.end, edges, lanes.GUTTER)
    title = title or f"How a library comes into memory, in {len(frames)} steps"
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    y = 2.0
    for strip in scale:
        shapes += lanes.ruler(strip, window, y)
        y += 2
        for number, frame in enumerate(frames, 1):
            count = "1 VMA" if len(frame.rows) == 1 else f"{len(frame.rows)} VMAs"
            words = f"{number} {frame.name}: {frame.done} ({count})"
            shapes += lanes.prose(words, y, "ink", "small")
            y += len(lanes.prose(words, y))
            height = lanes.box_height(strip, frame.rows)
            shapes += lanes.lane(strip, frame.rows, window, y, height, "")
            y += height + 1
    told = " ".join(
        f"{number} {frame.name}: {frame.done}. {' '.join(about(row, window) for row in frame.rows)}"
        for number, frame in enumerate(frames, 1)
    )
    last = frames[-1].rows if frames else ()
    return Drawing(Scene(title, told, lanes.WIDTH, y, tuple(shapes), table_of(last, window)))


def _window(rows: Iterable[VmaRow]) -> Window:
    """From the lowest address to the highest."""
    found = list(rows)
    start = min((row.start for row in found), default=0)
    end = max((row.end for row in found), default=pages_to_bytes(1))
    return Window(start, bytes_to_pages(end - start))


def fits_one_line(rows: Sequence[VmaRow]) -> bool:
    """Can so many VMAs be drawn beside one another, as :func:`file_and_memory` does?"""
    return len(_scale(_window(rows), rows)) == 1


def _scale(window: Window, rows: Sequence[VmaRow]) -> tuple[Strip, ...]:
    cuts = [edge for row in rows for edge in (row.start, row.end)]
    return one_line(window.start, window.end, cuts, lanes.GUTTER)


def file_and_memory(
    rows: Sequence[VmaRow], *, nr_pages: int, title: str = "", scale: Sequence[VmaRow] = ()
) -> Drawing:
    """A file of so many pages above, the addresses that show it below, and arrows between them.

    What nobody may touch, and what is of no file, has no arrow. The scale is that of the VMAs
    shown and of those in ``scale``, so that one moment can be drawn like another.
    """
    known = [*scale, *rows]
    window = _window(known)
    shown = [row for row in rows if _is_shown(row)]
    ends = {at for row in known if _is_shown(row) for at in _of_file(row, nr_pages)}
    edges = sorted(ends | {0, nr_pages})
    file_edges = [pages_to_bytes(at) for at in edges]
    file_scale = one_line(0, pages_to_bytes(nr_pages), file_edges, lanes.GUTTER)[0]
    memory_scale = _scale(window, known)[0]
    name = next((row.backing.rsplit("/", 1)[-1] for row in shown), "a file")
    title = title or f"{name}: {count_pages(nr_pages)} of file, {len(rows)} VMAs"
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    shapes += lanes.ruler(file_scale, Window(0, nr_pages), 2)
    shapes += _file_lane(file_scale, edges, name)
    top = 3 + FILE_LANE
    bottom = top + len(shown) * ARROW_ROOM + 2
    shapes += [
        _arrow(row, number, (file_scale, memory_scale), (top, bottom), nr_pages)
        for number, row in enumerate(shown)
    ]
    shapes += lanes.lane(memory_scale, rows, window, bottom, LANE, "memory")
    shapes += [
        Label(one.x, bottom + LANE + 1, one.text, one.role, one.anchor, one.face)
        for one in lanes.ruler(memory_scale, window, 0)
        if isinstance(one, Label)
    ]
    told = " ".join(about(row, window) for row in rows)
    height = bottom + LANE + 2
    return Drawing(
        Scene(title, told, lanes.WIDTH, height, tuple(shapes), table_of(tuple(rows), window))
    )


def _is_shown(row: VmaRow) -> bool:
    """Does it show pages of the file to anybody?"""
    return is_file(row) and not row.perms.startswith("---")


def _of_file(row: VmaRow, nr_pages: int) -> tuple[int, int]:
    """The pages of the file that a VMA shows, as far as the file has them."""
    return min(row.pgoff, nr_pages), min(row.pgoff + row.nr_pages, nr_pages)


def _file_lane(strip: Strip, edges: Sequence[int], name: str) -> list[Shape]:
    shapes: list[Shape] = [Label(0, 3 + FILE_LANE / 2, "file", face="prose")]
    for low, high in pairwise(edges):
        left, right = strip.x(pages_to_bytes(low)), strip.x(pages_to_bytes(high))
        pages = f"pages {low}-{high - 1}" if high - low > 1 else f"page {low}"
        words = f"{pages} of {name}: {count_pages(high - low)}"
        lines = ((pages, pages.removeprefix("pages ").removeprefix("page "), f"{low}"),)
        shapes.append(Rect(left, 3, right - left, FILE_LANE, "file", words, lines))
    return shapes


def _arrow(
    row: VmaRow, number: int, scales: tuple[Strip, Strip], ends: tuple[float, float], nr_pages: int
) -> Arrow:
    """From the middle of what is shown to the middle of where; each at a height of its own."""
    first, after = _of_file(row, nr_pages)
    low, high = pages_to_bytes(first), pages_to_bytes(after)
    start = (scales[0].x(low) + scales[0].x(high)) / 2
    target = (scales[1].x(row.start) + scales[1].x(row.end)) / 2
    top, bottom = ends
    level = top + 1 + number * ARROW_ROOM
    words = f"pages {first} to {after - 1} of the file are shown {row.perms[:3]}"
    points = ((start, top), (start, level), (target, level), (target, bottom))
    return Arrow(points, "ink", words)
