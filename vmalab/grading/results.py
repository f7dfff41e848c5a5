"""From a judge's verdicts to points: one submission, one result, plain data.

The items and their points come from the bundle, never from what was run: a probe that nobody heard
of again earns nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Final

from vmalab import __version__
from vmalab.grading.bundle import ExerciseSet, Item, Probe
from vmalab.grading.feedback import explain
from vmalab.grading.sandbox import Limits, Way

Result = dict[str, Any]
RESULT_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Job:
    """A submission to grade: whose, of which set, and the file's bytes."""

    learner: str
    exercise: str
    data: bytes

    def key(self, exercise: ExerciseSet, limits: Limits, way: Way) -> str:
        """A name for all that the result depends on."""
        told = hashlib.sha256(self.data)
        for part in (self.learner, exercise.digest, __version__, repr(asdict(limits)), way):
            told.update(f"\0{part}".encode())
        return told.hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one planned cell. ``said`` is what a probe answered, canonical."""

    item: str
    probe: int | None
    passed: bool
    said: str | None = None
    stopped: str = ""


Verdicts = dict[tuple[str, int | None], Verdict]
"""By item, and by the number of the probe; None is the answer's own cell."""


def result_of(
    job: Job, exercise: ExerciseSet, key: str, verdicts: Verdicts, learner: str
) -> Result:
    """The result of a submission; ``learner`` is whose variants its notebook had."""
    items = [item_result(item, verdicts, item.variant(learner)) for item in exercise.items]
    return {
        "format": RESULT_FORMAT,
        "key": key,
        "learner": job.learner,
        "exercise": exercise.name,
        "title": exercise.title,
        "points": sum(one["points"] for one in items),
        "most": exercise.points,
        "sandbox": "",
        "notes": [],
        "answers": {},
        "items": items,
    }


def lost(job: Job, exercise: ExerciseSet, key: str, why: str) -> Result:
    """The result of a submission that could not be judged: no points, and marked as a fault."""
    return {**result_of(job, exercise, key, {}, ""), "notes": [why], "fault": True}


def item_result(item: Item, given: Verdicts, variant: int) -> Result:
    """An item's part of the result."""
    verdicts = [given.get((item.name, number)) for number in range(len(item.probes))]
    answer = given.get((item.name, None))
    probes = [
        _probe(item, probe, verdict, variant)
        for probe, verdict in zip(item.probes, verdicts, strict=True)
    ]
    stopped = next((one.stopped for one in (answer, *verdicts) if one and one.stopped), "")
    return {
        "name": item.name,
        "title": item.title,
        "kind": item.kind,
        "points": sum(one["points"] for one in probes),
        "most": item.points,
        "stopped": stopped,
        "answered": answer is not None,
        "probes": probes,
    }


def _probe(item: Item, probe: Probe, verdict: Verdict | None, variant: int) -> Result:
    """A probe's part of the result: what an open one expected, of the others the hint alone."""
    passed = verdict is not None and verdict.passed
    found: Result = {
        "name": probe.name,
        "level": probe.level,
        "passed": passed,
        "points": probe.points if passed else 0,
        "most": probe.points,
        "lines": [],
    }
    if verdict is not None and not passed:
        expected = probe.expected[variant] if probe.expected else ""
        found["lines"] = explain(probe, expected, verdict.said)
        if probe.level == "open":
            found |= {"expected": expected, "said": verdict.said}
    return found
