"""Is a guest drawn as it is, at its first touch, in the middle, and dead?

VMAs    |rwx|rwx|   |r-x|        pages and VMAs of the same columns, a line for each policy,
pages   |rwx|rwx|   |r-x|        a bar for each structure
"""

import pytest

from tests.unit.views.collisions import collisions
from vmalab.views.growth import Series
from vmalab.views.monitor import GuestPage, HostVma, Reads, Scale, guest_monitor
from vmalab.views.scene import Arrow, Label, Rect

PAGES = [GuestPage("rwx", 9), GuestPage("r-x", 1234), *[GuestPage("")] * 13, GuestPage("rwx", 3)]
SINGLE = [HostVma(0, 1, "rwx", 9), HostVma(1, 2, "r-x", 1234), HostVma(15, 16, "rwx", 3)]
WINDOW = [HostVma(-800, 9000, "---", 0)]
READS = [Reads("linked list", 270.5, 541), Reads("rb-tree", 8.2, 11), Reads("mmap_cache", 9.2, 12),
         Reads("maple tree", 3.0, 3)]  # fmt: skip
GROWING = Series("mmap", [(1, 3), (100, 103), (300, 257)])
FLAT = Series("rfp", [(1, 3), (100, 3), (300, 3)])


def draw(vmas=SINGLE, lines=(GROWING, FLAT), scale=(698, 632, 65_536), reads=READS, pages=PAGES):
    return guest_monitor("a title", pages, vmas, lines, Scale(*scale), reads)


DRAWINGS = {
    "one VMA a page": draw(),
    "a window": draw(WINDOW),
    "first touch": draw([], [Series("mmap", [(1, 3)]), Series("rfp", [(1, 3)])]),
    "killed": draw(lines=(GROWING._replace(ending="killed"), FLAT), scale=(698, 300, 256)),
    "killed early": draw(lines=(Series("mmap", [(1, 3), (60, 65)], "killed"),), scale=(98, 76, 64)),
    "the end of the day": draw(
        lines=(Series("mmap", [(1, 3), (698, 1041)]),), scale=(698, 1215, 9999)
    ),
    "nothing at all": draw([], [Series("mmap", [])], reads=[], pages=[]),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_words_cover_each_other(name):
    assert not collisions(DRAWINGS[name].scene)


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_line_stays_in_the_picture(name):
    scene = DRAWINGS[name].scene
    for shape in scene.shapes:
        if isinstance(shape, Arrow):
            assert all(0 <= x <= scene.width and 0 <= y <= scene.height for x, y in shape.points)


def boxes(drawing, what):
    return [one for one in drawing.scene.shapes if isinstance(one, Rect) and what in one.about]


def test_a_vma_stands_over_its_pages_and_a_window_over_all():
    vmas, pages = boxes(draw(), "a VMA of"), boxes(draw(), "RAM page")
    assert [one.x for one in vmas] == [one.x for one in pages if "a VMA" not in one.about]
    (window,) = boxes(draw(WINDOW), "a VMA of 9800 pages")
    assert (window.x, window.width) == (9, 96)
    assert "and beyond" in window.lines[0][0]


def test_pages_that_are_not_there_are_dashed_and_say_so():
    assert len(boxes(draw(), "not there yet")) == 13


def test_the_limit_is_drawn_where_it_matters():
    assert "max_map_count" not in draw().text
    assert "max_map_count 256" in DRAWINGS["killed"].text


def test_an_ending_is_told_in_words_and_for_those_who_do_not_see_it():
    assert "mmap 257, killed" in DRAWINGS["killed"].text
    assert "mmap: 257, killed; rfp: 3" in DRAWINGS["killed"].scene.description


def test_more_vmas_are_higher():
    (line,) = (one for one in draw().scene.shapes if isinstance(one, Arrow) and one.role == "gone")
    heights = [y for _, y in line.points]
    assert heights == sorted(heights, reverse=True)
    ends = [one for one in draw().scene.shapes if isinstance(one, Label) and one.text == "mmap 257"]
    assert len(ends) == 1


def test_the_table_tells_the_look_ups():
    assert draw().scene.table.rows[0] == ("linked list", "270.5", "541")
