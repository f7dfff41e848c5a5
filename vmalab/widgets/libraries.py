"""What lesson 06 shows: libraries coming into memory, and what the patch might have saved.

Not among the names of :mod:`vmalab.widgets`, because it loads an ELF reader.
"""

from __future__ import annotations

import io
import sys
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from vmalab.host.maps import own_maps, snapshot_of
from vmalab.kernel import Kernel
from vmalab.loader import live
from vmalab.loader.elf import PF_R, PF_W, PF_X, ElfFile, Segment, parse_elf
from vmalab.loader.eras import NEWEST
from vmalab.loader.live import Prober
from vmalab.loader.recorded import areas_of, blueprint_of, libraries_of
from vmalab.loader.remapped import load_remapped, pages_seen
from vmalab.loader.replay import Loaded, load_library
from vmalab.loader.verify import Verdict, choose, find_libraries, verify_library
from vmalab.loader.whatif import Counts, Report, examine
from vmalab.loader.writer import Blueprint, write_elf
from vmalab.mm.filemap import Source, bytes_of
from vmalab.records.snapshot import VmaRow
from vmalab.units import PAGE_SIZE, bytes_to_pages, page_align
from vmalab.views import Drawing, LifeFrame, file_and_memory, library_life, vma_kinds
from vmalab.widgets.pictures import Told

LIBC: Final = "/lib64/libc-2.4.so"
PRIVATE: Final = "linux-2.6-manyprots-private"
KERNELS: Final = (
    *("linux-2.6", "linux-2.6-manyprots-2006-04", "linux-2.6-manyprots-v4"),
    *(PRIVATE, "linux-6"),
)
"""On which kernels the plan is tried: before, with and after the patch, and as was hoped."""
BYTES_A_VMA: Final = 192


def libc_of_2006() -> Blueprint:
    """A library of the shape that libc had on Fedora Core 5."""
    return blueprint_of(libraries_of(areas_of())[LIBC])


def separate_code() -> Blueprint:
    """A library as linkers make them since 2018: code in pages of its own."""
    page = PAGE_SIZE
    return Blueprint(
        (
            Segment(0, 0, page, page, PF_R, page),
            Segment(page, page, 3 * page, 3 * page, PF_R | PF_X, page),
            Segment(4 * page, 4 * page, 2 * page, 2 * page, PF_R, page),
            Segment(5 * page, 6 * page, 3 * page, 7 * page, PF_R | PF_W, page),
        ),
        relro=(6 * page, 2 * page),
        name="today.so",
    )


def in_memory(plan: Blueprint) -> tuple[ElfFile, Source]:
    """A library that is written to nowhere but memory."""
    data = write_elf(plan)
    return parse_elf(io.BytesIO(data), len(data), plan.name), bytes_of(data)


def loaded(plan: Blueprint, *, era: str = NEWEST, on: str = "linux-6") -> Loaded:
    """A library, loaded by ld.so of an era on a kernel."""
    elf, source = in_memory(plan)
    return load_library(elf, era=era, kernel=on, source=source)


def life(plan: Blueprint, *, era: str = NEWEST, on: str = "linux-6") -> Drawing:
    """A library's life as frames: each step that changes VMAs."""
    moments = loaded(plan, era=era, on=on).moments
    frames = [
        LifeFrame(moment.step.stage, moment.step.because, moment.rows)
        for moment in moments
        if moment.step.call is not None
    ]
    return library_life(frames, title=f"{plan.name}, by ld.so of glibc {era} on {on}")


def beside(plan: Blueprint, *, era: str = NEWEST, on: str = "linux-6") -> Drawing:
    """The file beside the addresses that show it."""
    elf, _ = in_memory(plan)
    return file_and_memory(
        loaded(plan, era=era, on=on).rows, nr_pages=bytes_to_pages(page_align(elf.size))
    )


def steps_of(plan: Blueprint, *, era: str = NEWEST, on: str = "linux-6") -> Told:
    """The system calls, one a line, and how many VMAs there are after each."""
    lines = [
        f"{moment.step.stage:9} {len(moment.rows)} VMA{'s' * (len(moment.rows) != 1):1}  "
        f"{moment.step.told}"
        for moment in loaded(plan, era=era, on=on).moments
        if moment.step.call is not None
    ]
    return Told("\n".join(lines))


def rows_of(rows: Sequence[VmaRow], base: int) -> str:
    """VMAs in a line each: place and length in pages, rights, page of the file."""
    lines = []
    for row in rows:
        place = "anonymous" if row.backing == "anon" else f"file page {row.pgoff:#x}"
        first = bytes_to_pages(row.start - base)
        lines.append(f"page {first:#5x}, {row.nr_pages:#5x} pages  {row.perms}  {place}")
    return "\n".join(lines)


def vmas_of(plan: Blueprint, *, era: str = NEWEST, on: str = "linux-6") -> Told:
    """The VMAs of a library, when it is loaded."""
    found = loaded(plan, era=era, on=on)
    return Told(rows_of(found.rows, found.base))


def fedora_core_5() -> Told:
    """The libraries of the recorded process: how many VMAs each has, and would have had."""
    return _libraries(examine(areas_of()))


def _libraries(report: Report) -> Told:
    lines = [f"{'':32} today  S1  S2  S3"]
    found = [one for one in report.libraries if ".so" in one.name]
    for one in found:
        name = one.name.rsplit("/", 1)[-1]
        lines.append(_line(name, one.counts))
    total = sum((one.counts for one in found), Counts())
    lines.append(_line(f"{len(found)} libraries", total))
    return Told("\n".join(lines))


def _line(name: str, counts: Counts) -> str:
    return f"{name:32} {counts.today:5} " + " ".join(f"{n:3}" for n in counts.scenarios)


def carried_out(plan: Blueprint) -> Told:
    """The article's plan on each of :data:`KERNELS`: where it ends, and why."""
    elf, source = in_memory(plan)
    lines = []
    for name in KERNELS:
        task = Kernel(name).spawn()
        found = load_remapped(elf, task=task, source=source)
        if found.refused:
            step = found.steps[-1].call
            call = step.name if step is not None else ""
            lines.append(f"{name}\n    {call}: {found.refused.split(' [')[0]}")
        else:
            count = f"{len(found.rows)} VMAs: " + ", ".join(
                "anonymous" if row.backing == "anon" else "of the file" for row in found.rows
            )
            lines.append(f"{name}\n    {count}")
    return Told("\n".join(lines))


def every_page_agrees(plan: Blueprint) -> Told:
    """Are rights and contents of every page those that ld.so 2.4 leaves on 2.6?"""
    elf, source = in_memory(plan)
    here, there = Kernel(PRIVATE).spawn(), Kernel("linux-2.6").spawn()
    one = load_remapped(elf, task=here, source=source)
    other = load_library(elf, era="2.4", task=there, source=source)
    ours = pages_seen(here, one.base, one.base + elf.span)
    theirs = pages_seen(there, other.base, other.base + elf.span)
    same = sum(a == b for a, b in zip(ours, theirs, strict=True))
    rights = sorted({page.rights for page in ours})
    return Told(
        f"{len(one.rows)} VMAs here, {len(other.rows)} on linux-2.6\n"
        f"{same} of {len(ours)} pages have the same rights and contents\n"
        f"rights within the one VMA of the file: {', '.join(rights)}"
    )


def counted() -> Told:
    """What ``vmalab whatif`` counted on a machine of ours, and what that would have saved."""
    data = tomllib.loads(files("vmalab.loader.recorded").joinpath("counted.toml").read_text())
    heads = ("", "VMAs", "ELF", "file+bss", "S1", "S2", "S3", "S3 saves", "KiB")
    rows = [heads]
    for one in data["process"]:
        saved = one["file"] - one["scenarios"][2]
        rows.append(
            (
                one["name"],
                str(one["vmas"]),
                str(one["times"]),
                f"{one['file']}+{one['bss']}",
                *map(str, one["scenarios"]),
                f"{saved} ({saved / one['vmas']:.0%})",
                f"{saved * BYTES_A_VMA / 1024:.1f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    return Told("\n".join(lines))


def own_process() -> Drawing:
    """This notebook's own process by kind of VMA; elsewhere than on Linux, the recorded one."""
    if sys.platform != "linux":
        return recorded_kinds()
    return vma_kinds(snapshot_of([(row, ()) for row in own_maps()]).vmas)


def recorded_rows() -> tuple[VmaRow, ...]:
    """The recorded process of Fedora Core 5."""
    return tuple(
        VmaRow(
            area.start,
            area.end,
            area.perms,
            bytes_to_pages(area.offset_bytes) if area.is_file else 0,
            area.name or "anon",
        )
        for area in areas_of()
    )


def recorded_kinds() -> Drawing:
    """The recorded process of Fedora Core 5 by kind of VMA."""
    return vma_kinds(recorded_rows(), title="/bin/mount on Fedora Core 5, December 2006")


def recorded_libc() -> Told:
    """The lines of the recorded process that are libc's."""
    found = tuple(row for row in recorded_rows() if "/libc-" in row.backing)
    bss = tuple(row for row in recorded_rows() if row.start == found[-1].end)
    return Told(_lines_of_maps((*found, *bss)))


def _lines_of_maps(rows: tuple[VmaRow, ...]) -> str:
    """Lines as /proc/PID/maps has them, without device and inode."""
    return "\n".join(row.line.replace(" anon", "") for row in rows)


def start_of_cat() -> str:
    """A recorded start of a small program, as a program for any kernel."""
    return files("vmalab.loader.recorded").joinpath("start-of-cat.vma").read_text()


def ask_ld_so(nr_libraries: int = 8) -> Told:
    """Hold a few predictions against this machine's own ld.so, each in a fresh child."""
    if reason := live.unavailable():
        return Told(f"This machine's ld.so cannot be asked: {reason}")
    paths = choose(find_libraries(["/usr/lib", "/lib"]), nr_libraries, 6)
    with Prober() as prober:
        verdicts = [verify_library(path, prober) for path in paths]
    return Told("\n".join(f"{one.path.rsplit('/', 1)[-1]:40} {_said(one)}" for one in verdicts))


def _said(one: Verdict) -> str:
    return f"{one.areas} VMAs, as predicted" if one.outcome == "matched" else one.outcome


__all__ = [
    "ask_ld_so",
    "beside",
    "carried_out",
    "counted",
    "every_page_agrees",
    "fedora_core_5",
    "libc_of_2006",
    "life",
    "own_process",
    "recorded_kinds",
    "recorded_libc",
    "separate_code",
    "start_of_cat",
    "steps_of",
    "vmas_of",
]
