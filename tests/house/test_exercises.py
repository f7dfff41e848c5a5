"""Are the exercises what their sources make, and do they keep to their form?"""

import re

import nbformat
import pytest

from tools import exercises
from tools.exercise_source import SourceError, read
from vmalab.grading.bundle import load_folder

PLANNED_POINTS = {"01": 12, "02": 14, "03": 12, "04": 14, "05": 12, "06": 12, "07": 12, "08": 12}
"""A hundred in all."""
SETS = load_folder(exercises.SEALED)


def test_nothing_would_be_changed_by_building_again():
    assert list(exercises.problems()) == []


def test_the_plan_makes_a_hundred_points():
    assert sum(PLANNED_POINTS.values()) == 100


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_four_to_six_items_and_the_planned_points(name):
    one = SETS[name]
    assert 4 <= len(one.items) <= 6
    assert one.points == PLANNED_POINTS[name]
    assert {item.kind for item in one.items} == {"predict", "program", "implement"}


@pytest.mark.parametrize("name", SETS)
def test_every_item_has_a_ladder_partial_credit_and_something_to_ask_in_the_notebook(name):
    for item in SETS[name].items:
        assert len(item.hints) >= 3
        assert len(item.probes) >= 2
        assert any(probe.level != "hidden" for probe in item.probes)
        assert all(probe.hint for probe in item.probes)


@pytest.mark.parametrize("name", SETS)
def test_every_prediction_has_variants_and_each_its_own_answer(name):
    for item in SETS[name].items:
        if item.kind == "predict":
            assert len(item.variants) >= 4
            assert len({probe for one in item.probes for probe in one.expected}) > 4


@pytest.mark.parametrize("path", sorted(exercises.EXERCISES.glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_learner_gets_no_answer_and_no_output(path):
    source = read(exercises.SOLUTIONS / f"{path.stem}.py")
    text = path.read_text(encoding="utf-8")
    assert "SOLUTION" not in text
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in cells)
    stubs = {one.stub for one in source.items.values()}
    marked = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert {cell.source for cell in marked} == stubs


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("# %%\n# SOLUTION ex9.q1 guess: x\na = 1", "needs a kind"),
        ("# %%\n# SOLUTION ex9.q1 predict: x\na = 1", "no answer between"),
        ("# %%\n# HINTS ex9.q1\n# one", "move it below"),
        (
            "# %%\n# SOLUTION ex9.q1 predict: x\n# BEGIN SOLUTION\na = 1\n# END SOLUTION\n",
            "no probes",
        ),
    ],
)
def test_a_source_with_a_wrong_mark_says_where_and_what_to_do(tmp_path, text, cure):
    path = tmp_path / "09_x.py"
    path.write_text(f"# %% [markdown]\n# # A title\n\n{text}\n")
    with pytest.raises(SourceError, match=re.escape(cure)):
        read(path)
