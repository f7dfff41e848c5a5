"""Would a broken address space be noticed? validate_mm is what every other test leans on."""

import pytest

from vmalab.kernel import Kernel
from vmalab.mm.validate import validate_mm
from vmalab.uapi.errors import KernelBug

PAGE = 4096
BASE = 0x10000


@pytest.fixture
def mm():
    """Three VMAs, a page each, the second one locked:  |rw|  |rw lo|  |rw|"""
    task = Kernel().spawn()
    for page in (0, 2, 4):
        task.mmap(BASE + page * PAGE, PAGE, 3, 0x32)
    task.mlock(BASE + 2 * PAGE, PAGE)
    return task.mm


def middle(mm):
    return mm.tree.at(BASE + 2 * PAGE)


def unalign(mm):
    middle(mm).vm_end -= 1


def empty(mm):
    middle(mm).vm_end = middle(mm).vm_start


def climb_over_the_top(mm):
    mm.task_size = middle(mm).vm_start


def overlap(mm):
    mm.tree.after(middle(mm)).vm_start = BASE + 2 * PAGE


def hide(mm):
    mm.tree._blocks[0][0][-1] = BASE + 2 * PAGE


def miscount(mm):
    mm.tree.count += 1


def lose_a_page(mm):
    mm.total_vm -= 1


def lose_a_lock(mm):
    mm.locked_vm -= 1


def keep_a_page_in_a_hole(mm):
    mm.pgtable.set((BASE + PAGE) // PAGE, 0x1067)


@pytest.mark.parametrize(
    ("damage", "law"),
    [
        (unalign, "page boundaries"),
        (empty, "at least one page"),
        (climb_over_the_top, "below TASK_SIZE"),
        (overlap, "do not overlap"),
        (hide, "the tree finds each VMA"),
        (miscount, "map_count 4 is the number of VMAs 3"),
        (lose_a_page, "total_vm 2 is the pages of all VMAs 3"),
        (lose_a_lock, "locked_vm 0 is the pages of locked VMAs 1"),
        (keep_a_page_in_a_hole, "has an entry, so a VMA holds it"),
    ],
)
def test_a_broken_law_is_named_and_the_state_shown(mm, tasks, damage, law):
    validate_mm(mm)
    damage(mm)
    with pytest.raises(KernelBug, match=law) as caught:
        validate_mm(mm)
    assert caught.value.dump.count("rw-p") == 3
    tasks.clear()


def test_after_a_test_its_tasks_are_looked_at(tasks):
    parent = Kernel().spawn()
    child = parent.fork()
    assert list(tasks) == [parent, child]
