"""Do shapes know where their words stand?"""

import pytest

from vmalab.views.scene import Bracket, Label, Rect, Scene, fit, labels_of


@pytest.mark.parametrize(
    ("anchor", "left", "right"), [("start", 10, 14), ("middle", 8, 12), ("end", 6, 10)]
)
def test_a_label_knows_its_ends(anchor, left, right):
    label = Label(10, 0, "four", anchor=anchor)
    assert (label.left, label.right) == (left, right)


# ├── munmap ──┤ where it fits, ├──┤ munmap beside it, munmap ├──┤ at the right end
@pytest.mark.parametrize(
    ("x", "width", "anchor"), [(0, 12, "middle"), (0, 4, "start"), (30, 4, "end")]
)
def test_a_brackets_word_finds_room(x, width, anchor):
    label = Bracket(x, 0, width, "changed", "", "munmap", limit=36).label
    assert label.anchor == anchor
    assert label.left >= 0
    assert label.right <= 36


def test_a_bracket_may_have_no_word():
    assert Bracket(0, 0, 9, "changed", "").label is None


def test_all_free_words_of_a_scene_can_be_listed():
    shapes = (
        Rect(0, 0, 4, 3, "anon", "a box", (("in the box",),)),
        Label(0, 0, "free"),
        Bracket(0, 0, 20, "changed", "", "over"),
        Bracket(0, 0, 20, "changed", ""),
    )
    assert [label.text for label in labels_of(Scene("", "", 20, 4, shapes))] == ["free", "over"]


def test_a_line_that_does_not_fit_is_left_out():
    assert fit(("rw-p", "rw-"), 2) == ""
