"""The questions of the lessons, and a judge that answers at once, with a reason.

Each lesson's questions stand in ``lessons/NN_name.toml``. There are two kinds: pick one of several
choices, each of which has its own answer; or write the VMAs that a program leaves behind, which the
model knows. Where a question of the first kind gives a program, a test asks the model too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from vmalab.records.events import VmaMerged, VmaNotMerged, VmaSplit
from vmalab.records.run import Run
from vmalab.records.text import parse_program
from vmalab.records.words import window_page
from vmalab.trace.film import film
from vmalab.views.describe import describe_event

_FOLDER: Final = Path(__file__).parent / "lessons"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``choices`` maps each choice to its answer; without any, VMAs are asked for.

    ``on`` names the kernel that is asked about.
    """

    name: str
    ask: str
    because: str
    right: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    program: str = ""
    asks_for: str = ""
    on: str = "linux-6"

    @property
    def solution(self) -> str:
        """The right answer, in the words that an answer takes."""
        return self.right if self.choices else format_layout(layout(self.run()))

    def run(self) -> Run:
        """The program's run on the kernel that is asked about."""
        return film(parse_program(self.program), self.on).run


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said to an answer; ``right`` is None where there was none to judge."""

    right: bool | None
    said: str

    def __repr__(self) -> str:
        return self.said


@cache
def questions() -> Mapping[str, Question]:
    """Every question by its name, ``LESSON.name``."""
    found = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        lesson = path.stem.split("_")[0]
        for key, data in tomllib.loads(path.read_text(encoding="utf-8")).items():
            name = f"{lesson}.{key}"
            found[name] = _question(name, data)
    return found


def _question(name: str, data: dict[str, Any]) -> Question:
    texts = {key: " ".join(data[key].split()) for key in ("ask", "because") if key in data}
    choices = {text: " ".join(said.split()) for text, said in data.get("choices", {}).items()}
    return Question(
        name,
        texts["ask"],
        texts.get("because", ""),
        data.get("right", ""),
        choices,
        data.get("program", ""),
        data.get("asks_for", ""),
        data.get("on", "linux-6"),
    )


def question(name: str) -> Question:
    """A question by its name.

    Raises:
        ValueError: there is none; the message lists those of the lesson.
    """
    known = questions()
    if name not in known:
        lesson = name.split(".", maxsplit=1)[0]
        near = [one for one in known if one.startswith(lesson + ".")] or list(known)
        msg = f"no question is called {name!r}; choose one of: {', '.join(near)}"
        raise ValueError(msg)
    return known[name]


def judge(asked: Question, answer: str) -> Verdict:
    """Right or wrong, and why.

    >>> judge(question("00.errors"), "EINVAL").right
    True
    """
    answer = str(answer).strip()
    if not answer:
        return Verdict(None, "Not answered yet.")
    if not asked.choices:
        return _judge_layout(asked, answer)
    if answer not in asked.choices:
        return Verdict(None, f"{answer!r} is none of the choices: {', '.join(asked.choices)}.")
    right = answer == asked.right
    said = " ".join(filter(None, [asked.choices[answer], asked.because if right else ""]))
    return Verdict(right, f"{'Right.' if right else 'Not quite.'} {said}")


Layout = tuple[tuple[int, int, str], ...]
"""VMAs as people write them: first page, page after the last, permissions."""


def layout(run: Run) -> Layout:
    """The VMAs that a run leaves in its window."""
    return tuple(
        (window_page(row.start, run.window) or 0, window_page(row.end, run.window) or 0, row.perms)
        for row in run.state(len(run.steps)).near(run.window)
    )


def format_layout(rows: Layout) -> str:
    """VMAs in a line.

    >>> format_layout(((0, 2, "rw-p"), (2, 4, "r--p")))
    '0-2 rw-p, 2-4 r--p'
    """
    return ", ".join(f"{start}-{end} {perms}" for start, end, perms in rows) or "none"


_ROW: Final = re.compile(r"(\d+)-(\d+) (none|[rwx-]{1,3}[ps]?)\Z")


def parse_layout(text: str) -> Layout:
    """VMAs from a line or several.

    >>> parse_layout("0-2 rw; 2-4 r--p")
    ((0, 2, 'rw-'), (2, 4, 'r--p'))

    Raises:
        ValueError: a part is not a VMA; the message says what one looks like.
    """
    if text.strip().lower() in {"none", "-", "nothing"}:
        return ()
    found = []
    for part in filter(None, (one.strip() for one in re.split(r"[,;\n]", text))):
        match = _ROW.match(" ".join(part.split()))
        if match is None:
            msg = f"{part!r} is no VMA: write FROM-TO PERMS, as in 0-2 rw, 2-4 r"
            raise ValueError(msg)
        found.append((int(match[1]), int(match[2]), _perms(match[3])))
    return tuple(found)


def _perms(word: str) -> str:
    if word == "none":
        return "---"
    letters, kind = (word[:-1], word[-1]) if word[-1] in "ps" else (word, "")
    return "".join(letter if letter in letters else "-" for letter in "rwx") + kind


def _judge_layout(asked: Question, answer: str) -> Verdict:
    try:
        given = parse_layout(answer)
    except ValueError as error:
        return Verdict(None, f"{error}.")
    run = asked.run()
    actual = layout(run)
    difference = first_difference(given, actual)
    reasons = " ".join(
        describe_event(event, run.window)
        for event in run.steps[-1].events
        if isinstance(event, VmaSplit | VmaMerged | VmaNotMerged)
    )
    if difference:
        return Verdict(right=False, said=f"Not quite: {difference} {reasons}".strip())
    return Verdict(
        right=True, said=f"Right: {format_layout(actual)}. {asked.because or reasons}".strip()
    )


def first_difference(given: Layout, actual: Layout) -> str:
    """Where a prediction first departs from the kernel, as a sentence; empty if nowhere.

    >>> first_difference(((0, 4, "rw-"),), ((0, 2, "rw-p"), (2, 4, "rw-p")))
    'you wrote 1 VMA and Linux has 2; the first difference is 0-4 rw-, where Linux has 0-2 rw-p.'
    """
    count = ""
    if len(given) != len(actual):
        noun = "VMA" if len(given) == 1 else "VMAs"
        count = f"you wrote {len(given)} {noun} and Linux has {len(actual)}; "
    for mine, real in zip(given, actual, strict=False):
        if mine[:2] != real[:2] or mine[2] != real[2][: len(mine[2])]:
            mine_told, real_told = format_layout((mine,)), format_layout((real,))
            return f"{count}the first difference is {mine_told}, where Linux has {real_told}."
    if len(given) < len(actual):
        return f"{count}{format_layout((actual[len(given)],))} is missing."
    if len(given) > len(actual):
        return f"{count}{format_layout((given[len(actual)],))} is not there."
    return ""
