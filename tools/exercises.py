"""Exercises are written once, solutions/NN_name.py, and everything else is made from that.

    solutions/NN_name.ipynb          worked: the answers, explained, with what they print
    exercises/NN_name.ipynb          for learners, with nbgrader's metadata
    solutions/sealed/NN.json         the sealed bundle that `vmalab grade` judges by
    vmalab/grading/public/NN.json    what `check` may know

Building twice gives the same files.

Usage: python tools/exercises.py build [NAME...]    (make exercises)
       python tools/exercises.py check              (make check does it too)
       python tools/exercises.py nbgrader FOLDER    write FOLDER/source/… for nbgrader
"""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tools import notebooks
from tools.exercise_source import ItemSource, SetSource, mark_of, read
from vmalab.grading.bundle import ExerciseSet, Item, Probe, dump
from vmalab.grading.formative import run_probe

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS, EXERCISES = ROOT / "solutions", ROOT / "exercises"
SEALED, PUBLIC = SOLUTIONS / "sealed", ROOT / "vmalab" / "grading" / "public"


def main(argv: Sequence[str]) -> int:
    """Build or check; 1 when something is wrong."""
    match list(argv):
        case ["build", *names]:
            for path in sources(names):
                print(f"building {path.stem}", flush=True)
                build(path)
            return 0
        case ["check"]:
            found = list(problems())
            print(*found, sep="\n", end="\n" if found else "")
            return 1 if found else 0
        case ["nbgrader", folder]:
            for path in sources():
                export(path, Path(folder))
            return 0
        case _:
            print(__doc__)
            return 2


def export(path: Path, folder: Path) -> None:
    """One set as nbgrader's generate_assignment wants it: solutions between its own marks."""
    source = read(path)
    made = bundle(source)
    notebook = learner_notebook(source, made)
    marked = {one.name.replace(".", "_"): one.marked for one in source.items.values()}
    for cell in notebook.cells:
        cell.source = marked.get(cell.id, cell.source)
    target = folder / "source" / made.name / f"{path.stem}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def sources(names: Sequence[str] = ()) -> list[Path]:
    """The authored files, all or those named."""
    return [one for one in sorted(SOLUTIONS.glob("*.py")) if not names or one.stem in names]


def build(path: Path) -> None:
    """Everything that is made from one source. The public part is written before notebooks run."""
    source = read(path)
    made = bundle(source)
    for folder in (SEALED, PUBLIC, EXERCISES):
        folder.mkdir(exist_ok=True)
    (SEALED / f"{made.name}.json").write_text(dump(made), encoding="utf-8")
    (PUBLIC / f"{made.name}.json").write_text(dump(made.public()), encoding="utf-8")
    nbformat.write(learner_notebook(source, made), EXERCISES / f"{path.stem}.ipynb")
    worked = worked_notebook(source, made)
    identities = [cell.id for cell in worked.cells]
    notebooks.run(worked)
    for cell, identity in zip(worked.cells, identities, strict=True):
        cell.id = identity
        cell.metadata.pop("execution", None)  # when each cell was run: other each time
    nbformat.write(worked, SOLUTIONS / f"{path.stem}.ipynb")


def problems() -> Iterator[str]:
    """Every way in which what is there is not what `build` would make, short of running cells."""
    for path in sources():
        source = read(path)
        made = bundle(source)
        wanted = {
            SEALED / f"{made.name}.json": dump(made),
            PUBLIC / f"{made.name}.json": dump(made.public()),
            EXERCISES / f"{path.stem}.ipynb": nbformat.writes(learner_notebook(source, made))
            + "\n",
        }
        for target, text in wanted.items():
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                yield f"{target.relative_to(ROOT)} is not what its source makes: make exercises"
        built = SOLUTIONS / f"{path.stem}.ipynb"
        cells = nbformat.read(built, as_version=4).cells if built.exists() else []
        if [one.source for one in cells] != [c.source for c in worked_notebook(source, made).cells]:
            yield f"{built.relative_to(ROOT)} is not what its source makes: make exercises"


def bundle(source: SetSource) -> ExerciseSet:
    """The sealed bundle: every probe's expected answer comes from the reference solution.

    Raises:
        ValueError: the solution and the reference disagree, or a probe finds nothing.
    """
    setup: dict[str, Any] = {}
    _run(next(cell.source for cell in source.cells if cell.cell_type == "code"), setup)
    return ExerciseSet(source.number, source.title, tuple(_items(source, setup)))


def _items(source: SetSource, setup: dict[str, Any]) -> Iterator[Item]:
    for one in source.items.values():
        names = dict(setup)
        _run(one.variants or "variants = [{}]", names)
        yield Item(
            one.name,
            one.kind,
            one.title,
            one.answer,
            tuple(one.hints),
            tuple(_probes(one, names)),
            one.stub,
            tuple(names["variants"]),
        )


def _probes(one: ItemSource, names: dict[str, Any]) -> Iterator[Probe]:
    """The item's probes, each with what the reference answers to every variant."""
    variants = names["variants"]
    answers = [_answer(one.reference or one.solution, one.answer, names, v) for v in variants]
    solved = _answer(one.solution, one.answer, names, variants[0])
    for written in one.probes:
        probe = Probe(written.name, written.level, written.points, written.hint, written.source)
        found = [run_probe(probe, *pair) for pair in zip(answers, variants, strict=True)]
        if None in found or found[0] != (said := run_probe(probe, solved, variants[0])):
            msg = f"{one.name}, {probe.name}: {found[0]} by the reference, {said} by the solution"
            raise ValueError(msg)
        yield replace(probe, expected=tuple(map(str, found)))


def _answer(code: str, answer: str, setup: dict[str, Any], given: object) -> dict[str, Any]:
    """The names that hold the answer to one variant.

    Raises:
        ValueError: the code sets no answer.
    """
    names = {**setup, "given": given}
    _run(code, names)
    if answer not in names:
        msg = f"the reference sets no {answer}"
        raise ValueError(msg)
    return names


def _run(code: str, names: dict[str, Any]) -> None:
    exec(compile(code, "<exercise>", "exec"), names)


def worked_notebook(source: SetSource, made: ExerciseSet) -> NotebookNode:
    """The notebook with the answers, and what is to be said about them."""
    return _notebook(source, made, worked=True)


def learner_notebook(source: SetSource, made: ExerciseSet) -> NotebookNode:
    """The notebook that learners get: stubs for answers, nothing run."""
    return _notebook(source, made, worked=False)


def _notebook(source: SetSource, made: ExerciseSet, *, worked: bool) -> NotebookNode:
    notebook: NotebookNode = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {**notebooks.METADATA, "vmalab": {"exercise": made.name}}
    )
    items = {item.name: item for item in made.items}
    for cell in source.cells:
        found = mark_of(cell)
        if found is None:
            if worked or "explanation" not in cell.metadata.get("tags", []):
                notebook.cells.append(_plain_cell(cell))
        elif found[0] == "SOLUTION":
            item, body = items[found[1]], source.items[found[1]]
            text = body.solution if worked else body.stub
            notebook.cells += [solution_cell(item, text), check_cell(item)]
    for cell, identity in zip(notebook.cells, notebooks.identities(notebook), strict=True):
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", identity)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def _plain_cell(cell: NotebookNode) -> NotebookNode:
    kept = {key: cell.metadata[key] for key in notebooks.KEPT if key in cell.metadata}
    new: NotebookNode = nbformat.from_dict({**cell, "metadata": kept})
    if "outputs" in new:
        new.outputs, new.execution_count = [], None
    return new


def solution_cell(item: Item, text: str) -> NotebookNode:
    """The cell that a learner fills in."""
    return _marked(item, text, item.name.replace(".", "_"), solution=True)


def check_cell(item: Item) -> NotebookNode:
    """The cell that is graded: it fails until the answer is right."""
    return _marked(item, f'check("{item.name}")', item.name.replace(".", "_") + "_check")


def _marked(item: Item, text: str, grade_id: str, *, solution: bool = False) -> NotebookNode:
    """A code cell with nbgrader's metadata, schema 3."""
    head = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": not solution,
        "solution": solution,
        "locked": not solution,
        "task": False,
        "cell_type": "code",
    }
    if not solution:
        head["points"] = item.points
    head["checksum"] = checksum(text, grade_id, None if solution else item.points)
    fixed = {} if solution else {"deletable": False, "editable": False}
    cell: NotebookNode = new_code_cell(text, metadata={"nbgrader": head, **fixed})
    return cell


def checksum(text: str, grade_id: str, points: int | None) -> str:
    """What nbgrader calculates to see whether a cell was changed.

    Mirrors: nbgrader/utils.py:compute_checksum (0.9.6).
    """
    graded = points is not None
    told = [text, "code", str(graded), str(not graded), str(graded), grade_id]
    if points is not None:
        told.append(str(float(points)))
    return hashlib.md5("".join(told).encode(), usedforsecurity=False).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
