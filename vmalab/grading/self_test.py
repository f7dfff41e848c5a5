"""A canary before a class: answers known to be right, and two forgeries, graded as a class is.

    golden   the worked notebook of each set, which stands beside the sealed bundles    all points
    forged   an answer that equals everything, and a printer that says yes              none
    thief    looks for the sealed bundle where it really is, and prints what it finds   none

Where the thief gets points the sandbox does not hide files, whatever else it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vmalab.grading.bundle import ExerciseSet, Item
from vmalab.grading.pool import Setting, grade_all
from vmalab.grading.results import Job, Result

_FORGED: Final = """
import builtins, json
import vmalab.grading.probes as probes
class Yes(tuple):
    def __eq__(self, other): return True
    def __hash__(self): return 0
json.dumps = lambda *a, **k: 'true'
probes.tell = lambda **facts: print('true')
def {answer}(*args):
    return Yes()
"""
_THIEF: Final = """
import json
import vmalab.grading.probes as probes
items = json.load(open({sealed!r}))['items']
told = [one['expected'] for item in items if item['name'] == {name!r} for one in item['probes']]
told = iter(told)
probes.tell = lambda **facts: print(next(told)[0])
def {answer}(*args):
    return None
"""


@dataclass(frozen=True, slots=True)
class Canary:
    """A submission, and how many points it must get."""

    job: Job
    points: int


def canaries(bundle: Path, sets: dict[str, ExerciseSet]) -> Iterator[Canary]:
    """Golden submissions of all sets whose worked notebooks can be found, and the forgeries.

    ``bundle`` is the folder of the sealed bundles.
    """
    for name, exercise in sets.items():
        for path in sorted(bundle.absolute().parent.glob(f"{name}_*.ipynb"))[:1]:
            yield Canary(Job("golden", name, path.read_bytes()), exercise.points)
    found = next(
        ((one, item) for one in sets.values() for item in one.items if not item.is_data), None
    )
    if found is not None:
        exercise, item = found
        sealed = bundle.absolute() / f"{exercise.name}.json"
        forged = _FORGED.format(answer=item.answer)
        theft = _THIEF.format(answer=item.answer, name=item.name, sealed=str(sealed))
        yield Canary(Job("forged", exercise.name, _notebook(item, forged)), 0)
        yield Canary(Job("thief", exercise.name, _notebook(item, theft)), 0)


def _notebook(item: Item, source: str) -> bytes:
    """A notebook with one answer in it."""
    cell = {"cell_type": "code", "id": item.name.replace(".", "_"), "source": source}
    return json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5}).encode()


def try_them(tried: list[Canary], setting: Setting, workers: int) -> list[tuple[Canary, Result]]:
    """Grade the canaries; each with its result, in their order."""
    results: dict[tuple[str, str], Result] = {}

    def done(result: Result) -> None:
        results[result["learner"], result["exercise"]] = result

    grade_all([one.job for one in tried], setting, done, workers)
    return [(one, results[one.job.learner, one.job.exercise]) for one in tried]
