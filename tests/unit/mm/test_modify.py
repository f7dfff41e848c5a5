"""Is a VMA split where it must be, and only there?"""

import pytest

from vmalab.kernel import Kernel
from vmalab.mm.flags import VM_LOCKED, VM_WRITE
from vmalab.mm.modify import split_vma, vma_modify_flags
from vmalab.mm.validate import validate_mm
from vmalab.records.events import FlagsChanged, VmaSplit

PAGE = 4096
BASE = 0x10000


@pytest.fixture
def task():
    task = Kernel().spawn()
    fd = task.memfd("f", 20)
    task.mmap(BASE, 6 * PAGE, 3, 0x12, fd, 10 * PAGE)
    return task


# |------vma------|  ->  |--vma--|--upper--|
#  10                     10      12
def test_a_split_moves_the_offset_by_the_pages_below_it(task):
    heard = []
    task.mm.emit = heard.append
    task.store(BASE)
    heard.clear()
    lower = task.mm.tree.at(BASE)
    upper = split_vma(task.mm, lower, BASE + 2 * PAGE)
    assert (lower.vm_pgoff, upper.vm_pgoff) == (10, 12)
    assert upper.anon_vma is lower.anon_vma is not None
    assert heard == [VmaSplit(BASE, BASE + 2 * PAGE, BASE + 6 * PAGE)]


# The head, the middle, the tail, or all of it: how many areas are there after?
@pytest.mark.parametrize(("first", "last", "count"), [(0, 2, 2), (2, 4, 3), (4, 6, 2), (0, 6, 1)])
def test_a_changed_part_becomes_an_area_of_its_own(task, first, last, count):
    heard = []
    task.mm.emit = heard.append
    vma = task.mm.tree.at(BASE)
    start, end = BASE + first * PAGE, BASE + last * PAGE
    error, part = vma_modify_flags(task.mm, vma, start, end, vma.vm_flags & ~VM_WRITE)
    assert error == 0
    assert (part.vm_start, part.vm_end, part.vm_pgoff) == (start, end, 10 + first)
    assert task.mm.map_count == count
    assert sum(isinstance(event, VmaSplit) for event in heard) == count - 1
    assert heard[-1] == FlagsChanged(start, end, (), ("wr",))


def test_locked_pages_are_counted_where_the_lock_comes_and_goes(task):
    vma = task.mm.tree.at(BASE)
    flags = vma.vm_flags
    _, part = vma_modify_flags(task.mm, vma, BASE, BASE + 2 * PAGE, flags | VM_LOCKED)
    assert task.mm.locked_vm == 2
    vma_modify_flags(task.mm, part, BASE, BASE + 2 * PAGE, flags)
    assert (task.mm.locked_vm, task.mm.map_count) == (0, 1)


# At the limit: no room for the first split, or room for the first and not for the second.
@pytest.mark.parametrize(("limit", "count"), [(1, 1), (2, 2)])
def test_without_room_to_split_the_flags_stay(task, limit, count):
    task.mm.policy.max_map_count = limit
    vma = task.mm.tree.at(BASE)
    flags = vma.vm_flags
    error, _ = vma_modify_flags(task.mm, vma, BASE + PAGE, BASE + 2 * PAGE, flags & ~VM_WRITE)
    assert error == -12
    assert task.mm.map_count == count
    assert all(area.vm_flags == flags for area in task.mm.tree)
    validate_mm(task.mm)
