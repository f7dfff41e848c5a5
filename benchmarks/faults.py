"""Fault many pages in, one at a time, on the model and on this machine's kernel.

    python -m benchmarks.faults --pages 1000000

Shared pages of one file and private anonymous pages, each written to once: microseconds a page,
bytes of page table a page, bytes of everything a page. The kernel is asked through ctypes
(one ``memset`` of one byte a page), in a forked child that gives everything back by exiting.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import mmap
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from vmalab.host import HostError, unavailable
from vmalab.kernel import Kernel
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED
from vmalab.units import PAGE_SIZE

WINDOW = 0x2000_0000_0000
RW = mmap.PROT_READ | mmap.PROT_WRITE
QUICK_PAGES, PAGES = 50_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What one page cost: microseconds of processor time, and bytes."""

    who: str
    kind: str
    pages: int
    us: float
    table_bytes: float
    all_bytes: float


def model(kind: str, pages: int) -> Cost:
    """The model: a store to each page of one mapping."""
    before = _resident()
    task = Kernel(ram_pages=pages + pages // 64 + 4096).spawn()
    if kind == "shared":
        fd = task.memfd("f", pages)
        task.mmap(WINDOW, pages * PAGE_SIZE, RW, MAP_SHARED | MAP_FIXED, fd)
    else:
        flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
        task.mmap(WINDOW, pages * PAGE_SIZE, RW, flags)
    store = task.store
    start = time.thread_time()
    for addr in range(WINDOW, WINDOW + pages * PAGE_SIZE, PAGE_SIZE):
        store(addr)
    spent = time.thread_time() - start
    table = task.mm.pgtable.nr_bytes / pages
    return Cost("model", kind, pages, spent / pages * 1e6, table, (_resident() - before) / pages)


def live(kind: str, pages: int) -> Cost:
    """This machine's kernel: a memset of one byte in each page of one mapping."""
    flags = mmap.MAP_SHARED if kind == "shared" else mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    fd = os.memfd_create("f") if kind == "shared" else -1
    if fd >= 0:
        os.ftruncate(fd, pages * PAGE_SIZE)
    before = _table_bytes()
    area = mmap.mmap(fd, pages * PAGE_SIZE, flags, RW)
    first = ctypes.addressof(ctypes.c_char.from_buffer(area))
    touch = ctypes.memset
    start = time.thread_time()
    for addr in range(first, first + pages * PAGE_SIZE, PAGE_SIZE):
        touch(addr, 1, 1)
    spent = time.thread_time() - start
    table = (_table_bytes() - before) / pages
    return Cost("live kernel", kind, pages, spent / pages * 1e6, table, table + PAGE_SIZE)


def _resident() -> int:
    """This process's resident bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_SIZE


def _table_bytes() -> int:
    """This process's page tables, from VmPTE."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmPTE"))


def in_a_child(who: str, kind: str, pages: int) -> Cost:
    """Run one measurement in a fresh process, so that none leaves memory behind for the next.

    Raises:
        HostError: the child gave no answer (too little memory, most likely).
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        cost = (model if who == "model" else live)(kind, pages)
        os.write(writer, json.dumps(asdict(cost)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    if not answer:
        msg = f"{who}, {kind}: the measuring process died; try fewer --pages"
        raise HostError(msg)
    return Cost(**json.loads(answer))


def measure(pages: int) -> list[Cost]:
    """Both kinds of page, the model and the kernel in turn."""
    return [
        in_a_child(who, kind, pages) for kind in ("shared", "private") for who in ("model", "live")
    ]


def as_table(costs: list[Cost]) -> Table:
    """A row a measurement."""
    table = Table(title="what one faulted page costs")
    for head in ("pages", "kind", "who", "µs", "page table, bytes", "all, bytes"):
        table.add_column(head, justify="left" if head in {"kind", "who"} else "right")
    for cost in costs:
        numbers = f"{cost.us:.2f}", f"{cost.table_bytes:.2f}", f"{cost.all_bytes:.0f}"
        table.add_row(f"{cost.pages:,}", cost.kind, cost.who, *numbers)
    return table


def main(argv: list[str] | None = None) -> int:
    """Measure, print, and save if asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAGES:,} pages")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    if reason := unavailable():
        print(f"benchmarks: {reason}", file=sys.stderr)
        return 1
    costs = measure(QUICK_PAGES if options.quick else options.pages)
    Console().print(as_table(costs))
    for mine, real in zip(costs[::2], costs[1::2], strict=True):
        print(f"{mine.kind}: model / live kernel {mine.us / real.us:.2f}")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
