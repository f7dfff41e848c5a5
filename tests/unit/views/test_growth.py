"""Do lines come out as lines, drawn and as text?"""

from vmalab.views.growth import COLUMNS, ROWS, Series, growth_figure, growth_text

RISING = Series("mmap", [(x, 10 * x) for x in range(1, 61)], "killed")
FLAT = Series("rfp", [(x, 1) for x in range(1, 61)])


def test_the_highest_point_is_at_the_top_and_the_last_at_the_right():
    lines = growth_text([RISING, FLAT]).splitlines()
    assert lines[0].startswith("   600 | ")
    assert lines[0].endswith("*")
    assert lines[ROWS - 1].count("o") >= COLUMNS - 1
    assert lines[-2].split() == ["0", "60"]
    assert lines[-1] == "*  mmap    o  rfp"


def test_nothing_to_draw_is_an_empty_sheet():
    lines = growth_text([Series("none", [])]).splitlines()
    assert lines[-1] == "*  none"


def test_the_figure_names_lines_axes_and_endings():
    figure = growth_figure([RISING, FLAT], "a title", "touches", "VMAs")
    (axes,) = figure.axes
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == (
        "a title",
        "touches",
        "VMAs",
    )
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["mmap", "rfp"]
    assert [text.get_text() for text in axes.texts] == ["killed"]
    assert axes.get_yscale() == "log"
