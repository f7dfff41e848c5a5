"""What the patch of 2006 might have saved on a real process: a counterfactual, library by library.

    today                                    |text|gap|relro|data|bss|   5
    S1  mprotect does not split              |text    |relro data|bss|   3
    S2  any mix of rights, offsets linear    a VMA for each run of consecutive pages of the file
    S3  and offsets nonlinear                |library            |bss|   2

S1 and S3 are the two steps of Ulrich Drepper's mail of 6 May 2006 (Message-ID
445CC949.7050900@redhat.com). No kernel ever did this for private mappings, which all of these are:
the patch itself demanded shared ones, and mprotect of such areas was refused.

A library is a file of which some VMA is executable; each time that it is mapped counts. Its bss is
the anonymous memory inside its span.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from vmalab.loader.elf import ElfFile
from vmalab.loader.maps_file import DELETED, Area
from vmalab.units import page_align

SIZEOF_VMA: Final = 192
"""sizeof(struct vm_area_struct) on 6.18, in bytes; what /proc/slabinfo says is preferred."""
SCENARIOS: Final = (
    "mprotect does not split",
    "any mix of rights, linear offsets",
    "any mix of rights, nonlinear offsets",
)
MOST_HOLE: Final = 4 << 20
"""A program's unmapped hole is smaller: linkers' pages have 2 MiB at most, and it may be two."""
Headers = Callable[[Area], ElfFile | None]
"""The program headers of the file behind a VMA, where they can be read."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of VMAs: today's of the file, its bss, and the file's under the three scenarios."""

    files: int = 0
    bss: int = 0
    unsplit: int = 0
    linear: int = 0
    nonlinear: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.files + other.files,
            self.bss + other.bss,
            self.unsplit + other.unsplit,
            self.linear + other.linear,
            self.nonlinear + other.nonlinear,
        )

    @property
    def today(self) -> int:
        """All of its VMAs, as they are."""
        return self.files + self.bss

    @property
    def scenarios(self) -> tuple[int, int, int]:
        """All of its VMAs, as they might be."""
        return self.unsplit + self.bss, self.linear + self.bss, self.nonlinear + self.bss


@dataclass(frozen=True, slots=True)
class Library:
    """One object and every time that it is mapped, in one process or several."""

    name: str
    instances: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Report:
    """An address space, or several: all VMAs, and the libraries among them."""

    vmas: int
    libraries: tuple[Library, ...]

    @property
    def counts(self) -> Counts:
        """The sum over all libraries."""
        return sum((one.counts for one in self.libraries), Counts())

    @property
    def saved(self) -> tuple[int, int, int]:
        """How many VMAs fewer there would be under each scenario."""
        today = self.counts.today
        first, second, third = self.counts.scenarios
        return today - first, today - second, today - third

    @property
    def instances(self) -> int:
        """How many times libraries are mapped."""
        return sum(one.instances for one in self.libraries)


def no_headers(_: Area) -> None:
    """Where no file can be read: everything is told from the VMAs."""


def examine(areas: Sequence[Area], headers: Headers = no_headers) -> Report:
    """One address space."""
    found: dict[tuple[str, int, str], list[Counts]] = defaultdict(list)
    ordered = sorted(areas, key=lambda area: area.start)
    for key, rows in _by_file(ordered).items():
        elf = headers(rows[0])
        for instance in _instances(rows, elf):
            if any("x" in row.perms for row in instance):
                found[key].append(_count(instance, ordered, elf))
    libraries = [
        Library(_name(key), len(counts), sum(counts, Counts())) for key, counts in found.items()
    ]
    return Report(len(ordered), tuple(sorted(libraries, key=_by_size)))


def add(reports: Iterable[Report]) -> Report:
    """Several address spaces as one; libraries of the same name are added up."""
    vmas, instances = 0, defaultdict[str, int](int)
    counts: dict[str, Counts] = defaultdict(Counts)
    for report in reports:
        vmas += report.vmas
        for one in report.libraries:
            instances[one.name] += one.instances
            counts[one.name] += one.counts
    libraries = (Library(name, instances[name], counts[name]) for name in counts)
    return Report(vmas, tuple(sorted(libraries, key=_by_size)))


def _by_size(library: Library) -> tuple[int, str]:
    return -library.counts.today, library.name


def _name(key: tuple[str, int, str]) -> str:
    """What a file is called; one whose name was left out, by its place on its device."""
    device, inode, name = key
    return name or f"inode {inode} of device {device}"


def is_deleted(name: str) -> bool:
    """Has the file been removed, or does its name only end so? The kernel does not say."""
    return name.endswith(DELETED)


def _by_file(areas: Iterable[Area]) -> dict[tuple[str, int, str], list[Area]]:
    found: dict[tuple[str, int, str], list[Area]] = defaultdict(list)
    for area in areas:
        if area.is_file and area.perms.endswith("p"):
            found[area.key].append(area)
    return found


def _instances(rows: Sequence[Area], elf: ElfFile | None) -> Iterator[list[Area]]:
    """Cut a file's VMAs into the times that it was mapped.

    A time begins with the file's lowest page, and where the headers are known it ends with its
    span. Else one must guess, because a small library's data may begin with the same page of the
    file as its text: see :func:`_begins`.
    """
    lowest = min(row.offset_bytes for row in rows)
    current: list[Area] = []
    for row in rows:
        if current and row.offset_bytes == lowest and _begins(row, current, elf):
            yield current
            current = []
        current.append(row)
    yield current


def _begins(row: Area, current: Sequence[Area], elf: ElfFile | None) -> bool:
    """Is the file mapped once more from here? Without headers: if it begins with the same rights.

    Or with text, or very far away, after a gap: what lies between a library's own parts is mapped,
    and what lies between a program's is no larger than a linker's page.
    """
    if elf is not None:
        return row.start >= current[0].start + elf.span
    gap = row.start - current[-1].end
    return row.perms == current[0].perms or (gap > 0 and ("x" in row.perms or gap > MOST_HOLE))


def _count(rows: Sequence[Area], areas: Sequence[Area], elf: ElfFile | None) -> Counts:
    """One time that a library is mapped."""
    start, end = rows[0].start, rows[-1].end
    if elf is not None:
        end = max(end, start + page_align(elf.span))
    inside = [area for area in areas if area.is_anonymous and start <= area.start < end]
    if elf is None:
        inside += [area for area in areas if area.is_anonymous and area.start == end][:1]
    runs = [[rows[0]]]
    for low, high in pairwise(rows):
        if _consecutive(low, high):
            runs[-1].append(high)
        else:
            runs.append([high])
    unsplit = len(rows) - sum(
        _split_by_mprotect(low, high, rows[0], elf) for run in runs for low, high in pairwise(run)
    )
    return Counts(len(rows), len(inside), unsplit, len(runs), 1)


def _consecutive(low: Area, high: Area) -> bool:
    """Do addresses and offsets go on from one to the other?"""
    length = low.end - low.start
    return low.end == high.start and low.offset_bytes + length == high.offset_bytes


def _split_by_mprotect(low: Area, high: Area, first: Area, elf: ElfFile | None) -> bool:
    """Did one mmap make both, so that mprotect must have split them?

    They meet inside a segment; or they are the first segment and the hole, both left of the
    reservation. Where the headers are not known, a segment is told by its rights: RELRO is taken
    from memory that can be written.
    """
    if high.perms.startswith("---"):
        return low is first
    if elf is not None:
        base = first.start - elf.loads[0].mapstart
        inside = (base + one.mapstart < high.start < base + one.mapend for one in elf.loads)
        return any(inside)
    return {low.perms[:3], high.perms[:3]} == {"r--", "rw-"}
