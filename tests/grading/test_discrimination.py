"""Do the probes tell right answers from wrong ones, and say the right thing about each?

right, written differently   -->  all points
wrong, plausibly             -->  fewer, and the hint of the probe that is about this mistake
"""

import importlib

import pytest

from tools import exercises
from vmalab.grading.bundle import load_folder
from vmalab.grading.formative import PRELUDE, findings
from vmalab.grading.literal import read_literal

SETS = load_folder(exercises.SEALED)
ANSWERS = {name: importlib.import_module(f"tests.grading.answers.ex{name}") for name in SETS}
ITEMS = {item.name: (name, item) for name, one in SETS.items() for item in one.items}
LEAST_WRONG, LEAST_RIGHT = 6, 3


def judged(item, source):
    """Each probe's finding for an answer that we wrote ourselves: no sandbox is needed."""
    names = {}
    exec(PRELUDE, names)
    if item.is_data:
        names[item.answer] = read_literal(source, item.answer)
    else:
        exec(source, names)
    return findings(item, names, 0)


def cases(kind):
    return [
        pytest.param(item, answer, id=f"{item.name}-{number}")
        for name, item in ITEMS.values()
        for number, answer in enumerate(getattr(ANSWERS[name], kind)[item.name], 1)
    ]


@pytest.mark.parametrize("name", ITEMS)
def test_there_are_enough_answers_of_both_kinds(name):
    number, item = ITEMS[name]
    right, wrong = ANSWERS[number].RIGHT[name], [one for one, _ in ANSWERS[number].WRONG[name]]
    assert len({one.strip() for one in right}) >= LEAST_RIGHT
    assert len({one.strip() for one in wrong}) >= LEAST_WRONG
    assert item.stub not in (right, wrong)


@pytest.mark.parametrize(("item", "answer"), cases("RIGHT"))
def test_a_right_answer_gets_all_points_however_it_is_written(item, answer):
    found = judged(item, answer)
    assert [one.probe.name for one in found if not one.passed] == []
    assert sum(one.probe.points for one in found) == item.points


@pytest.mark.parametrize(("item", "answer"), cases("WRONG"))
def test_a_wrong_answer_is_caught_by_the_probe_that_is_about_it(item, answer, tasks):
    source, first = answer
    failed = [number for number, one in enumerate(judged(item, source)) if not one.passed]
    tasks.clear()  # some break the model's laws, as the probes have noticed
    assert failed
    assert failed[0] == first
    assert item.probes[first].hint


@pytest.mark.parametrize("name", ITEMS)
def test_a_stub_gets_nothing(name, tasks):
    _, item = ITEMS[name]
    names = {}
    exec(item.stub, names)
    passed = [one.probe.name for one in findings(item, names, 0) if one.passed]
    tasks.clear()
    assert passed == []
