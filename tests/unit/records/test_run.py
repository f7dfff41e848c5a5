"""What does a record of a run say, and does it print as a transcript?"""

import dataclasses
import pickle

import pytest

from vmalab.records.program import Munmap, Program
from vmalab.records.resolve import Window
from vmalab.records.run import Run, Step, format_rows, format_transcript
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program

PAGE = 4096
WINDOW = Window(0x100000, 8)
FAR = VmaRow(0, PAGE, "r--p", 0, "anon")
NEAR = VmaRow(WINDOW.start - 16 * PAGE, WINDOW.start - 15 * PAGE, "rw-s", 3, "f0", ("sh",))
INSIDE = VmaRow(WINDOW.start, WINDOW.start + 2 * PAGE, "rw-p", 0, "anon")


def test_a_snapshot_knows_who_is_where():
    snapshot = Snapshot((FAR, NEAR, INSIDE))
    assert snapshot.map_count == 3
    assert snapshot.find(WINDOW.start + PAGE) is INSIDE
    assert snapshot.find(WINDOW.start + 2 * PAGE) is None
    assert snapshot.near(WINDOW) == (NEAR, INSIDE)
    assert snapshot.maps().splitlines()[1] == "000f0000-000f1000 rw-s 00003000 f0"
    assert INSIDE.nr_pages == 2


def test_a_transcript_counts_in_pages_of_the_window():
    assert format_rows((NEAR, INSIDE), WINDOW) == [" V -16--15 rw-s 3 f0 sh", " V 0-2 rw-p 0 anon"]
    assert format_rows((), WINDOW) == [" V -"]


def test_a_run_prints_as_a_transcript():
    program = parse_program("seq demo 8 hole\nmmap 0 2 r private,anon,fixed\nmunmap 4 1\nbrk 0")
    assert format_transcript(run_program(program)) == (
        "# run on linux-6\n"
        "@demo seq 8 hole\n"
        "@demo.1 mmap 0 2 r private,anon,fixed - 0 => p0\n"
        " V 0-2 r--p 0 anon rd mr mw me\n"
        "@demo.2 munmap 4 1 => 0\n"
        " V same\n"
        "@demo.3 brk 0 => p0\n"
        " V same\n"
    )


def test_what_pages_hold_has_a_line_of_its_own():
    program = parse_program("seq 1 4 hole\nmmap 0 2 rw private,anon,fixed\nwrite 1 7\ncontents")
    lines = format_transcript(run_program(program)).splitlines()
    assert lines[-3].startswith("@1.3 contents")
    assert lines[-1] == " C 0-1=0 1-2=#7"


def test_the_state_before_the_first_operation_is_number_0():
    before, after = Snapshot(()), Snapshot((INSIDE,))
    step = Step(Munmap(0, 1), "-1 EINVAL", after)
    run = Run("linux-6", Program(8, (step.op,)), WINDOW, before, (step,))
    assert run.state(0) is before
    assert run.state(1) is after


@pytest.mark.parametrize(
    ("result", "failed"), [("0", False), ("p0", False), ("-1 EINVAL", True), ("SIGBUS", True)]
)
def test_a_refusal_or_a_signal_is_a_failure(result, failed):
    assert Step(Munmap(0, 1), result, Snapshot(())).failed is failed


# A record is a fact: it cannot be changed, and it can be sent to another process.
def test_records_are_frozen_and_picklable():
    run = run_program(parse_program("mmap 0 2 rw private,anon,fixed\nwrite 0 1\nmprotect 0 1 r"))
    assert pickle.loads(pickle.dumps(run)) == run
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.steps[0].result = "p1"
    for step in run.steps:
        for event in step.events:
            assert not hasattr(event, "__dict__"), "events are slotted"
