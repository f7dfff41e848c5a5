"""Does an entry's picture name every bit, and a comparison every loss?"""

import pytest

from tests.unit.views import entries, samples
from tests.unit.views.collisions import collisions
from tests.unit.views.entries import I386, SAVED_FILE, SWAP, X86_64
from vmalab.records.walk import EntryField
from vmalab.views import EntryState, bits, pte_compare, pte_strip
from vmalab.views.pte import compare_entries
from vmalab.views.scene import Bracket, Rect, labels_of

PRESENT = EntryState(0x7065, I386, "present")
SAVED = EntryState(0x246854, SAVED_FILE, "file")
SWAPPED = EntryState(0x123402, SWAP, "swap")
PRESENT_64 = EntryState(1 << 63 | 0x12345067, X86_64, "present")

STRIPS = {
    "present": (0x7067, I386, "present", 32),
    "file": (0x246856, SAVED_FILE, "file", 32),
    "swap": (0x123402, SWAP, "swap", 32),
    "long": (1 << 63 | 0x12345067, X86_64, "present", 64),
    "marker": ((0xFFFFFFFFFFFFFFFF ^ 0x9FF) & ~0x1FF, (entries.MARKERS,), "marker", 64),
    "none": (0, (), "none", 32),
    "both ends": (0x80000001, (EntryField("high", 1 << 31, "h" * 60), entries.PRESENT), "odd", 32),
}
PAIRS = {
    "saved": (PRESENT, SAVED, 32),
    "swapped": (PRESENT, SWAPPED, 32),
    "long": (PRESENT_64, EntryState(0x123402, SWAP, "swap"), 64),
    "dirtied": (PRESENT, EntryState(0x7067, I386, "present"), 32),
    "same": (PRESENT, PRESENT, 32),
}


def strip(name):
    entry, fields, kind, width = STRIPS[name]
    return pte_strip(entry, fields, kind=kind, entry_bits=width)


def pair(name):
    before, after, width = PAIRS[name]
    return pte_compare(before, after, entry_bits=width)


def cells(drawing):
    return [shape for shape in drawing.scene.shapes if isinstance(shape, Rect)]


@pytest.mark.parametrize("name", ["present", "file", "long"])
def test_a_strip_names_every_bit(name):
    assert strip(name).text == samples.golden(f"pte-{name}")


@pytest.mark.parametrize("name", STRIPS)
def test_no_words_of_a_strip_collide(name):
    assert not collisions(strip(name).scene)


@pytest.mark.parametrize(("name", "count"), [("present", 32), ("long", 64)])
def test_a_bit_is_a_cell_that_says_whether_it_is_set_without_colour(name, count):
    found = cells(strip(name))
    assert len(found) == count
    for cell, bit in zip(found, range(count - 1, -1, -1), strict=True):
        digit = STRIPS[name][0] >> bit & 1
        assert cell.lines[0] == (str(digit),)
        assert cell.role == "set" or not digit


# bits 31-9 and 5-2 hold one number: the bits around them tell the kinds of entry apart
def test_a_number_in_pieces_says_which_part_is_where():
    names = [shape.about for shape in strip("file").scene.shapes if isinstance(shape, Bracket)]
    assert [name.split(" of 0x")[0] for name in names] == [
        "page offset bits 26-4",
        "page offset bits 3-0",
    ]


def test_a_table_tells_what_each_field_means_now():
    assert strip("file").scene.table.rows == (
        ("31-9 5-2", "page offset", "0x12345", "which page of the file belongs here"),
        ("8", "no access", "0", "not: nobody may touch the page when back"),
        ("6", "FILE", "1", "a page of the file, not a swapped page"),
        ("1", "saved RW", "1", "the page may be written when back"),
    )


def test_an_inverted_number_is_told_as_it_was_meant():
    assert "swap offset bits 49-23 of 0x4" in strip("marker").text


def test_an_empty_entry_says_that_nothing_means_anything():
    assert strip("none").scene.description.endswith("nothing at all: no bit means anything.")


def test_names_at_both_ends_share_the_room_between_them():
    texts = [label.text for label in labels_of(strip("both ends").scene)]
    assert "high = 1" in texts
    assert "PRESENT = 1: here is a page" in texts


def test_a_piece_of_one_bit_is_called_a_bit():
    field = EntryField("number", 0b101, "in two pieces")
    assert [piece.name for piece in bits.pieces((field,), 0)] == ["number bit 1", "number bit 0"]


def test_a_mask_is_named_across_the_middle_of_64_bits():
    assert bits.spans(entries.PFN_LONG.mask) == "45-12"


def test_a_title_can_be_given():
    drawing = pte_strip(0, (), kind="none", title="An empty entry")
    assert drawing.text.startswith("An empty entry")
    assert pte_compare(PRESENT, SAVED, title="Away").text.startswith("Away")


def test_what_a_file_entry_keeps_of_a_present_one():
    assert pair("saved").text == samples.golden("pte-saved")


@pytest.mark.parametrize("name", PAIRS)
def test_no_words_of_a_comparison_collide(name):
    assert not collisions(pair(name).scene)


def fates(before, after):
    return {(one.old or one.new).name: one.fate for one in compare_entries(before, after)}


def test_a_saved_protection_is_kept_under_another_name():
    found = fates(PRESENT, SAVED)
    assert found["RW"] == "kept"
    assert found["pfn"] == "lost"
    assert found["page offset"] == "new"


def test_a_plain_swap_entry_forgets_the_protection():
    assert fates(PRESENT, SWAPPED)["RW"] == "lost"
    assert fates(PRESENT_64, SWAPPED)["NX"] == "lost"
    assert "lost: NX 1, pfn 0x12345" in pair("long").text


def test_no_access_is_protnone_by_another_name():
    before = EntryState(0x70A0, (entries.PROTNONE, entries.PFN), "protnone")
    assert fates(before, EntryState(0x246954, SAVED_FILE, "file"))["PROTNONE"] == "kept"


def test_a_bit_that_changes_is_told_with_both_values():
    assert "changed: RW 0 to 1" in pair("dirtied").text
    assert "lost" not in pair("same").text


def test_every_lost_bit_is_marked_without_colour():
    marks = [label.text for label in labels_of(pair("swapped").scene)]
    assert marks.count("✗") == 5
    assert "✗ pfn lost" in marks
