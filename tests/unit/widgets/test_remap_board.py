"""Does the board show what each kernel made of the same remapping, and can it be undone?"""

import json

import pytest

from tests.clicks import click, click_at_once
from vmalab.generations import GENERATIONS
from vmalab.records.text import ProgramError, parse_program
from vmalab.trace.capture import Runner
from vmalab.trace.pages import snapshot_with_pages
from vmalab.widgets import CompareKernels, RemapBoard
from vmalab.widgets.remap_board import RIGHTS

V4 = "linux-2.6-manyprots-v4"


def kernel(board, name):
    return next(row for row in board.kernels if row["name"] == name)


def shown(board):
    return [tile["shows"] for tile in board.view["tiles"]]


# One program, run by hand on a fresh kernel of each name: the board must show the same.
@pytest.mark.parametrize("name", GENERATIONS)
def test_every_kernel_shows_what_the_same_program_leaves_there(name):
    board = RemapBoard(kernel=name)
    for file_page, page, rights in ((9, 2, "area"), (17, 5, "r"), (3, 2, "none")):
        click(board, do="put", file_page=file_page, page=page, rights=rights)
    click(board, do="evict")
    program = parse_program(board.program)
    runner = Runner(program, name, events=False)
    results = [runner.perform(op) for op in program.ops]
    now = snapshot_with_pages(runner.task, runner.window)
    assert [row["result"] for row in board.view["program"]] == [
        result.removeprefix("-1 ") for result in results
    ]
    assert shown(board) == [str(page.pgoff) for page in now.pages]
    assert kernel(board, name)["vmas"] == len(runner.task.mm.tree)
    lines = [row["line"] for row in board.view["maps"] if row["mark"] != "gone"]
    assert lines == [row.line for row in now.vmas]


def test_one_remap_is_no_vma_in_2006_and_two_more_today():
    board = RemapBoard()
    click(board, do="put", file_page=9, page=2, rights="area")
    assert shown(board) == ["0", "1", "9", "3", "4", "5", "6", "7"]
    assert (kernel(board, "linux-2.6")["vmas"], kernel(board, "linux-6")["vmas"]) == (1, 3)
    assert kernel(board, "linux-2.6")["letter"] != kernel(board, "linux-6")["letter"]
    assert kernel(board, "linux-2.6")["shows"] == kernel(board, "linux-6")["shows"]


def test_rights_of_its_own_are_refused_by_the_plain_kernel_with_a_reason():
    board = RemapBoard()
    click(board, do="put", file_page=9, page=2, rights="r")
    assert board.view["refused"]
    assert "prot must be 0" in board.view["sentence"]
    assert "fremap.c" in board.view["rule"]
    click(board, do="kernel", name=V4)
    assert not board.view["refused"]
    assert board.view["tiles"][2]["rights"].endswith("*")
    assert kernel(board, V4)["shows"].split()[2].startswith("9:r")


def test_a_page_put_out_leaves_a_note_in_its_entry_and_comes_back():
    board = RemapBoard()
    board.put(9, 2)
    assert board.view["tiles"][2]["kind"] == "present"
    click(board, do="evict")
    assert [tile["kind"] for tile in board.view["tiles"]] == ["none"] * 2 + ["file"] + ["none"] * 5
    assert board.view["entries"][2][2:4] == ["note", "9"]
    click(board, do="read", page=2)
    assert (board.view["tiles"][2]["kind"], shown(board)[2]) == ("present", "9")
    assert board.view["program"][-1]["result"] == "f0@9"


def test_undo_leads_back_the_way_one_came():
    board = RemapBoard(kernel=V4)
    seen = [board.view]
    for number in range(5):
        board.put(9 + number, number, "r" if number % 2 else "area")
        seen.append(board.view)
    board.evict()
    while seen:
        click(board, do="undo")
        before = seen.pop()
        same = ("tiles", "entries", "program", "maps", "line", "sentence")
        assert {name: board.view[name] for name in same} == {name: before[name] for name in same}
    click(board, do="undo")
    assert board.view["program"] == seen_first(V4)["program"], "the window itself stays"


def seen_first(name):
    return RemapBoard(kernel=name).view


def test_starting_again_maps_the_window_with_other_rights():
    board = RemapBoard()
    board.put(9, 2)
    click(board, do="restart", area="none")
    assert board.program.splitlines()[1:] == ["mmap 0 8 none shared,fixed f0 0"]
    assert board.area == "none"
    click(board, do="write", page=0)
    assert board.view["program"][-1]["result"] == "SIGSEGV"


def test_its_program_can_be_given_to_any_other_widget():
    board = RemapBoard()
    board.put(9, 2)
    twin = CompareKernels(board.program, ("linux-2.6", "linux-6"))
    assert twin.table["first"] == 2
    again = RemapBoard("remap 2 1 none 9")
    assert again.program == board.program


def test_of_a_large_window_the_part_around_the_page_is_drawn():
    board = RemapBoard(pages=200)
    board.put(9, 70)
    assert len(board.view["tiles"]) == 200
    shapes = "".join(board.view["picture"]["shapes"])
    assert ">64<" in shapes
    assert ">96<" in shapes
    assert ">128<" not in shapes


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"do": "put", "file_page": 64, "page": 0, "rights": "area"}, "page 64 of the file"),
        ({"do": "put", "file_page": 0, "page": 8, "rights": "area"}, "window page 8"),
        ({"do": "put", "file_page": 0, "page": 0, "rights": "all"}, "'all' are no rights"),
        ({"do": "read", "page": -1}, "window page -1"),
    ],
)
def test_what_cannot_be_done_is_told_with_a_cure(message, why):
    board = RemapBoard()
    before = board.view
    click(board, **message)
    assert why in board.error["message"]
    assert board.error["cure"]
    assert board.view == before
    click(board, do="read", page=0)
    assert board.error == {}


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "put"},
        {"do": "read", "page": "0"},
        {"do": "restart", "area": "x"},
        {"do": "kernel"},
    ],
)
def test_a_message_that_makes_no_sense_does_no_harm(message):
    board = RemapBoard()
    before = board.view
    click(board, **message)
    assert board.view == before


def test_a_board_that_cannot_be_is_refused_in_words():
    for wrong, why in [
        ({"kernel": "linux-7"}, "no kernel is called 'linux-7'"),
        ({"pages": 0}, "a window of 0 pages"),
        ({"area": "w"}, "choose one of: rw, r, none"),
        ({"lines": "remap"}, "too few words"),
    ]:
        with pytest.raises((ValueError, ProgramError), match=why):
            RemapBoard(**wrong)
    with pytest.raises(ValueError, match="'linux-7' cannot be shown"):
        RemapBoard().choose("linux-7")


def test_the_text_twin_has_program_picture_and_all_kernels():
    twin = repr(RemapBoard("remap 2 1 none 9"))
    assert "  2  remap 2 1 none 9: Done." in twin
    assert "  6                          0          3  0 1 9 3 4 5 6 7" in twin
    assert "→9" in twin


def test_what_is_sent_to_the_page_is_plain_json():
    board = RemapBoard(kernel="linux-6")
    for rights in RIGHTS:
        board.put(9, 2, rights)
        board.evict()
        board.get_ready()
        assert json.loads(json.dumps([board.view, board.kernels])) == [board.view, board.kernels]


def test_callbacks_from_several_threads_leave_one_consistent_state():
    board = RemapBoard()
    puts = [{"do": "put", "file_page": 9 + i, "page": i, "rights": "area"} for i in range(4)]
    others = [{"do": "undo"}, {"do": "evict"}, {"do": "kernel", "name": "linux-6"}]
    assert not click_at_once(board, 3, puts, others, puts)
    assert len(board.view["program"]) == len(board.runs.ops)
    assert board.program == RemapBoard("\n".join(board.program.splitlines()[2:])).program
