"""Does the benchmark of the widgets show them what it says? Nothing here is timed."""

from itertools import pairwise

import pytest

from benchmarks.latency import (
    CASES,
    DAY_AT,
    NR_VMAS,
    Twin,
    main,
    many_areas,
    many_segments,
    percentiles,
    scattered,
    task_of_many,
)
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.widgets import UmlMonitor
from vmalab.widgets.libraries import loaded


# From the 150th operation on the keys go up and down: there must be 200 VMAs all the while.
def test_the_program_has_two_hundred_vmas_wherever_the_keys_lead():
    run = run_program(parse_program(many_areas()), events=False, validate=False)
    assert {step.after.map_count for step in run.steps[101:]} <= {NR_VMAS, NR_VMAS + 1}


def test_the_process_and_the_library_have_as_many_as_is_said():
    assert len(task_of_many().mm.tree) == NR_VMAS
    assert len(loaded(many_segments()).rows) == 88


def test_the_board_begins_with_every_page_out_of_order():
    text = f"mmap 0 {NR_VMAS} rw shared,fixed f0 0\n{scattered()}"
    program = parse_program(f"seq 1 {NR_VMAS} hole\n{text}")
    run = run_program(program, events=False, validate=False)
    assert run.steps[-1].after.map_count == NR_VMAS


def test_a_day_of_a_guest_has_more_on_its_host():
    moments = UmlMonitor().film.moments[DAY_AT : DAY_AT + 11]
    assert all(moment.vmas > NR_VMAS for moment in moments)


# A picture that a key leaves as it is could be counted before the key's own is there.
@pytest.mark.parametrize("name", CASES)
def test_every_key_changes_the_picture_and_is_answered(name):
    case, seen = CASES[name], [""]
    twin = Twin(case)
    for message in (case.asks * 2)[:2]:
        answer, ready = twin.hear(message)
        assert 0 < answer <= ready
        seen.append(twin.seen())
    assert all(one != other for one, other in pairwise(seen))


def test_percentiles_are_of_what_was_found():
    assert percentiles([1.0] * 50 + [3.0] * 50)["p50"] == 2.0
    assert percentiles(list(range(101)))["p95"] == 95.0


def test_a_widget_that_is_not_measured_is_named_with_those_that_are(capsys):
    with pytest.raises(SystemExit):
        main(["Stopper"])
    assert (
        "'Stopper' is not measured; choose from round trip alone, Stepper"
        in capsys.readouterr().err
    )
