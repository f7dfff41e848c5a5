"""``vmalab start``: the course, copied into a learner's folder and kept up to date there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import typer

from vmalab import __version__
from vmalab.cli.course import Fate, Outcome, find_course, give

QUIET: Final[frozenset[Fate]] = frozenset({"same", "yours"})
"""Of these nothing is told but how many there are: nothing happened to them."""
COUNTED: Final[dict[Fate, str]] = {
    "new": "new",
    "updated": "updated",
    "kept": "kept as you changed it, with the new version beside it",
    "yours": "changed by you, and not by us",
    "same": "as it was",
    "gone": "no longer in the course, and left to you",
}


def start(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of your own.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Copy the lessons and exercises into DIR, or bring those there up to date.

    What you wrote is never overwritten: where you changed a notebook and the course did too, yours
    stays and the new one is put beside it. To begin a notebook anew, delete yours and start again.
    """
    outcomes = give(find_course(), folder, write=not dry_run)
    would = ", if it were done" if dry_run else ""
    print(f"{folder}: the course of vmalab {__version__}{would}")
    for outcome in outcomes:
        if outcome.fate not in QUIET:
            print(f"  {outcome.fate:<8} {_told(outcome)}")
    counts = Counter(outcome.fate for outcome in outcomes)
    print(*(f"{counts[fate]} {said}" for fate, said in COUNTED.items() if counts[fate]), sep="; ")
    print(f"To begin, or go on: vmalab lab {folder}")


def _told(outcome: Outcome) -> str:
    """One file's line: its name, where its new version is, and what is new in it."""
    beside = f"the new version is {outcome.beside}" if outcome.beside else ""
    told = "; ".join(filter(None, [beside, outcome.news]))
    return f"{outcome.name}: {told}" if told else outcome.name
