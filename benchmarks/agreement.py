"""Does nbgrader, in an environment of its own, give the points that `vmalab grade` gives?

    python -m benchmarks.agreement [SET...]      (make nbgrader)

For every set: the source that `tools/exercises.py` exports is made into an assignment; the worked
notebook should get all points that the sealed bundle has, and the notebook as learners get it none.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.graders import Nbgrader
from benchmarks.grading import worked
from benchmarks.peers import environments
from benchmarks.watched import CommandError
from tools import exercises
from vmalab.grading.bundle import load_folder

BLANK = "blank"


class Course(Nbgrader):
    """One worked submission, and one that nobody has worked on."""

    def submit(self, folder: Path) -> None:
        """Both of them."""
        super().submit(folder)
        (blank,) = exercises.EXERCISES.glob(f"{self.exercise}_*.ipynb")
        path = folder / BLANK / self.exercise / blank.name
        path.parent.mkdir(parents=True)
        path.write_text(blank.read_text(encoding="utf-8"), encoding="utf-8")


def differences(name: str, most: float, folder: Path) -> list[str]:
    """What nbgrader says otherwise about a set, in words.

    Raises:
        CommandError: nbgrader failed.
    """
    course = Course(folder, name, 1, worked(name))
    course.prepare()
    course.grade(lambda: None)
    return compare(course.scores(), {"learner000": (most, most), BLANK: (0.0, most)})


def compare(
    scores: dict[str, tuple[float, float]], expected: dict[str, tuple[float, float]]
) -> list[str]:
    """Learners whose points differ.

    >>> compare({"a": (2, 3)}, {"a": (3, 3), "b": (0, 3)})
    ['a: 2 of 3, not 3 of 3', 'b: no points, not 0 of 3']
    """
    found = []
    for learner, (points, most) in expected.items():
        said = f"{scores[learner][0]:g} of {scores[learner][1]:g}" if learner in scores else ""
        wanted = f"{points:g} of {most:g}"
        if said != wanted:
            found.append(f"{learner}: {said or 'no points'}, not {wanted}")
    return found


def main(argv: Sequence[str]) -> int:
    """Print a line a set: 0, or 1 when some points differ or nbgrader cannot be had."""
    if reason := environments.make("nbgrader"):
        print(f"NOT CHECKED: nbgrader cannot be installed here: {reason}", file=sys.stderr)
        return 1
    sets = {
        name: sum(item.points for item in one.items)
        for name, one in load_folder(exercises.SEALED).items()
        if not argv or name in argv
    }
    if not sets:
        print(f"no set is called {' or '.join(argv)}", file=sys.stderr)
        return 1
    failed = False
    for name, most in sorted(sets.items()):
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = differences(name, most, Path(folder))
            except (CommandError, json.JSONDecodeError) as error:
                found = [str(error)]
        failed |= bool(found)
        told = "; ".join(found) or f"worked {most:g} of {most:g}, blank 0 of {most:g}, as here"
        print(f"set {name}: nbgrader: {told}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
