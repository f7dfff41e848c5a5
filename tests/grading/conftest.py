"""A real set, real sandboxes, and submissions built around one cell."""

import json

import pytest

from tests.conftest import IN_CI
from tests.toy_set import answered, toy
from tools import exercises
from vmalab.grading.bundle import load_folder
from vmalab.grading.pool import Setting, grade_all
from vmalab.grading.sandbox import Limits, best_way
from vmalab.grading.store import Store

__all__ = ["answered", "toy"]

IMPATIENT = Limits(cell_seconds=2.0, total_seconds=8.0)
"""For answers that never end."""


@pytest.fixture(scope="session")
def sets():
    return load_folder(exercises.SEALED)


@pytest.fixture(scope="session")
def setting(sets, tmp_path_factory):
    """What all gradings here have in common."""
    if best_way(trust=True) != "bwrap":
        without = "no sandbox that learners' code cannot read from: apt-get install bubblewrap"
        (pytest.fail if IN_CI else pytest.skip)(without)
    image = Store(tmp_path_factory.mktemp("image")).image()
    return Setting(sets, best_way(), image, Limits())


@pytest.fixture(scope="session")
def worked():
    """The worked notebook of a set, as a dict."""

    def read(number):
        (path,) = exercises.SOLUTIONS.glob(f"{number}_*.ipynb")
        return json.loads(path.read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def stubs():
    """The learner's notebook of a set, with some answer cells filled in."""

    def read(number, **answers):
        (path,) = exercises.EXERCISES.glob(f"{number}_*.ipynb")
        data = json.loads(path.read_text(encoding="utf-8"))
        for cell in data["cells"]:
            if cell["id"] in answers:
                cell["source"] = answers[cell["id"]]
        return json.dumps(data).encode()

    return read


@pytest.fixture(scope="session")
def grade_many(setting):
    """Grade jobs with two judges at once; the results by learner."""

    def run(jobs, change=None):
        found = {}
        grade_all(jobs, change or setting, lambda one: found.update({one["learner"]: one}), 2)
        return found

    return run
