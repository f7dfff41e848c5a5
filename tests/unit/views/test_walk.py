"""Does the picture of a walk show how the address was cut, what was read, and how it ended?"""

from dataclasses import replace

import pytest

from tests.unit.views import entries, samples
from tests.unit.views.collisions import collisions
from vmalab.views import page_table_walk
from vmalab.views.scene import Arrow, Rect


def drawn(name, **more):
    return page_table_walk(entries.WALKS[name], **more)


@pytest.mark.parametrize("name", ["x86_64", "i386", "file"])
def test_a_walk_is_drawn_from_the_address_to_the_page(name):
    assert drawn(name).text == samples.golden(f"walk-{name}")


# 47 … 39 | 38 … 30 | 29 … 21 | 20 … 12 | 11 … 0
@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("x86_64", "63-48 47 39 38 30 29 21 20 12 11 0"),
        ("i386", "31 22 21 12 11 0"),
        ("pae", "63-32 31 30 29 21 20 12 11 0"),
        ("no table", "63-48 47 39 38 30 29 21 20 12 11 0"),
    ],
)
def test_the_address_is_cut_where_the_hardware_cuts_it(name, ends):
    assert drawn(name).text.splitlines()[2].split() == ends.split()


@pytest.mark.parametrize("name", entries.WALKS)
def test_no_words_collide(name):
    assert not collisions(drawn(name).scene)


ENDS = {
    "empty": "The entry is empty",
    "swap": "read it back: swap type 0x1, swap offset 0x1234.",
    "file": "read it again: page offset 0x12345.",
    "marker": "a marker instead of a page: swap offset 0x4 (which markers: 4 guard).",
    "protnone": "in frame 0x7, but PRESENT is clear",
    "no table": "Entry 0 of the pgd is empty",
    "odd": "of the kind odd",
}


@pytest.mark.parametrize(("name", "words"), ENDS.items())
def test_a_walk_that_ends_without_a_page_says_why(name, words):
    drawing = drawn(name)
    assert words in drawing.scene.description
    assert "page fault" in drawing.scene.title


def test_a_present_page_may_be_refused_all_the_same():
    drawing = drawn("i386", refused="a write, and RW is clear")
    assert "protection fault" in drawing.scene.title
    assert "refused: a write, and RW is clear." in drawing.text
    assert "barred" in drawing.text


# pgd ──▶ (nothing): the indexes below are in the address, but nobody looked at them
def test_levels_that_were_not_read_are_dashed():
    boxes = [one for one in drawn("no table").scene.shapes if isinstance(one, Rect)]
    unread = [box.about for box in boxes if "was not read" in box.about]
    assert [about.split(":")[0] for about in unread] == ["bits 38-30", "bits 29-21", "bits 20-12"]
    assert all(box.outline == "dashed" for box in boxes if "was not read" in box.about)


def test_every_entry_leads_by_an_arrow_to_the_table_it_names():
    arrows = [one.about for one in drawn("x86_64").scene.shapes if isinstance(one, Arrow)]
    assert "the entry names frame 0x103, the next table" in arrows
    assert "the entry names frame 0x12345" in arrows


def test_an_entry_without_a_frame_field_can_be_drawn():
    walk = entries.WALKS["i386"]
    bare = replace(walk, steps=tuple(replace(step, bits=()) for step in walk.steps))
    assert "the next table" in {
        one.about.rpartition(", ")[2]
        for one in page_table_walk(bare).scene.shapes
        if isinstance(one, Arrow)
    }


def test_the_last_entry_is_told_field_by_field_and_the_clear_ones_by_name():
    text = page_table_walk(entries.walk_32(0x7065, "present", entries.I386, 7)).text
    assert "31-12  pfn = 0x7" in text
    assert "Clear: RW." in text


def test_a_title_can_be_given():
    assert drawn("i386", title="Down we go").text.startswith("Down we go")


def test_indexes_that_are_not_the_addresss_are_refused_with_the_cure():
    walk = replace(entries.WALKS["no table"], addr=0x7F12_3456_7ABC, unread=())
    with pytest.raises(ValueError, match=r"Walk\.unread"):
        page_table_walk(walk)
