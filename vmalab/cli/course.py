"""The course on its way into a learner's folder: what is copied, kept, and put beside.

Three versions of every file are compared, as in a three-way merge: the one given last time (its
digest is remembered), the one in the learner's folder, and the one in the course now::

    the learner has   given last   the course has
    ---------------   ----------   --------------
    nothing           -            n               new:      n is copied
    n                 -            n               same:     nothing to do
    g                 g            n               updated:  n replaces g
    y                 n            n               yours:    y stays
    y                 g            n               kept:     y stays, n is put beside it

A notebook's version is the text of its cells. What running it adds (outputs, counts, metadata) can
be had again by running it, so a lesson that was only run still counts as the one given.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from vmalab import __version__
from vmalab.cli.status import BAD_INPUT, CannotError

FOLDERS: Final = ("notebooks", "exercises")
MANIFEST: Final = ".vmalab-course.json"
"""In the learner's folder: the version given last, and a digest of each file of it."""

Fate = Literal["new", "same", "updated", "yours", "kept", "gone"]
"""What becomes of a file; ``gone`` has left the course, and stays with the learner."""
Cells = list[tuple[str, str]]
"""Of each cell of a notebook, its kind and its text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one file of the course; ``beside`` is where its new version was put."""

    name: str
    fate: Fate
    beside: str = ""
    news: str = ""


def find_course() -> Path:
    """The folder that holds the course: inside an installed vmalab, or around it in a checkout.

    Raises:
        CannotError: it is in neither.
    """
    package = Path(__file__).resolve().parents[1]
    for home in (package / "course", package.parent):
        if all((home / folder).is_dir() for folder in FOLDERS):
            return home
    cure = "install vmalab from its wheel, or run it in a checkout"
    raise CannotError("this vmalab came without its course", cure, BAD_INPUT)


def course_files(home: Path) -> list[str]:
    """Every notebook of the course, by its path below the course's folder."""
    found = (path for folder in FOLDERS for path in (home / folder).glob("*.ipynb"))
    return sorted((path.relative_to(home).as_posix() for path in found), key=_lessons_first)


def _lessons_first(name: str) -> tuple[int, str]:
    return FOLDERS.index(name.split("/", maxsplit=1)[0]), name


def give(home: Path, target: Path, *, write: bool = True) -> list[Outcome]:
    """Bring ``target`` up to the course in ``home``, without losing what a learner wrote.

    With ``write=False`` nothing is touched: the outcomes say what would be done.

    Raises:
        CannotError: the folder cannot be one, or is the course's own.
    """
    _refuse_places(home, target)
    given, course = read_manifest(target), course_files(home)
    outcomes = [_give_file(home / name, target, name, given, write=write) for name in course]
    left = [name for name in given if name not in course and (target / name).exists()]
    outcomes += [Outcome(name, "gone") for name in sorted(left)]
    if write:
        now = {name: version(home / name) for name in course}
        text = json.dumps({"vmalab": __version__, "files": now}, indent=1) + "\n"
        write_whole(target / MANIFEST, text.encode())
    return outcomes


def _refuse_places(home: Path, target: Path) -> None:
    """A folder of the course itself, or something that is no folder, is no learner's folder."""
    place = target.resolve()
    if place == home or any(place.is_relative_to(home / folder) for folder in FOLDERS):
        raise CannotError(f"{target} is the course itself", "name a folder of your own", BAD_INPUT)
    for path in (target, *(target / folder for folder in FOLDERS)):
        if path.exists() and not path.is_dir():
            raise CannotError(f"{path} is a file, not a folder", "name another folder", BAD_INPUT)


def _give_file(
    source: Path, target: Path, name: str, given: dict[str, str], *, write: bool
) -> Outcome:
    """Decide what becomes of one file, by the table above, and do it."""
    theirs, now = target / name, version(source)
    if theirs.is_dir():
        cure = "move it away, and start again"
        raise CannotError(f"{theirs} is a folder, where a notebook goes", cure, BAD_INPUT)
    if not theirs.exists():
        return _copy(source, theirs, Outcome(name, "new"), write=write)
    has = version(theirs)
    if has == now:
        return Outcome(name, "same")
    if has == given.get(name):
        news = what_is_new(cells(theirs), cells(source))
        return _copy(source, theirs, Outcome(name, "updated", news=news), write=write)
    if given.get(name) == now:
        return Outcome(name, "yours")
    beside = _free_name(theirs, now)
    news = what_is_new(cells(theirs), cells(source))
    return _copy(source, beside, Outcome(name, "kept", beside.name, news), write=write)


def _copy(source: Path, to: Path, outcome: Outcome, *, write: bool) -> Outcome:
    if write:
        write_whole(to, source.read_bytes())
    return outcome


def _free_name(theirs: Path, now: str) -> Path:
    """``NAME.new.ipynb``, or with a number: the first that is free, or that holds ``now``."""
    number = 1
    while True:
        beside = theirs.with_suffix(f".new{number if number > 1 else ''}{theirs.suffix}")
        if not beside.exists() or version(beside) == now:
            return beside
        number += 1


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever finds half of it, whatever ends this process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def read_manifest(target: Path) -> dict[str, str]:
    """The digests of the files given last; empty where none are known, as if all were changed."""
    try:
        told: Any = json.loads((target / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}
    files = told.get("files") if isinstance(told, dict) else None
    known = files.items() if isinstance(files, dict) else ()
    return {str(name): str(digest) for name, digest in known}


def version(path: Path) -> str:
    """A digest of what an author wrote: the cells of a notebook, the bytes of anything else."""
    found = cells(path)
    return hashlib.sha256(repr(found).encode() if found else path.read_bytes()).hexdigest()


def cells(path: Path) -> Cells:
    """Kind and text of every cell; empty if the file is no notebook."""
    try:
        told: Any = json.loads(path.read_bytes())
        return [(cell["cell_type"], "".join(cell["source"])) for cell in told["cells"]]
    except (ValueError, KeyError, TypeError):
        return []


def what_is_new(old: Cells, new: Cells) -> str:
    """How many cells of ``new`` are not in ``old``, and under which headings.

    >>> old = [("markdown", "# One"), ("code", "1")]
    >>> what_is_new(old, [*old, ("markdown", "## Play"), ("code", "2")])
    '2 cells are new, under "Play"'
    """
    known, under, count = set(old), dict[str, None](), 0
    for cell, heading in zip(new, headings(new), strict=True):
        if cell not in known:
            count += 1
            under[heading] = None
    if not count:
        return "cells were removed or moved"
    places = ", ".join(f'"{heading}"' for heading in under if heading)
    said = "1 cell is new" if count == 1 else f"{count} cells are new"
    return f"{said}, under {places}" if places else said


def headings(found: Cells) -> Iterator[str]:
    """For each cell, the last heading at or above it."""
    heading = ""
    for kind, text in found:
        if kind == "markdown":
            lines = [line for line in text.splitlines() if line.startswith("#")]
            heading = lines[0].lstrip("# ") if lines else heading
        yield heading
