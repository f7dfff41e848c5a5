"""A seeded day in the life of a User-mode Linux: programs that touch memory, fork, exec and exit.

Each process works through its own pages, in runs of neighbours, some read before they are written;
now and then a shell starts a short-lived command. The same seed makes the same guest, whatever the
policy and the host; so their differences are the price of VMAs, and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from vmalab.kernel import Kernel
from vmalab.workloads.uml.guest import Guest, Killed
from vmalab.workloads.uml.hosts import ModelHost
from vmalab.workloads.uml.layout import (
    DATA_VPN,
    FILE_VPN,
    MAX_DATA_PAGES,
    MAX_FILE_PAGES,
    TEXT_PAGES,
    TEXT_VPN,
)
from vmalab.workloads.uml.policies import POLICIES
from vmalab.workloads.uml.ram import GuestRam

RUN: Final = 16
"""A program touches so many neighbouring pages in a row."""
SLICE: Final = 64
"""Touches between two context switches."""
COMMAND_PAGES: Final = 24
"""What a short-lived command touches: before exec, and after."""
_SPARE: Final = 1024
"""Frames of RAM for the program, the stubs and the commands."""


@dataclass(frozen=True, slots=True)
class Params:
    """What a guest is like. Probabilities are between 0 and 1; pages are 4 KiB.

    ``pages`` are touched in all, by ``processes`` programs; ``fragmentation`` is the chance that
    two pages touched one after the other lie apart in guest RAM; ``read_first`` that a page is read
    before it is written; ``file_share`` is the part that belongs to a shared file; ``commands``
    are forked, exec'd and ended meanwhile.

    >>> Params(pages=0)
    Traceback (most recent call last):
    ValueError: a guest of 0 pages: choose between 1 and 450,000
    """

    pages: int = 32_768
    fragmentation: float = 1.0
    read_first: float = 0.25
    file_share: float = 0.1
    processes: int = 1
    commands: int = 0
    mode: str = "skas0"
    seed: int = 2006

    def __post_init__(self) -> None:
        most = 450_000
        if not 1 <= self.pages <= most:
            msg = f"a guest of {self.pages:,} pages: choose between 1 and {most:,}"
            raise ValueError(msg)
        for name in ("fragmentation", "read_first", "file_share"):
            if not 0 <= getattr(self, name) <= 1:
                msg = f"{name} is a probability, not {getattr(self, name)}: stay within 0 and 1"
                raise ValueError(msg)
        if self.processes < 1 or self.commands < 0:
            msg = "a guest runs at least one process, and no fewer than 0 commands"
            raise ValueError(msg)
        if self.data_pages > MAX_DATA_PAGES or self.file_pages > MAX_FILE_PAGES:
            msg = f"{self.pages:,} pages do not fit {self.processes} processes: take more of them"
            raise ValueError(msg)

    @property
    def file_pages(self) -> int:
        """Pages of the file that all processes share."""
        return int(self.pages * self.file_share)

    @property
    def data_pages(self) -> int:
        """Private pages of each process."""
        return -(-(self.pages - self.file_pages) // self.processes)

    @property
    def ram_pages(self) -> int:
        """How much memory the guest has."""
        return self.pages + _SPARE + 2 * self.processes + 4 * COMMAND_PAGES + self.pages // 8


@dataclass(frozen=True, slots=True)
class Sample:
    """The guest at one moment: touches so far, and the VMAs of the process that runs."""

    touches: int
    vmas: int


@dataclass(slots=True)
class Report:
    """What one run cost its host."""

    kernel: str
    policy: str
    params: Params
    samples: list[Sample] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    killed: list[Killed] = field(default_factory=list)
    touches: int = 0
    faults: int = 0
    stops: int = 0
    switches: int = 0
    vmas_copied: int = 0
    peak_vmas: int = 0
    vmas_in_all: int = 0
    """The most that all address spaces of the host had together."""
    table_bytes: int = 0
    """Page tables of the host, at the moment of ``vmas_in_all``."""
    sizeof_vma: int = 0
    seen: list[tuple[int, int, bytes | None]] = field(default_factory=list)
    """What programs read, if asked for: process, page, word."""


Progress = Callable[[int], None]
Observer = Callable[[Guest, int, int, bytes | None], None]
"""Hears of every touch when it is done: the guest, the process, its page, what was read or written;
None if the touch killed the process."""


def run(
    params: Params,
    policy: str = "mmap",
    kernel: Kernel | None = None,
    *,
    progress: Progress | None = None,
    watch: bool = False,
    host: ModelHost | None = None,
    observer: Observer | None = None,
) -> Report:
    """Run a guest on a kernel of the model (a fresh ``linux-6``, if none is given).

    ``progress`` hears how many touches are done, ``observer`` of each touch; ``watch`` keeps
    everything programs read.

    >>> report = run(Params(pages=64, file_share=0, mode="skas3"), "mmap")
    >>> report.peak_vmas, report.calls["mmap"]
    (68, 86)
    """
    kernel = kernel or Kernel("linux-6", ram_pages=8 * params.ram_pages)
    host = host or ModelHost(kernel, params.ram_pages)
    rng = random.Random(params.seed)
    guest = Guest(host, POLICIES[policy](), _ram(params), params.mode)
    report = Report(kernel.name, policy, params, sizeof_vma=kernel.policy.sizeof_vma)
    _live(guest, params, rng, _Watcher(guest, report, progress, observer, watch=watch))
    report.calls = dict(host.calls)
    report.killed = guest.killed
    report.peak_vmas = max([report.peak_vmas, *(killed.host_vmas for killed in guest.killed)])
    report.faults, report.stops, report.switches = guest.faults, guest.stops, guest.switches
    report.vmas_copied = host.vmas_copied
    return report


def _ram(params: Params) -> GuestRam:
    return GuestRam(params.ram_pages, params.fragmentation, random.Random(params.seed + 1))


class _Watcher:
    """Counts a guest's touches, and looks at the host after every slice of them."""

    def __init__(
        self,
        guest: Guest,
        report: Report,
        progress: Progress | None,
        observer: Observer | None,
        *,
        watch: bool,
    ) -> None:
        self.guest = guest
        self.report = report
        self.progress = progress
        self.observer = observer
        self.watch = watch

    def touched(self, pid: int, vpn: int, word: bytes | None) -> None:
        self.report.touches += 1
        if self.watch:
            self.report.seen.append((pid, vpn, word))
        if self.observer is not None:
            self.observer(self.guest, pid, vpn, word)

    def look(self, pid: int) -> None:
        guest, report = self.guest, self.report
        if pid in guest.processes:
            vmas = guest.host.map_count(guest.processes[pid].space)
            report.samples.append(Sample(report.touches, vmas))
            report.peak_vmas = max(report.peak_vmas, vmas)
        spaces = [guest.host.task(mm.space).mm for mm in guest.processes.values()]
        in_all = sum(mm.map_count for mm in spaces)
        if in_all >= report.vmas_in_all:
            report.vmas_in_all = in_all
            report.table_bytes = sum(mm.pgtable.nr_bytes for mm in spaces)
        if self.progress is not None:
            self.progress(report.touches)


def _live(guest: Guest, params: Params, rng: random.Random, watcher: _Watcher) -> None:
    """Processes take turns until each has touched all its pages, or is dead."""
    first = guest.start()
    pids = [first, *(_start_program(guest, first) for _ in range(params.processes - 1))]
    work = {pid: _touches(params, number, rng) for number, pid in enumerate(pids) if pid}
    slices = -(-params.pages // SLICE)
    due = [round((n + 1) * slices / (params.commands + 1)) for n in range(params.commands)]
    done = 0
    while work:
        for pid in list(work):
            if pid not in guest.processes or not _slice(guest, pid, work[pid], watcher):
                del work[pid]
            done += 1
            watcher.look(pid)
            while due and done >= due[0]:
                due.pop(0)
                if pid in guest.processes:
                    _command(guest, pid, rng, watcher)


def _start_program(guest: Guest, parent: int) -> int:
    """Fork and exec: the new process, or 0."""
    child = guest.fork(parent)
    if child:
        guest.exec(child)
    return child


def _slice(
    guest: Guest, pid: int, touches: Iterator[tuple[int, bytes | None]], watcher: _Watcher
) -> bool:
    """Let a process run for a while; False when it has ended or has nothing more to do."""
    for _ in range(SLICE):
        step = next(touches, None)
        if step is None:
            return False
        vpn, word = step
        watcher.touched(pid, vpn, guest.touch(pid, vpn, word))
        if pid not in guest.processes:
            return False
    return True


def _touches(params: Params, number: int, rng: random.Random) -> Iterator[tuple[int, bytes | None]]:
    """What a program touches, in order: its share of the file and its memory, in runs."""
    first_file = params.file_pages * number // params.processes
    last_file = params.file_pages * (number + 1) // params.processes
    pages = [FILE_VPN + page for page in range(first_file, last_file)]
    pages += range(DATA_VPN, DATA_VPN + params.data_pages)
    runs = [pages[at : at + RUN] for at in range(0, len(pages), RUN)]
    rng.shuffle(runs)
    own = random.Random(f"{params.seed} {number}")
    for pages_of_run in runs:
        yield TEXT_VPN + own.randrange(TEXT_PAGES), None
        for vpn in pages_of_run:
            if own.random() < params.read_first:
                yield vpn, None
            yield vpn, (number << 32 | vpn).to_bytes(8, "little")


def _command(guest: Guest, shell: int, rng: random.Random, watcher: _Watcher) -> None:
    """A shell starts a command: fork, a few writes, exec, a few pages of its own, exit.

    The shell then writes to some of its own pages, which fork made read-only.
    """
    child = guest.fork(shell)
    if not child:
        return
    stack = [DATA_VPN + rng.randrange(COMMAND_PAGES * 4) for _ in range(4)]
    _write_all(guest, child, stack, watcher)
    if child in guest.processes:
        guest.exec(child)
        _write_all(guest, child, range(DATA_VPN, DATA_VPN + COMMAND_PAGES), watcher)
    if child in guest.processes:
        watcher.look(child)
        guest.exit(child)
    _write_all(guest, shell, stack, watcher)


def _write_all(guest: Guest, pid: int, pages: list[int] | range, watcher: _Watcher) -> None:
    for vpn in pages:
        if pid in guest.processes:
            watcher.touched(pid, vpn, guest.touch(pid, vpn, vpn.to_bytes(8, "big")))
