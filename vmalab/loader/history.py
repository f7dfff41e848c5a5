"""A process of 2006, made again: /bin/mount on Fedora Core 5, on whichever kernel one likes.

Files are written that have the shape of the recorded ones; execve and ld.so 2.4 load them. On
``linux-2.6`` what comes out is the recorded address space, VMA by VMA.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from vmalab.kernel import Kernel
from vmalab.loader.elf import PF_R, PF_W, PF_X, ElfFile, Segment, parse_elf
from vmalab.loader.library import relro_plan
from vmalab.loader.maps_file import Area
from vmalab.loader.recorded import areas_of, blueprint_of, libraries_of
from vmalab.loader.replay import Loader, load_library, map_program
from vmalab.loader.writer import Blueprint, write_elf
from vmalab.mm.filemap import Source, bytes_of
from vmalab.records.snapshot import VmaRow
from vmalab.units import PAGE_SIZE, pages_to_bytes

ERA = "2.4"
FLOATING = 1 << 40
"""Libraries above it were not prelinked: chance placed them, so only their shapes can agree."""
_TEXT, _DATA, _EXTRA = 0x40_0000, 0x51_3000, 0x61_3000


@dataclass(frozen=True, slots=True)
class Remade:
    """An object of the recorded process, and its double: their VMAs, by the recorded addresses."""

    name: str
    recorded: tuple[Area, ...]
    rows: tuple[VmaRow, ...]
    shift: int

    @property
    def agrees(self) -> bool:
        """Are they the same, VMA by VMA: addresses, rights, place in the file?"""
        return [_of_area(area) for area in self.recorded] == [
            (row.start + self.shift, row.end + self.shift, row.perms, _place(row))
            for row in self.rows
        ]


def _of_area(area: Area) -> tuple[int, int, str, int | None]:
    return area.start, area.end, area.perms, area.offset_bytes if area.is_file else None


def _place(row: VmaRow) -> int | None:
    return None if row.backing == "anon" else pages_to_bytes(row.pgoff)


def fedora_core_5(kernel: str = "linux-2.6") -> tuple[Remade, ...]:
    """/bin/mount's program, interpreter and libraries, made again in one process.

    Raises:
        ValueError: there is no such kernel.
    """
    areas = areas_of()
    loader = Loader(Kernel(kernel).spawn())
    remade = [_program(loader, [area for area in areas if area.name == "/bin/mount"], areas)]
    for name, rows in libraries_of(areas).items():
        at = 0 if rows[0].start > FLOATING else rows[0].start
        elf, source = written(blueprint_of(rows, at=at), name)
        if name.startswith("/lib64/ld-"):
            found = map_program(loader, elf, None, whole=True, source=source)
            for step in relro_plan(elf, found.base, ERA):
                loader.make(step, loader.open(elf))
            after = loader.rows(found.base, found.base + elf.span)
        else:
            found = load_library(elf, era=ERA, task=loader.task, source=source)
            after = found.rows
        remade.append(Remade(name, rows, after, rows[0].start - found.base))
    return tuple(remade)


def written(plan: Blueprint, name: str) -> tuple[ElfFile, Source]:
    """A library as a file that is nowhere on disk: what is in it, and where its bytes are."""
    data = write_elf(plan)
    return parse_elf(io.BytesIO(data), len(data), name), bytes_of(data)


def _program(loader: Loader, rows: Sequence[Area], areas: Sequence[Area]) -> Remade:
    """The program itself: prelink had added a third segment to it, behind the bss of the second."""
    page = PAGE_SIZE
    loads = (
        Segment(0, _TEXT, 0x14 * page, 0x14 * page, PF_R | PF_X, page),
        Segment(0x13 * page, _DATA, page, 3 * page, PF_R | PF_W, page),
        Segment(0x13 * page, _EXTRA, 2 * page, 2 * page, PF_R | PF_W, page),
    )
    elf, source = written(Blueprint(loads, name="mount"), rows[0].name)
    loaded = map_program(loader, elf, _TEXT, whole=False, source=source)
    recorded = tuple(area for area in areas if _TEXT <= area.start < _EXTRA + 2 * page)
    return Remade(elf.path, recorded, loaded.rows, 0)
