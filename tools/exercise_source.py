"""How an exercise set is written: one .py in percent format, with marked cells.

The first line of a marked cell is a comment that says what it is:

    # SOLUTION ex2.q3 program: A title     the answer; between # BEGIN SOLUTION and # END SOLUTION
                                           stands what learners do not get; # STUB lines replace it
    # HINTS ex2.q3                         the ladder, a hint a line (a comment each)
    # VARIANTS ex2.q3                      code that sets `variants`, a list of dicts
    # REFERENCE ex2.q3                     code that sets the answer for the variant `given`
    # PROBE ex2.q3 open 2: what it asks    code that ends in tell(...); # HINT lines come first

Markdown cells tagged `explanation` stand in the worked notebook only. All other cells are in both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import jupytext
from nbformat import NotebookNode

from vmalab.grading.bundle import Kind, Level

MARK = re.compile(r"# (SOLUTION|HINTS|VARIANTS|REFERENCE|PROBE) (ex\d+\.q\d+)(?: (.*))?$")
SOLUTION = re.compile(r"(predict|program|implement): (.+)$")
PROBE = re.compile(r"(open|closed|hidden) (\d+): (.+)$")
BEGIN, END, STUB, HINT = "# BEGIN SOLUTION", "# END SOLUTION", "# STUB", "# HINT "


class SourceError(ValueError):
    """An exercise source that cannot be built; the message names file, cell and cure."""


@dataclass
class ProbeSource:
    """A probe as it is written."""

    name: str
    level: Level
    points: int
    hint: str
    source: str


@dataclass
class ItemSource:
    """An item as it is written: all its marked cells."""

    name: str
    kind: Kind
    title: str
    answer: str
    solution: str
    stub: str
    marked: str
    hints: list[str] = field(default_factory=list)
    variants: str = ""
    reference: str = ""
    probes: list[ProbeSource] = field(default_factory=list)


@dataclass
class SetSource:
    """A whole file: its cells in order, and the items that its marked cells make."""

    path: Path
    title: str
    cells: list[NotebookNode]
    items: dict[str, ItemSource]

    @property
    def number(self) -> str:
        """The set's number, as its file has it: ``02``."""
        return self.path.stem.split("_")[0]


def read(path: Path) -> SetSource:
    """A set from its source.

    Raises:
        SourceError: a cell's marks are wrong.
    """
    cells = jupytext.read(path, fmt="py:percent").cells
    titles = re.findall(r"^# (.+)$", cells[0].source, flags=re.M)
    one = SetSource(path, titles[0] if titles else path.stem, cells, {})
    for cell in cells:
        if found := mark_of(cell):
            _note(one, cell, *found)
    for item in one.items.values():
        if not item.probes or not item.hints:
            msg = f"{path.name}: {item.name} has no probes or no hints: give it both"
            raise SourceError(msg)
    return one


def mark_of(cell: NotebookNode) -> tuple[str, str, str] | None:
    """What a marked cell is: its word, its item, and the rest of the line."""
    match = MARK.match(cell.source.split("\n")[0]) if cell.cell_type == "code" else None
    return (match[1], match[2], match[3] or "") if match else None


def _note(one: SetSource, cell: NotebookNode, word: str, name: str, rest: str) -> None:
    body = cell.source.split("\n")[1:]
    if word == "SOLUTION":
        one.items[name] = _item(one, name, rest, body)
        return
    item = one.items.get(name)
    if item is None:
        msg = f"{one.path.name}: {word} {name} stands before its SOLUTION cell: move it below"
        raise SourceError(msg)
    match word:
        case "HINTS":
            item.hints = [line.removeprefix("#").strip() for line in body if line.strip("# ")]
        case "VARIANTS":
            item.variants = "\n".join(body)
        case "REFERENCE":
            item.reference = "\n".join(body)
        case _:
            item.probes.append(_probe(one, name, rest, body))


def _item(one: SetSource, name: str, rest: str, body: list[str]) -> ItemSource:
    match = SOLUTION.match(rest)
    if match is None or name in one.items:
        msg = f"{one.path.name}: SOLUTION {name} needs a kind and a title, once"
        raise SourceError(msg)
    solution, stub = "\n".join(worked(body)), "\n".join(stubbed(body))
    names = re.findall(r"^(?:def )?(\w+)(?: =|\()", solution, flags=re.M)
    if not names or stub == solution:
        msg = f"{one.path.name}: SOLUTION {name} has no answer between its marks"
        raise SourceError(msg)
    return ItemSource(name, cast(Kind, match[1]), match[2], names[-1], solution, stub, marked(body))


def _probe(one: SetSource, name: str, rest: str, body: list[str]) -> ProbeSource:
    match = PROBE.match(rest)
    if match is None:
        msg = f"{one.path.name}: PROBE {name} {rest}: write LEVEL POINTS: what it asks"
        raise SourceError(msg)
    hint = " ".join(line.removeprefix(HINT).strip() for line in body if line.startswith(HINT))
    source = "\n".join(line for line in body if not line.startswith(HINT)).strip() + "\n"
    return ProbeSource(match[3], cast(Level, match[1]), int(match[2]), hint, source)


def marked(body: list[str]) -> str:
    """The same with the marks that nbgrader cuts by, and no stubs: it makes its own."""
    lines = [line for line in body if not line.lstrip().startswith(STUB)]
    return "\n".join(line.replace(BEGIN, f"##{BEGIN}").replace(END, f"##{END}") for line in lines)


def worked(body: list[str]) -> Iterator[str]:
    """The lines of a solution cell as the worked notebook has them."""
    return (line for line in body if not line.lstrip().startswith((BEGIN, END, STUB)))


def stubbed(body: list[str]) -> Iterator[str]:
    """The same as learners have them: what stands between the marks is gone, stubs are code."""
    inside = False
    for line in body:
        word = line.lstrip()
        if word.startswith(BEGIN):
            inside = True
        elif word.startswith(END):
            inside = False
        elif word.startswith(STUB):
            indent = line[: len(line) - len(word)]
            yield (indent + word.removeprefix(STUB).removeprefix(" ")).rstrip()
        elif not inside:
            yield line
