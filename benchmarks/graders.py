"""Four ways to grade the same notebooks: vmalab's, plain nbval, nbgrader and otter-grader.

Each is prepared outside the clock, in a folder of its own, and tells how many submissions it has
done so far and, at the end, how many have full points. The peers run in environments of their own
(:mod:`benchmarks.peers.environments`) and judge by the same ``check`` cells.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.peers import environments
from benchmarks.watched import Watched, watch
from tools import exercises

ROOT: Final = exercises.ROOT
SCORES: Final = """\
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    made = book.assignment_submissions("{name}")
    print(json.dumps({{one.student.id: [one.score, one.max_score] for one in made}}))
"""
"""Reads nbgrader's points, in its own interpreter."""


@dataclass(slots=True)
class Grader:
    """One way to grade: a folder of its own, with so many honest submissions of one set."""

    folder: Path
    exercise: str
    number: int
    worked: dict[str, Any]
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def prepare(self) -> None:
        """Everything that is done once for a class."""
        self.submit(self.folder / "submitted")

    def commands(self) -> Iterator[list[str]]:
        """What is timed."""
        raise NotImplementedError

    def done(self) -> int:
        """So many submissions are graded so far."""
        return 0

    def full(self) -> int:
        """So many have full points."""
        raise NotImplementedError

    def grade(self, tick: Any) -> Watched:
        """Grade them all: what it took.

        Raises:
            CommandError: the grader failed.
        """
        runs = [watch(words, self.folder, self.env, tick) for words in self.commands()]
        return Watched(sum(run.seconds for run in runs), max(run.peak_bytes for run in runs))

    def submit(self, folder: Path) -> None:
        """Write the submissions, no two the same, as collected: LEARNER/SET/NAME.ipynb."""
        name = next(exercises.SOLUTIONS.glob(f"{self.exercise}_*.ipynb")).name
        for index in range(self.number):
            path = folder / f"learner{index:03}" / self.exercise / name
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps({**self.worked, "nbformat_minor": 5}) + " " * index)


class Vmalab(Grader):
    """``vmalab grade``: each submission in a sandbox, judged from outside, one judge a core."""

    def commands(self) -> Iterator[list[str]]:
        """One command for all."""
        words = [sys.executable, "-m", "vmalab", "grade", "--bundle", str(exercises.SEALED)]
        yield [*words, "submitted", "--out", "out"]

    def done(self) -> int:
        """Each result is a file."""
        return len(list((self.folder / "out" / "results").glob("*.json")))

    def full(self) -> int:
        """Points of grades.csv."""
        with (self.folder / "out" / "grades.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return sum(float(row["total"]) == float(row["out of"]) for row in rows)


class Nbval(Grader):
    """pytest --nbval: compares outputs, gives no points, and runs with the instructor's rights."""

    def commands(self) -> Iterator[list[str]]:
        """One command for all."""
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
        yield [*words, "--nbval-current-env", "--junitxml=junit.xml", "--rootdir=.", "submitted"]

    def full(self) -> int:
        """Submissions no cell of which failed."""
        failed: dict[str, bool] = defaultdict(bool)
        for case in ET.parse(self.folder / "junit.xml").getroot().iter("testcase"):
            name = (case.get("classname") or "").partition("learner")[2][:3]
            failed[name] |= case.find("failure") is not None
        return sum(not one for one in failed.values())


class Nbgrader(Grader):
    """nbgrader autograde: all points of a cell or none, with the instructor's rights."""

    def prepare(self) -> None:
        """A course with a released assignment."""
        exercises.main(["nbgrader", str(self.folder)])
        (self.folder / "nbgrader_config.py").write_text("c = get_config()\n")
        self.submit(self.folder / "submitted")
        programs = environments.interpreter("nbgrader").parent
        self.env["PATH"] = f"{programs}:{self.env['PATH']}"
        watch(self._verb("generate_assignment"), self.folder, self.env, lambda: None)

    def commands(self) -> Iterator[list[str]]:
        """One command for all."""
        yield self._verb("autograde")

    def done(self) -> int:
        """Each graded notebook is a folder."""
        return len(list((self.folder / "autograded").glob("*")))

    def full(self) -> int:
        """Points of the gradebook."""
        return sum(points == most for points, most in self.scores().values())

    def scores(self) -> dict[str, tuple[float, float]]:
        """Points of each learner, and the most there are."""
        script = self.folder / "scores.py"
        script.write_text(SCORES.format(name=self.exercise))
        words = [str(environments.interpreter("nbgrader")), str(script)]
        watch(words, self.folder, self.env, lambda: None)
        told = (self.folder / "command.log").read_text().splitlines()[-1]
        return {name: (points, most) for name, (points, most) in json.loads(told).items()}

    def _verb(self, verb: str) -> list[str]:
        program = environments.interpreter("nbgrader").with_name("nbgrader")
        return [str(program), verb, self.exercise, "--create"]


class Otter(Grader):
    """otter run: one submission a command, without a container, with the instructor's rights."""

    def prepare(self) -> None:
        """Tests of the same ``check`` cells, and an autograder made of them."""
        self.submit(self.folder / "submitted")
        (self.folder / "tests").mkdir()
        for cell in self.worked["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if marks.get("grade"):
                asked = "".join(cell["source"])
                test = ok_test(marks["grade_id"], marks["points"], f"bool({asked})")
                path = self.folder / "tests" / f"{marks['grade_id']}.py"
                path.write_text(f"OK_FORMAT = True\n\ntest = {test!r}\n")
        nothing = ("--no-requirements", "--no-environment", "--no-config")
        words = [self._program, "generate", "-t", "tests", "-o", "autograder.zip", *nothing]
        watch(words, self.folder, self.env, lambda: None)

    def commands(self) -> Iterator[list[str]]:
        """One command for each."""
        for path in sorted((self.folder / "submitted").rglob("*.ipynb")):
            out = self.folder / "out" / path.parent.parent.name
            out.mkdir(parents=True)
            words = [self._program, "run", "-a", "autograder.zip", "--no-logo", "-o", str(out)]
            yield [*words, str(path)]

    def done(self) -> int:
        """Each has its results."""
        return len(list((self.folder / "out").glob("*/results.json")))

    def full(self) -> int:
        """Submissions all of whose tests have all points."""
        found = 0
        for path in (self.folder / "out").glob("*/results.json"):
            tests = [one for one in json.loads(path.read_text())["tests"] if one.get("max_score")]
            found += bool(tests) and all(one["score"] == one["max_score"] for one in tests)
        return found

    @property
    def _program(self) -> str:
        return str(environments.interpreter("otter").with_name("otter"))


def ok_test(name: str, points: float, asked: str) -> dict[str, Any]:
    """A test in otter's form: an expression that should be true."""
    case = {"code": f">>> {asked}\nTrue", "hidden": False, "locked": False}
    suite = {"type": "doctest", "scored": True, "setup": "", "teardown": "", "cases": [case]}
    return {"name": name, "points": points, "suites": [suite]}


GRADERS: Final[dict[str, type[Grader]]] = {
    "vmalab grade": Vmalab,
    "nbval": Nbval,
    "nbgrader autograde": Nbgrader,
    "otter run": Otter,
}
