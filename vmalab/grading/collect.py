"""Finding submissions: files and folders as they come from a class, none of them trusted.

    folder/LEARNER/…/NAME.ipynb      nbgrader's submitted/, or a folder a learner
    folder/LEARNER_NAME.ipynb        a flat folder, as learning platforms export it
    NAME.ipynb                       a single file

Symbolic links are not followed, and only regular files are opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vmalab.grading.assemble import MOST_BYTES, recognise
from vmalab.grading.bundle import ExerciseSet
from vmalab.grading.results import Job

_SKIPPED = {".ipynb_checkpoints", "__MACOSX", ".git"}
_SET_NAME = re.compile(r"[-_ ]*0\d_[a-z0-9_]+?(?:[-_ ]\(?\d+\)?)?\Z")


@dataclass(slots=True)
class Collected:
    """Jobs to do, and a line about each file that is none."""

    jobs: list[Job]
    notes: list[str]


def collect(paths: list[Path], sets: dict[str, ExerciseSet]) -> Collected:
    """Every submission below some paths; of two by one learner for one set, the newer file."""
    chosen: dict[tuple[str, str], tuple[float, Path, Job]] = {}
    notes = []
    for learner, path in sorted(_files(paths)):
        data, mtime, problem = read(path)
        if problem:
            notes.append(f"{path}: {problem}")
            continue
        exercise = recognise(data, sets, path.name)
        if exercise is None:
            notes.append(f"{path}: belongs to none of the sets {', '.join(sets)}")
            continue
        job, known = Job(learner, exercise, data), chosen.get((learner, exercise))
        if known is not None:
            older = known[1] if mtime >= known[0] else path
            notes.append(f"{older}: not graded: {learner} has a newer file for set {exercise}")
            if mtime < known[0]:
                continue
        chosen[learner, exercise] = (mtime, path, job)
    return Collected([job for _, _, job in chosen.values()], notes)


def _files(paths: list[Path]) -> Iterator[tuple[str, Path]]:
    for top in paths:
        if not top.is_dir() or top.is_symlink():
            yield learner_of(Path(top.name)), top
            continue
        for folder, folders, names in os.walk(top, followlinks=False):
            folders[:] = sorted(one for one in folders if one not in _SKIPPED)
            for name in sorted(names):
                path = Path(folder, name)
                if name.lower().endswith(".ipynb"):
                    yield learner_of(path.relative_to(top)), path


def learner_of(path: Path) -> str:
    """Whose a file is, by its place below the folder that was named.

    >>> learner_of(Path("ada/01/01_maps.ipynb")), learner_of(Path("bob_01_maps.ipynb"))
    ('ada', 'bob')
    """
    name = path.parts[0] if len(path.parts) > 1 else path.stem
    short = name if len(path.parts) > 1 else _SET_NAME.sub("", name)
    shown = "".join(letter if letter.isprintable() else "?" for letter in short or name)
    return shown.encode("utf-8", "replace").decode()[:80]


def read(path: Path) -> tuple[bytes, float, str]:
    """A file's bytes and time, or what is wrong with it; never more than are looked into."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        link = path.is_symlink()
        return b"", 0.0, "a symbolic link is not followed" if link else str(error.strerror)
    with os.fdopen(fd, "rb") as file:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            return b"", 0.0, "not a regular file"
        return file.read(MOST_BYTES + 1), about.st_mtime, ""
