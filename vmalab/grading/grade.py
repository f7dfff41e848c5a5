"""Grading one submission: take it apart, plan what to run, judge it, and count."""

from __future__ import annotations

from pathlib import Path

from vmalab.grading.assemble import assemble
from vmalab.grading.bundle import ExerciseSet
from vmalab.grading.judge import judge_plan
from vmalab.grading.plan import plan
from vmalab.grading.results import Job, Result, result_of
from vmalab.grading.sandbox import SAYS, Limits, Way


def grade(
    job: Job, exercise: ExerciseSet, way: Way, image: Path, limits: Limits, folder: Path
) -> Result:
    """Grade one submission."""
    submission = assemble(job.data, exercise)
    if submission.learner and _plain_name(submission.learner) != _plain_name(job.learner):
        submission.notes.append(
            f"the notebook says it is {submission.learner!r}, and has that learner's variants; it"
            f" was handed in by {job.learner!r}"
        )
    planned = plan(submission, exercise, submission.learner)
    judge = judge_plan(planned, way, image, limits, folder)
    key = job.key(exercise, limits, way)
    return {
        **result_of(job, exercise, key, judge.verdicts, submission.learner),
        "sandbox": SAYS[way],
        "notes": submission.notes,
        "answers": submission.answers,
    }


def _plain_name(name: str) -> str:
    return " ".join(name.split()).casefold()
