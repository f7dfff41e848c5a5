"""The lessons as data: their cells, sections, words, and how long they take to read.

notebooks/py/NN_name.py   ──▶  Lesson   ──▶  docs/glossary.md, docs/newcomer.md, the house's tests
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jupytext

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "notebooks" / "py"
WORDS_A_MINUTE: Final = 140
SECONDS_A_CELL: Final = 20
SECONDS_A_QUESTION: Final = 45
SECONDS_A_WIDGET: Final = 150
WIDGET: Final = re.compile(r"\b(?:Stepper|\w+(?:Explorer|Lab|Board|Monitor|Kernels))\(")
QUESTION: Final = re.compile(r'\b(?:predict|check)\("')
HEADING: Final = re.compile(r"^#{2,} (.+)$", re.MULTILINE)
ROW: Final = re.compile(r"^\| \*\*(.+?)\*\* \| (.+) \|$", re.MULTILINE)
SECTION: Final = re.compile(r"[^,]+? (\d+)(?:, |$)")


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, and its text."""

    kind: str
    text: str

    @property
    def seconds(self) -> float:
        """About how long it takes to read it, or to run it and look."""
        if self.kind == "markdown":
            return 60 * len(re.findall(r"[\w']+", self.text)) / WORDS_A_MINUTE
        asked, widgets = (len(one.findall(self.text)) for one in (QUESTION, WIDGET))
        return SECONDS_A_CELL + SECONDS_A_QUESTION * asked + SECONDS_A_WIDGET * widgets


@dataclass(frozen=True)
class Lesson:
    """One lesson, read from its source."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.name[:2]

    @property
    def title(self) -> str:
        """Its heading, number and all."""
        return self.cells[0].text.splitlines()[0].removeprefix("# ")

    @property
    def minutes(self) -> tuple[int, tuple[int, ...]]:
        """What it says that it takes: in all, and section by section."""
        told = re.search(r"\*\*It takes\*\* \| (\d+) minutes: (.+?) \|", self.cells[0].text)
        if told is None:
            return 0, ()
        return int(told[1]), tuple(map(int, SECTION.findall(told[2])))

    @property
    def words(self) -> dict[str, str]:
        """Its glossary: each word with its meaning."""
        _, _, after = self.cells[-1].text.partition("## Words\n")
        return dict(ROW.findall(after.partition("\n## ")[0]))

    def find(self, phrase: str) -> tuple[int, str]:
        """The number of the cell that says something, from 1, and the section it stands in.

        Raises:
            ValueError: none says it, or several do.
        """
        found, section = [], "the beginning"
        for number, cell in enumerate(self.cells, 1):
            parts = HEADING.split(cell.text) if cell.kind == "markdown" else [cell.text]
            for at, part in enumerate(parts):
                if at % 2:
                    section = part
                elif flat(phrase) in flat(part):
                    found.append((number, section))
        if len(found) != 1:
            msg = f"{self.name}: {phrase!r} is said {len(found)} times, not once"
            raise ValueError(msg)
        return found[0]

    def minute(self, number: int) -> int:
        """About how many minutes into the lesson a reader is at the end of a cell."""
        return max(1, round(sum(cell.seconds for cell in self.cells[:number]) / 60))


def flat(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def lesson(path: Path) -> Lesson:
    """Read one lesson."""
    read = jupytext.read(path, fmt="py:percent").cells
    return Lesson(path.stem, tuple(Cell(cell.cell_type, cell.source) for cell in read))


def lessons() -> list[Lesson]:
    """All of them, in order."""
    return [lesson(path) for path in sorted(SOURCES.glob("[0-9]*.py"))]
