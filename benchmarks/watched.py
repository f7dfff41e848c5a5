"""A command run to its end, while one looks how far it is and what memory it has.

grader --+-- judge --+-- sandbox --- kernel
         +-- judge ...                          all of their resident memory, once a second
"""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
EVERY_S: Final = 1.0


class CommandError(Exception):
    """A command ended with another status than 0; the text has its last words."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command took: seconds by the clock, and bytes at the largest."""

    seconds: float
    peak_bytes: int


def watch(
    words: Sequence[str], cwd: Path, env: Mapping[str, str], tick: Callable[[], object]
) -> Watched:
    """Run a command; ``tick`` is called every time one looks.

    Raises:
        CommandError: it ended with another status than 0.
    """
    log = cwd / "command.log"
    began, peak = time.monotonic(), 0
    with log.open("wb") as said:
        process = subprocess.Popen(words, cwd=cwd, env=env, stdout=said, stderr=said)
        while process.poll() is None:
            peak = max(peak, tree_bytes(process.pid))
            tick()
            time.sleep(EVERY_S)
    took = time.monotonic() - began
    tick()
    if process.returncode:
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        msg = f"{words[0]} ended with status {process.returncode}: {' '.join(last)}"
        raise CommandError(msg)
    return Watched(took, peak)


def tree_bytes(pid: int, proc: Path = PROC) -> int:
    """What a process and all below it have resident, each page once: the sum of their Pss (bytes).

    One that ends meanwhile, or may not be looked at, counts nothing.
    """
    below, total = children(proc), 0
    todo = [pid]
    while todo:
        one = todo.pop()
        todo += below.get(one, ())
        try:
            text = (proc / str(one) / "smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total * 1024


def children(proc: Path = PROC) -> dict[int, list[int]]:
    """Every process's children."""
    found: dict[int, list[int]] = defaultdict(list)
    for path in proc.iterdir():
        if path.name.isdecimal():
            try:
                words = (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(words[1])].append(int(path.name))
    return found
