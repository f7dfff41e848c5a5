"""Is the index of a file's pages what a dict would be?

index 0x203  ->  leaf 1, slot 3
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.mm.radix import EMPTY, RadixTree

indexes = st.integers(0, 3000) | st.integers(0, 1 << 40)
numbers = st.integers(-9, 99)


@given(st.lists(st.tuples(indexes, numbers)), indexes, st.integers(0, 2000))
def test_it_is_a_dict_in_order(writes, first, length):
    tree, wanted = RadixTree(), {}
    for index, number in writes:
        tree.set(index, number)
        wanted[index] = number
    wanted = {index: number for index, number in wanted.items() if number != EMPTY}
    assert list(tree.items()) == sorted(wanted.items())
    assert len(tree) == len(wanted)
    assert all(index in tree for index in wanted)
    part = [(index, n) for index, n in sorted(wanted.items()) if first <= index < first + length]
    assert list(tree.items(first, first + length)) == part


# |leaf 0 ...... 511|leaf 1 512 ... 1023|      the edges of leaves
@pytest.mark.parametrize("index", [0, 511, 512, 1023, 1024])
def test_the_edges_of_leaves(index):
    tree = RadixTree()
    tree.set(index, 7)
    assert tree.get(index) == 7
    assert index in tree
    assert index + 1 not in tree
    assert list(tree.items(index, index + 1)) == [(index, 7)]
    assert list(tree.items(index + 1)) == list(tree.items(0, index)) == []


def test_taking_out_what_is_not_there_changes_nothing():
    tree = RadixTree()
    tree.set(5, EMPTY)
    tree.set(5, 1)
    tree.set(5, 2)
    tree.set(5, EMPTY)
    tree.set(5, EMPTY)
    assert len(tree) == 0
    assert tree.get(5) == EMPTY
