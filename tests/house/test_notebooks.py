"""Are the notebooks what their sources say, with outputs that nbval can compare?"""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import notebooks


@pytest.fixture
def course(tmp_path, monkeypatch):
    """An empty course, and a way to write the source of a notebook in it."""
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(notebooks, "SOURCES", tmp_path / "py")
    (tmp_path / "py").mkdir()
    return tmp_path


def test_the_twins_of_the_course_agree():
    assert not list(notebooks.problems())


@pytest.mark.slow
def test_refreshing_keeps_text_and_drops_what_nbval_does_not_compare(course):
    (course / "py" / "a.py").write_text(
        "# %% [markdown]\n# # Title\n\n# %%\nprint('said')\n6 * 7\n\n# %% tags=['x']\n"
        "from IPython.display import display\n"
        "display({'image/png': 'iVBORw0K', 'text/plain': 'a picture'}, raw=True)\n"
    )
    notebooks.refresh("a")
    first = (course / "a.ipynb").read_bytes()
    cells = nbformat.read(course / "a.ipynb", as_version=4).cells
    assert [dict(o.get("data", {})) for c in cells[1:] for o in c.outputs] == [
        {},
        {"text/plain": "42"},
        {"text/plain": "a picture"},
    ]
    assert [cell.get("execution_count") for cell in cells] == [None, 1, 2]
    assert not list(notebooks.problems())
    notebooks.refresh("a")
    assert (course / "a.ipynb").read_bytes() == first, "building twice gives the same file"


@pytest.mark.slow
def test_what_the_readers_own_machine_says_is_not_kept(course):
    (course / "py" / "a.py").write_text("# %% tags=['nbval-ignore-output']\nprint('my machine')\n")
    notebooks.refresh("a")
    (cell,) = nbformat.read(course / "a.ipynb", as_version=4).cells
    assert (cell.execution_count, cell.outputs) == (1, [])


def test_a_notebook_without_its_twin_is_found(course):
    nbformat.write(new_notebook(), course / "b.ipynb")
    assert list(notebooks.problems()) == ["b: has no twin: make notebooks-refresh"]


def test_every_fault_of_an_output_is_named():
    cell = new_code_cell(execution_count=3)
    cell.outputs = [
        new_output("error", ename="KeyError", evalue="7"),
        new_output("stream", name="stderr", text="careful"),
        new_output("display_data", data={"image/png": ""}),
    ]
    assert len(list(notebooks.faults(cell, 1))) == 4
    cell.metadata.tags = ["raises-exception"]
    cell.execution_count = 1
    assert len(list(notebooks.faults(cell, 1))) == 2


def test_equal_cells_get_different_ids():
    twice = new_notebook(cells=[new_markdown_cell("same"), new_markdown_cell("same")])
    first, second = notebooks.identities(twice)
    assert first != second
    assert second.startswith(first)
