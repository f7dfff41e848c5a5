"""Does a before-and-after picture show what was done, and say why?"""

import pytest

from tests.unit.views import samples
from tests.unit.views.collisions import collisions
from tests.unit.views.samples import START, WINDOW, page, space, step, vma
from vmalab.records.events import VmaMoved
from vmalab.records.resolve import Window
from vmalab.records.text import parse_op
from vmalab.views import before_after
from vmalab.views.axis import strips
from vmalab.views.marks import asked, stack
from vmalab.views.reach import Reach, reach_of
from vmalab.views.scene import Arrow, Bracket, Label, Rect
from vmalab.views.svg import CELL_WIDTH


def words(name):
    return samples.drawn(name).text


def shapes(name, kind):
    return [shape for shape in samples.drawn(name).scene.shapes if isinstance(shape, kind)]


def test_a_split_is_two_cuts_through_one_box():
    assert words("splitting") == samples.golden("split")


def test_a_merge_is_bracketed_and_explained():
    assert words("merging") == samples.golden("merge")


@pytest.mark.parametrize("name", samples.STEPS)
def test_no_words_collide(name):
    assert not collisions(samples.drawn(name).scene)


@pytest.mark.parametrize("name", samples.STEPS)
def test_the_description_tells_the_whole_story(name):
    _, done = samples.STEPS[name]
    description = samples.drawn(name).scene.description
    assert "VMA 0-" in description
    if done.because:
        assert "because" in description


def test_what_is_unmapped_is_veiled_and_called_gone():
    assert "gone" in words("punching")
    (veil,) = [box for box in shapes("punching", Rect) if box.outline == "veil"]
    assert veil.about == "gone: 2 pages at page 3"


# before [ 0 1 2 /// 5 6 7 ]  its words stand over pages 0 to 2, not across the veil's edges
def test_words_step_aside_of_a_veil_over_a_part_of_their_box():
    (veil,) = [box for box in shapes("punching", Rect) if box.outline == "veil"]
    (box,) = [one for one in shapes("punching", Rect) if one.clear]
    left, width = box.clear
    assert left == box.x
    assert left + width == veil.x
    assert f'x="{(left + width / 2) * CELL_WIDTH:.6g}"' in samples.drawn("punching").svg


def test_words_of_a_box_that_goes_as_a_whole_stay():
    assert not [box for box in shapes("moving", Rect) if box.clear]


def test_a_move_is_an_arrow_from_the_old_place_to_the_new():
    (arrow,) = [one for one in shapes("moving", Arrow) if one.head]
    assert arrow.about == "2 pages at page 0 moved to page 12"
    assert [bracket.text for bracket in shapes("moving", Bracket)] == ["from", "to"]
    assert "moved here" in words("moving")


def test_a_refusal_that_changed_nothing_is_one_lane_with_the_reason():
    text = words("refusing")
    assert "before" not in text
    assert "same" in text
    assert "because a VMA holds page 1. [mm/mmap.c:do_mmap]" in " ".join(text.split())


def test_a_refusal_halfway_shows_what_was_done_before_it():
    text = words("halfway")
    assert "before" in text
    assert "now r--" in text
    assert "=> -1 ENOMEM" in text


def test_neighbours_that_stayed_apart_are_marked_with_the_reason():
    text = words("staying apart")
    assert "not merged" in text
    assert "stayed apart: one is locked, the other is not." in text


def test_a_touch_shows_the_page_that_came():
    assert "same" in words("touching")
    assert "present" in words("touching")
    (frame,) = [box for box in shapes("touching", Rect) if box.outline == "frame"]
    assert frame.about == "page 3 was absent, is anon"


def test_pages_that_went_are_crossed_out():
    (cell,) = [box for box in shapes("dropping", Rect) if box.height < 1]
    assert cell.about == "page 3 was anon, is absent"
    assert cell.lines == (("x",),)


def test_what_came_outside_the_window_has_a_line_of_its_own():
    text = words("outside")
    assert "0x7ffff7fc0000" in text
    assert text.count("same") == 1
    assert "new" in text


def test_a_move_out_of_the_window_needs_no_arrow():
    far = samples.OUTSIDE[1].after.vmas[1]
    done = step("mremap 0 8 8 maymove", "OUT", space(far), VmaMoved(page(0), page(8), far.start))
    drawing = before_after(samples.ONE, done, WINDOW)
    assert not [one for one in drawing.scene.shapes if isinstance(one, Arrow)]
    assert "moved here" in drawing.text


def test_an_operation_without_a_result_is_done():
    done = step("contents", "", samples.ONE)
    assert "=> done" in before_after(samples.ONE, done, WINDOW).text


def test_the_reasons_can_be_told_elsewhere_but_stay_in_the_description():
    before, done = samples.REFUSING
    drawing = before_after(before, done, WINDOW, reasons=False)
    assert "because" not in drawing.text
    assert "because a VMA holds page 1" in drawing.scene.description


def test_a_title_can_replace_the_operation():
    before, done = samples.SPLITTING
    drawing = before_after(before, done, WINDOW, title="First split")
    assert drawing.text.startswith("First split")


@pytest.mark.parametrize("seed", range(6))
def test_no_words_collide_when_everything_changes(seed):
    before, window = samples.random_space(20, seed)
    after, _ = samples.random_space(20, seed + 100)
    drawing = before_after(before, step("munmap 1 3", "0", after), window)
    assert not collisions(drawing.scene)


# ├─┤ from   ├─┤ to      would run into each other: the second goes a row down
def test_brackets_that_would_meet_stand_in_two_rows():
    (strip,) = strips(START, page(24), [])
    reaches = [Reach("from", page(0), page(1)), Reach("to", page(2), page(3))]
    brackets, y = asked(reaches, strip, WINDOW, 5, 106)
    assert [bracket.y for bracket in brackets] == [5, 6]
    assert y == 7


def test_a_window_of_three_lines_repeats_the_lanes():
    rows = [vma(n, n + 1, "rw-p" if n % 2 else "r--p") for n in range(60)]
    done = step("munmap 50 2", "0", space(*rows[:50], *rows[52:]))
    text = before_after(space(*rows), done, Window(START, 60)).text
    assert text.count("same") == 2
    assert text.count("before") == 1


REACHES = {
    "mmap 2 4 rw private,anon": [("mmap", 2, 6)],
    "mmap - 4 rw private,anon": [],
    "munmap 2-1 1": [("munmap", 1, 3)],
    "munmap 2 0": [],
    "mlock2 2 4+1": [("mlock2", 2, 7)],
    "mremap 2 4 8 maymove": [("mremap", 2, 10)],
    "mremap 2 4 4 maymove,fixed 12": [("from", 2, 6), ("to", 12, 16)],
    "remap 2 1 none 9 -": [("remap", 2, 3)],
    "read 3+17": [("read", 3, 4)],
    "wprobe 3 2": [("wprobe", 3, 5)],
    "brk 3": [],
}


@pytest.mark.parametrize(("line", "expected"), REACHES.items())
def test_what_an_operation_points_at(line, expected):
    found = reach_of(parse_op(line), WINDOW)
    pages = [(one.word, (one.start - START) // 4096, (one.end - START) // 4096) for one in found]
    assert pages == expected


def test_labels_keep_what_they_say_when_stacked():
    (label,) = stack([Label(3, 1, "split", "changed", "start", "small")])
    assert label == Label(3, 1, "split", "changed", "start", "small")
