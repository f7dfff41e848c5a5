"""Does the timeline tell every fault, and does a reference string keep its hits?"""

import pytest

from tests.unit.views import samples
from tests.unit.views.collisions import collisions
from tests.unit.views.samples import START, WINDOW, page
from vmalab.records.events import PageFaulted, PageReclaimed, PteSet, SwappedOut
from vmalab.records.resolve import Window
from vmalab.views import Touch, fault_timeline
from vmalab.views.scene import Rect, labels_of

EVENTS = (
    PageFaulted(page(0), "write", "a zeroed page of its own"),
    PteSet(page(0), 0, 0x7067, "kernel"),
    PageFaulted(page(3) + 17, "read", "the shared zero page"),
    SwappedOut(page(0), 5, 3),
    PageReclaimed(9, 0),
    PageReclaimed(10, 4),
    PageFaulted(page(7), "exec", "the file's page", "major"),
    PageFaulted(page(99), "write", "no VMA", "SIGSEGV"),
    PageFaulted(page(23), "write", "beyond the end of the file", "SIGBUS"),
)
NO_PLACE = Window(START, 200)


def fifo(references, nr_frames):
    """A reference string on a machine of few frames that forgets the oldest page first."""
    held, known, touches = [], set(), []
    for number in references:
        events = []
        if number not in held:
            if len(held) == nr_frames:
                oldest = held.pop(0)
                events.append(SwappedOut(page(oldest), 5 + oldest, oldest))
            verdict = "major" if number in known else "minor"
            how = "read back from swap" if number in known else "a zeroed page of its own"
            events.append(PageFaulted(page(number), "write", how, verdict))
            held.append(number)
            known.add(number)
        touches.append(Touch(page(number), "write", tuple(events)))
    return touches


BELADY = (1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5)

DRAWINGS = {
    "window": fault_timeline(EVENTS, WINDOW),
    "addresses": fault_timeline(EVENTS),
    "wide": fault_timeline(EVENTS, NO_PLACE),
    "references": fault_timeline(fifo(BELADY, 3), Window(START, 8)),
    "one page": fault_timeline([Touch(page(0), "read")], Window(START, 1)),
    "many": fault_timeline([PageFaulted(page(n), "read", "x") for n in range(60)]),
    "none": fault_timeline([], WINDOW),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_words_collide(name):
    assert not collisions(DRAWINGS[name].scene)


def test_faults_are_told_in_the_order_in_which_they_came():
    assert DRAWINGS["window"].text == samples.golden("faults")


# the pages as a picture: time runs down      1 . . .
#                                             . 2 . .
def test_a_reference_string_shows_hits_and_what_was_pushed_out():
    assert DRAWINGS["references"].text == samples.golden("references")


# FIFO with 3 frames: 9 faults; with 4 frames: 10 (Belady, 1969)
def test_the_anomaly_can_be_counted_in_the_titles():
    titles = [fault_timeline(fifo(BELADY, count)).scene.title for count in (3, 4)]
    assert titles == [
        "12 touches: 3 hits, 5 minor faults, 4 major faults",
        "12 touches: 2 hits, 5 minor faults, 5 major faults",
    ]


def test_the_verdict_is_a_word():
    words = [one.lines[0][0] for one in DRAWINGS["window"].scene.shapes if isinstance(one, Rect)]
    assert [word for word in words if word] == ["minor", "minor", "major", "SIGSEGV", "SIGBUS"]


def test_what_had_to_go_is_told_with_the_fault_it_went_for():
    told = DRAWINGS["window"].scene.table.rows[2][-1]
    assert told == (
        "the file's page; page 0 went to slot 3; "
        "frame 0x9 was taken back from its file; frame 0xa went to slot 4"
    )


def test_without_a_window_pages_have_addresses_and_stand_in_order():
    assert f"{page(7):#x}" in DRAWINGS["addresses"].text
    letters = [one.text for one in labels_of(DRAWINGS["addresses"].scene) if len(one.text) == 1]
    assert [letter for letter in letters if letter in "rwx"] == ["w", "r", "x", "w", "w"]


def test_a_signal_and_a_hit_are_told_as_what_they_are():
    assert "SIGSEGV, no VMA." in DRAWINGS["window"].scene.description
    assert DRAWINGS["one page"].scene.description == "1 touch: 1 hit. Reading page 0: a hit."


def test_what_is_not_drawn_is_counted():
    assert "20 more are not drawn." in DRAWINGS["many"].text
    assert len(DRAWINGS["many"].scene.table.rows) == 60


def test_no_faults_are_told_too():
    assert DRAWINGS["none"].text == "No page faults"


def test_a_title_can_be_given():
    assert fault_timeline(EVENTS, title="A title").text.startswith("A title")
