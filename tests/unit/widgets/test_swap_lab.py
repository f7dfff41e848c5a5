"""Does the lab show the machine as it is, whoever asks, and however badly?"""

import json

import pytest

from tests.clicks import click, click_at_once
from vmalab.trace.references import ReferenceStringError, parse_references, play
from vmalab.widgets.swap_lab import STRINGS, SwapLab, text_twin

EVERY_SIZE = [(ram, swap) for ram in (8, 10, 17, 32) for swap in (0, 4, 16)]


def run(text, ram=10, swap=8):
    return play(parse_references(text), ram_pages=ram, swap_pages=swap)


def verdicts(text, **sizes):
    return [moment.verdict for moment in run(text, **sizes).moments[1:]]


@pytest.mark.parametrize("name", STRINGS)
def test_frames_slots_and_entries_agree_at_every_moment(name):
    for ram, swap in EVERY_SIZE:
        for moment in run(STRINGS[name], ram, swap).moments:
            memory = moment.memory
            assert len(memory.frames) == ram
            shown = {one.number for one in moment.entries.values() if one.kind in {"anon", "file"}}
            assert shown == {row.pfn for row in memory.frames if row.mapcount}
            named = {one.number for one in moment.entries.values() if one.kind == "swap"}
            assert named == {slot.slot for slot in memory.slots if slot.count}


def test_a_first_write_is_minor_a_second_a_hit_and_what_comes_from_a_device_major():
    assert verdicts("1w 1w f0 1! 1 2!") == ["minor", "hit", "major", "out", "major", "kept"]


def test_a_page_that_was_not_written_again_is_not_written_out_again():
    counts = [moment.nr_swap_writes for moment in run("1w 1! 1 1! 1w 1!").moments]
    assert counts == [0, 0, 1, 1, 1, 1, 2]


def test_a_page_that_is_always_used_never_leaves():
    told = text_twin(run(STRINGS["A favourite page"]))
    assert "page 2 went" in told
    assert "page 1 went" not in told


def test_more_frames_can_make_more_major_faults():
    text = STRINGS["More RAM, more faults"]
    assert [run(text, ram).moments[-1].nr_major for ram in (8, 9, 10)] == [4, 5, 0]


def test_out_of_memory_ends_the_story_with_a_verdict_in_numbers():
    lab = SwapLab("More than RAM and swap", ram=9, swap=4, at=99)
    assert lab.view["verdict"] == "SIGKILL"
    assert "0 of 9 frames are free, and all 4 swap slots are taken" in lab.view["sentence"]
    assert "at reference 9 of 16" in lab.view["sentence"]
    assert [one["lost"] for one in lab.view["references"]] == [False] * 9 + [True] * 7
    click(lab, do="swap", pages=16)
    click(lab, do="move", to=["last"])
    assert (lab.view["at"], lab.view["killed"]) == (16, "")


def test_without_swap_the_verdict_says_so():
    lab = SwapLab("1w 2w 3w 4w", ram=8, swap=0, at=4)
    assert "there is no swap" in lab.view["sentence"]


def test_evicting_puts_a_word_into_the_string_where_one_is():
    lab = SwapLab("1w 2w 1", at=2)
    click(lab, do="evict", page="1")
    assert lab.draft == "1w 2w 1! 1"
    assert lab.moment.entries["1"].kind == "swap"
    assert "was put out to swap slot 1" in lab.view["sentence"]
    assert [row["name"] for row in lab.view["pages"] if row["changed"]] == ["1"]


def test_an_eviction_that_cannot_be_says_why():
    for text, swap, why in [
        ("1!", 8, "not in memory"),
        ("1 1!", 8, "zero page"),
        ("1w 1!", 0, "no swap slot is free"),
        ("f1 f1!", 0, "the file has it"),
    ]:
        assert why in SwapLab(text, swap=swap, at=9).view["sentence"]


def test_the_slider_runs_the_string_anew_and_stays_where_one_is():
    lab = SwapLab(at=7)
    assert lab.view["verdict"] == "major"
    click(lab, do="ram", pages=32)
    assert (lab.ram, lab.view["at"], lab.view["verdict"]) == (32, 7, "hit")


def test_what_is_to_come_is_not_told():
    lab = SwapLab(at=3)
    assert [one["verdict"] for one in lab.view["references"][3:]] == [""] * 9


@pytest.mark.parametrize(
    "text", ["", "a", "1x", "16", "f8", "-1", "1!w", "1 " * 61, "\0", "9" * 99]
)
def test_a_bad_string_is_told_and_nothing_is_lost(text):
    lab = SwapLab("1w 2w", at=1)
    before = lab.view
    click(lab, do="run", text=text)
    assert lab.error["message"]
    assert lab.error["cure"]
    assert lab.view == before
    click(lab, do="run", text="1w")
    assert lab.error == {}
    with pytest.raises(ReferenceStringError):
        SwapLab(text)


def test_a_machine_of_the_wrong_size_is_refused():
    for sizes in ({"ram": 7}, {"ram": 33}, {"swap": -1}, {"swap": 17}):
        with pytest.raises(ValueError, match="8 to 32 frames and 0 to 16 slots"):
            SwapLab(**sizes)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "move", "to": ["up"]},
        {"do": "move", "to": [10**9]},
        {"do": "move", "to": [[1]]},
        {"do": "ram", "pages": 10**9},
        {"do": "swap", "pages": "3"},
        {"do": "evict", "page": "x"},
        {"do": "evict", "page": "1w 2"},
    ],
)
def test_a_message_that_makes_no_sense_does_no_harm(message):
    lab = SwapLab("1w 2w")
    click(lab, **message)
    assert 0 <= lab.view["at"] <= lab.view["last"] <= 4


def test_a_move_that_is_none_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="choose one of: first"):
        SwapLab().move("sideways")


def test_the_text_twin_tells_every_reference():
    lab = SwapLab("1w 1! 1")
    assert repr(lab).splitlines()[0] == (
        "SwapLab: 10 frames, 8 swap slots: 1 minor and 1 major faults"
    )
    assert "  2  1!   Page 1 was put out to swap slot 1" in repr(lab)
    data, _ = lab._repr_mimebundle_()
    assert data["text/plain"] == repr(lab)


def test_what_is_sent_to_the_page_is_plain_json():
    for name in STRINGS:
        lab = SwapLab(name, ram=9, swap=4)
        for number in range(lab.view["last"] + 1):
            lab.move(number)
            assert json.loads(json.dumps(lab.view)) == lab.view


def test_callbacks_from_several_threads_leave_one_consistent_state():
    lab = SwapLab()
    moves = [{"do": "move", "to": [to]} for to in SwapLab.moves]
    sizes = [{"do": "ram", "pages": pages} for pages in (8, 12, 32)]
    others = [{"do": "run", "text": STRINGS["Only read"]}, {"do": "evict", "page": "3"}]
    assert not click_at_once(lab, 10, moves, sizes, others)
    assert lab.draft == " ".join(map(str, lab.story.references))
    assert lab.ram == lab.story.ram_pages == len(lab.moment.memory.frames)
    assert lab.view["last"] == len(lab.story.moments) - 1


# A picture that grew and shrank would make what stands beside it jump.
@pytest.mark.parametrize(("ram", "wide"), [(10, 700), (32, 921)])
def test_the_picture_is_as_wide_at_every_step_and_no_wider_than_it_must_be(ram, wide):
    lab = SwapLab("1w 2w 3 4w f0 f1 5w 6w f0w 7w 1 2 3! f0! 4w 6w", ram=ram)
    assert {lab.work_out(at)["picture"]["width"] for at in range(lab.last + 1)} == {wide}
