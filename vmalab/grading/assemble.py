"""Taking a submission apart: from a file that may be damaged, the source of its answer cells.

Everything else that is graded comes from the bundle. A cell is found

    by its grade_id or id            as the notebook was released
    else by the name that it sets    in cells that nobody claimed: ids are lost by copying
    else by its place                the cell before ``check("ex2.q3")``

and a file is never refused over metadata: what was odd about it is noted, and goes into the report.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from vmalab.grading.bundle import ExerciseSet, Item
from vmalab.grading.literal import MOST_SOURCE, NotLiteralError, defines, parse_source, read_literal

MOST_BYTES: Final = 10 << 20
"""The largest file that is looked into."""
MOST_CELLS: Final = 2000
ME: Final = "me"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it stands in the file: where, its kind, its source, and every id it goes by."""

    place: int
    kind: str
    source: str
    ids: tuple[str, ...]


@dataclass(slots=True)
class Submission:
    """What was found in a file: the source of each answer, who claims to hand in, and notes."""

    answers: dict[str, str] = field(default_factory=dict)
    learner: str = ""
    exercise: str = ""
    notes: list[str] = field(default_factory=list)


def read_cells(data: bytes, notes: list[str]) -> tuple[list[Cell], str]:
    """The cells of a notebook of any age, and the number of the set it says it is."""
    if len(data) > MOST_BYTES:
        notes.append(f"the file has {len(data)} bytes; at most {MOST_BYTES} are read")
        return [], ""
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if "\ufffd" in text:
        notes.append("the file is not UTF-8 text; what could be read was")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        notebook = None
    if not isinstance(notebook, dict):
        notes.append("the file is not a notebook")
        return [], ""
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        sheets = [one for one in _list(notebook.get("worksheets")) if isinstance(one, dict)]
        cells = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
        notes.append("the notebook is of an old format (3 or older)" if cells else "no cells")
    found = [_cell(place, one) for place, one in enumerate(cells[:MOST_CELLS])]
    exercise = _dict(_dict(notebook.get("metadata")).get("vmalab")).get("exercise")
    return [one for one in found if one], exercise if isinstance(exercise, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _cell(place: int, data: Any) -> Cell | None:
    data = _dict(data)
    source = data.get("source", data.get("input", ""))
    if isinstance(source, list):
        source = "".join(one for one in source if isinstance(one, str))
    if not isinstance(source, str):
        return None
    grade_id = _dict(_dict(data.get("metadata")).get("nbgrader")).get("grade_id")
    ids = tuple(one for one in (grade_id, data.get("id")) if isinstance(one, str))
    return Cell(place, str(data.get("cell_type")), source[: MOST_SOURCE + 1], ids)


def assemble(data: bytes, exercise: ExerciseSet) -> Submission:
    """What a file holds of one exercise set."""
    found = Submission()
    cells, found.exercise = read_cells(data, found.notes)
    claimed: set[int] = set()
    for item in exercise.items:
        _take(found, item, [one for one in cells if _grade_id(item) in one.ids], claimed)
    for item in exercise.items:
        if item.name not in found.answers:
            near = _by_name(item, cells, claimed) or _by_place(item, cells, claimed)
            if near and found.notes is not None:
                _take(found, item, near, claimed)
                found.notes.append(f"{item.name}: its cell has lost its id; found by its content")
    for item in exercise.items:
        if item.name not in found.answers:
            found.answers[item.name] = item.stub
            found.notes.append(f"{item.name}: its cell is missing")
    found.learner = _learner(cells)
    return found


def _grade_id(item: Item) -> str:
    return item.name.replace(".", "_")


def _take(found: Submission, item: Item, cells: list[Cell], claimed: set[int]) -> None:
    """Choose among the cells that claim to be an item's, and note what is odd about it."""
    if not cells:
        return
    claimed.update(one.place for one in cells)
    whole = [one for one in cells if parse_source(one.source) and defines(one.source, item.answer)]
    filled = [one for one in whole if one.source.strip() != item.stub.strip()]
    if len(cells) > 1 and not filled:
        joined = "\n".join(one.source for one in cells)
        if defines(joined, item.answer) and joined.strip() != item.stub.strip():
            found.answers[item.name] = joined
            found.notes.append(f"{item.name}: its cell was split into {len(cells)}; joined again")
            return
    chosen = (filled or whole or cells)[0]
    found.answers[item.name] = chosen.source
    if len(cells) > 1:
        found.notes.append(
            f"{item.name}: {len(cells)} cells claim to be its answer; the first filled in counts"
        )
    if chosen.kind != "code":
        found.notes.append(
            f"{item.name}: its cell was turned into {chosen.kind[:20]}; read as code"
        )


def _by_name(item: Item, cells: list[Cell], claimed: set[int]) -> list[Cell]:
    free = [one for one in cells if one.place not in claimed]
    named = [one for one in free if defines(one.source, item.answer)]
    filled = [one for one in named if one.source.strip() != item.stub.strip()]
    return (filled or named)[:1]


def _by_place(item: Item, cells: list[Cell], claimed: set[int]) -> list[Cell]:
    """The nearest code cell above the one that checks the item."""
    asks = re.compile(rf"\s*check\(\s*['\"]{re.escape(item.name)}['\"]\s*\)\s*\Z")
    for check in cells:
        if asks.match(check.source):
            above = [one for one in cells if one.place < check.place and one.kind == "code"]
            if above and above[-1].place not in claimed and item.answer in above[-1].source:
                return above[-1:]
    return []


def _learner(cells: list[Cell]) -> str:
    """The name that the notebook gives to its learner."""
    for one in cells:
        if defines(one.source, ME):
            try:
                value = read_literal(one.source, ME)
            except NotLiteralError:
                continue
            if isinstance(value, str):
                return value[:100]
    return ""


def recognise(data: bytes, sets: dict[str, ExerciseSet], name: str) -> str | None:
    """Which exercise set a file belongs to: by what it says, by its cells, or by its name."""
    cells, said = read_cells(data, [])
    if said in sets:
        return said
    ids = {one for cell in cells for one in cell.ids}
    counts = {key: len(ids & {_grade_id(item) for item in one.items}) for key, one in sets.items()}
    best = max(counts, key=lambda key: counts[key], default="")
    if counts.get(best):
        return best
    number = re.match(r"(?:.*[^0-9])?(0[1-9])(?![0-9])", name)
    return number[1] if number and number[1] in sets else None
