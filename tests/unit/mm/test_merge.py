"""When do two areas become one? Asked of the merge functions themselves, without a system call.

The pictures are of pages; ``**`` is the range that is being merged in.
"""

import itertools

import pytest

from vmalab.kernel import Kernel
from vmalab.mm.flags import (
    VM_ACCOUNT,
    VM_IO,
    VM_MAY_FLAGS,
    VM_MAYBE_GUARD,
    VM_READ,
    VM_WRITE,
)
from vmalab.mm.merge import vma_merge_existing_range
from vmalab.mm.mmap import place_vma
from vmalab.mm.validate import validate_mm
from vmalab.mm.vma import AnonVma, VmArea, vma_pages
from vmalab.records.events import VmaMerged, VmaNotMerged

PAGE = 4096
RW = VM_READ | VM_WRITE | VM_MAY_FLAGS | VM_ACCOUNT
R = RW & ~VM_WRITE
A, B = AnonVma(1), AnonVma(2)


@pytest.fixture
def mm():
    return Kernel().spawn().mm


def put(mm, first, last, flags=RW, anon_vma=None, pgoff=None):
    """A VMA over window pages ``first`` to ``last``, at the offset of its own page."""
    pgoff = first if pgoff is None else pgoff
    vma = VmArea(first * PAGE, last * PAGE, flags, pgoff, None, anon_vma)
    mm.insert_vma(vma)
    mm.account_vm(flags, vma_pages(vma))
    return vma


def map_new(mm, first, last, flags=RW, anon_vma=None, pgoff=None):
    """Merge a range that holds nothing, or give it a VMA; was it merged?"""
    pgoff = first if pgoff is None else pgoff
    new = VmArea(first * PAGE, last * PAGE, flags, pgoff, None, anon_vma)
    return place_vma(mm, new) is not new


def layout(mm):
    """``(first, last, pgoff)`` in pages of every VMA."""
    return [(v.vm_start // PAGE, v.vm_end // PAGE, v.vm_pgoff) for v in mm.tree]


# One long story, the one that the kernel's own tests tell; each line is what is there after it.
#
#     0123456789ab
#     AA B   CC
#     AA B ** CC         touches nobody's compatible offset: a VMA of its own
#     AA*B DD CC         both sides: A, the new page and B become one
#     AAAA*DD CC         ... and so on until nothing is left but A
#
# Whatever is marked as holding guard markers, the others merge with it, and the mark stays.
@pytest.mark.parametrize("marks", [*itertools.product([0, VM_MAYBE_GUARD], repeat=4)])
def test_new_ranges_close_every_gap_one_after_the_other(mm, marks):
    a, b, c, new = marks
    put(mm, 0, 2, RW | a)
    put(mm, 3, 4, RW | b)
    put(mm, 9, 11, RW | c)
    assert not map_new(mm, 6, 8, RW | new)
    assert layout(mm) == [(0, 2, 0), (3, 4, 3), (6, 8, 6), (9, 11, 9)]
    assert map_new(mm, 2, 3, RW | new)
    assert layout(mm) == [(0, 4, 0), (6, 8, 6), (9, 11, 9)]
    assert mm.tree.at(0).vm_flags == RW | a | b | new
    assert map_new(mm, 4, 5, RW | new)
    assert layout(mm) == [(0, 5, 0), (6, 8, 6), (9, 11, 9)]
    assert map_new(mm, 5, 6, RW | new)
    assert layout(mm) == [(0, 8, 0), (9, 11, 9)]
    assert map_new(mm, 8, 9, RW | new)
    assert layout(mm) == [(0, 11, 0)]
    assert mm.tree.at(0).vm_flags == RW | a | b | c | new
    assert mm.map_count == 1
    validate_mm(mm)


# A gap between two areas, each with no anon_vma, its own, or the same one:  |prev|**|next|
@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        (None, None, [(0, 6, None)]),
        (A, None, [(0, 6, A)]),
        (None, A, [(0, 6, A)]),
        (A, A, [(0, 6, A)]),
        (A, B, [(0, 4, A), (4, 6, B)]),
        (B, A, [(0, 4, B), (4, 6, A)]),
    ],
)
def test_a_gap_is_closed_unless_the_sides_contradict_each_other(mm, below, above, expected):
    put(mm, 0, 2, RW, below)
    put(mm, 4, 6, RW, above)
    assert map_new(mm, 2, 4)
    found = [(v.vm_start // PAGE, v.vm_end // PAGE, v.anon_vma) for v in mm.tree]
    assert found == expected


# What moves in (mremap) may have an anon_vma of its own.   |prev|*B*|next|
@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        (None, None, [(0, 6, B)]),
        (B, None, [(0, 6, B)]),
        (None, B, [(0, 6, B)]),
        (B, B, [(0, 6, B)]),
        (A, None, [(0, 2, A), (2, 6, B)]),
        (None, A, [(0, 4, B), (4, 6, A)]),
        (A, A, [(0, 2, A), (2, 4, B), (4, 6, A)]),
        (A, B, [(0, 2, A), (2, 6, B)]),
        (B, A, [(0, 4, B), (4, 6, A)]),
    ],
)
def test_what_moves_in_merges_with_those_that_do_not_contradict_it(mm, below, above, expected):
    put(mm, 0, 2, RW, below)
    put(mm, 4, 6, RW, above)
    map_new(mm, 2, 4, RW, B)
    found = [(v.vm_start // PAGE, v.vm_end // PAGE, v.anon_vma) for v in mm.tree]
    assert found == expected


# An anon_vma that came through fork may still share pages with the parent: it absorbs nobody.
@pytest.mark.parametrize("number", [0, 1])
def test_an_inherited_anon_vma_takes_nobody_in(mm, number):
    inherited = AnonVma(3, parent=A)
    put(mm, 0, 2, RW, [inherited, None][number])
    put(mm, 4, 6, RW, [None, inherited][number])
    map_new(mm, 2, 4)
    assert layout(mm) == [[(0, 2, 0), (2, 6, 2)], [(0, 4, 0), (4, 6, 4)]][number]


def test_an_inherited_anon_vma_is_told_as_the_reason(mm):
    heard = []
    mm.emit = heard.append
    put(mm, 0, 2, RW, AnonVma(3, parent=A))
    assert not map_new(mm, 2, 4)
    assert "from before a fork" in heard[0].because


# Next to the wrong offset, other flags, or device memory, a range stays alone.
@pytest.mark.parametrize(
    ("flags", "pgoff", "reason"),
    [
        (RW, 7, "the offsets are not consecutive"),
        (R, 2, "flags differ: wr (writable)"),
        (RW | 1 << 50, 2, "flags differ: 0x4000000000000"),
    ],
)
def test_a_different_neighbour_stays_apart_and_the_reason_is_told(mm, flags, pgoff, reason):
    heard = []
    mm.emit = heard.append
    put(mm, 0, 2)
    put(mm, 4, 6)
    assert not map_new(mm, 2, 4, flags, None, pgoff)
    told = [event for event in heard if isinstance(event, VmaNotMerged)]
    assert [event.addr // PAGE for event in told] == [2, 4]
    assert all(reason in event.because for event in told)


def test_device_memory_never_merges_though_all_is_equal(mm):
    heard = []
    mm.emit = heard.append
    put(mm, 0, 2, RW | VM_IO)
    assert not map_new(mm, 2, 4, RW | VM_IO)
    assert "device memory" in heard[0].because


def test_different_files_are_told_from_none(mm):
    task = Kernel().spawn()
    heard = []
    task.mm.emit = heard.append
    first, second = task.memfd("a", 8), task.memfd("b", 8)
    task.mmap(0x10000, PAGE, 3, 0x12, first, 0)
    task.mmap(0x11000, PAGE, 3, 0x12, second, PAGE)
    task.mmap(0x12000, PAGE, 3, 0x32)
    told = [event.because for event in heard if isinstance(event, VmaNotMerged)]
    assert told == ["the open files differ", "only one has a file"]


def test_contradicting_anon_vmas_are_told(mm):
    heard = []
    mm.emit = heard.append
    put(mm, 0, 2, RW, A)
    assert not map_new(mm, 2, 4, RW, B)
    assert "their anon_vmas differ" in heard[0].because


def test_the_losing_upper_side_is_told(mm):
    heard = []
    mm.emit = heard.append
    put(mm, 0, 2, RW, A)
    put(mm, 4, 6, RW, B)
    assert map_new(mm, 2, 4)
    lost, merged = heard
    assert isinstance(lost, VmaNotMerged)
    assert "the lower neighbour won" in lost.because
    assert isinstance(merged, VmaMerged)
    assert merged.joined == ((0, 2 * PAGE), (2 * PAGE, 4 * PAGE))


# The other half: part of a VMA changes its flags (R becomes RW). Old numbers of the cases in
# brackets; P is before, V the VMA, N after, ** the part that changes.
#
#     |P    |V**|N    |  ->  |P            |      [6]   whole V, both sides agree
#     |P    |V**|other|  ->  |P        |other|    [7]
#     |other|V**|N    |  ->  |other|N        |    [8]
#     |P    |V**  V   |  ->  |P        |V  |      [5]
#     |V  V**|N       |  ->  |V |N          |     [4]
#     |V  V**  V      |  ->  no neighbour touches the part
@pytest.mark.parametrize(
    ("below", "above", "part", "expected"),
    [
        (RW, RW, (2, 6), [(0, 8, 0)]),
        (RW, R, (2, 6), [(0, 6, 0), (6, 8, 6)]),
        (R, RW, (2, 6), [(0, 2, 0), (2, 8, 2)]),
        (RW, R, (2, 4), [(0, 4, 0), (4, 6, 4), (6, 8, 6)]),
        (R, RW, (4, 6), [(0, 2, 0), (2, 4, 2), (4, 8, 4)]),
        (RW, RW, (3, 5), None),
        (R, R, (2, 6), None),
    ],
)
@pytest.mark.parametrize("anon", [*itertools.product([None, A], repeat=3)])
def test_a_part_that_changes_joins_the_neighbours_it_touches(
    mm, below, above, part, expected, anon
):
    put(mm, 0, 2, below, anon[0])
    vma = put(mm, 2, 6, R, anon[1])
    put(mm, 6, 8, above, anon[2])
    before = layout(mm)
    start, end = (page * PAGE for page in part)
    merged = vma_merge_existing_range(mm, vma, start, end, RW)
    assert layout(mm) == (expected or before)
    assert (merged is None) == (expected is None)
    validate_mm(mm)
    if merged is not None:
        swallowed = [
            anon[number]
            for number, (first, last) in enumerate([(0, 2), (2, 6), (6, 8)])
            if merged.vm_start < last * PAGE and first * PAGE < merged.vm_end
        ]
        assert merged.anon_vma is (A if any(swallowed) else None)


# Both neighbours suit, and contradict each other: the lower one wins, here too.
#
#     |P A|V**|N B|  ->  |P A    |N B|
def test_the_lower_neighbour_wins_a_part_that_both_would_take(mm):
    heard = []
    mm.emit = heard.append
    put(mm, 0, 2, RW, A)
    vma = put(mm, 2, 6, R)
    put(mm, 6, 8, RW, B)
    assert vma_merge_existing_range(mm, vma, 2 * PAGE, 6 * PAGE, RW).anon_vma is A
    assert layout(mm) == [(0, 6, 0), (6, 8, 6)]
    assert "the lower neighbour won" in heard[0].because


# V's own anon_vma must suit as well.    |P A|V B**|N A|   nobody takes it
def test_a_part_with_another_anon_vma_stays(mm):
    put(mm, 0, 2, RW, A)
    vma = put(mm, 2, 6, R, B)
    put(mm, 6, 8, RW, A)
    assert vma_merge_existing_range(mm, vma, 2 * PAGE, 6 * PAGE, RW) is None
