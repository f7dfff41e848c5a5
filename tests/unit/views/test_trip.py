"""Does a page's way out and back say which rights survive, and which are lost or gained?"""

import pytest

from tests.unit.views import entries, samples
from tests.unit.views.collisions import collisions
from tests.unit.views.entries import I386, NO_ACCESS, NX, SAVED_FILE, SAVED_RW, X86_64
from vmalab.records.trip import SwapTrip
from vmalab.records.walk import EntryField, WalkStep
from vmalab.views import pte_trip, rights_grid
from vmalab.views.scene import Rect
from vmalab.views.trip import rights, survives


def entry(number, bits, kind="present"):
    return WalkStep("pte", 10, 0, 0x64, number, kind, bits)


READ_ONLY = entry(0x7025, I386)
WRITABLE = entry(0x7067, I386)
NOTE_R, NOTE_W = (entry(number, SAVED_FILE, "file") for number in (0x468, 0x46A))
NOTE_NONE = entry(0x568, SAVED_FILE, "file")
PLAIN_NOTE = entry(0x154, (entries.PGOFF, entries.FILE), "file")
HIDDEN = entry(0x70A0, (entries.PROTNONE, entries.ACCESSED, entries.RW, entries.PFN), "protnone")
SAVED_NX = EntryField("saved NX", 1 << 9, "no code may run from it when back")
NO_RUN = entry(1 << 63 | 0x7067, X86_64)
MAY_RUN = entry(0x9027, X86_64)


def trip(before, out, back, asked="r", kernel="linux-2.6-manyprots-v4", arch="i386", outcome=""):
    width = 64 if NX in before.bits else 32
    return SwapTrip(kernel, arch, asked, width, before, out, back, outcome)


KEPT = trip(READ_ONLY, NOTE_R, entry(0x9025, I386))
GAINED = trip(NO_RUN, NOTE_W, MAY_RUN, "rw", arch="x86_64")
FROM_THE_VMA = trip(WRITABLE, PLAIN_NOTE, entry(0x9027, I386), "rw", "linux-2.6")
SHUT = trip(HIDDEN, NOTE_NONE, HIDDEN, "none")
APRIL = "linux-2.6-manyprots-2006-04"
TIGHTER = trip(WRITABLE, NOTE_R, READ_ONLY, "rw", APRIL)
NEVER = trip(HIDDEN, NOTE_NONE, NOTE_NONE, "none", APRIL, outcome="the kernel stops")
STAYS_OUT = trip(HIDDEN, PLAIN_NOTE, PLAIN_NOTE, "none", "linux-2.6")
TRIPS = (KEPT, GAINED, FROM_THE_VMA, SHUT, TIGHTER, NEVER, STAYS_OUT)


@pytest.mark.parametrize(
    ("step", "letters"),
    [
        (READ_ONLY, "r-"),
        (WRITABLE, "rw"),
        (NO_RUN, "rw-"),
        (MAY_RUN, "rwx"),
        (HIDDEN, "--"),
        (entry(0x80, (NX, entries.PROTNONE), "protnone"), "---"),
        (NOTE_R, "r-"),
        (NOTE_W, "rw"),
        (NOTE_NONE, "--"),
        (PLAIN_NOTE, "?"),
        (entry(0x240, (*SAVED_FILE, SAVED_NX), "file"), "r--"),
        (entry(0x42, (*SAVED_FILE, SAVED_NX), "file"), "rwx"),
        (entry(0x140, (*SAVED_FILE, SAVED_NX), "file"), "---"),
    ],
)
def test_an_entrys_rights_in_letters(step, letters):
    assert rights(step) == letters


def test_rights_survive_or_they_do_not():
    assert [survives(one) for one in TRIPS] == [True, False, True, True, False, False, True]


def test_three_entries_over_each_other():
    assert pte_trip(KEPT).text == samples.golden("trip-kept")
    assert pte_trip(GAINED).text == samples.golden("trip-gained")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (KEPT, "= The rights are r- again."),
        (GAINED, "✗ The rights were rw- and are rwx now: the page has gained x."),
        (FROM_THE_VMA, "The note has no bit for rights"),
        (SHUT, "= The rights are -- again."),
        (TIGHTER, "✗ The rights were rw and are r- now."),
        (NEVER, "✗ The page does not come back: the kernel stops."),
    ],
)
def test_the_verdict_is_a_sentence(one, words):
    assert words in pte_trip(one).text
    assert words in pte_trip(one).scene.description


#   RW    kept in the note        USER, PRESENT …   not noted, and there again all the same
#   NX    not noted, and lost     DIRTY             not noted: the page itself is told
def test_the_table_says_how_each_field_got_there():
    fates = {row[0]: row[3] for row in pte_trip(GAINED).scene.table.rows}
    assert fates["RW"] == "= kept"
    assert fates["USER"] == "~ made anew"
    assert fates["NX"] == "✗ lost"
    assert fates["DIRTY"] == "✗ lost"


# 63 NX, then nothing down to 32: a sentence.      PAE's note has its number there: drawn.
def test_a_high_half_with_nothing_but_nx_is_told_in_a_sentence():
    words = "Bit 63, NX: 1 before, no bit for it in the note, 0 when back."
    assert words in pte_trip(GAINED).text
    assert words in pte_trip(GAINED).scene.description
    assert "63 62 61" not in pte_trip(GAINED).text
    pae = trip(NO_RUN, entry(42 << 32 | 0x42, (SAVED_RW, NO_ACCESS), "file"), MAY_RUN)
    assert "63 62 61" in pte_trip(pae).text
    mended = trip(NO_RUN, entry(0x24A, (*SAVED_FILE, SAVED_NX), "file"), NO_RUN)
    assert "NX: 1 before, noted in another bit as 1, 1 when back" in pte_trip(mended).text
    assert not collisions(pte_trip(pae).scene)


def test_a_grid_has_a_row_for_each_wish_and_a_column_for_each_kernel():
    drawing = rights_grid(TRIPS)
    assert drawing.text == samples.golden("rights-grid")
    cells = [shape for shape in drawing.scene.shapes if isinstance(shape, Rect)]
    assert len(cells) == len(TRIPS)
    assert len({(cell.x, cell.y) for cell in cells}) == len(TRIPS)


def test_what_was_lost_or_gained_is_marked_without_colour():
    lines = [cell.lines[0][0] for cell in rights_grid(TRIPS).scene.shapes if isinstance(cell, Rect)]
    assert [line[0] for line in lines] == ["=", "✗", "=", "=", "✗", "✗", "="]
    assert "…" in lines[-2]


@pytest.mark.parametrize("one", TRIPS, ids=lambda one: f"{one.asked} {one.arch}")
def test_no_words_collide(one):
    assert not collisions(pte_trip(one).scene)


def test_no_words_of_a_grid_collide():
    wide = [
        trip(READ_ONLY, NOTE_R, READ_ONLY, asked, f"linux-2.6-manyprots-2006-0{n}")
        for n in range(5)
        for asked in ("none", "rwx")
    ]
    assert not collisions(rights_grid(wide).scene)
    assert not collisions(rights_grid(TRIPS).scene)


def test_titles_can_be_given():
    assert pte_trip(KEPT, title="Mine").text.startswith("Mine")
    assert rights_grid(TRIPS, title="Mine").text.startswith("Mine")
