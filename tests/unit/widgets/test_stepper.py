"""Does the stepper show the moment it is at, whoever asks, and however badly?"""

import json

import pytest

from tests.clicks import click, click_at_once
from vmalab.records.text import ProgramError
from vmalab.trace.film import film
from vmalab.widgets.frames import MOVES, Frame, frames_of, move
from vmalab.widgets.pictures import to_program
from vmalab.widgets.stepper import MOST_OPERATIONS, Stepper
from vmalab.workloads.examples import EXAMPLES

SPLIT = "mmap 0 6 rw private,anon,fixed\nmprotect 2 2 r\nmunmap 0 0\n"


def maps_shown(stepper):
    return [row["line"] for row in stepper.view["maps"] if row["mark"] != "gone"]


def test_each_operation_ends_in_the_maps_of_that_step():
    stepper = Stepper(SPLIT)
    for step in film(to_program(SPLIT)).run.steps:
        click(stepper, do="move", to=["next operation"])
        assert maps_shown(stepper) == [row.line for row in step.after.vmas]


def test_inside_a_call_the_maps_are_those_right_after_the_event():
    stepper = Stepper(SPLIT, at=1)
    counts = []
    while stepper.frame != Frame(2):
        click(stepper, do="move", to=["next event"])
        counts.append(len(maps_shown(stepper)))
    assert counts == [1, 2, 3, 3, 3], "entered, split, split, flags changed, done"


def test_time_runs_backwards_as_well():
    stepper = Stepper(SPLIT)
    seen = []
    while stepper.view["at"] < stepper.view["last"]:
        seen.append(stepper.view)
        stepper.move("next event")
    for earlier in reversed(seen):
        stepper.move("previous event")
        assert stepper.view == earlier


def test_a_move_stays_within_the_program():
    frames = frames_of(film(to_program(SPLIT)))
    for to in MOVES:
        assert 0 <= move(frames, 0, to) < len(frames)
        assert 0 <= move(frames, len(frames) - 1, to) < len(frames)
    with pytest.raises(ValueError, match="choose one of: first"):
        move(frames, 0, "sideways")


def test_a_refusal_says_which_error_why_and_whose_check_it_was():
    stepper = Stepper(SPLIT, at=3)
    assert stepper.view["refused"]
    assert [term for term, _ in stepper.view["why"]] == ["error", "because", "checked in"]
    assert stepper.view["why"][0][1].startswith("EINVAL")
    assert "do_vmi_munmap" in stepper.view["why"][2][1]


def test_a_signal_says_why_in_pages_of_the_window():
    stepper = Stepper("mmap 0 1 r private,anon,fixed\nwrite 0 1", at=2)
    assert stepper.view["why"][:2] == [
        ["signal", "SIGSEGV"],
        ["because", "the VMA, r--p, does not allow it"],
    ]


def test_results_and_events_are_not_shown_before_they_happen():
    stepper = Stepper(SPLIT)
    assert not any(op["result"] or op["events"] for op in stepper.view["ops"])
    stepper.move("next operation")
    stepper.move("next event")
    shown = stepper.view["ops"][1]
    assert (len(shown["events"]), shown["more"], shown["result"]) == (1, 3, "")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("mmap 0 4 rw private,anon,fixd", 1, 13),
        ("mmap 0 4 rw private,anon\nmunmpa 0 4", 2, 1),
        ("munmap 0", 1, 9),
        ("", 1, 1),
        ("\0", 1, 1),
        ("seq 1 99999999 hole\nmunmap 0 1", 1, 7),
    ],
)
def test_a_bad_program_is_told_and_nothing_is_lost(text, line, column):
    stepper = Stepper(SPLIT, at=2)
    before = stepper.view
    stepper.draft = text
    click(stepper, do="run", text=text)
    assert (stepper.error["line"], stepper.error["column"]) == (line, column)
    assert stepper.error["cure"]
    assert stepper.draft == text, "the learner's text stays"
    assert stepper.view == before, "what was shown stays too"
    click(stepper, do="run", text=SPLIT)
    assert stepper.error == {}


def test_a_program_too_long_to_keep_is_refused_in_words():
    with pytest.raises(ProgramError, match="vmalab run"):
        Stepper("munmap 0 1\n" * (MOST_OPERATIONS + 1))


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "move", "to": ["up"]},
        {"do": "move", "to": [[], None]},
        {"do": "move", "to": [10**9]},
        {"do": "choose", "name": "none"},
        {"do": "generation", "name": "linux-7"},
    ],
)
def test_a_message_that_makes_no_sense_does_no_harm(message):
    stepper = Stepper(SPLIT)
    click(stepper, **message)
    assert stepper.view["at"] in {0, stepper.view["last"]}


def test_moves_that_come_together_are_made_together():
    stepper = Stepper(SPLIT)
    click(stepper, do="move", to=["next operation", "next event", "next event"])
    assert stepper.frame == Frame(2, 1)


def test_programs_are_chosen_by_name_and_ones_own_is_kept():
    stepper = Stepper(SPLIT)
    click(stepper, do="choose", name="merge")
    assert stepper.draft == EXAMPLES["merge"].text
    click(stepper, do="choose", name="your own")
    assert stepper.draft == SPLIT


def test_an_unknown_program_or_kernel_is_named_with_those_there_are():
    with pytest.raises(ProgramError, match="choose one of: first-steps"):
        Stepper("frist-steps")
    with pytest.raises(ValueError, match=r"choose one of: linux-2\.6, .*linux-6"):
        Stepper(SPLIT, "linux-7")


def test_the_text_twin_tells_program_results_reasons_and_maps():
    twin = repr(Stepper(SPLIT))
    assert "  2  mprotect 2 2 r                  => 0" in twin
    assert "there is nothing to unmap" in twin
    assert twin.endswith("200000004000-200000006000 rw-p 00000000 anon")
    assert "     merged at page 2: same flags, same backing" in repr(Stepper("merge"))
    assert "     not merged at page 22: flags differ: rd" in repr(Stepper("split"))
    data, _ = Stepper(SPLIT)._repr_mimebundle_()
    assert data["text/plain"] == twin


def test_what_is_sent_to_the_page_is_plain_json():
    stepper = Stepper("refusals")
    while stepper.view["at"] < stepper.view["last"]:
        stepper.move("next event")
        assert json.loads(json.dumps(stepper.view)) == stepper.view


def test_callbacks_from_two_threads_leave_one_consistent_state():
    stepper = Stepper("merge")
    moves = [{"do": "move", "to": [to]} for to in MOVES]
    loads = [{"do": "choose", "name": name} for name in ("split", "merge")]
    assert not click_at_once(stepper, 20, moves, loads, moves[::-1])
    assert stepper.view["last"] == len(frames_of(stepper.film)) - 1
    assert maps_shown(stepper) == [row.line for row in stepper.snapshot.vmas]


# April's series on x86_64: a note without rights looks like a page, and unmapping it is the end.
def test_a_kernel_that_stops_is_told_of_and_the_stepper_goes_on(tasks):
    stepper = Stepper("stars", "linux-2.6-manyprots-2006-04")
    last = "mmap 0 4 rw shared,fixed f0 0\nremap 0 1 none 9 chgprot\nevict\nmunmap 0 4"
    assert not stepper.load(last)
    assert "the kernel itself stops here" in stepper.error["cure"]
    assert stepper.program_name == "stars"
    tasks.clear()
    assert stepper.load(last, "linux-2.6-manyprots-v4")
