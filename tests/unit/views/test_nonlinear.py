"""Does the picture of a nonlinear area say of every page what the page table says?"""

import random

import pytest

from tests.unit.views import samples
from tests.unit.views.collisions import collisions
from tests.unit.views.samples import START, page, space, step, vma
from vmalab.records.pages import PageRow
from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot
from vmalab.views import address_space, before_after, nonlinear_area
from vmalab.views.scene import Arrow, Rect

SMALL = Window(START, 8)


def area(*rows, pages):
    """VMAs, and what pages show: (page, kind, file page, rights, own?)."""
    told = tuple(PageRow(page(at), *rest) for at, *rest in pages)
    return Snapshot(rows, pages=told)


def nl(first, after, perms="rw-s", backing="f0", pgoff=0, flags=("nl",)):
    return vma(first, after, perms, backing, pgoff, flags)


# page      0   1   2   3   4   5           one of each kind, two with rights of their own
# f0        9   3   40  17  4   (5)
EVERY_KIND = area(
    nl(0, 6, flags=["nl", "mp"]),
    pages=[
        (0, "present", 9, "rw"),
        (1, "protnone", 3, "--", True),
        (2, "file", 40, "r-", True),
        (3, "file", 17, "rw"),
        (4, "swap", 4, "rw"),
        (5, "none", 5, "rw"),
    ],
)
# Two files, and an area that a hole has cut in two
TWO_FILES = area(
    nl(0, 2),
    nl(3, 5, pgoff=3),
    nl(5, 7, "r--s", "f1"),
    pages=[
        (0, "present", 3, "rw-"),
        (1, "present", 0, "rw-"),
        (3, "present", 63, "rw-"),
        (4, "none", 4, "rw-"),
        (5, "present", 1, "r--"),
        (6, "file", 0, "r--"),
    ],
)
UNTOUCHED = area(nl(0, 2), pages=[(0, "none", 0, "rw"), (1, "none", 1, "rw")])


def shuffled(nr_pages, seed=7):
    """As many pages as a window has, in a wild order of a large file."""
    dice = random.Random(seed)
    kinds = ("present", "file", "protnone", "none")
    pages = [(at, dice.choice(kinds), dice.randrange(1 << 27), "rw-") for at in range(nr_pages)]
    return area(nl(0, nr_pages), pages=pages)


def links(drawing):
    return [shape for shape in drawing.scene.shapes if isinstance(shape, Arrow)]


def test_one_of_each_kind():
    assert nonlinear_area(EVERY_KIND, SMALL).text == samples.golden("nonlinear")


def test_every_page_with_an_entry_is_joined_to_the_files_page_that_it_shows():
    found = links(nonlinear_area(EVERY_KIND, SMALL))
    assert [link.about.split(",")[0] for link in found] == [
        "page 0 shows page 9 of f0",
        "page 1 shows page 3 of f0",
        "page 2 is to show page 40 of f0",
        "page 3 is to show page 17 of f0",
    ]
    assert [link.dashed for link in found] == [False, False, True, True]


# A line begins under its page and ends over the file's page, wherever both are drawn.
@pytest.mark.parametrize("state", [EVERY_KIND, TWO_FILES, shuffled(8)])
def test_lines_end_in_the_middle_of_the_right_boxes(state):
    drawing = nonlinear_area(state, SMALL)
    boxes = [shape for shape in drawing.scene.shapes if isinstance(shape, Rect)]
    for link in links(drawing):
        (x1, y1), (x2, y2) = link.points
        page_box = [b for b in boxes if b.x < x1 < b.x + b.width and b.y + b.height == y1]
        file_box = [b for b in boxes if b.x < x2 < b.x + b.width and b.y == y2]
        assert page_box[0].about == link.about
        pgoff = link.about.split(" page ")[1].split(" ")[0]
        assert file_box[0].about.startswith(f"page {pgoff} of ")


def test_rights_of_its_own_are_marked_without_colour():
    drawing = nonlinear_area(EVERY_KIND, SMALL)
    assert "r-*" in drawing.text
    assert "* = not the rights of the VMA" in drawing.text
    assert "page 2 is to show page 40 of f0, read-only, not the rights of its VMA" in (
        drawing.scene.description
    )


def test_pages_that_nobody_touched_are_joined_to_nothing():
    drawing = nonlinear_area(UNTOUCHED, SMALL)
    assert links(drawing) == []
    assert "(1)" in drawing.text
    assert "so the VMA decides" in drawing.text


def test_the_table_has_the_vmas_opinion_beside_the_page_tables():
    assert nonlinear_area(TWO_FILES, SMALL).scene.table.rows == (
        ("0", "present", "3", "rw-", "0", "rw-"),
        ("1", "present", "0", "rw-", "1", "rw-"),
        ("3", "present", "63", "rw-", "3", "rw-"),
        ("4", "none", "4", "rw-", "4", "rw-"),
        ("5", "present", "1", "r--", "0", "r--"),
        ("6", "file", "0", "r--", "1", "r--"),
    )


def test_two_files_are_told_apart():
    text = nonlinear_area(TWO_FILES, SMALL).text
    assert "f0:63" in text
    assert "f1:1" in text


@pytest.mark.parametrize("nr_pages", [1, 8, 16, 24, 32, 40])
def test_no_words_collide_however_wide_the_window_and_large_the_file(nr_pages):
    drawing = nonlinear_area(shuffled(nr_pages), Window(START, nr_pages))
    assert not collisions(drawing.scene)
    assert max(map(len, drawing.text.split("\n\npage ")[0].splitlines())) <= 108


@pytest.mark.parametrize("state", [EVERY_KIND, TWO_FILES, UNTOUCHED])
def test_no_words_collide(state):
    assert not collisions(nonlinear_area(state, SMALL).scene)


def test_a_title_can_be_given():
    assert nonlinear_area(UNTOUCHED, SMALL, title="Mine").text.startswith("Mine")


def test_all_three_renderers_draw_it():
    drawing = nonlinear_area(EVERY_KIND, SMALL)
    assert drawing.svg.count("stroke-dasharray") > 2
    assert drawing.figure().axes


# The stepper's pictures: one row says which pages are shown, another the rights of their own.
def test_the_usual_pictures_tell_of_nonlinear_pages_too():
    text = address_space(EVERY_KIND, SMALL).text
    assert "shows" in text
    assert "rights" in text
    after = step("remap 3 1 none 17", "0", EVERY_KIND)
    drawing = before_after(space(nl(0, 6)), after, SMALL)
    assert "shows" in drawing.text
    assert not collisions(drawing.scene)


def test_a_linear_area_says_nothing_of_its_pages():
    assert "shows" not in address_space(space(nl(0, 6, flags=())), SMALL).text
