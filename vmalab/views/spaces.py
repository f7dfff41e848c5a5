"""The picture of one address space at rest."""

from __future__ import annotations

from math import log2
from typing import Final

from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.units import PAGE_SIZE, format_bytes
from vmalab.views import lanes
from vmalab.views.drawing import Drawing
from vmalab.views.facts import about, describe_rows, flags_of, is_file, role_of, table_of
from vmalab.views.palette import PALETTE
from vmalab.views.scene import Label, Rect, Scene, Shape


def address_space(
    snapshot: Snapshot,
    window: Window | None = None,
    *,
    title: str = "",
    pages: bool = True,
) -> Drawing:
    """The VMAs of an address space, in address order.

    With a window: boxes along a ruler of window pages, holes between them, and under them (unless
    ``pages`` is False) what the page tables hold. Without one: a line a VMA with its addresses,
    and the size of each gap.

    >>> row = VmaRow(0x11000, 0x13000, "rw-p", 0, "anon")
    >>> print(address_space(Snapshot((row,)), Window(0x10000, 4)))  # doctest: +SKIP
    """
    count = "1 VMA" if snapshot.map_count == 1 else f"{snapshot.map_count} VMAs"
    title = title or f"Address space: {count}"
    if window is None:
        return Drawing(_tower(snapshot, title))
    return Drawing(_lanes(snapshot, window, title, pages=pages))


def _lanes(snapshot: Snapshot, window: Window, title: str, *, pages: bool) -> Scene:
    near = lanes.near_rows(snapshot.vmas, window)
    far = lanes.far_rows(snapshot.vmas, window)
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    y = 2.0
    far_lines = lanes.far_lines(far)
    too_many = len(far_lines) > lanes.MOST_FAR_LINES
    for strip in (*lanes.near_strips(near, window), *([] if too_many else far_lines)):
        height = lanes.box_height(strip, snapshot.vmas)
        name = "outside" if strip in far_lines else "VMAs"
        shapes += lanes.ruler(strip, window, y)
        shapes += lanes.lane(strip, snapshot.vmas, window, y + 1, height, name)
        y += height + 2
        if pages and (cells := lanes.page_cells(strip, snapshot, window, y)):
            shapes += cells
            y += 1
        if pages and (cells := lanes.shown_cells(strip, snapshot, window, y)):
            shapes += cells
            y += lanes.nr_rows(cells)
        y += 1
    if pages and (key := lanes.page_key([snapshot], window, y)):
        shapes += key
        y += len(key) + 1
    if too_many:
        shapes += lanes.prose(f"{len(far)} more VMAs lie outside the window.", y, "muted")
        y += 2
    told = describe_rows(snapshot.vmas, window)
    return Scene(title, told, lanes.WIDTH, y - 1, tuple(shapes), table_of(near, window))


COLUMNS: Final = (0, 27, 38, 50, 56, 84, 95)
"""Where the columns of a tower stand: addresses, bar, size, permissions, backing, pgoff, flags."""
BAR_CELLS: Final = 10


def _tower(snapshot: Snapshot, title: str) -> Scene:
    """A line a VMA; bars grow with the logarithm of the size."""
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    heads = ("addresses", "size (bar: logarithm)", "", "perms", "backing", "file page", "flags")
    shapes += [
        Label(x, 2, head, "muted", "start", "small")
        for x, head in zip(COLUMNS, heads, strict=True)
        if head
    ]
    y, after = 3.0, None
    for row in snapshot.vmas:
        if after is not None and row.start > after:
            gap = f"⋮ {format_bytes(row.start - after)} free"
            shapes.append(Label(COLUMNS[1], y, gap, "muted", "start", "small"))
            y += 1
        shapes += _tower_row(row, y)
        y += 1
        after = row.end
    return Scene(title, describe_rows(snapshot.vmas, None), lanes.WIDTH, y, tuple(shapes))


def _tower_row(row: VmaRow, y: float) -> list[Shape]:
    place, bar, much, perms, backing, pgoff, flags = COLUMNS
    width = min(BAR_CELLS, 1 + log2(max(row.nr_pages, 1)) / 3)
    role = role_of(row)
    words = [
        (place, f"{row.start:012x}-{row.end:012x}"),
        (perms, row.perms),
        (backing, shorten(row.backing, pgoff - backing - 1)),
        (pgoff, str(row.pgoff) if is_file(row) else ""),
        (flags, shorten(" ".join(flags_of(row)), int(lanes.WIDTH) - flags)),
    ]
    size = Label(much + 10, y, format_bytes(row.nr_pages * PAGE_SIZE), "ink", "end")
    area = Rect(bar, y + 0.12, width, 0.76, role, about(row, None), (), PALETTE[role].hatch or "")
    return [area, size, *(Label(x, y, text) for x, text in words if text)]


def shorten(name: str, room: int) -> str:
    """A name cut in front, where paths say least.

    >>> shorten("/usr/lib/libc.so.6", 12), shorten("anon", 12)
    ('…b/libc.so.6', 'anon')
    """
    return name if len(name) <= room else "…" + name[len(name) - room + 1 :]
