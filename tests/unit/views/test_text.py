"""Do lines join, do words stay on top, do tables align?"""

from vmalab.views import text
from vmalab.views.canvas import Canvas
from vmalab.views.scene import Arrow, Bracket, Label, Rect, Scene, Table


def drawn(*shapes, width=20, height=6, table=None):
    return text.render(Scene("", "", width, height, shapes, table))


def test_neighbouring_boxes_share_a_border():
    canvas = Canvas(9, 3)
    canvas.box(0, 0, 4, 2)
    canvas.box(4, 0, 8, 2)
    assert str(canvas) == "┌───┬───┐\n│   │   │\n└───┴───┘"


def test_a_dashed_line_is_drawn_over_by_a_solid_one():
    canvas = Canvas(9, 3)
    canvas.box(0, 0, 8, 2, dashed=True)
    canvas.box(0, 0, 4, 2)
    assert str(canvas) == "┌───┬┄┄┄┐\n│   │   ┆\n└───┴┄┄┄┘"


def test_a_box_wipes_what_it_covers():
    canvas = Canvas(9, 3)
    canvas.text(1, 1, "covered")
    canvas.vertical(3, 0, 2)
    canvas.box(0, 0, 8, 2)
    assert str(canvas).splitlines()[1] == "│       │"


def test_what_falls_off_the_sheet_is_not_drawn():
    canvas = Canvas(4, 1)
    canvas.text(2, 0, "long")
    assert str(canvas) == "  lo"


def test_lines_of_a_box_keep_their_row_where_one_does_not_fit():
    box = Rect(0, 0, 4, 4, "anon", "", (("rw-p", "rw-"), ("anonymous",), ("ac",)))
    assert drawn(box) == "┌───┐\n│rw-│\n│   │\n│ac │\n└───┘"


def test_a_flat_box_shows_its_letter_or_fills_its_cells():
    assert drawn(Rect(0, 0, 4, 0.8, "anon", "", (("a",),))) == "  a"
    assert drawn(Rect(0, 0, 4, 0.8, "anon", "")) == "████"


def test_frames_and_veils_leave_the_box_readable():
    box = Rect(0, 0, 4, 2, "anon", "", (("rw-",),))
    over = [Rect(0, 0, 4, 2, "gone", "", outline=kind) for kind in ("frame", "veil")]
    assert drawn(box, *over) == drawn(box)


def test_brackets_carry_their_word_inside_or_beside():
    assert drawn(Bracket(0, 0, 12, "changed", "", "map", 20)) == "├─── map ───┤"
    assert drawn(Bracket(0, 0, 4, "changed", "", "map", 20)) == "├───┤ map"
    assert drawn(Bracket(0, 0, 4, "changed", "")) == "├───┤"


# down from the first lane, along, and down into the second
def test_an_arrow_turns_corners():
    path = ((1, 0), (1, 1), (6, 1), (6, 2))
    assert drawn(Arrow(path, "changed", "")) == " │\n └────┐\n      ▼"


def test_arrows_point_every_way():
    assert drawn(Arrow(((0, 0), (3, 0)), "changed", "")) == "───▶"
    assert drawn(Arrow(((3, 0), (0, 0)), "changed", "")) == "◀───"
    assert drawn(Arrow(((0, 2), (0, 0)), "changed", "")) == "▲\n│\n│"
    assert drawn(Arrow(((0, 0), (0, 0)), "changed", "")) == "•"


def test_a_cut_is_a_dashed_line_without_a_head():
    assert drawn(Arrow(((0, 0), (0, 2)), "changed", "", head=False, dashed=True)) == "┆\n┆\n┆"


def test_a_table_follows_its_picture():
    table = Table(("VMA", "pages", "flags"), (("0-4", "4", "-"), ("4-20", "16", "lo")))
    assert drawn(Label(0, 0, "picture"), table=table) == (
        "picture\n\nVMA   pages  flags\n0-4       4  -\n4-20     16  lo"
    )


def test_an_empty_table_is_not_drawn():
    assert drawn(Label(0, 0, "picture"), table=Table(("VMA",), ())) == "picture"
