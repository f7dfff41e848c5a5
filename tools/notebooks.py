"""Notebooks come in twins: notebooks/py/NN.py is reviewed, notebooks/NN.ipynb is what people open.

The .ipynb is built from the .py: its cells run once, as nbval will run them, and what they say is
kept as text. Images and widget states are not kept: nbval does not compare them, and git cannot.
Cell ids follow from the source, so building twice gives the same file.

Usage: python tools/notebooks.py refresh [NAME...]    (make notebooks-refresh)
       python tools/notebooks.py check                (make check does it too)
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOURCES = NOTEBOOKS / "py"
SECONDS_A_CELL = 120
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
KEPT = ("slideshow", "tags")
"""What an author says about a cell; the rest is what programs noted there."""
OWN = "nbval-ignore-output"
"""Tags a cell in which the reader's own machine speaks: what ours said is nobody's business."""
NOT_COMPARED = {"application/vnd.jupyter.widget-view+json", "image/jpeg", "image/png"}
"""What nbval leaves out of its comparison, and we out of the file."""


def main(argv: Sequence[str]) -> int:
    """Refresh or check; 1 when something is wrong."""
    match list(argv):
        case ["refresh", *names]:
            for name in names or twins():
                print(f"running {name}", flush=True)
                refresh(name)
            return 0
        case ["check"]:
            found = list(problems())
            print(*found, sep="\n", end="\n" if found else "")
            return 1 if found else 0
        case _:
            print(__doc__)
            return 2


def twins() -> list[str]:
    """Every notebook by name, whichever half of it there is."""
    halves = [*SOURCES.glob("*.py"), *NOTEBOOKS.glob("*.ipynb")]
    return sorted({half.stem for half in halves})


def refresh(name: str) -> None:
    """Run a notebook from its source and write it; the source comes from the twin edited last."""
    source, built = SOURCES / f"{name}.py", NOTEBOOKS / f"{name}.ipynb"
    if built.exists() and edited_last(built, source):
        SOURCES.mkdir(exist_ok=True)
        jupytext.write(nbformat.read(built, as_version=4), source, fmt="py:percent")
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(METADATA)
    run(notebook)
    for cell, identity in zip(notebook.cells, identities(notebook), strict=True):
        cell.id = identity
        cell.metadata = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    nbformat.write(notebook, built)


def edited_last(built: Path, source: Path) -> bool:
    """Whether the .ipynb holds the newer text: twins of the same text are equally new."""
    if not source.exists():
        return True
    same = texts(nbformat.read(built, as_version=4)) == texts(jupytext.read(source))
    return not same and built.stat().st_mtime > source.stat().st_mtime


def run(notebook: NotebookNode) -> None:
    """Run every code cell in order and keep what can be compared of its outputs."""
    here = {"metadata": {"path": str(NOTEBOOKS)}}
    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name="python3",
        resources=here,
        coalesce_streams=True,  # a busy machine tears a line in two
    )
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index, store_history=False)  # nbval runs cells so
    for count, cell in enumerate(code_cells(notebook), 1):
        cell.execution_count = count
        cell.outputs = [kept for output in cell.outputs if (kept := comparable(output, count))]
        if OWN in cell.metadata.get("tags", []):
            cell.outputs = []
    notebook.metadata.pop("widgets", None)


def comparable(output: NotebookNode, count: int) -> NotebookNode | None:
    """What nbval compares of an output, or None if it is nothing."""
    if "data" not in output:
        return output
    output.data = {mime: data for mime, data in output.data.items() if mime not in NOT_COMPARED}
    output.metadata = {}
    if output.output_type == "execute_result":
        output.execution_count = count
    return output if output.data else None


def identities(notebook: NotebookNode) -> Iterator[str]:
    """An id for each cell that stays while its source stays."""
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] += 1
        yield digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def problems() -> Iterator[str]:
    """Every way in which the twins are not what `refresh` would make of them, short of running."""
    for name in twins():
        source, built = SOURCES / f"{name}.py", NOTEBOOKS / f"{name}.ipynb"
        if not (source.exists() and built.exists()):
            yield f"{name}: has no twin: make notebooks-refresh"
            continue
        notebook = nbformat.read(built, as_version=4)
        if texts(notebook) != texts(jupytext.read(source, fmt="py:percent")):
            yield f"{name}: .py and .ipynb differ: make notebooks-refresh"
        if [cell.id for cell in notebook.cells] != list(identities(notebook)):
            yield f"{name}: cell ids are not those of its cells: make notebooks-refresh"
        if "widgets" in notebook.metadata:
            yield f"{name}: keeps the state of widgets: make notebooks-refresh"
        for count, cell in enumerate(code_cells(notebook), 1):
            yield from (f"{name}: cell {cell.id}: {what}" for what in faults(cell, count))


def faults(cell: NotebookNode, count: int) -> Iterator[str]:
    """What is wrong with the outputs of one code cell."""
    if cell.execution_count != count:
        yield f"was not run in order ({cell.execution_count}, not {count})"
    expected = "raises-exception" in cell.metadata.get("tags", [])
    for output in cell.outputs:
        if output.output_type == "error" and not expected:
            yield f"ended in {output.ename}: {output.evalue}"
        if output.get("name") == "stderr":
            yield "wrote to stderr, where warnings name files of one machine"
        if images := NOT_COMPARED & set(output.get("data", {})):
            yield f"keeps {', '.join(sorted(images))}, which is never compared"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that run; an empty one does not."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: NotebookNode) -> list[tuple[str, str, list[str]]]:
    """What an author wrote: kind, source and tags of each cell."""
    return [(c.cell_type, c.source.strip(), c.metadata.get("tags", [])) for c in notebook.cells]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
