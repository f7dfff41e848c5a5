"""``vmalab progress``: points so far, and what is left, from a learner's own notebooks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vmalab.cli.status import CannotError
from vmalab.grading.bundle import public_sets
from vmalab.grading.collect import collect
from vmalab.grading.pool import Setting, grade_all
from vmalab.grading.sandbox import Limits, best_way
from vmalab.grading.store import Store

if TYPE_CHECKING:
    from vmalab.grading.results import Result

EXERCISES = Path("exercises")


def progress(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="Your notebooks, or a folder of them.")
    ] = None,
) -> None:
    """Judge your own notebooks by the probes that may be shown, and say what is left."""
    paths = notebooks or [EXERCISES]
    for path in paths:
        if not path.exists():
            raise CannotError(f"{path}: no such file or folder", "name your notebooks")
    sets = dict(public_sets())
    found = collect(paths, sets)
    for note in found.notes:
        typer.echo(note, err=True)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        image = Store(Path(folder)).image()
        Path(folder).chmod(0o755)
        setting = Setting(sets, best_way(trust=True), image, Limits())
        grade_all(found.jobs, setting, results.append, 2)
    if not results:
        raise CannotError("no exercise was found", "name notebooks made from exercises/")
    for result in sorted(results, key=lambda one: str(one["exercise"])):
        typer.echo(told(result))


def told(result: Result) -> str:
    """A set in lines: each item with its points, what waits for the grader, and what is left."""
    lines = [str(result["title"])]
    for item in result["items"]:
        hidden = sum(one["most"] for one in item["probes"] if one["level"] == "hidden")
        wait = f", {hidden} judged later" if hidden else ""
        mark = _mark(item, hidden)
        points = f"{item['points']} of {item['most'] - hidden}{wait}"
        lines.append(f"  {mark} {item['name']} {item['title']}: {points}")
    lines += [f"  note: {note}" for note in result["notes"] if "missing" in note]
    return "\n".join(lines)


def _mark(item: dict[str, Any], hidden: int) -> str:
    if not item["answered"]:
        return "·"
    return "✓" if item["points"] == item["most"] - hidden else "✗"
