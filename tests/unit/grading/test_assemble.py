"""Is a damaged notebook read for what is in it?

as released   [answer ex1_q1][check][answer ex1_q2][check]
as handed in  lost ids, copies, splits, other kinds of cells, old formats, no notebook at all
"""

import json

import pytest

from tests.toy_set import RIGHT, cell, notebook
from vmalab.grading.assemble import MOST_BYTES, assemble, recognise


def test_a_notebook_as_released_has_nothing_odd(toy, answered):
    found = assemble(answered(), toy)
    assert found.answers == {"ex1.q1": RIGHT["ex1_q1"], "ex1.q2": RIGHT["ex1_q2"]}
    assert not found.notes


def test_other_cells_are_not_taken(toy, answered):
    data = json.loads(answered())
    data["cells"].insert(0, cell("import os\nos._exit(0)"))
    assert set(assemble(json.dumps(data).encode(), toy).answers.values()) == set(RIGHT.values())


def test_of_two_copies_the_first_that_is_filled_in_counts(toy):
    data = notebook(
        cell("number = None", "ex1_q1"), cell("number = 3", "ex1_q1"), cell("number = 9", "ex1_q1")
    )
    found = assemble(data, toy)
    assert found.answers["ex1.q1"] == "number = 3"
    assert any("3 cells claim" in note for note in found.notes)


def test_a_split_cell_is_joined(toy):
    data = notebook(cell("def double(n):", "ex1_q2"), cell("    return 2 * n", "ex1_q2"))
    found = assemble(data, toy)
    assert found.answers["ex1.q2"] == "def double(n):\n    return 2 * n"
    assert any("split into 2" in note for note in found.notes)


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_a_retyped_cell_is_read_as_code(toy, kind):
    found = assemble(notebook(cell("number = 3", "ex1_q1", kind)), toy)
    assert found.answers["ex1.q1"] == "number = 3"
    assert any(kind in note for note in found.notes)


def test_a_cell_without_its_id_is_found_by_what_it_defines(toy):
    found = assemble(notebook(cell("x = 1"), cell(RIGHT["ex1_q2"])), toy)
    assert found.answers["ex1.q2"] == RIGHT["ex1_q2"]


def test_a_cell_that_does_not_even_parse_is_found_by_its_place(toy):
    broken = "   def double(n) return 2"
    found = assemble(notebook(cell(broken), cell('check("ex1.q2")')), toy)
    assert found.answers["ex1.q2"] == broken


def test_a_deleted_cell_leaves_the_stub(toy):
    found = assemble(notebook(cell("number = 3", "ex1_q1")), toy)
    assert found.answers["ex1.q2"] == toy.items[1].stub
    assert any("missing" in note for note in found.notes)


def test_a_notebook_of_format_3_is_read(toy):
    old = {
        "nbformat": 3,
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["number ", "= 3"]}]}],
    }
    assert assemble(json.dumps(old).encode(), toy).answers["ex1.q1"] == "number = 3"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\xfe",
        b"PK\x03\x04 a zip",
        b"[]",
        b"null",
        b'{"cells": 7}',
        b'{"cells": [7, null, {"source": 3}, {"source": [1, 2]}, {"metadata": []}]}',
        b'{"cells": [{"source": "x", "metadata": {"nbgrader": [1]}}], "metadata": 4}',
        b"[" * 100_000,
        b" " * (MOST_BYTES + 1),
        '{"cells": []}'.encode("utf-16"),
    ],
    ids=range(11),
)
def test_whatever_it_is_it_is_no_accident(toy, data):
    found = assemble(data, toy)
    assert found.answers == {item.name: item.stub for item in toy.items}
    assert found.notes


def test_a_broken_byte_costs_no_more_than_itself(toy, answered):
    found = assemble(answered().replace(b"number = 3", b"number = 3 # \xe4"), toy)
    assert found.answers["ex1.q1"].startswith("number = 3")
    assert any("UTF-8" in note for note in found.notes)


def test_a_learner_says_who_they_are(toy):
    assert assemble(notebook(cell('me = "ada"  # me')), toy).learner == "ada"
    assert assemble(notebook(cell("me = os.environ['X']")), toy).learner == ""


def test_a_set_is_recognised_by_its_words_its_cells_or_its_name(toy, answered):
    sets = {"01": toy}
    assert recognise(notebook(vmalab={"exercise": "01"}), sets, "x.ipynb") == "01"
    assert recognise(answered(), sets, "x.ipynb") == "01"
    assert recognise(b"", sets, "ada_01_maps.ipynb") == "01"
    assert recognise(b"", sets, "x.ipynb") is None
    assert recognise(b"", sets, "2001_x.ipynb") is None
