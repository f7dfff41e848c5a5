"""Does the comparison show what each kernel did, and where they part first?"""

import json

import pytest

from tests.clicks import click, click_at_once
from vmalab.generations import GENERATIONS
from vmalab.records.text import ProgramError, parse_program
from vmalab.trace.capture import run_program
from vmalab.widgets import CompareKernels
from vmalab.workloads.differential import compare
from vmalab.workloads.examples import EXAMPLES
from vmalab.workloads.parting import NOT_RUN, STOPPED, part

REMAP = "mmap 0 4 rw shared,fixed f0 0\nremap 0 1 none 9\nprobe 0 4\n"
PAIR = ("linux-2.6", "linux-6")
ENDS = "mmap 0 4 rw shared,fixed f0 0\nremap 0 1 none 9 chgprot\nevict\nmunmap 0 4\nread 0"


# The widget groups by what a transcript tells; the fuzzer's judge compares two runs in its own way.
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_first_difference_is_the_one_that_the_judge_finds(name):
    program = parse_program(EXAMPLES[name].text)
    found = part(program, PAIR)
    judged = compare(*(run_program(program, kernel) for kernel in PAIR), flags=False)
    if judged is None:
        assert found.first is None or found.what(found.first) == "pages"
    else:
        assert found.first is not None
        assert (found.first, found.what(found.first)) == (judged.number, judged.what)


def test_kernels_are_grouped_with_those_that_are_alike():
    board = CompareKernels(REMAP)
    rows = board.table["rows"]
    assert [cell["letter"] for cell in rows[0]["cells"]] == [""] * len(GENERATIONS)
    letters = dict(zip(GENERATIONS, (cell["letter"] for cell in rows[1]["cells"]), strict=True))
    assert letters["linux-2.6"] == letters["linux-2.6-manyprots-v4"] == "A"
    assert letters["linux-6"] not in {"A", ""}
    assert board.table["first"] == board.view["at"] == 2


def test_each_group_shows_its_own_vmas_and_why():
    board = CompareKernels("mmap 0 4 rw shared,fixed f0 0\nremap 0 1 r 0", kernels=PAIR)
    assert board.table["verdict"].startswith("The 2 kernels agree")
    assert "because prot must be 0" in board.view["groups"]["A"]["sentence"]
    board = CompareKernels("stars", kernels=("linux-2.6", "linux-2.6-manyprots-v4"))
    plain, patched = board.view["groups"].values()
    assert plain["failed"]
    assert not patched["failed"]
    assert patched["picture"]["shapes"]
    assert board.table["verdict"].endswith("the answers differ.")


def test_a_kernel_that_stops_runs_nothing_more_and_the_others_go_on():
    found = part(parse_program(ENDS), tuple(GENERATIONS))
    april = next(run for run in found.runs if run.kernel == "linux-2.6-manyprots-2006-04")
    assert [step.result for step in april.steps[3:]] == [STOPPED, NOT_RUN]
    others = {run.steps[4].result for run in found.runs if run is not april}
    assert others == {"SIGSEGV"}
    board = CompareKernels(ENDS)
    board.move("last")
    assert "the kernel stopped before" in repr(board)
    assert any("Not run" in group["sentence"] for group in board.view["groups"].values())


def test_every_move_stays_within_the_program():
    board = CompareKernels(REMAP, kernels=PAIR)
    seen = {}
    for move in CompareKernels.moves:
        click(board, do="move", to=[move])
        seen[move] = board.at
    assert seen == {"first": 1, "previous": 1, "next": 2, "last": 3, "difference": 2}
    click(board, do="move", to=[99])
    assert board.at == 3
    click(board, do="move", to=[-5])
    assert board.at == 1
    with pytest.raises(ValueError, match="choose one of: first"):
        board.move("sideways")


def test_kernels_are_chosen_and_none_is_refused_in_words():
    board = CompareKernels(REMAP)
    click(board, do="kernels", names=["linux-6", "linux-2.6", "linux-7", []])
    assert board.kernels == ["linux-2.6", "linux-6"]
    click(board, do="kernels", names=[])
    assert board.error["cure"] == "tick at least one"
    assert board.kernels == ["linux-2.6", "linux-6"]
    click(board, do="kernels", names=["linux-6"])
    assert board.error == {}
    assert board.table["verdict"].startswith("Only linux-6 runs it")
    with pytest.raises(ValueError, match="no kernel is called 'linux-7'"):
        CompareKernels(REMAP, kernels=("linux-7",))


@pytest.mark.parametrize("text", ["", "mmap 0 4 rw private,anon,fixd", "\0", "munmap 0 1\n" * 401])
def test_a_bad_program_is_told_and_nothing_is_lost(text):
    board = CompareKernels(REMAP, kernels=PAIR)
    before = board.view
    click(board, do="run", text=text)
    assert board.error["message"]
    assert board.error["cure"]
    assert board.view == before
    click(board, do="run", text=EXAMPLES["split"].text)
    assert (board.error, board.program_name) == ({}, "split")
    with pytest.raises(ProgramError):
        CompareKernels(text)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "move", "to": ["up"]},
        {"do": "move", "to": [[1]]},
        {"do": "choose", "name": "none"},
    ],
)
def test_a_message_that_makes_no_sense_does_no_harm(message):
    board = CompareKernels(REMAP, kernels=PAIR)
    before = board.view
    click(board, **message)
    assert board.view == before


def test_the_text_twin_marks_the_first_difference_and_explains_it():
    twin = repr(CompareKernels(REMAP, kernels=PAIR))
    assert "  2  remap 0 1 none 9 <-- the first difference" in twin
    assert "       A (2.6): Done. 1 VMA.\n          0-4 rw-s 0 f0 nl" in twin
    assert "       B (6): Done. 2 VMAs.\n          0-1 rw-s 9 f0\n          1-4 rw-s 1 f0" in twin


def test_what_is_sent_to_the_page_is_plain_json():
    board = CompareKernels(ENDS)
    for number in range(1, 6):
        board.move(number)
        assert json.loads(json.dumps([board.view, board.table])) == [board.view, board.table]


def test_callbacks_from_several_threads_leave_one_consistent_state():
    board = CompareKernels(REMAP, kernels=PAIR)
    moves = [{"do": "move", "to": [to]} for to in CompareKernels.moves]
    loads = [{"do": "choose", "name": name} for name in ("split", "stars")]
    kernels = [{"do": "kernels", "names": list(names)} for names in (PAIR, PAIR[:1])]
    assert not click_at_once(board, 3, moves, loads, kernels)
    assert [run.kernel for run in board.parting.runs] == board.kernels
    assert board.view["where"].endswith(f"of {len(board.table['rows'])}")
