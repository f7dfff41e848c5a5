"""What is run for one submission: a notebook of answers and probes, made by the grader alone.

    data items      answer = 'text', read from the source and written down again; their probes
    code items      each answer cell as it was handed in, and its probes right after it

Data come first: while they are judged, not a line of a learner's code has run. The expected outputs
stand in this notebook as nbval wants them. It never enters the sandbox; only sources do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmalab.grading.assemble import Submission
from vmalab.grading.bundle import ExerciseSet, Item
from vmalab.grading.formative import PRELUDE
from vmalab.grading.literal import NotLiteralError, read_literal


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A cell to run. ``probe`` counts within the item; None is the answer itself."""

    item: str
    probe: int | None
    source: str
    expected: str = ""

    @property
    def name(self) -> str:
        """How pytest shall call it."""
        return f"{self.item}:{'answer' if self.probe is None else self.probe}"


def plan(submission: Submission, exercise: ExerciseSet, learner: str) -> list[PlannedCell]:
    """The cells to run; an item without an answer that can be read has none."""
    planned: list[PlannedCell] = []
    for item in sorted(exercise.items, key=lambda one: not one.is_data):
        answer = submission.answers[item.name]
        if answer.strip() == item.stub.strip():
            continue
        if item.is_data:
            try:
                answer = f"{item.answer} = {read_literal(answer, item.answer)!r}"
            except NotLiteralError as error:
                submission.notes.append(f"{item.name}: {error}")
                continue
        planned.append(PlannedCell(item.name, None, answer))
        planned += _probes(item, learner)
    return planned


def _probes(item: Item, learner: str) -> list[PlannedCell]:
    variant = item.variant(learner)
    head = f"{PRELUDE}given = {dict(item.variants[variant])!r}\n"
    return [
        PlannedCell(item.name, number, head + probe.source, probe.expected[variant])
        for number, probe in enumerate(item.probes)
        if probe.source
    ]


def notebook(planned: list[PlannedCell]) -> dict[str, Any]:
    """The plan as a notebook with the outputs that are expected of it."""
    return {
        "cells": [_cell(number, one) for number, one in enumerate(planned)],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(number: int, one: PlannedCell) -> dict[str, Any]:
    outputs = []
    if one.probe is not None:
        outputs = [{"output_type": "stream", "name": "stdout", "text": one.expected + "\n"}]
    tags = ["nbval-ignore-output", "raises-exception"] if one.probe is None else []
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "execution_count": number + 1,
        "metadata": {"tags": tags, "vmalab": {"item": one.item, "probe": one.probe}},
        "outputs": outputs,
        "source": one.source,
    }
