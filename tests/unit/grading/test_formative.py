"""Does `check` answer in the notebook: right, wrong with reasons, one hint more each time?

check("ex1.q5")   -->   "1 of 3 points; 2 more are judged ..."   or   NotYetError with a hint
"""

import pytest

from vmalab.grading import NotYetError, check, question
from vmalab.grading.bundle import public_item, public_sets
from vmalab.grading.formative import _TRIES


@pytest.fixture(autouse=True)
def fresh():
    _TRIES.clear()


def told(name):
    with pytest.raises(NotYetError) as error:
        check(name)
    return str(error.value)


def test_a_right_answer_gets_its_points_and_knows_of_the_rest(monkeypatch):
    answer = "mmap 0 6 rw private,anon,fixed\nmlock 2 2"
    monkeypatch.setitem(globals(), "three", answer)
    said = check("ex2.q3")
    assert str(said).endswith("1 of 2 points; 1 more are judged when it is graded")
    assert "✓" in said._repr_html_()


def test_a_wrong_answer_is_shown_beside_the_right_one_where_that_is_open(monkeypatch):
    monkeypatch.setitem(globals(), "three", "mmap 0 6 rw private,anon,fixed\nmlock 2 4")
    said = told("ex2.q3")
    assert "✗ three VMAs over the six pages" in said
    assert "count: expected 3" in said
    assert "yours    2" in said


def test_a_closed_probe_says_no_more_than_its_hint(monkeypatch):
    monkeypatch.setitem(globals(), "healed", "0-10 rw")
    said = told("ex2.q1")
    assert "A border stays" in said
    assert "expected" not in said


def test_each_failure_unlocks_one_hint_and_success_locks_them_again(monkeypatch):
    monkeypatch.setitem(globals(), "healed", "0-10 rw")
    hints = public_item("ex2.q1").hints
    for count in (1, 2, 3, 3):
        said = told("ex2.q1")
        assert sum(hint in said for hint in hints) == count
    monkeypatch.setitem(globals(), "healed", "0-3 rw, 3-4 r, 4-10 rw")
    check("ex2.q1")
    monkeypatch.setitem(globals(), "healed", "0-10 rw")
    assert hints[1] not in told("ex2.q1")


def not_written():
    raise NotImplementedError("write this one")


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("ex2.q1", "", "no answer yet"),
        ("ex2.q3", "\n", "no answer yet"),
        ("ex1.q5", lambda vmas, addr: not_written(), "not written yet"),
        ("ex2.q1", "0-3 rw 3-4 r", "'0-3 rw 3-4 r' is no VMA: write FROM-TO PERMS"),
        ("ex2.q1", ["0-3 rw"], "an answer is text"),
        ("ex2.q3", "mmap 0 6 rw private,anon\nmlock 2", "line 2, column 8: too few words"),
        ("ex3.q3", "write 0", "line 1, column 8: too few words"),
    ],
)
def test_what_cannot_be_judged_yet_is_said_and_costs_no_hint(monkeypatch, name, answer, says):
    item = public_item(name)
    monkeypatch.setitem(globals(), item.answer, answer)
    for _ in range(2):
        said = told(name)
        assert says in said
        assert not any(hint in said for hint in item.hints)


def test_a_learner_sees_with_what_a_function_was_called(monkeypatch):
    monkeypatch.setitem(globals(), "find_vma", lambda vmas, addr: None)
    said = told("ex1.q5")
    assert "for addr in (0x1000, 0x2FFF, 0x4000, 0x5800)" in said
    assert "number 1: expected [0x1000, 0x3000]" in said
    assert "yours    None" in said


def test_a_cell_that_was_not_run_is_told():
    assert "run the cell above first" in told("ex1.q5")


def test_an_unknown_item_is_told():
    with pytest.raises(ValueError, match="choose one of"):
        check("ex1.q77")


def test_the_learners_own_variant_is_asked_and_judged(monkeypatch):
    item = public_item("ex2.q1")
    names = {item.variant(f"learner {n}"): f"learner {n}" for n in range(60)}
    assert len(names) == len(item.variants)
    shown = {str(question("ex2.q1", name)) for name in names.values()}
    assert len(shown) == len(item.variants)
    monkeypatch.setitem(globals(), "healed", "0-3 rw, 3-4 r, 4-10 rw")
    monkeypatch.setitem(globals(), "me", names[1])
    told("ex2.q1")
    monkeypatch.setitem(globals(), "me", names[0])
    check("ex2.q1")


def test_a_learners_names_are_not_touched(monkeypatch):
    monkeypatch.setitem(globals(), "find_vma", lambda vmas, addr: None)
    monkeypatch.setitem(globals(), "vmas", "mine")
    told("ex1.q5")
    assert globals()["vmas"] == "mine"
    assert "given" not in globals()


def test_no_answer_makes_check_fall(monkeypatch, tasks):
    for name, item in ((one.name, one) for part in public_sets().values() for one in part.items):
        for answer in (None, 7, "", "mmap", "\0", [], print, lambda *_: 1 / 0):
            monkeypatch.setitem(globals(), item.answer, answer)
            assert told(name)
    tasks.clear()
