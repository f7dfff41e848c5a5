"""Does the picture of an address space say what the snapshot says, however busy it is?"""

import pytest

from tests.unit.views import samples
from tests.unit.views.collisions import collisions
from tests.unit.views.samples import START, WINDOW, page, space, vma
from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.views import address_space
from vmalab.views.scene import Rect
from vmalab.views.spaces import shorten

FAR = tuple(
    VmaRow(0x7FFF_0000_0000 + n * 0x10_0000, 0x7FFF_0000_3000 + n * 0x10_0000, "rw-p", 0, "anon")
    for n in range(20)
)


def test_a_window_is_drawn_to_scale_with_its_data_under_it():
    assert address_space(samples.FEW, WINDOW).text == samples.golden("window")


def test_without_a_window_every_vma_has_a_line_and_every_gap_its_size():
    assert address_space(samples.FEW).text == samples.golden("process")


def test_an_empty_space_is_one_hole():
    drawing = address_space(space(), WINDOW)
    assert drawing.scene.title == "Address space: 0 VMAs"
    assert drawing.scene.description == "No VMA: nothing is mapped."
    assert drawing.scene.table.rows == ()


def test_the_pages_can_be_left_out():
    assert "present" not in address_space(samples.FEW, WINDOW, pages=False).text


def test_a_title_can_be_given():
    assert address_space(space(vma(0, 1)), WINDOW, title="A title").text.startswith("A title")
    assert address_space(space(vma(0, 1))).scene.title == "Address space: 1 VMA"


# |0-2|...... 99998 pages ......| 800000 free |....
def test_a_huge_gap_and_a_huge_vma_are_broken_and_labelled():
    rows = [vma(0, 2), vma(2, 100_000, "r--p", "f1", 7), vma(900_000, 900_004)]
    text = address_space(space(*rows), Window(START, 1_000_000)).text
    assert "800000 pages free" in text
    assert "99998" in text
    assert max(map(len, text.splitlines())) <= 106


def test_a_vma_that_leaves_the_window_is_drawn_to_its_end():
    text = address_space(space(vma(20, 30)), WINDOW).text
    assert "20-30" in text
    assert " 30\n" in text


def test_vmas_outside_the_window_have_their_addresses():
    drawing = address_space(Snapshot((vma(0, 2), *FAR[:2])), WINDOW)
    assert "0x7fff00000000" in drawing.text
    assert "outside" in drawing.text


def test_very_many_vmas_outside_are_counted():
    text = address_space(Snapshot((vma(0, 2), *FAR)), WINDOW).text
    assert "20 more VMAs lie outside the window." in text
    assert "0x7fff" not in text


def test_a_description_tells_the_first_vmas_and_counts_the_rest():
    scene = address_space(*samples.random_space(40)).scene
    assert scene.description.endswith("And 16 more VMAs.")


def test_a_kind_of_page_from_elsewhere_has_a_cell():
    text = address_space(space(vma(0, 2), present={0: "frozen"}), WINDOW).text
    assert "present    f" in text


def test_pages_of_a_broken_piece_are_not_drawn():
    drawing = address_space(space(vma(0, 100_000), present={5: "anon"}), Window(START, 100_000))
    assert not [box for box in drawing.scene.shapes if isinstance(box, Rect) and box.height < 1]


def test_every_vma_has_a_box_that_tells_it():
    snapshot, window = samples.random_space(40)
    abouts = [
        box.about for box in address_space(snapshot, window).scene.shapes if isinstance(box, Rect)
    ]
    for row in snapshot.vmas:
        place = f"VMA {(row.start - START) // 4096}-{(row.end - START) // 4096}:"
        assert any(about.startswith(place) for about in abouts)


@pytest.mark.parametrize("nr_vmas", [1, 5, 30, 60, 200])
@pytest.mark.parametrize("seed", range(3))
def test_no_words_collide_in_a_window(nr_vmas, seed):
    drawing = address_space(*samples.random_space(nr_vmas, seed))
    assert not collisions(drawing.scene)


@pytest.mark.parametrize("nr_vmas", [1, 60])
def test_no_words_collide_in_a_process(nr_vmas):
    assert not collisions(address_space(samples.random_process(nr_vmas)).scene)


def test_no_words_collide_in_a_wide_window():
    rows = [vma(n * 50_000, n * 50_000 + 1 + n % 3) for n in range(20)]
    drawing = address_space(space(*rows), Window(START, 1 << 20))
    assert not collisions(drawing.scene)


def test_the_same_snapshot_gives_the_same_text():
    one, two = (address_space(*samples.random_space(30)).text for _ in range(2))
    assert one == two


def test_names_are_cut_in_front():
    assert shorten("0123456789", 5) == "…6789"


def test_page_numbers_before_the_window_are_negative():
    text = address_space(space(VmaRow(page(0) - 2 * 4096, page(3), "rw-p", 0, "anon")), WINDOW).text
    assert "-2-3" in text
