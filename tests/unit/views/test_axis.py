"""Does an address find its column, to scale where there is room and broken where there is not?"""

from itertools import pairwise

from tests.unit.views.samples import START, page
from vmalab.views.axis import LINE_CELLS, WRAP_CELLS, far_strips, strips


# 24 pages fill the line exactly
def test_a_window_that_fits_is_drawn_to_scale():
    (strip,) = strips(START, page(24), [page(5)], 8)
    assert [strip.x(page(n)) for n in (0, 5, 24)] == [8, 28, 104]
    assert all(piece.to_scale for piece in strip.pieces)


def test_a_small_window_is_not_blown_up():
    (strip,) = strips(START, page(2), [])
    assert strip.right - strip.left == 16


# 0-2 |...... 1000 pages ......| 1002-1004: the middle is drawn shorter
def test_a_long_piece_is_broken_and_the_short_ones_stay_to_scale():
    (strip,) = strips(START, page(1004), [page(2), page(1002)])
    assert [piece.to_scale for piece in strip.pieces] == [True, False, True]
    assert strip.right - strip.left <= LINE_CELLS


def test_what_does_not_fit_goes_on_in_the_next_line():
    lines = strips(START, page(60), [], 8)
    assert len(lines) == 3
    assert all(line.left == 8 and line.right <= 8 + LINE_CELLS for line in lines)
    assert [one.end == two.start for one, two in pairwise(lines)] == [
        True,
        True,
    ]


# a page keeps its place whatever is mapped around it
def test_edges_do_not_move_a_range_that_is_drawn_to_scale():
    bare, cut = strips(START, page(60), []), strips(START, page(60), [page(3), page(21)])
    assert [line.x(page(21)) for line in bare] == [line.x(page(21)) for line in cut]


def test_many_short_pieces_of_a_long_range_take_several_lines():
    lines = strips(START, page(500), [page(n) for n in range(60)])
    assert len(lines) > 1
    assert all(line.right <= LINE_CELLS for line in lines)


def test_ranges_are_clipped_to_the_line():
    first, second, _ = strips(START, page(60), [])
    assert first.clip(page(15), page(30)) == (15 * WRAP_CELLS, 20 * WRAP_CELLS)
    assert second.clip(page(15), page(30)) == (0, 10 * WRAP_CELLS)
    assert first.clip(page(30), page(40)) is None


def test_areas_far_apart_get_places_of_equal_width():
    (line,) = far_strips([(START, page(1)), (page(900), page(4000))], 8)
    assert [piece.width for piece in line.pieces] == [16, 16]
    assert line.clip(page(900), page(4000)) == (24, 40)
