"""Run verbs of the Makefile in order, stop at the first that fails, end with a table of times.

Usage: python tools/stages.py check unit host
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

MAKE = os.environ.get("MAKE", "make")


def main(stages: Sequence[str]) -> int:
    """Run the stages in order; the exit status is that of the one which failed, or 0."""
    rows: list[tuple[str, str, float]] = []
    status = 0
    for stage in stages:
        print(f"\n=== {stage} " + "=" * (72 - len(stage)), flush=True)
        began = time.monotonic()
        status = subprocess.run([MAKE, "--no-print-directory", stage], check=False).returncode
        rows.append((stage, "ok" if status == 0 else "FAILED", time.monotonic() - began))
        if status != 0:
            break
    print(table(rows, stages), flush=True)
    return status


def table(rows: Sequence[tuple[str, str, float]], stages: Sequence[str]) -> str:
    """The stages with verdict and time; those not reached say so."""
    lines = ["", f"{'stage':<12}{'verdict':<12}{'seconds':>9}"]
    lines += [f"{stage:<12}{verdict:<12}{seconds:>9.1f}" for stage, verdict, seconds in rows]
    lines += [f"{stage:<12}{'not run':<12}{'-':>9}" for stage in stages[len(rows) :]]
    lines += [f"{'all':<12}{'':<12}{sum(seconds for _, _, seconds in rows):>9.1f}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
