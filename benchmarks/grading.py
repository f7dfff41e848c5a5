"""Seconds a submission: `vmalab grade` beside plain nbval, nbgrader's autograde and otter-grader.

    python -m benchmarks.grading [--number 200] [--peers 20] [--json FILE]

The submissions are honest: the worked notebook of one set, each of another length, so that none is
known already. The clock says what a class waits for; on a busy machine it says little. Also how
long ``check`` takes in a notebook.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.graders import GRADERS
from benchmarks.page import spread
from benchmarks.peers import environments
from benchmarks.watched import CommandError
from tools import exercises

SET = "01"
NUMBER, PEERS = 200, 20
ITEM, CHECKS = "ex2.q3", 50


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and save if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.grading", description=(__doc__ or "").partition("\n\n")[0]
    )
    parser.add_argument("--number", type=int, default=NUMBER, help="submissions for vmalab")
    parser.add_argument("--peers", type=int, default=PEERS, help="submissions for the others")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    data = measure(options.number, options.peers, Console(stderr=True))
    for run in data["runs"]:
        print(
            f"{run['name']:20} {run['number']:4} submissions"
            f"  {run['seconds'] / run['number']:6.2f} s each"
            f"  peak {run['peak_bytes'] / 1e6:5.0f} MB  full points: {run['points']}"
        )
    for name, reason in data["absent"].items():
        print(f"{name:20} takes no part: {reason}")
    print(f'check("{ITEM}"): {spread(data["check"]["ms"])} ms')
    if options.json is not None:
        options.json.write_text(json.dumps(data, indent=1) + "\n")
    return 0


def measure(number: int, peers: int, console: Console) -> dict[str, Any]:
    """Every grader in turn, and check."""
    runs, absent = [], {}
    columns = TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
        for name in GRADERS:
            many = number if name == "vmalab grade" else peers
            if reason := why_not(name):
                absent[name] = reason
                continue
            try:
                runs.append(one(name, many, bar))
            except CommandError as error:
                absent[name] = str(error)
    checked = {"item": ITEM, "ms": check_ms(ITEM, CHECKS)}
    return {"set": SET, "runs": runs, "absent": absent, "check": checked}


def why_not(name: str) -> str:
    """Why a grader cannot be had; empty if it can."""
    peer = name.split(maxsplit=1)[0]
    return environments.make(peer) if peer in environments.REQUIREMENTS else ""


def one(name: str, number: int, bar: Progress) -> dict[str, Any]:
    """One grader, with its bar.

    Raises:
        CommandError: it failed.
    """
    task = bar.add_task(name, total=number)
    with tempfile.TemporaryDirectory() as folder:
        grader = GRADERS[name](Path(folder), SET, number, worked(SET))
        grader.prepare()
        took = grader.grade(lambda: bar.update(task, completed=grader.done()))
        points = f"{grader.full()} of {number}"
    bar.update(task, completed=number)
    return {
        "name": name,
        "number": number,
        "seconds": took.seconds,
        "peak_bytes": took.peak_bytes,
        "points": points,
    }


def worked(name: str) -> dict[str, Any]:
    """The worked notebook of a set."""
    (path,) = exercises.SOLUTIONS.glob(f"{name}_*.ipynb")
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def check_ms(item: str, times: int) -> list[float]:
    """Milliseconds of ``check`` in a notebook with the right answer; the first call loads all."""
    names: dict[str, object] = {}
    asked = f'check("{item}")'
    for cell in worked(f"{int(item[2]):02}")["cells"]:
        source = "".join(cell["source"])
        if source.startswith(asked):
            break
        if cell["cell_type"] == "code":
            exec(source, names)
    call = compile(asked, "<check>", "exec")
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        exec(call, names)
        spent.append((time.perf_counter() - start) * 1000)
    return spent


if __name__ == "__main__":
    sys.exit(main())
