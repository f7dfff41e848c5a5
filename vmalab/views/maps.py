"""The text of /proc/PID/maps, as a table, and with the lines that an operation changed marked."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.views.facts import flags_of, place_of
from vmalab.views.scene import Table
from vmalab.views.text import format_table

Mark = Literal[" ", "-", "+"]


@dataclass(frozen=True, slots=True)
class MapsLine:
    """A line of maps: as it stays, as it was (``-``) or as it became (``+``)."""

    mark: Mark
    row: VmaRow

    def __str__(self) -> str:
        return f"{self.mark} {self.row.line}"


def maps_table(snapshot: Snapshot, window: Window | None = None) -> str:
    """The VMAs as an aligned table; with a window, its page numbers stand in front.

    >>> row = VmaRow(0x11000, 0x13000, "rw-s", 2, "f0", ("sh", "lo"))
    >>> print(maps_table(Snapshot((row,)), Window(0x10000, 8)))
    window  addresses          perms  offset    backing  flags
    1-3     00011000-00013000  rw-s   00002000  f0       lo
    """
    rows = [(*row.line.split(None, 3), " ".join(flags_of(row)) or "-") for row in snapshot.vmas]
    headers = ("addresses", "perms", "offset", "backing", "flags")
    if window is None:
        return format_table(Table(headers, tuple(rows)))
    placed = [
        (place if (place := place_of(vma, window)) != cells[0] else "outside", *cells)
        for vma, cells in zip(snapshot.vmas, rows, strict=True)
    ]
    return format_table(Table(("window", *headers), tuple(placed)))


def maps_changes(before: Snapshot, after: Snapshot) -> tuple[MapsLine, ...]:
    """Both maps in one, in address order: what stays, what went, what came.

    >>> long, short = (VmaRow(0x1000, end, "rw-p", 0, "anon") for end in (0x3000, 0x2000))
    >>> for line in maps_changes(Snapshot((long,)), Snapshot((short,))):
    ...     print(line)
    - 00001000-00003000 rw-p 00000000 anon
    + 00001000-00002000 rw-p 00000000 anon
    """
    matcher = SequenceMatcher(None, before.vmas, after.vmas, autojunk=False)
    found: list[MapsLine] = []
    for verb, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if verb == "equal":
            found += [MapsLine(" ", row) for row in after.vmas[new_from:new_to]]
        else:
            found += [MapsLine("-", row) for row in before.vmas[old_from:old_to]]
            found += [MapsLine("+", row) for row in after.vmas[new_from:new_to]]
    return tuple(found)
