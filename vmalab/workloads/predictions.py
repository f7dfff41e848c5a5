"""What a learner predicted: kept until it is compared, counted kindly, never held against anybody.

    predict("05.vmas")  ──▶  {"05.vmas": "8 and 1"}  ──▶  reveal("05.vmas")   compared, explained
                                      │
                          a file, if there is a place for one

``vmalab lab`` names the file, so that predictions outlive a restart of the kernel. Without it they
are kept while the kernel runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vmalab.workloads.questions import judge, question

PLACE: Final = "VMALAB_PREDICTIONS"
"""The environment's name for the file."""
FILE_NAME: Final = ".vmalab-predictions.json"


@dataclass(frozen=True, slots=True)
class Tally:
    """A lesson's predictions so far: how many were made, were right, and were skipped."""

    lesson: str
    made: int
    right: int
    skipped: int


class Predictions:
    """Answers by the question's name, and which questions were revealed.

    A file that cannot be read or written is no reason to stop a lesson: then memory must do.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._answers: dict[str, str] = {}
        self._revealed: set[str] = set()
        self._read()

    def note(self, name: str, answer: str) -> None:
        """Keep a prediction; a later one replaces it."""
        self._read()  # another lesson may be open, and its kernel writes here too
        self._answers[name] = answer
        self._write()

    def of(self, name: str) -> str | None:
        """What was predicted, if anything was."""
        return self._answers.get(name)

    def reveal(self, name: str) -> None:
        """From now on the question counts as predicted, or as skipped."""
        if name not in self._revealed:
            self._read()
            self._revealed.add(name)
            self._write()

    def tallies(self) -> list[Tally]:
        """Lesson by lesson, those in which something was predicted or revealed."""
        names = sorted(self._revealed | set(self._answers))
        lessons = dict.fromkeys(name.split(".")[0] for name in names)
        return [
            self._tally(lesson, [name for name in names if name.startswith(lesson + ".")])
            for lesson in lessons
        ]

    def _tally(self, lesson: str, names: Iterable[str]) -> Tally:
        made = [name for name in names if name in self._answers]
        right = [name for name in made if judge(question(name), self._answers[name]).right]
        skipped = [name for name in names if name not in self._answers]
        return Tally(lesson, len(made), len(right), len(skipped))

    def _read(self) -> None:
        if self._path is None:
            return
        try:
            told: Any = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if not isinstance(told, dict):
            return
        answers, revealed = told.get("predicted"), told.get("revealed")
        for name, answer in answers.items() if isinstance(answers, dict) else ():
            if _is_question(name) and judge(question(name), str(answer)).right is not None:
                self._answers[name] = str(answer)
        if isinstance(revealed, list):
            self._revealed |= {name for name in revealed if _is_question(name)}

    def _write(self) -> None:
        if self._path is None:
            return
        text = json.dumps(
            {"predicted": self._answers, "revealed": sorted(self._revealed)}, indent=1
        )
        half = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            half.write_text(text + "\n", encoding="utf-8")
            half.replace(self._path)
        except OSError:
            self._path = None


def _is_question(name: object) -> bool:
    """A file may be of another version of the course."""
    if not isinstance(name, str):
        return False
    try:
        question(name)
    except ValueError:
        return False
    return True


def kept_predictions() -> Predictions:
    """Those of this learner, from the file that the environment names, if it names one."""
    place = os.environ.get(PLACE)
    return Predictions(Path(place) if place else None)
