"""Does every lesson keep to the form that lessons have?"""

import re
from itertools import pairwise

import jupytext
import pytest

from tools import glossary, newcomer, notebooks
from tools.lessons import WIDGET, Cell, Lesson, flat, lesson, lessons

LESSONS = [name for name in notebooks.twins() if name[0].isdigit()]
MOST_CELLS = 40
MOST_LINES = 10


@pytest.fixture(params=LESSONS)
def cells(request):
    """The cells of one lesson."""
    return jupytext.read(notebooks.SOURCES / f"{request.param}.py", fmt="py:percent").cells


@pytest.fixture(params=LESSONS)
def read(request):
    """One lesson as data."""
    return lesson(notebooks.SOURCES / f"{request.param}.py")


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


def test_it_takes_25_to_45_minutes_and_its_sections_add_up(read):
    total, sections = read.minutes
    assert 25 <= total <= 45
    assert len(sections) > 2
    assert sum(sections) == total
    assert read.minute(len(read.cells)) <= total, "there is no time to wonder"


def test_its_words_are_in_order_and_each_is_used(read):
    """A word is looked for in all but the list of words itself."""
    listed = list(read.words)
    assert len(listed) >= 3
    assert listed == sorted(listed, key=str.lower)
    text = "\n".join(cell.text for cell in read.cells)
    before, _, after = text.partition("## Words\n")
    rest = flat(before + after.partition("\n## ")[2]).replace("*", "").lower()
    unused = [word for word in listed for part in word.split(", ") if part.lower() not in rest]
    assert not unused


def test_it_has_the_five_beats(cells):
    """Predict, run, explain, play, check: at least one of each."""
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    for call in ("predict(", "reveal(", "check("):
        assert any(source.startswith(call) or f"\n{call}" in source for source in code)
    assert any(WIDGET.search(source) for source in code), "nothing to play with"


def test_headings_are_in_order(cells):
    levels = [level for level, _ in headings(cells)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(lower - upper <= 1 for upper, lower in pairwise(levels))


def test_it_warns_of_a_misconception_and_names_its_sources_with_dates(cells):
    assert "misconception" in prose(cells)
    assert re.search(r"\*\*Sources\.\*\*.* 20\d\d", prose(cells[-1:]), re.DOTALL)


def test_it_ends_in_questions_and_what_to_read_next(cells):
    last = [text for _, text in headings(cells)][-3:]
    assert last == ["Check yourself", "Words", "What to read next"]
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


def test_the_glossary_is_what_the_lessons_say():
    current = glossary.PAGE.read_text() == glossary.page(lessons())
    assert current, "docs/glossary.md is out of date: run make docs"


def test_no_word_is_explained_twice():
    one, *_ = lessons()
    with pytest.raises(ValueError, match="leave one out"):
        glossary.page([one, one])


def test_every_question_of_a_newcomer_is_answered_in_one_cell():
    """Cells and minutes may have moved a little; what is answered, and where, has not."""
    kept, now = newcomer.PAGE.read_text(), newcomer.page(lessons())
    kept, now = (re.sub(r"\d+(?=[,; |])", "#", page) for page in (kept, now))
    assert kept == now, "docs/newcomer.md is out of date: run make docs"
    assert {one.number for one in lessons()} == set(newcomer.questions())


def test_the_read_by_the_clock_adds_up():
    """No answer was read after its lesson, and every right prediction has a reason."""
    read, questions = newcomer.read_by_the_clock(), newcomer.questions()
    assert set(read["lessons"]) == set(questions)
    for number, one in read["lessons"].items():
        timed = [q.seconds for q in questions[number] if q.seconds is not None]
        assert all(0 < seconds <= one["seconds"] for seconds in timed)
        assert one["right"] <= one["predicted"]
    right = sum(one["right"] for one in read["lessons"].values())
    assert right == read["followed"] + read["ruled_out"]


def test_a_lesson_that_answers_a_question_no_more_is_told():
    one, *_ = lessons()
    silent = Lesson(one.name, tuple(Cell("code", "") for _ in one.cells))
    with pytest.raises(ValueError, match="0 times, not once"):
        newcomer.table(silent)


def test_an_exercise_without_a_cell_that_it_rests_on_is_told(monkeypatch, tmp_path):
    kept = newcomer.EXERCISES.read_text()
    monkeypatch.setattr(newcomer, "EXERCISES", tmp_path / "short.toml")
    newcomer.EXERCISES.write_text(re.sub(r"(?m)^q5 = .*$", "", kept))
    with pytest.raises(ValueError, match=r"ex1.q5: short.toml names no cell"):
        newcomer.exercises(lessons())


def test_a_question_that_is_answered_nowhere_is_told():
    with pytest.raises(ValueError, match="0 times, not once"):
        lessons()[0].find("the meaning of life")
