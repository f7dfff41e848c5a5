"""Do the pictures of a library say what its VMAs are, and are words where they can be read?"""

import pytest

from tests.unit.views.collisions import collisions
from vmalab.records.snapshot import VmaRow
from vmalab.views.kinds import kind_of, vma_kinds
from vmalab.views.library import LifeFrame, file_and_memory, library_life
from vmalab.views.scene import Arrow, Rect

PAGE = 4096
AT = 0x7000_0000_0000


def row(first, after, perms, pgoff=None, flags=()):
    backing = "anon" if pgoff is None else "/usr/lib/libc-2.4.so"
    return VmaRow(AT + first * PAGE, AT + after * PAGE, perms + "p", pgoff or 0, backing, flags)


# |text r-x|    gap ---    |relro r--|data rw-|bss|
FIVE = (
    row(0, 4, "r-x", 0),
    row(4, 256, "---", 4),
    row(256, 258, "r--", 4, ("ac",)),
    row(258, 261, "rw-", 6, ("ac",)),
    row(261, 277, "rw-", None, ("ac",)),
)
TINY = (row(0, 1, "r-x", 0), row(1, 2, "rw-", 0))
LIFE = [
    LifeFrame("reserve", "room for all of it", (row(0, 277, "r-x", 0),)),
    LifeFrame(
        "seal", "no rights between the segments", (FIVE[0], FIVE[1], row(256, 277, "r-x", 256))
    ),
    LifeFrame("relro", "never to be written to again", FIVE),
]


def test_every_moment_is_told_and_drawn():
    drawing = library_life(LIFE)
    for words in (
        "1 reserve",
        "(1 VMA)",
        "2 seal",
        "(3 VMAs)",
        "3 relro",
        "(5 VMAs)",
        "⋯ 252 pages ⋯",
    ):
        assert words in drawing.text
    assert drawing.scene.description.count("VMA ") == 1 + 3 + 5
    assert len(drawing.scene.table.rows) == 5
    assert not collisions(drawing.scene)


# All frames have one scale: an edge that two of them share stands in one column.
def test_one_scale_for_all_moments():
    boxes = [shape for shape in library_life(LIFE).scene.shapes if isinstance(shape, Rect)]
    holes = [box for box in boxes if "VMA 4-256" in box.about]
    assert len(holes) == 2
    assert len({(box.x, box.width) for box in holes}) == 1


def test_a_library_of_one_page_and_none_at_all():
    assert "page" in library_life([LifeFrame("reserve", "one", (row(0, 1, "r--", 0),))]).text
    assert library_life([]).scene.height > 0


# Each VMA that shows the file has an arrow from there; the hole and the bss have none.
def test_the_file_beside_the_addresses():
    drawing = file_and_memory(FIVE, nr_pages=9)
    arrows = [shape for shape in drawing.scene.shapes if isinstance(shape, Arrow)]
    assert [arrow.about for arrow in arrows] == [
        "pages 0 to 3 of the file are shown r-x",
        "pages 4 to 5 of the file are shown r--",
        "pages 6 to 8 of the file are shown rw-",
    ]
    assert "libc-2.4.so: 9 pages of file, 5 VMAs" in drawing.text
    assert not collisions(drawing.scene)


# A page of the file that two VMAs show is the end of two arrows.
def test_a_page_that_is_shown_twice():
    drawing = file_and_memory(TINY, nr_pages=1, title="tiny")
    arrows = [shape for shape in drawing.scene.shapes if isinstance(shape, Arrow)]
    assert len(arrows) == 2
    assert arrows[0].points[0][0] == arrows[1].points[0][0]
    assert drawing.text.startswith("tiny")


@pytest.mark.parametrize(
    ("perms", "backing", "kind"),
    [
        ("r-xp", "/lib/x.so", "files: code (r-x)"),
        ("r--p", "/lib/x.so", "files: read-only (r--)"),
        ("rw-p", "/lib/x.so", "files: data (rw-)"),
        ("---p", "/lib/x.so", "files: holes that nobody may touch (---)"),
        ("rwxp", "/lib/x.so", "files: other (rwx)"),
        ("rw-p", "anon", "anonymous memory"),
        ("---p", "anon", "anonymous: guards (---)"),
        ("rw-s", "/dev/zero", "shared memory"),
        ("rw-p", "[heap]", "[heap]"),
        ("rw-p", "[stack]", "[stack]"),
        ("r-xp", "[vdso]", "of the kernel: [vdso] and its like"),
    ],
)
def test_kinds(perms, backing, kind):
    assert kind_of(VmaRow(0, PAGE, perms, 0, backing)) == kind


def test_bars_by_kind():
    drawing = vma_kinds([*FIVE, FIVE[0]])
    assert "6 VMAs by kind" in drawing.text
    bars = [shape for shape in drawing.scene.shapes if isinstance(shape, Rect)]
    assert [bar.width for bar in bars] == sorted((bar.width for bar in bars), reverse=True)
    assert drawing.scene.table.rows[0] == ("files: code (r-x)", "2", str(8 * PAGE))
    assert not collisions(drawing.scene)
    assert "no VMA" in vma_kinds([]).scene.description
