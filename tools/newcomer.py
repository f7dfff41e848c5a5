"""Build docs/newcomer.md: what a newcomer asks, and the cell of the course that answers it.

Each answer is found by words that stand in exactly one cell, so that a lesson which stops answering
a question fails the house's tests.

Usage: python -m tools.newcomer    (make docs)
"""

import tomllib
from pathlib import Path
from typing import Final

from tools.lessons import (
    ROOT,
    SECONDS_A_CELL,
    SECONDS_A_QUESTION,
    SECONDS_A_WIDGET,
    WORDS_A_MINUTE,
    Lesson,
    lessons,
)

PAGE: Final = ROOT / "docs" / "newcomer.md"
QUESTIONS: Final = Path(__file__).with_suffix(".toml")


def questions() -> dict[str, dict[str, str]]:
    """Of each lesson, by its number: a question, and words of the answer."""
    return tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))


HEAD: Final = """\
# A newcomer's read

The course, read from the first lesson to the last with nothing known but what the lessons before
had said: what a reader asks on the way, and the cell that answers it. Where a lesson did not
answer, it was mended.

The last column says how far into the lesson that is, in minutes. **Nobody was timed.** They are
computed from the text, without any time to wonder: {words} words a minute, {cell} seconds for a
cell to run and be looked at, {question} for a question, {widget} for a widget. What a lesson says
of itself at its head leaves room for more.

This page is made by `make docs`, which looks for the answers in the lessons as they are.
"""


def table(one: Lesson) -> str:
    """A lesson's questions.

    Raises:
        ValueError: the lesson answers one of them no more, or twice.
    """
    rows = []
    for question, answer in questions()[one.number].items():
        number, section = one.find(answer)
        rows.append(f"| {question} | {number}, {section} | {one.minute(number)} |\n")
    total, _ = one.minutes
    return (
        f"## [{one.title}](../notebooks/{one.name}.ipynb)\n\n"
        f"{total} minutes by its own word; {one.minute(len(one.cells))} to read and run.\n\n"
        "| question | cell | minute |\n|---|---|---|\n" + "".join(rows)
    )


def page(course: list[Lesson]) -> str:
    """The page."""
    head = HEAD.format(
        words=WORDS_A_MINUTE,
        cell=SECONDS_A_CELL,
        question=SECONDS_A_QUESTION,
        widget=SECONDS_A_WIDGET,
    )
    return "\n".join([head, *map(table, course)])


def main(to: Path = PAGE) -> None:
    """Write the page."""
    to.write_text(page(lessons()), encoding="utf-8")


if __name__ == "__main__":
    main()
