"""A User-mode Linux of a million pages, one call at a time: map, fault, protect, access, unmap.

    python -m benchmarks.million --pages 1000000

Three contestants, each in a process of its own:

    mmap    the model, linux-6: a mapping a page                          pages in random order,
    rfp     the model, linux-2.6-manyprots-v4: one window, remap_file_pages   each another page of
    live    this machine's kernel through ctypes: a mapping a page        the guest's RAM

The live kernel is asked for ``--live-pages`` (60,000), which fits vm.max_map_count; for more,
``--raise-max-map-count`` lets it be raised for the while, and puts it back. At that size all three
take turns, ``--rounds`` times, and what counts is the median of each phase.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import resource
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Final

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.spaces import HEADROOM, MAX_MAP_COUNT, RW, WINDOW
from vmalab.host import HostError, unavailable
from vmalab.kernel import Kernel, Task
from vmalab.uapi.mman import MAP_CHGPROT, MAP_FIXED, MAP_SHARED, PROT_NONE, PROT_READ
from vmalab.units import PAGE_SIZE

PHASES: Final = ("map", "fault", "protect", "access", "unmap")
PAGES, QUICK_PAGES, LIVE_PAGES, ROUNDS = 1_000_000, 60_000, 60_000, 3
_ONE_A_PAGE: Final = MAP_SHARED | MAP_FIXED

Phases = Iterator[tuple[str, Callable[[], None]]]


@dataclass(frozen=True, slots=True)
class Run:
    """One contestant: seconds a phase, and what it held when all pages were there (bytes)."""

    who: str
    pages: int
    seconds: dict[str, float]
    vmas: int
    table_bytes: int
    resident_bytes: int
    """What the process grew by, at its largest; of the live kernel's, only the process itself."""

    @property
    def us(self) -> float:
        """Microseconds a page, all phases together."""
        return sum(self.seconds.values()) / self.pages * 1e6


def scattered(pages: int) -> list[tuple[int, int]]:
    """Every page of the window once, in random order, each with a page of the file: bytes.

    No page of the file lies where its neighbour's continues, so every mapping is a VMA.
    """
    rng = random.Random(2006)
    order = array("I", range(pages))
    rng.shuffle(order)
    return [(WINDOW + vpn * PAGE_SIZE, (pages - 1 - vpn) * PAGE_SIZE) for vpn in order]


def model_task(kernel: str, pages: int) -> tuple[Task, int]:
    """A process on a machine of the model large enough, and the file that is the guest's RAM."""
    booted = Kernel(kernel, ram_pages=pages + pages // 64 + 4096)
    booted.policy.max_map_count = max(booted.policy.max_map_count, pages + HEADROOM)
    task = booted.spawn()
    return task, task.memfd("vm_file", pages)


def by_mmap(task: Task, fd: int, where: list[tuple[int, int]]) -> Phases:
    """A mapping a page."""
    syscall = task.syscall

    def map_all() -> None:
        for addr, at in where:
            syscall("mmap", addr, PAGE_SIZE, RW, _ONE_A_PAGE, fd, at)

    def protect_all() -> None:
        for addr, _ in where:
            syscall("mprotect", addr, PAGE_SIZE, PROT_READ)

    def unmap_all() -> None:
        for addr, _ in where:
            syscall("munmap", addr, PAGE_SIZE)

    return _phases(task, where, map_all, protect_all, unmap_all)


def by_rfp(task: Task, fd: int, where: list[tuple[int, int]]) -> Phases:
    """One window, and remaps in it."""
    syscall, whole = task.syscall, len(where) * PAGE_SIZE

    def remap_all(prot: int) -> None:
        for addr, at in where:
            syscall("remap_file_pages", addr, PAGE_SIZE, prot, at // PAGE_SIZE, MAP_CHGPROT)

    def map_all() -> None:
        syscall("mmap", WINDOW, whole, PROT_NONE, _ONE_A_PAGE, fd, 0)
        remap_all(RW)

    def unmap_all() -> None:
        syscall("munmap", WINDOW, whole)

    return _phases(task, where, map_all, lambda: remap_all(PROT_READ), unmap_all)


def _phases(
    task: Task,
    where: list[tuple[int, int]],
    map_all: Callable[[], None],
    protect_all: Callable[[], None],
    unmap_all: Callable[[], None],
) -> Phases:
    """The five phases; to fault is to write what is there already, to access is to read."""

    def fault_all() -> None:
        touch = task.touch_for_write
        for addr, _ in where:
            touch(addr)

    def access_all() -> None:
        load = task.load
        for addr, _ in where:
            load(addr)

    yield from zip(PHASES, (map_all, fault_all, protect_all, access_all, unmap_all), strict=True)


def run_model(who: str, pages: int, told: Callable[[str], None]) -> Run:
    """The model, in this process."""
    kernel = "linux-6" if who == "mmap" else "linux-2.6-manyprots-v4"
    where = scattered(pages)
    before = _peak()
    task, fd = model_task(kernel, pages)
    seconds, vmas, table_bytes = dict[str, float](), 0, 0
    for name, phase in (by_mmap if who == "mmap" else by_rfp)(task, fd, where):
        if name == PHASES[-1]:
            vmas, table_bytes = task.mm.map_count, task.mm.pgtable.nr_bytes
        seconds[name] = _timed(phase)
        told(f"{who}: {name}")
    if task.mm.map_count:
        msg = f"{who}: {task.mm.map_count} VMAs are left"
        raise HostError(msg)
    return Run(who, pages, seconds, vmas, table_bytes, _peak() - before)


def by_live(file: int, where: list[tuple[int, int]]) -> Phases:
    """A mapping a page, by this machine's kernel."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

    def map_all() -> None:
        mmap = libc.mmap
        for addr, at in where:
            if mmap(addr, PAGE_SIZE, RW, _ONE_A_PAGE, file, at) != addr:
                raise HostError(f"this kernel refused: {os.strerror(ctypes.get_errno())}")

    def each(call: Callable[..., object], *args: int) -> Callable[[], None]:
        def all_of_them() -> None:
            for addr, _ in where:
                call(addr, *args)

        return all_of_them

    yield "map", map_all
    yield "fault", each(ctypes.memset, 0, 1)
    yield "protect", each(libc.mprotect, PAGE_SIZE, PROT_READ)
    yield "access", each(ctypes.string_at, 1)
    yield "unmap", each(libc.munmap, PAGE_SIZE)


def run_live(pages: int, told: Callable[[str], None]) -> Run:
    """This machine's kernel, in this process."""
    where = scattered(pages)
    file = os.memfd_create("vm_file")
    os.ftruncate(file, pages * PAGE_SIZE)
    before, tables = _peak(), _status("VmPTE")
    seconds, table_bytes = dict[str, float](), 0
    for name, phase in by_live(file, where):
        if name == PHASES[-1]:
            table_bytes = _status("VmPTE") - tables
        seconds[name] = _timed(phase)
        told(f"live: {name}")
    return Run("live", pages, seconds, pages, table_bytes, _peak() - before)


def _timed(phase: Callable[[], None]) -> float:
    """Seconds of processor time, in Python and in the kernel."""
    start = thread_time()
    phase()
    return thread_time() - start


def _peak() -> int:
    """The most this process ever had in memory (bytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _status(name: str) -> int:
    """A line of /proc/self/status that counts kilobytes, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def in_a_child(who: str, pages: int, told: Callable[[str], None]) -> Run:
    """One contestant in a fresh interpreter; ``told`` hears of each phase as it ends.

    Raises:
        HostError: the child gave no result.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        os.dup2(writer, 1)
        module = [sys.executable, "-m", "benchmarks.million", "--child", who]
        os.execv(sys.executable, [*module, "--pages", str(pages)])
    os.close(writer)
    result = None
    with os.fdopen(reader) as pipe:
        for line in pipe:
            answer = json.loads(line)
            if isinstance(answer, str):
                told(answer)
            else:
                result = Run(**answer)
    os.waitpid(pid, 0)
    if result is None:
        msg = f"{who} with {pages:,} pages came to no end; try fewer --pages"
        raise HostError(msg)
    return result


def child(who: str, pages: int) -> int:
    """What the fresh interpreter does: one contestant, told in lines of JSON."""

    def told(phase: str) -> None:
        print(json.dumps(phase), flush=True)

    run = run_live(pages, told) if who == "live" else run_model(who, pages, told)
    print(json.dumps(asdict(run)), flush=True)
    return 0


@contextlib.contextmanager
def room_for(pages: int, *, may_raise: bool) -> Iterator[str | None]:
    """Why the live kernel cannot hold so many VMAs (None: it can), the limit raised meanwhile.

    The limit is put back whatever happens.
    """
    allowed = MAX_MAP_COUNT.read_text() if MAX_MAP_COUNT.exists() else "0"
    if pages + HEADROOM <= int(allowed):
        yield unavailable()
        return
    if not may_raise:
        yield f"vm.max_map_count is {int(allowed):,}; --raise-max-map-count raises it meanwhile"
        return
    try:
        MAX_MAP_COUNT.write_text(str(pages + HEADROOM))
    except OSError as error:
        yield f"vm.max_map_count cannot be raised: {error.strerror}"
        return
    try:
        yield unavailable()
    finally:
        MAX_MAP_COUNT.write_text(allowed)


def measure(
    pages: int, live_pages: int, *, rounds: int, may_raise: bool, console: Console
) -> list[Run]:
    """All contestants in turn at the live kernel's size, then the model at its own."""
    alone = ("mmap", "rfp") if pages != live_pages else ()
    with (
        Progress(console=console, transient=True) as bar,
        room_for(live_pages, may_raise=may_raise) as reason,
    ):
        if reason is not None:
            console.print(f"no live kernel: {reason}")
        together = ("live", "mmap", "rfp") if reason is None else ("mmap", "rfp")
        task = bar.add_task("", total=len(PHASES) * (len(together) * rounds + len(alone)))

        def told(phase: str) -> None:
            bar.update(task, description=phase, advance=1)

        turns = [[in_a_child(who, live_pages, told) for who in together] for _ in range(rounds)]
        return [
            *map(middle, zip(*turns, strict=True)),
            *(in_a_child(who, pages, told) for who in alone),
        ]


def middle(runs: Sequence[Run]) -> Run:
    """Several runs of one contestant as one: of each phase the median, of memory the most."""
    seconds = {name: median(run.seconds[name] for run in runs) for name in runs[0].seconds}
    most = max(run.resident_bytes for run in runs)
    return replace(runs[0], seconds=seconds, resident_bytes=most)


def ratios(runs: Sequence[Run]) -> Iterator[str]:
    """At each size, the model over the live kernel, and one window over a mapping a page."""
    sums = {(run.who, run.pages): run.us for run in runs}
    for over, under in (("mmap", "live"), ("rfp", "mmap")):
        for who, pages in sums:
            if who == over and (under, pages) in sums:
                ratio = sums[over, pages] / sums[under, pages]
                yield f"{pages:,} pages: {over} / {under} {ratio:.2f}"


def as_table(runs: list[Run]) -> Table:
    """A row a run: microseconds a page."""
    title = "a User-mode Linux's pages, one call at a time: µs a page"
    table = Table(title=title, box=box.SIMPLE)
    heads = "pages", "who", *PHASES, "sum", "seconds", "VMAs", "table B/page", "MB"
    for head in heads:
        table.add_column(head, justify="left" if head == "who" else "right")
    for run in runs:
        phases = [f"{run.seconds[name] / run.pages * 1e6:.2f}" for name in PHASES]
        table.add_row(
            f"{run.pages:,}",
            run.who,
            *phases,
            f"{run.us:.2f}",
            f"{sum(run.seconds.values()):.1f}",
            f"{run.vmas:,}",
            f"{run.table_bytes / run.pages:.2f}",
            f"{run.resident_bytes / 1e6:.0f}",
        )
    return table


def main(argv: list[str] | None = None) -> int:
    """Measure, print, and save if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.million",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--live-pages", type=int, default=LIVE_PAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAGES:,} pages everywhere")
    parser.add_argument("--raise-max-map-count", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--child", choices=("mmap", "rfp", "live"), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        return child(options.child, options.pages)
    pages = QUICK_PAGES if options.quick else options.pages
    console = Console(stderr=True)
    try:
        runs = measure(
            pages,
            min(options.live_pages, pages),
            rounds=max(1, options.rounds),
            may_raise=options.raise_max_map_count,
            console=console,
        )
    except HostError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    Console(width=110).print(as_table(runs))
    print(*ratios(runs), sep="\n")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
