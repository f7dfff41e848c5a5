"""What an address space looked like at one moment: rows of VMAs and a few totals."""

from __future__ import annotations

from dataclasses import dataclass

from vmalab.records.pages import PageRow
from vmalab.records.resolve import Window
from vmalab.records.smaps import VmaMemory
from vmalab.units import PAGE_SIZE

NEAR_PAGES = 16
"""Transcripts list the VMAs within this many pages of the window."""


@dataclass(frozen=True, slots=True)
class VmaRow:
    """One VMA, as ``/proc/PID/maps`` and the VmFlags line of ``smaps`` tell it.

    ``pgoff`` counts pages and is 0 for private anonymous memory; ``backing`` is ``anon``, a file's
    name (f0 … f3), ``shmN`` (the N-th shared anonymous object seen), ``[heap]``, ``[stack]`` …;
    ``flags`` are VmFlags' two-letter codes in the kernel's order; ``anon_vma`` numbers the VMA's
    anon_vma, or is None (or, on a real kernel, unknown: also None).
    """

    start: int
    end: int
    perms: str
    pgoff: int
    backing: str
    flags: tuple[str, ...] = ()
    anon_vma: int | None = None

    @property
    def nr_pages(self) -> int:
        """How many pages the VMA spans."""
        return (self.end - self.start) // PAGE_SIZE

    @property
    def line(self) -> str:
        """The row as /proc/PID/maps prints it (without device and inode).

        >>> VmaRow(0x1000, 0x3000, "rw-p", 0, "anon").line
        '00001000-00003000 rw-p 00000000 anon'
        """
        ends = f"{self.start:08x}-{self.end:08x}"
        return f"{ends} {self.perms} {self.pgoff * PAGE_SIZE:08x} {self.backing}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An address space at rest between two operations.

    ``present`` names the pages that have an entry in the page tables, as (address, kind): ``anon``,
    ``zero``, ``file``, ``guard`` and so on; ``total_vm`` and ``locked_vm`` count pages. Where a
    run was asked for it, the last snapshot has what smaps says of each VMA in or near the window
    (``memory``) and the pagemap entry of each page of the window, without frame and slot. Where
    pages do not stand in their VMA's order, ``pages`` says what each page of a file shows.
    """

    vmas: tuple[VmaRow, ...]
    present: tuple[tuple[int, str], ...] = ()
    total_vm: int = 0
    locked_vm: int = 0
    start_brk: int = 0
    brk: int = 0
    memory: tuple[VmaMemory, ...] = ()
    pagemap: tuple[int, ...] = ()
    pages: tuple[PageRow, ...] = ()

    @property
    def map_count(self) -> int:
        """How many VMAs there are."""
        return len(self.vmas)

    def find(self, addr: int) -> VmaRow | None:
        """The VMA that holds an address (bytes), or None."""
        return next((row for row in self.vmas if row.start <= addr < row.end), None)

    def near(self, window: Window) -> tuple[VmaRow, ...]:
        """The VMAs within 16 pages of a program's window."""
        low = window.start - NEAR_PAGES * PAGE_SIZE
        high = window.end + NEAR_PAGES * PAGE_SIZE
        return tuple(row for row in self.vmas if row.start < high and row.end > low)

    def maps(self) -> str:
        """The text of /proc/PID/maps (without device and inode)."""
        return "\n".join(row.line for row in self.vmas)
