"""Does every lesson keep to the form that lessons have?"""

import re
from itertools import pairwise

import jupytext
import pytest

from tools import notebooks

LESSONS = [name for name in notebooks.twins() if name[0].isdigit()]
MOST_CELLS = 40
MOST_LINES = 10


@pytest.fixture(params=LESSONS)
def cells(request):
    """The cells of one lesson."""
    return jupytext.read(notebooks.SOURCES / f"{request.param}.py", fmt="py:percent").cells


def prose(cells):
    """All that is said in a lesson, without what is in code fences."""
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def headings(cells):
    return [(len(m[1]), m[2]) for m in re.finditer(r"^(#+) (.+)$", prose(cells), re.MULTILINE)]


def test_it_is_short_enough_for_one_sitting(cells):
    assert len(cells) <= MOST_CELLS


def test_no_cell_holds_logic_that_belongs_in_the_package(cells):
    long = [c.source for c in cells if c.cell_type == "code" and c.source.count("\n") >= MOST_LINES]
    assert not long


def test_it_says_first_what_for_what_with_and_how_long(cells):
    for promise in ("**You will**", "**You need**", "**It takes**", "minutes"):
        assert promise in cells[0].source


def test_headings_are_in_order(cells):
    levels = [level for level, _ in headings(cells)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(lower - upper <= 1 for upper, lower in pairwise(levels))


def test_it_warns_of_a_misconception_and_names_its_sources_with_dates(cells):
    assert "misconception" in prose(cells)
    assert re.search(r"\*\*Sources\.\*\*.* 20\d\d", prose(cells[-1:]), re.DOTALL)


def test_it_ends_in_questions_and_what_to_read_next(cells):
    last = [text for _, text in headings(cells) if text != "Words"][-2:]
    assert last == ["Check yourself", "What to read next"]
    assert cells[-2].source.startswith("check(")


def test_every_prediction_is_asked_before_it_is_revealed(cells):
    calls = re.findall(r'(predict|reveal)\("([^"]+)"', "\n".join(cell.source for cell in cells))
    asked = [name for verb, name in calls if verb == "predict"]
    assert asked
    assert asked == [name for verb, name in calls if verb == "reveal"]
    for name in asked:
        assert calls.index(("predict", name)) < calls.index(("reveal", name))


def test_there_is_no_picture_without_a_text_twin(cells):
    assert not [cell for cell in cells if "![" in cell.source]
