"""Do four structures find what the model's own index finds, and keep their shape while doing so?

the same areas, in and out      list   rb-tree   cache   maple tree   VmaTree
the same question               ------------- the same answer -------------
"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.kernel import Kernel
from vmalab.mm.vma import VmArea
from vmalab.mm.vma_tree import VmaTree
from vmalab.workloads.lookup import STRUCTURES, Area, LinkedList, MapleTree, MmapCache, RbTree
from vmalab.workloads.lookup.compare import areas_of, count_steps
from vmalab.workloads.lookup.maple_tree import INNER_SLOTS, LAST, LEAF_SLOTS, Node

TOP = 120
STEPS = st.lists(st.tuples(st.integers(0, TOP), st.integers(1, 5)), max_size=120)


def black_height(tree, node):
    """Checks the two laws of colours below a node, and says how many black nodes a way has."""
    if node is tree.nil:
        return 1
    assert not (node.is_red and (node.left.is_red or node.right.is_red)), "two reds in a row"
    left, right = black_height(tree, node.left), black_height(tree, node.right)
    assert left == right, "one way has more black nodes than another"
    return left + (not node.is_red)


def check_maple(node, low, high, *, is_root=True):
    """Ranges in order without a gap, up to ``high``; nodes neither too full nor too empty."""
    assert node.pivots == sorted(set(node.pivots))
    assert node.pivots[-1] == high
    assert len(node.slots) == len(node.pivots) <= node.room
    assert is_root or len(node.slots) >= node.room // 2
    if node.is_leaf:
        for one, other in zip(node.slots, node.slots[1:], strict=False):
            assert one is not None or other is not None, "two holes in a row"
    first = low
    for pivot, held in zip(node.pivots, node.slots, strict=True):
        if isinstance(held, Node):
            check_maple(held, first, pivot, is_root=False)
        elif held is not None:
            assert held == Area(first, pivot + 1)
        first = pivot + 1


@pytest.mark.parametrize("name", STRUCTURES)
@given(steps=STEPS, questions=st.lists(st.integers(0, TOP + 10), min_size=1, max_size=10))
def test_every_structure_answers_as_the_models_index(name, steps, questions):
    index, tree = STRUCTURES[name](), VmaTree()
    for start, length in steps:
        there = tree.overlapping(start, start + length)
        for vma in there:
            tree.erase(vma)
            index.erase(Area(vma.vm_start, vma.vm_end))
        if not there:
            tree.insert(VmArea(start, start + length, 0))
            index.insert(Area(start, start + length))
        for addr in questions:
            expected = tree.find(addr)
            found = index.find(addr)
            answer = None if expected is None else Area(expected.vm_start, expected.vm_end)
            assert found.area == answer
            assert found.steps >= (answer is not None)
    assert list(index.areas()) == areas_of(tree)
    if isinstance(index, RbTree):
        black_height(index, index.root)
    if isinstance(index, MapleTree):
        check_maple(index.root, 0, LAST)


@pytest.mark.parametrize("seed", range(3))
def test_a_red_black_tree_of_thousands_keeps_its_laws_while_it_shrinks(seed):
    tree, rng = RbTree(), random.Random(seed)
    areas = [Area(2 * page, 2 * page + 1) for page in range(2000)]
    rng.shuffle(areas)
    for area in areas:
        tree.insert(area)
    black_height(tree, tree.root)
    assert tree.depth() <= 2 * 11
    for number, area in enumerate(areas):
        tree.erase(area)
        if number % 100 == 0:
            black_height(tree, tree.root)
    assert tree.root is tree.nil


@pytest.mark.parametrize("seed", range(3))
def test_a_maple_tree_of_thousands_grows_and_shrinks_in_whole_nodes(seed):
    tree, rng = MapleTree(), random.Random(seed)
    areas = [Area(2 * page, 2 * page + 1) for page in range(3000)]
    rng.shuffle(areas)
    for area in areas:
        tree.insert(area)
    check_maple(tree.root, 0, LAST)
    assert 3000 * 2 / LEAF_SLOTS < tree.nr_nodes() < 3000 * 2 / (LEAF_SLOTS / 2) * 1.3
    for area in areas:
        tree.erase(area)
    check_maple(tree.root, 0, LAST)
    assert tree.root.slots == [None]
    assert INNER_SLOTS < LEAF_SLOTS


def test_areas_that_touch_need_no_hole_between_them():
    tree = MapleTree()
    for page in range(50):
        tree.insert(Area(page, page + 1))
    assert tree.find(49) == (Area(49, 50), tree.depth())
    assert tree.find(50).area is None


def test_the_cache_answers_only_for_addresses_inside_the_area():
    cache = MmapCache()
    cache.insert(Area(10, 20))
    cache.insert(Area(30, 40))
    assert cache.find(25).area == cache.find(35).area == Area(30, 40)
    assert (cache.hits, cache.misses) == (1, 1)
    assert cache.find(25).area == Area(30, 40)
    assert (cache.hits, cache.misses) == (1, 2)
    cache.erase(Area(10, 20))
    cache.find(35)
    assert (cache.hits, cache.misses) == (1, 3)


def test_a_list_takes_half_of_the_vmas_and_trees_take_their_depth():
    task = Kernel("linux-6").spawn()
    for page in range(400):
        task.mmap(0x10000 + page * 8192, 4096, 3, 0x32)
    areas = areas_of(task.mm.tree)
    rows = {row.structure: row for row in count_steps(areas, [area.start for area in areas])}
    assert rows["linked list"].average == (400 + 1) / 2
    assert rows["rb-tree"].most <= 2 * 9
    assert rows["maple tree"].most <= 4
    assert rows["maple tree"].average < rows["rb-tree"].average < rows["linked list"].average


def test_an_area_that_is_not_there_cannot_be_erased():
    for structure in (LinkedList, RbTree):
        index = structure()
        index.insert(Area(1, 2))
        with pytest.raises(AssertionError):
            index.erase(Area(5, 6))
