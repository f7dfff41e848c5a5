"""Does the tree of blocks answer as a plain sorted list would, however its blocks are cut?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.mm import vma_tree
from vmalab.mm.vma import VmArea
from vmalab.mm.vma_tree import VmaTree

PAGE = 4096
PAGES = 40


@pytest.fixture(autouse=True)
def small_blocks():
    """Blocks of four, so that a few VMAs fill many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vma_tree, "BLOCK", 4)
        yield


def check(tree, areas):
    """Every question about every page, asked of the tree and of a sorted list."""
    areas = sorted(areas, key=lambda vma: vma.vm_start)
    assert list(tree) == areas
    assert len(tree) == tree.count == len(areas)
    for addr in range(0, (PAGES + 1) * PAGE, PAGE // 2):
        above = [vma for vma in areas if vma.vm_end > addr]
        below = [vma for vma in areas if vma.vm_start < addr]
        assert tree.find(addr) is (above[0] if above else None)
        assert tree.before(addr) is (below[-1] if below else None)
        holding = [vma for vma in above if vma.vm_start <= addr]
        assert tree.at(addr) is (holding[0] if holding else None)
        if not holding:
            either_side = (below[-1] if below else None, above[0] if above else None)
            assert tree.neighbours(addr) == either_side
        end = addr + 3 * PAGE
        assert tree.overlapping(addr, end) == [vma for vma in above if vma.vm_start < end]
    for vma, following in zip(areas, [*areas[1:], None], strict=False):
        assert tree.after(vma) is following


@given(st.lists(st.tuples(st.sampled_from("iegs"), st.integers(0, PAGES - 1)), max_size=80))
def test_the_tree_answers_as_a_sorted_list_does(steps):
    """Insert a page, erase what holds one, let a VMA grow to the next, or shrink it to its end."""
    tree, areas = VmaTree(), []
    for step, page in steps:
        addr = page * PAGE
        held = tree.at(addr)
        if step == "i" and held is None:
            areas.append(VmArea(addr, addr + PAGE, 0))
            tree.insert(areas[-1])
        elif step == "e" and held is not None:
            areas.remove(held)
            tree.erase(held)
        elif step == "g" and held is not None:
            following = tree.after(held)
            end = following.vm_start if following else PAGES * PAGE
            tree.resize(held, held.vm_start, end)
        elif step == "s" and held is not None and held.vm_start < addr:
            tree.resize(held, addr, held.vm_end)
    check(tree, areas)


def test_a_block_that_lost_its_first_vma_leaves_the_addresses_to_its_neighbour():
    tree = VmaTree()
    areas = [VmArea(page * PAGE, (page + 1) * PAGE, 0) for page in range(8)]
    for vma in areas:
        tree.insert(vma)
    first_of_second = tree._areas[1][0]
    low = tree.before(first_of_second.vm_start)
    tree.erase(first_of_second)
    tree.resize(low, low.vm_start, first_of_second.vm_end)
    assert tree.at(first_of_second.vm_start) is low


def test_the_place_last_found_is_forgotten_when_the_tree_changes():
    tree = VmaTree()
    low, high = VmArea(0, PAGE, 0), VmArea(8 * PAGE, 9 * PAGE, 0)
    tree.insert(low)
    assert tree.find(4 * PAGE) is None
    tree.insert(high)
    assert tree.find(4 * PAGE) is high
    tree.resize(high, 4 * PAGE, 9 * PAGE)
    assert tree.at(4 * PAGE) is high
    tree.erase(high)
    assert tree.find(4 * PAGE) is None
