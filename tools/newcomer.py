"""Build docs/newcomer.md: what a newcomer asks, and the cell of the course that answers it.

Each answer is found by words that stand in exactly one cell, so that a lesson which stops answering
a question fails the house's tests. Two kinds of minutes stand beside it: those of one read by the
clock, kept as data, and those that follow from the number of words.

Usage: python -m tools.newcomer    (make docs)
"""

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.lessons import (
    ROOT,
    SECONDS_A_CELL,
    SECONDS_A_QUESTION,
    SECONDS_A_WIDGET,
    WORDS_A_MINUTE,
    Lesson,
    lessons,
)
from vmalab.grading.bundle import public_sets

PAGE: Final = ROOT / "docs" / "newcomer.md"
QUESTIONS: Final = Path(__file__).with_suffix(".toml")
READ: Final = Path(__file__).with_name("newcomer_read.toml")
EXERCISES: Final = Path(__file__).with_name("newcomer_exercises.toml")


@dataclass(frozen=True)
class Question:
    """What a newcomer asks: words of the answer, and when the clock found them read."""

    asked: str
    says: str
    seconds: int | None = None
    """None for a question that is younger than the read."""
    came_up: bool | str = False
    """Whether the reader asked it; "mended" where the lesson had no answer then."""

    @property
    def told(self) -> str:
        """The question as the table has it."""
        text = f"*{self.asked}*" if self.came_up else self.asked
        return f"{text} (mended)" if self.came_up == "mended" else text

    @property
    def clock(self) -> str:
        """Its minutes by the clock."""
        return "not timed" if self.seconds is None else f"{self.seconds / 60:.1f}"


def questions() -> dict[str, list[Question]]:
    """The questions of each lesson, by its number."""
    data = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))
    return {
        number: [Question(asked, **answer) for asked, answer in rows.items()]
        for number, rows in data.items()
    }


def read_by_the_clock() -> dict[str, Any]:
    """The one read: its date, how predictions went, and the seconds of each lesson."""
    return tomllib.loads(READ.read_text(encoding="utf-8"))


HEAD: Final = """\
# A newcomer's read

The course, read from the first lesson to the last with nothing taken as known but what the lessons
before had said: what a reader asks on the way, and the cell that answers it. Questions in *italics*
came up in the read of {on:%-d %B %Y}. Where the lesson had no answer to one, it was mended, and the
row says so: its cell had been read by that minute, but did not yet say it. The other questions are
those that a lesson has to answer in any case.

## How it was timed

**By the clock**: one automated reader, which met the lessons for the first time on that day, though
it had seen an earlier list of questions. It was shown a text with the cells after it, then the
next, and never what comes later; every code cell ran in a real kernel, and a prediction was
answered before its reveal. A clock noted when it went on from each. The column says how many
minutes after opening the lesson that was for the cell with the answer. All eleven lessons took it
{in_all:.0f} minutes. It reads faster than any person, and it used the widgets' text, not the mouse.

**Computed** minutes are therefore the better guess for a class: {words} words a minute, {cell}
seconds for a cell to run and be looked at, {question} for a question, {widget} for a widget,
without any time to wonder. What a lesson says of itself at its head leaves room for that.

The reader made {predicted} predictions of {asked}, and {right} were right. {followed} of these
followed from what the lessons had taught by then, and {ruled_out} were chosen because the other
answers could not be. The {wrong} wrong ones were about things that come after the question. It knew
Linux from elsewhere, and could only try not to use that: a class will be right less often.

This page is made by `make docs`, which looks for the answers in the lessons as they are.
"""


def summary(course: list[Lesson], read: dict[str, dict[str, int]]) -> str:
    """How long each lesson takes, three ways, and how its predictions went."""
    rows = []
    for one in course:
        told, counts = one.minutes[0], read[one.number]
        rows.append(
            f"| {one.title} | {told} | {one.minute(len(one.cells))} | {counts['seconds'] / 60:.1f} "
            f"| {counts['right']} of {counts['predicted']} |\n"
        )
    head = "| lesson | minutes, by its own word | computed | by the clock | predictions right |"
    return f"{head}\n|---|---|---|---|---|\n" + "".join(rows)


def table(one: Lesson) -> str:
    """A lesson's questions, in the order of their answers.

    Raises:
        ValueError: the lesson answers one of them no more, or twice.
    """
    rows = []
    for question in questions()[one.number]:
        number, section = one.find(question.says)
        rows.append(
            f"| {question.told} | {number}, {section} | {question.clock} | {one.minute(number)} |\n"
        )
    return (
        f"## [{one.title}](../notebooks/{one.name}.ipynb)\n\n"
        "| question | cell | minutes by the clock | computed |\n|---|---|---|---|\n" + "".join(rows)
    )


ON_EXERCISES: Final = """\
## The exercises

Nobody has been timed on these. On the same day an automated reader went through all eight
notebooks, each in a real kernel. It could see the solutions, so that it found the answers says
nothing, and no such count is given. It asked three things instead: whether each item says what it
wants, which cell of its lesson the answer rests on, and what `check` says to what learners are
likely to type. It ran `check` on all {items} blank cells, and on 63 wrong answers.

What it found was mended. {mended} items did not say, or not exactly, what was meant: ranges of
pages were now with, now without their last page; one took the length of a file for known. A blank
cell was told that it was wrong, and cost a hint; what could not be read got a hint about VMAs
instead of its mistake; and nobody saw with which arguments a function had failed. Where a lesson's
cell says little, the item brings what is missing itself: a table of bits, or a notation.

| item | what it is | rests on lesson | cell |
|---|---|---|---|
"""


def exercises(course: list[Lesson]) -> str:
    """Every item of every set, with the cell of its lesson that the answer rests on.

    Raises:
        ValueError: an item has no such cell, or the lesson has it no more, or twice.
    """
    lessons_by_number = {one.number: one for one in course}
    bases = tomllib.loads(EXERCISES.read_text(encoding="utf-8"))
    rows = []
    for number, its in sorted(public_sets().items()):
        lesson, known = lessons_by_number[number], bases[number]
        for item in its.items:
            short = item.name.partition(".")[2]
            if short not in known:
                msg = f"{item.name}: {EXERCISES.name} names no cell of lesson {number} for it"
                raise ValueError(msg)
            cell, section = lesson.find(known[short]["says"])
            told = f"{item.title} (mended)" if known[short].get("mended") else item.title
            where = f"[{lesson.number}](../notebooks/{lesson.name}.ipynb)"
            rows.append(f"| {item.name} | {told} | {where} | {cell}, {section} |\n")
    mended = sum(1 for known in bases.values() for one in known.values() if one.get("mended"))
    return ON_EXERCISES.format(items=len(rows), mended=mended) + "".join(rows)


def page(course: list[Lesson]) -> str:
    """The page."""
    read = read_by_the_clock()
    sums: Counter[str] = Counter()
    for one in read["lessons"].values():
        sums.update(one)
    head = HEAD.format(
        on=read["on"],
        in_all=sums["seconds"] / 60,
        words=WORDS_A_MINUTE,
        cell=SECONDS_A_CELL,
        question=SECONDS_A_QUESTION,
        widget=SECONDS_A_WIDGET,
        predicted=sums["predicted"],
        asked=sums["predicted"] + sums["skipped"],
        right=sums["right"],
        followed=read["followed"],
        ruled_out=read["ruled_out"],
        wrong=sums["predicted"] - sums["right"],
    )
    tables = map(table, course)
    return "\n".join([head, summary(course, read["lessons"]), *tables, exercises(course)])


def main(to: Path = PAGE) -> None:
    """Write the page."""
    to.write_text(page(lessons()), encoding="utf-8")


if __name__ == "__main__":
    main()
