"""Does every event, operation and step have a plain English sentence?"""

import dataclasses

import pytest

from vmalab.records import events as ev
from vmalab.records.program import Op
from vmalab.records.resolve import Window
from vmalab.records.run import Step
from vmalab.records.snapshot import Snapshot
from vmalab.records.text import GRAMMAR, parse_op
from vmalab.records.words import count_pages, name_addr, name_prot, name_range
from vmalab.uapi import mman
from vmalab.views.describe import describe_event, describe_op, describe_step, errno_words
from vmalab.views.describe_op import brief_op

WINDOW = Window(0x10000, 16)


def page(number):
    return WINDOW.start + number * 4096


EVENTS = [
    (
        ev.SwappedOut(page(3), 0x2F, 5),
        "Frame 0x2f, shown at page 3, was written to swap slot 5.",
    ),
    (ev.PageReclaimed(0x2F, 5), "Frame 0x2f was taken back: its page is in swap slot 5 now."),
    (ev.PageReclaimed(0x2F, 0), "Frame 0x2f was taken back: its file has the page."),
    (ev.SyscallEntered("munmap", (0x1000, 2)), "The program called munmap(0x1000, 0x2)."),
    (
        ev.SyscallRefused(22, "the address is odd", "mm/mmap.c:do_mmap"),
        "Refused with EINVAL (Invalid argument): the address is odd. [mm/mmap.c:do_mmap]",
    ),
    (ev.SyscallRefused(22, "", ""), "Refused with EINVAL (Invalid argument)."),
    (
        ev.AddressChosen(page(3), 8192, "the highest gap that fits"),
        "Room for 2 pages at page 3: the highest gap that fits.",
    ),
    (ev.VmaCreated(page(1), page(2)), "A new VMA holds 1 page at page 1."),
    (ev.VmaRemoved(page(1), page(3)), "The VMA of 2 pages at page 1 is gone."),
    (
        ev.VmaSplit(page(0), page(2), page(8)),
        "The VMA of 8 pages at page 0 was split at page 2, into 2 and 6.",
    ),
    (
        ev.VmaMerged(page(0), page(4), ((page(0), page(2)), (page(2), page(4))), "equal"),
        "Two areas became one VMA of 4 pages at page 0: equal.",
    ),
    (ev.VmaMerged(page(0), page(4), (), ""), "0 areas became one VMA of 4 pages at page 0."),
    (
        ev.VmaNotMerged(page(4), "one is locked."),
        "The areas that touch at page 4 stayed apart: one is locked.",
    ),
    (
        ev.VmaResized(page(0), page(4), page(0), page(6)),
        "The VMA of 4 pages at page 0 grew to 6 pages at page 0.",
    ),
    (
        ev.VmaResized(page(0), page(4), page(1), page(4)),
        "The VMA of 4 pages at page 0 shrank to 3 pages at page 1.",
    ),
    (
        ev.VmaResized(page(0), page(4), page(1), page(5)),
        "The VMA of 4 pages at page 0 shifted to 4 pages at page 1.",
    ),
    (
        ev.VmaMoved(page(0), page(4), page(9)),
        "The contents of 4 pages at page 0 moved to page 9.",
    ),
    (
        ev.FlagsChanged(page(0), page(1), ("lo",), ("ac",)),
        "The VMA of 1 page at page 0 gained lo (locked in memory) and lost ac (accounted).",
    ),
    (ev.FlagsChanged(page(0), page(1), (), ()), "The VMA of 1 page at page 0 kept its flags."),
    (
        ev.PageFaulted(page(2) + 17, "write", "a fresh zeroed page"),
        "Writing byte 17 of page 2 faulted: a fresh zeroed page.",
    ),
    (
        ev.AnonVmaAttached(page(0), page(2), 1, None),
        "The VMA of 2 pages at page 0 got anon_vma 1, its own.",
    ),
    (
        ev.AnonVmaAttached(page(0), page(2), 1, page(2)),
        "The VMA of 2 pages at page 0 got anon_vma 1, shared with the VMA at page 2.",
    ),
    (
        ev.PagesPopulated(page(0), page(2)),
        "The kernel filled in 2 pages at page 0 ahead of use.",
    ),
    (
        ev.PagesDropped(page(0), page(1)),
        "The page-table entries of 1 page at page 0 were cleared.",
    ),
    (
        ev.GuardChanged(page(0), page(1), installed=True),
        "Guard markers were put on 1 page at page 0.",
    ),
    (
        ev.GuardChanged(page(0), page(1), installed=False),
        "Guard markers were taken off 1 page at page 0.",
    ),
    (
        ev.PteSet(page(1), 0, 0x7067, "kernel"),
        "The kernel changed the entry of page 1 from nothing to 0x7067.",
    ),
    (
        ev.PteSet(page(1), 0x7027, 0x7067, "mmu"),
        "The MMU changed the entry of page 1 from 0x7027 to 0x7067.",
    ),
    (
        ev.PteSet(page(1), 0x7067, 0, "kernel"),
        "The page-table entry of page 1 (0x7067) was cleared.",
    ),
    (ev.TlbFilled(page(1), 0x7067), "The TLB remembers 0x7067 as the entry of page 1."),
    (
        ev.TlbFlushed(page(1), page(3), 1),
        "The TLB was flushed of 2 pages at page 1: it forgot 1 entry.",
    ),
    (
        ev.TlbFlushed(0, 0, 3, everything=True),
        "The TLB was flushed of everything: it forgot 3 entries.",
    ),
]


@pytest.mark.parametrize(("event", "sentence"), EVENTS, ids=lambda v: type(v).__name__)
def test_an_event_is_told_in_one_sentence(event, sentence):
    assert describe_event(event, WINDOW) == sentence


def test_no_event_was_forgotten():
    told = {type(event).__name__ for event, _ in EVENTS}
    known = (kind for kind in ev.Event.__subclasses__() if kind.__module__ == ev.__name__)
    assert told == {kind.__name__ for kind in known}


def test_an_event_from_elsewhere_still_has_words():
    @dataclasses.dataclass(frozen=True)
    class Sneezed(ev.Event):
        pages: int

    assert describe_event(Sneezed(3)).endswith("Sneezed(pages=3).")


OPS = {
    "mmap 2 4 rw private,anon,fixed": (
        "map 4 pages read-write at page 2, private anonymous, exactly there"
    ),
    "mmap - 4+1 none shared r1 3": (
        "map 4 pages and 1 byte without access, shared file f1 (opened read-only) from its page 3, "
        "wherever there is room"
    ),
    "mmap 0 1 r private,populate,hugetlb w0 0x800": (
        "map 1 page read-only at page 0, private file f0 (opened write-only) from its 0x800 bytes, "
        "filled in at once, hugetlb"
    ),
    "mmap 0 1 0x40 0x22": ("map 1 page with protection 0x40 at page 0, without a file, flags 0x22"),
    "mmap 0 1 r shared x": "map 1 page read-only at page 0, shared from a bad file descriptor",
    "munmap 3-1 1": "unmap 1 page at 1 byte before page 3",
    "munmap 0xdead000 0x5000": "unmap 0x5000 bytes at 0xdead000",
    "mprotect 3+17 2-5 rwx": "make 2 pages less 5 bytes at byte 17 of page 3 read-write-execute",
    "mprotect 0 2 none": "take all access from 2 pages at page 0",
    "mremap 0 4 8 maymove": "grow 4 pages at page 0 to 8 pages, moving them if need be",
    "mremap 0 4 2": "shrink 4 pages at page 0 to 2 pages",
    "mremap 0 4 4": "keep 4 pages at page 0",
    "mremap 0 4 6 maymove,fixed 9": "grow 4 pages at page 0 to 6 pages, moving them to page 9",
    "mremap 0 4 4 maymove,fixed,dontunmap 9": (
        "move 4 pages at page 0 to page 9, leaving the old place mapped but empty"
    ),
    "mremap 0 0 4 maymove": "map 4 pages from page 0 a second time, moving them if need be",
    "remap 2 1 none 9 -": "let 1 page at page 2 show the file from its page 9",
    "remap 2 1 r 9 chgprot": (
        "let 1 page at page 2 show the file from its page 9, asking for read-only (chgprot)"
    ),
    "madvise 0 2 dontneed": "drop what 2 pages at page 0 hold",
    "madvise 0 2 77": "give advice 77 on 2 pages at page 0",
    "mlock 0 2": "lock 2 pages at page 0 in memory",
    "mlock2 0 2 onfault": "lock 2 pages at page 0 in memory, each when it is first touched",
    "mlock2 0 2 8": "lock 2 pages at page 0 in memory, flags 8",
    "munlock 0 2": "unlock 2 pages at page 0",
    "msync 0 2 sync,invalidate": "write 2 pages at page 0 back to the file (sync, invalidate)",
    "mincore 0 2": "ask which of 2 pages at page 0 are in memory",
    "brk -": "move the end of the heap to address 0",
    "limit as 3": "allow 3 pages of address space more than are in use",
    "limit memlock 1": "allow 1 page of locked memory more than are in use",
    "read 3": "read the word at page 3",
    "write 3 7": "write 7 at page 3",
    "probe 3 2": "try to read, then to write, 2 pages from page 3",
    "wprobe 3 2": "try to write, then to read, 2 pages from page 3",
    "xprobe 3 2": "try to read, then to execute, 2 pages from page 3",
    "evict": "reclaim every page of every mapped file",
    "contents": "show what every page of the window holds",
    "truncate f0 3": "make file f0 3 pages long",
    "fork": "fork, and go on in the child",
}


@pytest.mark.parametrize(("line", "phrase"), OPS.items())
def test_an_operation_is_told_in_one_phrase(line, phrase):
    assert describe_op(parse_op(line)) == phrase


@pytest.mark.parametrize(
    ("line", "brief"),
    [
        ("mmap 0 4 rw shared f0 0", "mmap 0 4 rw shared f0"),
        ("mremap 0 4 8 0 -", "mremap 0 4 8"),
        ("mremap 0 4 8 0 9", "mremap 0 4 8 0 9"),
        ("evict", "evict"),
    ],
)
def test_what_goes_without_saying_is_left_out(line, brief):
    assert brief_op(parse_op(line)) == brief
    assert parse_op(brief) == parse_op(line)


def test_no_operation_was_forgotten():
    assert {line.split()[0] for line in OPS} == set(GRAMMAR)


@pytest.mark.parametrize("advice", mman.MADVICE)
def test_every_advice_has_words_of_its_own(advice):
    assert "advice" not in describe_op(parse_op(f"madvise 0 1 {advice}"))


def test_an_operation_from_elsewhere_still_has_words():
    @dataclasses.dataclass(frozen=True)
    class Nap(Op):
        pass

    assert describe_op(Nap()).endswith("Nap()")


RESULTS = {
    "0": "done.",
    "": "done.",
    "p4": "done, at page 4.",
    "OUT": "done, outside the window.",
    "-1 ENOMEM": "refused with ENOMEM (Cannot allocate memory), because it is full.",
    "SIGSEGV": "ended by SIGSEGV, because it is full.",
    "…": "under way.",
    "LOOP": "the access faults for ever.",
    "1100": "the answer is 1100.",
}


@pytest.mark.parametrize(("result", "ending"), RESULTS.items())
def test_a_step_ends_with_what_came_of_it(result, ending):
    because = "it is full." if result.startswith(("-1", "SIG")) else ""
    step = Step(parse_op("munmap 0 1"), result, Snapshot(()), (), because)
    assert describe_step(step, WINDOW) == f"Unmap 1 page at page 0: {ending}"


def test_addresses_far_from_the_window_stay_hexadecimal():
    assert name_addr(0x7F0000000000, WINDOW) == "0x7f0000000000"
    assert name_addr(page(-3), WINDOW) == "page -3"
    assert name_range(page(0), page(0) + 100, WINDOW) == "100 bytes at page 0"


def test_addresses_in_a_reason_become_pages():
    step = Step(parse_op("munmap 0 1"), "-1 EINVAL", Snapshot(()), (), "0x12000 and 0x7f0000000000")
    assert describe_step(step, WINDOW).endswith("because page 2 and 0x7f0000000000.")


def test_small_words():
    assert count_pages(1) == "1 page"
    assert name_prot("---p") == "no access"
    assert errno_words("EODD") == "EODD"
