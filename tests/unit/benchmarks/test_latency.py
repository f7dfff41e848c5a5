"""Does the benchmark of the widgets show them what it says? Nothing here is timed."""

import pytest

from benchmarks.latency import (
    CASES,
    NR_VMAS,
    in_python,
    main,
    many_areas,
    many_segments,
    percentiles,
    scattered,
    task_of_many,
)
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
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


@pytest.mark.parametrize("name", ["WalkExplorer", "SwapLab", "LibraryExplorer"])
def test_a_message_is_answered_and_its_time_noted(name):
    assert len(in_python(CASES[name], 4)) == 4


def test_percentiles_are_of_what_was_found():
    assert percentiles([1.0] * 50 + [3.0] * 50)["p50"] == 2.0
    assert percentiles(list(range(101)))["p95"] == 95.0


def test_a_widget_that_is_not_measured_is_named_with_those_that_are(capsys):
    with pytest.raises(SystemExit):
        main(["Stopper"])
    assert "'Stopper' is not measured; choose from Stepper" in capsys.readouterr().err
