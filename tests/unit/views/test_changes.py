"""Does comparing two snapshots find what an operation did?"""

import pytest

from tests.unit.views.samples import page, vma
from vmalab.records.events import VmaCreated, VmaMerged, VmaMoved, VmaNotMerged, VmaSplit
from vmalab.views.changes import compare


def tags(before, after, *events):
    return [mark.tag for mark in compare(before, after, events).after]


def test_nothing_changed():
    changes = compare([vma(0, 4)], [vma(0, 4)])
    assert changes.nothing
    assert [mark.tag for mark in changes.after] == [""]


#  ........     AAAA....
def test_a_new_area():
    assert tags([], [vma(0, 4)]) == ["new"]


#  AAAAAAAA     AABBBBAA
def test_a_split_in_three():
    changes = compare([vma(0, 8)], [vma(0, 2), vma(2, 6, "r--p"), vma(6, 8)])
    assert changes.cuts == (page(2), page(6))
    assert [mark.tag for mark in changes.after] == ["", "now r--", ""]
    assert not changes.gone


#  AAAAAAAA     AAA..AAA
def test_a_hole_in_the_middle():
    changes = compare([vma(0, 8)], [vma(0, 3), vma(5, 8)])
    assert changes.cuts == (page(3), page(5))
    assert changes.gone == ((page(3), page(5)),)


#  AAAAAAAA     AAAA....     the kernel tells of a split, the snapshots only of shrinking
def test_a_cut_that_only_the_kernel_saw():
    before, after = [vma(0, 8)], [vma(0, 4)]
    assert compare(before, after).cuts == ()
    assert compare(before, after, [VmaSplit(page(0), page(4), page(8))]).cuts == (page(4),)


#  AAAA..       ..AAAA
@pytest.mark.parametrize(
    ("before", "after", "tag"),
    [
        (vma(0, 4), vma(0, 2), "shrunk"),
        (vma(0, 4), vma(1, 3), "shrunk"),
        (vma(0, 4), vma(0, 6), "grown"),
        (vma(2, 6), vma(4, 8), "shifted"),
        (vma(0, 4), vma(0, 4, "r--p"), "now r--"),
        (vma(0, 4), vma(0, 4, flags=["lo"]), "+lo"),
        (vma(0, 4, flags=["ac", "lo"]), vma(0, 4, flags=["ac"]), "-lo"),
        (vma(0, 4, flags=["rd"]), vma(0, 4, flags=["rd", "wr"]), ""),
        (vma(0, 4), vma(0, 4, anon_vma=3), "anon_vma 3"),
        (vma(0, 4, anon_vma=3), vma(0, 4), "no anon_vma"),
    ],
)
def test_one_area_that_changed(before, after, tag):
    assert tags([before], [after]) == [tag]


#  AABBBBCC     AAAAAAAA
def test_three_become_one():
    changes = compare([vma(0, 2), vma(2, 6, "r--p"), vma(6, 8)], [vma(0, 8)])
    assert changes.merged == ((page(0), page(8)),)
    assert [mark.tag for mark in changes.after] == ["merged"]


#  AAAA....     AAAAAA..     growing, or a new area that merged: only the kernel knows
def test_a_new_area_that_merges_with_its_neighbour():
    told = VmaMerged(page(0), page(6), ((page(0), page(4)), (page(4), page(6))), "")
    assert tags([vma(0, 4)], [vma(0, 6)]) == ["grown"]
    assert tags([vma(0, 4)], [vma(0, 6)], told) == ["merged"]


#  AAAA....     ....AAAA
def test_a_move():
    changes = compare([vma(0, 4)], [vma(4, 8)], [VmaMoved(page(0), page(4), page(4))])
    assert [mark.tag for mark in changes.after] == ["moved here"]
    assert changes.moved == ((page(0), page(4), page(4)),)
    assert changes.gone == ((page(0), page(4)),)


#  AAAA         BBBB     mapped over: same place, same looks, another VMA
def test_an_area_that_replaced_its_equal():
    changes = compare([vma(0, 4)], [vma(0, 4)], [VmaCreated(page(0), page(4))])
    assert [mark.tag for mark in changes.after] == ["new"]
    assert changes.gone == ((page(0), page(4)),)


@pytest.mark.parametrize(
    "other",
    [
        vma(0, 4, backing="f0"),
        vma(0, 4, "rw-s", "f1", 0),
        vma(0, 4, "rw-s", "f0", 1),
        vma(0, 4, "rw-p", "f0", 0),
    ],
)
def test_another_backing_or_another_page_of_it_is_another_area(other):
    assert tags([vma(0, 4, "rw-s", "f0", 0)], [other]) == ["new"]


#  f0: 5678     ..78     pgoff follows the address, both ways
def test_a_file_mapping_that_lost_its_head_is_the_same_mapping():
    whole, tail = vma(0, 4, "rw-s", "f0", 5), vma(2, 4, "rw-s", "f0", 7)
    assert tags([whole], [tail]) == ["shrunk"]
    assert tags([tail], [whole]) == ["grown"]


def test_where_the_kernel_did_not_merge():
    assert compare([], [], [VmaNotMerged(page(4), "locked")]).apart == (page(4),)
