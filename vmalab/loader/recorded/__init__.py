"""Address spaces of real machines of the past, as they were posted in mails: data to compare with.

``fedora-core-5-mount.maps``: /bin/mount on Fedora Core 5 (x86-64, glibc 2.4, Linux 2.6), from a
mail of Andrew Morton to the linux-kernel list, 14 December 2006, Message-ID
20061214203044.915cedfc.akpm@osdl.org.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from vmalab.loader.elf import PF_R, PF_W, PF_X, Segment
from vmalab.loader.maps_file import Area, parse_areas
from vmalab.loader.writer import Blueprint
from vmalab.units import PAGE_SIZE

FEDORA_CORE_5 = "fedora-core-5-mount.maps"


@cache
def areas_of(name: str = FEDORA_CORE_5) -> tuple[Area, ...]:
    """A recorded address space."""
    return parse_areas(files(__package__).joinpath(name).read_bytes())


def libraries_of(areas: Sequence[Area]) -> dict[str, tuple[Area, ...]]:
    """The VMAs of each library, its bss with them, by the library's name; lowest first."""
    found: dict[str, list[Area]] = {}
    last = ""
    for area in areas:
        if ".so" in area.name:
            last = area.name
            found.setdefault(last, []).append(area)
        elif last and area.is_anonymous and area.start == found[last][-1].end:
            found[last].append(area)
        else:
            last = ""
    return {name: tuple(rows) for name, rows in found.items()}


def blueprint_of(rows: Sequence[Area], *, at: int = 0) -> Blueprint:
    """A library that has the VMAs given when it is loaded: text, perhaps a hole, data, bss.

    ``at`` is the address it is linked for; 0 for any.

    The size of what lies in each VMA is known to the page only, so the parts fill their pages.
    """
    base = rows[0].start - at
    text = rows[0]
    data = [row for row in rows[1:] if row.is_file and not row.perms.startswith("---")]
    loads = [_segment(base, text, text.end, PF_R | PF_X)]
    if data:
        loads.append(_segment(base, data[0], data[-1].end, PF_R | PF_W, rows[-1].end))
    protected = [row for row in data if row.perms.startswith("r--")]
    relro = (
        (protected[0].start - base, protected[0].end - protected[0].start) if protected else None
    )
    return Blueprint(tuple(loads), relro, name=text.name.rsplit("/", 1)[-1])


def _segment(base: int, row: Area, file_end: int, flags: int, end: int = 0) -> Segment:
    memory = max(file_end, end) - row.start
    filled = file_end - row.start
    return Segment(row.offset_bytes, row.start - base, filled, memory, flags, PAGE_SIZE)
