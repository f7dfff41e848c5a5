"""All contenders in turn, round by round, each in an interpreter of its own that stays.

    python -m benchmarks.peers.field [--rounds N] [--seconds S] [--json FILE] [NAME...]

One that needs more than its budget of processor time at some size is not asked again at that size,
nor at a larger one. One that cannot be installed or started takes no part, and the reason is told.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.peers import environments
from benchmarks.peers.contenders import CONTENDERS, PHASES
from vmalab.host import unavailable

SIZES: Final = (1000, 10_000, 60_000)
ROUNDS: Final = 5
SECONDS: Final = 20.0
"""The budget: processor time for all four phases at one size."""
START_S: Final = 120.0
"""angr takes a while to be imported."""
OURS: Final = frozenset({"model", "live"})
PROGRAM: Final = Path(__file__).with_name("contenders.py")


@dataclass(slots=True)
class Standing:
    """One contender at one size: its rounds (microseconds a call by phase), or how far it came."""

    pages: int
    rounds: list[dict[str, float]] = field(default_factory=list)
    stopped: str = ""
    """Why there are no more rounds, in words; empty if there are all."""

    def sums(self) -> list[float]:
        """Microseconds a page, all phases together, round by round."""
        return [sum(one.values()) for one in self.rounds]


@dataclass(slots=True)
class Entry:
    """One contender: its version, or why it takes no part, and where it stands at each size."""

    name: str
    version: str = ""
    reason: str = ""
    standings: list[Standing] = field(default_factory=list)

    def at(self, pages: int) -> Standing | None:
        """Where it stands at this size, if it took part and came to its end."""
        return next((one for one in self.standings if one.pages == pages and one.rounds), None)


class Rival:
    """The process of one contender.

    Raises:
        OSError: its interpreter cannot be started.
        ValueError: it takes no part; the text says why.
    """

    def __init__(self, name: str) -> None:
        python = sys.executable if name in OURS else str(environments.interpreter(name))
        self._process = subprocess.Popen(
            [python, "-I", str(PROGRAM), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | environments.VARIABLES,
            text=True,
        )
        self.version = str(self._answer(START_S)["version"])

    def run(self, pages: int, seconds: float) -> dict[str, Any]:
        """One round: ``us``, ``stopped``, ``done``.

        Raises:
            ValueError: it failed, or hangs.
        """
        assert self._process.stdin is not None
        print(
            json.dumps({"pages": pages, "seconds": seconds}), file=self._process.stdin, flush=True
        )
        return self._answer(START_S + 10 * seconds)

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.communicate()

    def _answer(self, limit_s: float) -> dict[str, Any]:
        """Its next line; one that has none is ended."""
        with selectors.DefaultSelector() as waiting:
            assert self._process.stdout is not None
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            ready = waiting.select(limit_s)
        line = self._process.stdout.readline() if ready else ""
        answer: dict[str, Any] = json.loads(line) if line else {}
        if line and "cannot" not in answer:
            return answer
        self.end()
        silent = "its process ended" if ready else f"no answer in {limit_s:g} s"
        raise ValueError(answer.get("cannot", silent))


def enter(name: str) -> tuple[Entry, Rival | None]:
    """Make a contender's environment, if need be, and start it."""
    reason = unavailable() or "" if name == "live" else ""
    if name not in OURS:
        reason = environments.make(name)
    if not reason:
        try:
            rival = Rival(name)
        except (OSError, ValueError) as error:
            reason = str(error)
        else:
            return Entry(name, rival.version), rival
    return Entry(name, reason=reason), None


def compete(
    names: Sequence[str],
    sizes: Sequence[int],
    rounds: int,
    seconds: float,
    told: Callable[[str], None],
) -> list[Entry]:
    """Every contender at every size, one round after another; ``told`` hears what is next."""
    entries: list[Entry] = []
    rivals: dict[str, Rival] = {}
    try:
        for name in names:
            told(f"{name}: starting")
            entry, rival = enter(name)
            entries.append(entry)
            if rival is not None:
                rivals[name] = rival
                entry.standings = [Standing(pages) for pages in sizes]
        for _ in range(rounds):
            for number in range(len(sizes)):
                for entry in entries:
                    told(f"{entry.name}: {sizes[number]:,} VMAs")
                    if entry.standings and not entry.standings[number].stopped:
                        once_more(entry, number, rivals[entry.name], seconds)
    finally:
        for rival in rivals.values():
            rival.end()
    return entries


def once_more(entry: Entry, number: int, rival: Rival, seconds: float) -> None:
    """One round at one size; a contender that does not come to its end is spared the larger ones.

    A failure or a silence ends all of its rounds.
    """
    standing = entry.standings[number]
    try:
        answer = rival.run(standing.pages, seconds)
    except ValueError as error:
        for each in entry.standings:
            each.stopped = each.stopped or f"no more rounds since {standing.pages:,}: {error}"
        return
    if not answer["stopped"]:
        standing.rounds.append(answer["us"])
        return
    came = f"{answer['done']:,} of {standing.pages:,} calls of {answer['stopped']}"
    standing.stopped = f"did not finish in {seconds:g} s at {standing.pages:,} VMAs: {came}"
    for larger in entry.standings[number + 1 :]:
        smaller = f"not asked, as it did not finish at {standing.pages:,}"
        larger.stopped = larger.stopped or smaller


def ratios(standing: Standing, live: Standing) -> list[float]:
    """Times the live kernel's sum, round by round."""
    return [mine / its for mine, its in zip(standing.sums(), live.sums(), strict=False)]


def as_data(entries: Sequence[Entry], rounds: int, seconds: float) -> dict[str, object]:
    """Everything that was measured."""
    return {"rounds": rounds, "seconds": seconds, "entries": [asdict(one) for one in entries]}


def from_data(data: dict[str, Any]) -> list[Entry]:
    """The entries of :func:`as_data`."""
    return [
        Entry(**one | {"standings": [Standing(**each) for each in one["standings"]]})
        for one in data["entries"]
    ]


def lines(entries: Sequence[Entry]) -> list[str]:
    """A line for each contender and size: the median of the sums, or the reason."""
    told = []
    for entry in entries:
        if entry.reason:
            told.append(f"{entry.name:18} takes no part: {entry.reason}")
        for standing in entry.standings:
            what = standing.stopped
            if standing.rounds:
                us = {name: median(one[name] for one in standing.rounds) for name in PHASES}
                each = ", ".join(f"{name} {one:.2f}" for name, one in us.items())
                what = f"{median(standing.sums()):8.2f} µs a page: {each}"
            told.append(f"{entry.name:18} {standing.pages:7,}  {what}")
    return told


def race(
    names: Sequence[str], sizes: Sequence[int], rounds: int, seconds: float, console: Console
) -> list[Entry]:
    """:func:`compete` with a bar on the terminal."""
    columns = TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("peers", total=len(names) * (1 + rounds * len(sizes)))

        def told(what: str) -> None:
            bar.update(task, description=what, advance=1)

        return compete(names, sizes, rounds, seconds, told)


def main(argv: Sequence[str] | None = None) -> int:
    """Let them compete, print, and save if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers.field", description=(__doc__ or "").partition("\n\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="the budget of each")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="VMAS")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    names = options.names or list(CONTENDERS)
    if unknown := [name for name in names if name not in CONTENDERS]:
        print(f"benchmarks: no peer is called {unknown[0]!r}", file=sys.stderr)
        return 1
    how = options.sizes, options.rounds, options.seconds
    entries = race(names, *how, Console(stderr=True))
    print("\n".join(lines(entries)))
    if options.json is not None:
        data = as_data(entries, options.rounds, options.seconds)
        options.json.write_text(json.dumps(data, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
