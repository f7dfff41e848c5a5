"""Does the index answer as a plain sorted list would, also when its blocks split and empty?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.mm import vma_tree
from vmalab.mm.vma import VmArea
from vmalab.mm.vma_tree import VmaTree

SPAN = 60
"""Addresses are small numbers here: the index knows nothing of pages."""


class Naive:
    """The same answers from a sorted list, looked through from the start."""

    def __init__(self):
        self.areas = []

    def insert(self, vma):
        self.areas = sorted([*self.areas, vma], key=lambda v: v.vm_start)

    def erase(self, vma):
        self.areas.remove(vma)

    def find(self, addr):
        return next((v for v in self.areas if v.vm_end > addr), None)

    def at(self, addr):
        return next((v for v in self.areas if v.vm_start <= addr < v.vm_end), None)

    def before(self, addr):
        return next((v for v in reversed(self.areas) if v.vm_start < addr), None)

    def touching(self, start, end):
        below = next((v for v in self.areas if v.vm_end == start), None)
        return below, next((v for v in self.areas if v.vm_start == end), None)

    def starts_around(self, addr):
        starts = [v.vm_start for v in self.areas]
        return [
            max((start for start in starts if start <= addr), default=0),
            min((start for start in starts if start > addr), default=1 << 64),
        ]

    def overlapping(self, start, end):
        return [v for v in self.areas if max(start, v.vm_start) < min(end, v.vm_end)]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of four, so that a few areas already fill several."""
    monkeypatch.setattr(vma_tree, "BLOCK", 4)


def agree(tree, naive):
    assert list(tree) == naive.areas
    assert len(tree) == tree.count == len(naive.areas)
    for addr in range(SPAN + 2):
        assert tree.find(addr) is naive.find(addr)
        assert tree.at(addr) is naive.at(addr)
        assert tree.before(addr) is naive.before(addr)
        assert tree.overlapping(addr, addr + 7) == naive.overlapping(addr, addr + 7)
        assert tree.overlapping(addr, addr) == []
        if tree.at(addr) is None:
            assert tree.touching(addr, addr + 1) == naive.touching(addr, addr + 1)
        below, next_start = tree.around(addr)
        assert [below.vm_start, next_start] == naive.starts_around(addr)
    for vma, following in zip(naive.areas, [*naive.areas[1:], None], strict=False):
        assert tree.after(vma) is following
        for start, end in ((vma.vm_start, vma.vm_end), (vma.vm_end - 1, vma.vm_end)):
            assert tree.touching(start, end) == naive.touching(start, end)


ranges = st.tuples(st.integers(0, SPAN - 1), st.integers(1, 6)).map(
    lambda pair: (pair[0], min(SPAN, sum(pair)))
)


@given(st.lists(st.tuples(st.sampled_from(["insert", "erase", "resize"]), ranges), max_size=60))
def test_it_agrees_with_a_sorted_list(steps):
    tree, naive = VmaTree(), Naive()
    for what, (start, end) in steps:
        vma = naive.at(start)
        if what == "insert" and not naive.overlapping(start, end):
            vma = VmArea(start, end, 0)
            tree.insert(vma)
            naive.insert(vma)
        elif what == "erase" and vma is not None:
            tree.erase(vma)
            naive.erase(vma)
        elif what == "resize" and vma is not None and naive.overlapping(start, end) == [vma]:
            tree.resize(vma, start, end)
    agree(tree, naive)


# Filled from the bottom, from the top, or in between: blocks are cut in two on the way.
@pytest.mark.parametrize("order", [range(50), range(49, -1, -1), [i * 7 % 50 for i in range(50)]])
def test_fifty_areas_in_blocks_of_four(order):
    tree, naive = VmaTree(), Naive()
    for start in order:
        vma = VmArea(start, start + 1, 0)
        tree.insert(vma)
        naive.insert(vma)
    agree(tree, naive)
    assert len(tree._blocks) > 12
    for vma in naive.areas[::-1]:
        tree.erase(vma)
    assert list(tree) == []
    assert tree.find(0) is tree.before(SPAN) is None


# |---|          a start that moves also moves the first address of its block
#   |-|
def test_the_first_area_of_a_block_can_move_its_start():
    tree, naive = VmaTree(), Naive()
    for start in range(0, 50, 5):
        vma = VmArea(start, start + 3, 0)
        tree.insert(vma)
        naive.insert(vma)
    for vma in naive.areas:
        tree.resize(vma, vma.vm_start + 1, vma.vm_end + 1)
    agree(tree, naive)
    for vma in naive.areas:
        tree.resize(vma, vma.vm_start - 1, vma.vm_end)
    agree(tree, naive)


def test_a_block_that_lost_its_first_area_leaves_its_addresses_to_the_one_below():
    tree = VmaTree()
    for start in range(8):
        tree.insert(VmArea(start, start + 1, 0))
    first_of_second = tree._blocks[1][1][0]
    low = tree.before(first_of_second.vm_start)
    tree.erase(first_of_second)
    tree.resize(low, low.vm_start, first_of_second.vm_end)
    assert tree.at(first_of_second.vm_start) is low


def test_the_place_last_found_is_forgotten_when_the_tree_changes():
    tree = VmaTree()
    low, high = VmArea(0, 1, 0), VmArea(8, 9, 0)
    tree.insert(low)
    assert tree.find(4) is None
    tree.insert(high)
    assert tree.find(4) is high
    tree.resize(high, 4, 9)
    assert tree.at(4) is high
    tree.erase(high)
    assert tree.find(4) is None


# [ vma ] -> [ vma |   -> nothing: the VMA found last is asked first, for what it holds now
def test_the_vma_last_found_is_asked_for_its_present_range():
    tree = VmaTree()
    vma = VmArea(0, 8, 0)
    tree.insert(vma)
    assert tree.at(6) is tree.at(2) is vma
    tree.resize(vma, 0, 4)
    assert tree.at(6) is None
    assert tree.at(2) is vma
    tree.erase(vma)
    assert tree.at(2) is None
