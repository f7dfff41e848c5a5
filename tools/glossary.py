"""Build docs/glossary.md from the words at the end of each lesson, where each is written once.

Usage: python -m tools.glossary    (make docs)
"""

from itertools import pairwise
from pathlib import Path
from typing import Final

from tools.lessons import ROOT, Lesson, lessons

PAGE: Final = ROOT / "docs" / "glossary.md"
HEAD: Final = """\
# Glossary

Every word that a lesson explains. This page is made by `make docs` from the ends of the lessons.

| word | meaning | lesson |
|---|---|---|
"""


def entries(course: list[Lesson]) -> list[tuple[str, str, Lesson]]:
    """Each word with its meaning and its lesson, in the order of the alphabet.

    Raises:
        ValueError: a word is explained twice.
    """
    found = [(word, meaning, one) for one in course for word, meaning in one.words.items()]
    found.sort(key=lambda entry: (entry[0].lower(), entry[2].name))
    for (word, _, one), (again, _, other) in pairwise(found):
        if word.lower() == again.lower():
            msg = f"{word!r} is explained in {one.name} and in {other.name}: leave one out"
            raise ValueError(msg)
    return found


def page(course: list[Lesson]) -> str:
    """The page."""
    rows = [
        f"| **{word}** | {meaning} | [{one.number}](../notebooks/{one.name}.ipynb) |\n"
        for word, meaning, one in entries(course)
    ]
    return HEAD + "".join(rows)


def main(to: Path = PAGE) -> None:
    """Write the page."""
    to.write_text(page(lessons()), encoding="utf-8")


if __name__ == "__main__":
    main()
