"""What the LibraryExplorer shows: a loader's plan, one moment of it at a time, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from vmalab.loader.elf import ElfFile, Segment
from vmalab.loader.replay import Loaded
from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.words import count_pages
from vmalab.uapi.mman import format_prot
from vmalab.units import bytes_to_pages, page_align
from vmalab.views import Drawing, address_space, file_and_memory
from vmalab.views.library import fits_one_line
from vmalab.widgets.frames import count_of, maps_rows, without_heading

STAGES: Final = {
    "reserve": "Reserve the whole span",
    "seal": "Seal the hole",
    "segment": "Map a segment over it",
    "zero": "Clear the rest of a page",
    "bss": "Map zeroes behind the file",
    "stack": "Make the stack executable",
    "relocate": "Fill the addresses in",
    "relro": "Protect what is filled in",
}
"""What each stage of a plan does."""


def plan(loaded: Loaded) -> dict[str, Any]:
    """The whole plan, step by step, and the segments that it follows from."""
    return {
        "steps": [
            {
                "stage": moment.step.stage,
                "call": moment.step.told,
                "vmas": count_of(len(moment.rows), "VMA"),
                "refused": bool(moment.refused),
            }
            for moment in loaded.moments
        ],
        "segments": [segment(one) for one in loaded.elf.loads],
        "file": describe_file(loaded.elf),
    }


def segment(one: Segment) -> list[str]:
    """A PT_LOAD header as a row: place in the file, in memory, and rights."""
    return [
        f"{one.offset_bytes:#x}",
        f"{one.vaddr:#x}",
        f"{one.filesz:#x}",
        f"{one.memsz:#x}",
        format_prot(one.prot).replace("PROT_", "").lower(),
    ]


def describe_file(elf: ElfFile) -> str:
    """The file in a sentence."""
    relro = (
        f"; {count_pages(bytes_to_pages(page_align(elf.relro.memsz)))} of it become read-only"
        if elf.relro
        else "; it has no relro"
    )
    size = count_pages(bytes_to_pages(page_align(elf.size)))
    return f"{elf.name}: {size} of file, {count_of(len(elf.loads), 'segment')} to load{relro}."


def show(loaded: Loaded, at: int, key: str) -> dict[str, Any]:
    """Everything that the page shows after so many steps; 0 is before the first."""
    moments = loaded.moments
    before, now = rows_at(loaded, at - 1), rows_at(loaded, at)
    step = moments[at - 1].step if at else None
    refused = moments[at - 1].refused if at else ""
    return {
        "where": f"step {at} of {len(moments)}" if at else "before the first step",
        "line": step.told if step else "",
        "stage": f"{STAGES[step.stage]}." if step else "Nothing is mapped yet.",
        "because": f"{step.because[0].upper()}{step.because[1:]}." if step else "",
        "refused": f"Refused: {refused}." if refused else "",
        "maps": maps_rows(Snapshot(short(before)), Snapshot(short(now))),
        "totals": f"{count_of(len(now), 'VMA')}, {count_pages(sum(row.nr_pages for row in now))}",
        "picture": picture(loaded, at).live(f"library{key}"),
    }


def short(rows: Sequence[VmaRow]) -> tuple[VmaRow, ...]:
    """VMAs with the last part of their file's path."""
    return tuple(replace(row, backing=row.backing.rsplit("/", 1)[-1]) for row in rows)


def rows_at(loaded: Loaded, at: int) -> tuple[VmaRow, ...]:
    """The VMAs after so many steps."""
    return loaded.moments[at - 1].rows if at > 0 else ()


def picture(loaded: Loaded, at: int) -> Drawing:
    """The file and the memory that shows it, on the scale of the whole plan.

    Where there are too many VMAs for one line, the memory alone, in several.
    """
    scale, now = every_row(loaded), rows_at(loaded, at)
    if not fits_one_line(scale):
        whole = Window(loaded.base, bytes_to_pages(page_align(loaded.elf.span)))
        return Drawing(without_heading(address_space(Snapshot(now), whole, pages=False).scene))
    nr_pages = bytes_to_pages(page_align(loaded.elf.size))
    drawing = file_and_memory(now, nr_pages=nr_pages, scale=scale)
    return Drawing(without_heading(drawing.scene))


def every_row(loaded: Loaded) -> Sequence[VmaRow]:
    """Every VMA that there ever is, once."""
    return list(dict.fromkeys(row for moment in loaded.moments for row in moment.rows))


def text_twin(loaded: Loaded, title: str) -> str:
    """The plan in text: each call with its reason, then the VMAs at the end."""
    lines = [title, describe_file(loaded.elf)]
    for number, moment in enumerate(loaded.moments, 1):
        count = count_of(len(moment.rows), "VMA")
        lines.append(f"{number:3}  {moment.step.stage:8}  {moment.step.told}")
        lines.append(f"     {moment.step.because}: {count}")
        if moment.refused:
            lines.append(f"     refused: {moment.refused}")
    return "\n".join([*lines, picture(loaded, len(loaded.moments)).text])
