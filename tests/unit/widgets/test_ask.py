"""Are answers judged at once, and predictions kept until they are revealed?"""

import pytest

from tests.clicks import click
from vmalab.widgets import ask
from vmalab.widgets.ask import Ask, check, predict, predictions, reveal
from vmalab.workloads.predictions import Predictions
from vmalab.workloads.questions import question


@pytest.fixture(autouse=True)
def nothing_predicted(monkeypatch):
    fresh = Predictions()
    monkeypatch.setattr(ask, "_predicted", lambda: fresh)


def test_a_check_answers_at_once_and_says_why():
    asked = check("00.errors")
    click(asked, do="answer", answer="EFAULT")
    assert asked.verdict["right"] is False
    assert "only a number" in asked.verdict["said"]
    click(asked, do="answer", answer="EINVAL")
    assert asked.verdict["right"] is True


def test_a_prediction_is_kept_and_not_judged():
    asked = predict("00.vmas")
    click(asked, do="answer", answer="2")
    assert asked.verdict == {"right": None, "said": "Noted: 2. Now run the next cell and see."}
    told = reveal("00.vmas")
    assert told.right is False
    assert "You predicted 2. Not quite." in told.said
    assert "answer is 3" in " ".join(told.said.split())
    assert predict("00.vmas").answer == "2", "shown again where the cell is run again"


def test_a_skipped_prediction_is_visible_and_no_fault():
    assert reveal("00.vmas").said.startswith("No prediction was made. The answer is 3.")


def test_what_cannot_be_judged_is_not_kept():
    assert "FROM-TO" in predict("01.mprotect", "four VMAs").said
    assert reveal("01.mprotect").right is None


def test_an_empty_answer_is_no_answer():
    asked = check("00.errors")
    click(asked, do="answer", answer="")
    assert asked.verdict == {"right": None, "said": "Not answered yet."}


def test_answers_work_without_a_widget():
    assert check("00.errors", "EINVAL").right
    assert predict("01.mprotect", "0-2 rw, 2-4 r, 4-6 rw").said.startswith("Noted")
    assert reveal("01.mprotect").right


def test_the_text_twin_asks_but_does_not_tell():
    twin = repr(Ask(question("01.mprotect")))
    assert "mprotect 2 2 r" in twin
    assert "2-4 r" not in twin


def test_an_unknown_question_is_named_with_its_neighbours():
    with pytest.raises(ValueError, match=r"choose one of: 00\.first-mmap"):
        check("00.nothing")


def test_the_tally_counts_what_was_made_and_what_was_skipped():
    assert repr(predictions()) == "Nothing was asked yet."
    predict("00.vmas", "3")
    predict("00.first-mmap", "at address 0")
    for name in ("00.vmas", "00.first-mmap", "01.mprotect"):
        reveal(name)
    assert [line.split() for line in repr(predictions()).splitlines()[1:]] == [
        ["00", "2", "1", "0"],
        ["01", "0", "0", "1"],
    ]
