"""Do the lessons' programs and questions say what the model says?"""

import re
from pathlib import Path

import pytest

from tests.unit.views.collisions import collisions
from vmalab.generations import GENERATIONS
from vmalab.host import run_program as run_on_host
from vmalab.host import unavailable
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.trace.film import film
from vmalab.views import before_after
from vmalab.workloads.differential import compare
from vmalab.workloads.examples import EXAMPLES
from vmalab.workloads.questions import (
    first_difference,
    format_layout,
    judge,
    layout,
    parse_layout,
    questions,
)

COURSE = Path(__file__).parents[3] / "notebooks" / "py"
CHOICES = [asked for asked in questions().values() if asked.choices]
LAYOUTS = [asked for asked in questions().values() if not asked.choices]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_runs_and_says_what_it_is_for(name):
    steps = film(parse_program(EXAMPLES[name].text)).run.steps
    assert steps
    assert "unsupported" not in {step.result for step in steps}
    assert EXAMPLES[name].about.endswith(".")


@pytest.mark.parametrize("kernel", GENERATIONS)
def test_every_example_can_be_played_and_drawn_on_every_kernel(kernel):
    for name, example in EXAMPLES.items():
        run = run_program(parse_program(example.text), kernel, validate=False)
        before = run.state(len(run.steps) - 1)
        drawing = before_after(before, run.steps[-1], run.window)
        assert not collisions(drawing.scene), name


def test_each_refusal_of_the_example_has_a_reason_of_its_own():
    steps = film(parse_program(EXAMPLES["refusals"].text)).run.steps[1:]
    reasons = [step.because for step in steps]
    assert all(reasons)
    assert len(set(reasons)) == len(reasons)


def test_no_pair_of_the_example_merges_at_the_end():
    run = film(parse_program(EXAMPLES["not-merged"].text)).run
    assert len(run.state(len(run.steps)).vmas) == 12


PROGRAMS = {name: one.text for name, one in EXAMPLES.items()} | {
    name: one.program for name, one in questions().items() if one.program and one.on == "linux-6"
}


@pytest.mark.host
@pytest.mark.parametrize("name", PROGRAMS)
def test_this_machines_kernel_does_what_the_lessons_say(name):
    program = parse_program(PROGRAMS[name])
    if reason := unavailable(program):
        pytest.skip(reason)
    real = run_on_host(program, sealed=True)
    assert compare(run_program(program, sealed=True), real, sealed=True) is None


@pytest.mark.parametrize("asked", CHOICES, ids=lambda asked: asked.name)
def test_every_choice_has_an_answer_and_one_is_right(asked):
    assert asked.right in asked.choices
    assert all(asked.choices.values())
    assert judge(asked, asked.right).right is True
    assert [judge(asked, choice).right for choice in asked.choices].count(True) == 1


@pytest.mark.parametrize("asked", LAYOUTS, ids=lambda asked: asked.name)
def test_the_models_own_layout_is_right_and_another_is_not(asked):
    assert judge(asked, asked.solution).right is True
    assert judge(asked, "0-99 rwx").right is False
    assert judge(asked, "none").right is False


@pytest.mark.parametrize(
    ("name", "result", "vmas"),
    [
        ("00.vmas", "0", 3),
        ("00.errors", "-1 EINVAL", 1),
        ("01.munmap-hole", "0", 0),
        ("01.mprotect-hole", "-1 ENOMEM", 2),
        ("01.perms", "-1 EACCES", 1),
        ("02.split", "0", 2),
        ("02.account", "0", 2),
        ("02.file-key", "p2", 2),
        ("02.hole", "p2", 1),
        ("05.vmas", "p7", 8),
        ("05.truncate", "0", 1),
        ("05.rights", "-1 EINVAL", 1),
        ("05.today", "0", 3),
        ("08.vmas", "0", 1),
        ("08.fault", "ok", 1),
        ("08.nx", "1-2=oo", 1),
        ("08.loop", "LOOP", 1),
        ("08.mprotect", "-1 EACCES", 1),
        ("08.guard", "SIGSEGV", 1),
        ("09.who", "-1 EINVAL", 1),
        ("09.emulated", "0", 8),
        ("09.gone", "SIGSEGV", 1),
    ],
)
def test_what_is_called_right_is_what_the_model_does(name, result, vmas):
    run = questions()[name].run()
    assert run.steps[-1].result == result
    assert len(layout(run)) == vmas


def test_every_question_is_asked_in_its_lesson_and_every_one_asked_exists():
    asked = {
        name
        for path in COURSE.glob("*.py")
        for name in re.findall(r'(?:check|predict|reveal)\("([^"]+)"', path.read_text())
    }
    assert asked == set(questions())


def test_a_layout_is_read_in_every_reasonable_spelling():
    for text in ("0-2 rw, 2-4 r", "0-2 rw-p;2-4 r--p", "0-2 rw\n2-4 r--"):
        assert first_difference(parse_layout(text), ((0, 2, "rw-p"), (2, 4, "r--p"))) == ""
    assert parse_layout("none") == ()
    assert parse_layout("0-2 none") == ((0, 2, "---"),)
    with pytest.raises(ValueError, match="0-2 rw, 2-4 r"):
        parse_layout("0..2 rw")


def test_sharing_counts_only_where_it_was_said():
    assert first_difference(((0, 2, "rw-"),), ((0, 2, "rw-s"),)) == ""
    assert first_difference(((0, 2, "rw-p"),), ((0, 2, "rw-s"),))


def test_the_first_difference_is_found_wherever_it_is():
    one, two = (0, 2, "rw-p"), (2, 4, "r--p")
    assert "2-4 r--p is missing" in first_difference((one,), (one, two))
    assert "2-4 r--p is not there" in first_difference((one, two), (one,))
    assert format_layout(()) == "none"
