"""All benchmarks by one command: tables and plots in ``benchmarks/results.md``.

    python -m benchmarks.results [PART...]      (make bench, make bench PARTS="race peers")

    guest     the VMAs of a User-mode Linux's host: counted, so the same everywhere
    race      the model beside the live kernel, one page at a time
    peers     the same work in other packages, each in an environment of its own
    million   a User-mode Linux's million pages
    grading   a class graded, beside other graders; only when it is named

Each part is a program of its own with a progress bar. What it measured is kept as JSON in
``benchmarks/results/``, and the page and its plots are made of that: a part that is not run anew
stays as it was. ``page`` measures nothing and makes the page again.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.page import page

HERE: Final = Path(__file__).resolve().parent
DATA, FIGURES, PAGE = HERE / "results", HERE / "figures", HERE / "results.md"
ROOT: Final = HERE.parent
FRESH: Final = ROOT / "build" / "benchmarks"
PARTS: Final = {
    "guest": "benchmarks.guest",
    "race": "benchmarks",
    "peers": "benchmarks.peers.field",
    "million": "benchmarks.million",
    "grading": "benchmarks.grading",
}
USUAL: Final = ("guest", "race", "peers", "million")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for, then write the page: 0, or 1 when a part failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*PARTS, "page"]))
    asked = parser.parse_args(argv).parts or USUAL
    if unknown := [name for name in asked if name not in {*PARTS, "page"}]:
        parser.error(f"{unknown[0]!r} is not a part; choose of {', '.join([*PARTS, 'page'])}")
    DATA.mkdir(exist_ok=True)
    failed = [name for name in asked if name != "page" and not measure(name)]
    write()
    return 1 if failed else 0


def measure(name: str) -> bool:
    """Run a part and keep what it measured; False when it failed, and then what was there stays."""
    path = DATA / f"{name}.json"
    fresh = FRESH / path.name
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    command = ["python", "-m", PARTS[name]]
    print(f"{name}: {' '.join(command)}", flush=True)
    load, began = os.getloadavg()[0], time.monotonic()
    done = subprocess.run(
        [sys.executable, *command[1:], "--json", str(fresh)], cwd=ROOT, check=False
    )
    if done.returncode or not fresh.exists():
        print(f"{name}: ended with status {done.returncode}; its old results stay", file=sys.stderr)
        return False
    part = {
        "command": " ".join(command),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "seconds": time.monotonic() - began,
        "machine": machine() | {"load": load, "load_after": os.getloadavg()[0]},
        "data": json.loads(fresh.read_text()),
    }
    path.write_text(json.dumps(part) + "\n")
    return True


def machine() -> dict[str, Any]:
    """What this is."""
    return {
        "processor": processor(Path("/proc/cpuinfo")),
        "cores": os.cpu_count(),
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version(),
    }


def processor(cpuinfo: Path) -> str:
    """The processor's name, where the kernel tells it."""
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def measured() -> dict[str, Any]:
    """All that was ever measured, part by part."""
    return {
        name: json.loads(path.read_text())
        for name in PARTS
        if (path := DATA / f"{name}.json").exists()
    }


def write() -> None:
    """The page and its plots, of all that was ever measured."""
    from benchmarks.figures import draw  # noqa: PLC0415 - matplotlib takes a while

    parts = measured()
    drawn = draw({name: part["data"] for name, part in parts.items()}, FIGURES)
    PAGE.write_text(page(parts))
    for path in (*drawn, PAGE):
        print(f"{path.relative_to(ROOT)}: written")


if __name__ == "__main__":
    sys.exit(main())
