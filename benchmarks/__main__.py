"""Time the model beside the system calls of this machine's own kernel, in one run.

mmap, mprotect, find_vma and munmap of single pages, in spaces of 1, 1,000, 10,000 and 60,000 VMAs.
The model is asked through ``Task.syscall``, with no listener, and once more with every event
recorded; the kernel through ctypes, in a forked child, inside a window that nothing else uses and
that is given back. They take turns, and what counts is their ratio. Every call is answered by
``linux-6`` as by Linux 6.18.

The garbage collector runs as Python starts it, in both; ``--no-gc`` turns it off to show its share.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.race import Result, course, run
from benchmarks.report import as_json, as_table, growth, rows
from vmalab.host import HostError

SIZES = (1, 1000, 10_000, 60_000)
ROUNDS, QUICK_ROUNDS = 25, 7
CALLS, QUICK_CALLS = 2000, 1000


def main(argv: list[str] | None = None) -> int:
    """Run, print, and save if asked: 0, or 1 when something went wrong."""
    options = parser().parse_args(argv)
    console = Console()
    try:
        results = race(options, Console(stderr=True))
    except HostError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    show(results, console)
    if options.json is not None:
        options.json.write_text(json.dumps(as_json(results), indent=1) + "\n")
    return 0


def parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=(__doc__ or "").partition("\n\n")[0],
    )
    made.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    made.add_argument("--json", type=Path, metavar="FILE", help="save every round there")
    made.add_argument("--no-gc", action="store_true", help="turn the garbage collector off")
    made.add_argument("--rounds", type=positive, help="how often everything is timed")
    made.add_argument("--calls", type=positive, help="calls of each kind in a round")
    made.add_argument(
        "--sizes", type=positive, nargs="+", default=SIZES, metavar="VMAS", help="sizes of space"
    )
    return made


def positive(text: str) -> int:
    """A whole number of at least 1."""
    number = int(text.replace(",", "").replace("_", ""))
    if number < 1:
        raise ValueError(text)
    return number


def race(options: argparse.Namespace, console: Console) -> list[Result]:
    """Run every size, with a bar on the terminal."""
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    calls = options.calls or (QUICK_CALLS if options.quick else CALLS)
    courses = [course(vmas, calls, gc_on=not options.no_gc) for vmas in options.sizes]
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console, auto_refresh=False) as bar:
        task = bar.add_task("rounds", total=rounds * len(courses))
        return run(courses, rounds, lambda: bar.update(task, advance=1, refresh=True))


def show(results: list[Result], console: Console) -> None:
    """Print the table, and what is to be said about it."""
    table = rows(results)
    console.print(as_table(table))
    for result in results:
        if result.reason:
            print(f"{result.course.vmas:,} VMAs, no live kernel: {result.reason}")
    if times := growth(table):
        print(f"model, sum at 60,000 VMAs over sum at 1,000: {times}")
    collector = "on" if results[0].course.gc_on else "off"
    print(f"{len(results[0].rounds)} rounds, garbage collector {collector}; below 1 the model wins")


if __name__ == "__main__":
    sys.exit(main())
