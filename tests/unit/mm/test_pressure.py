"""What if a frame that somebody is at work on is wanted back? Making room is part of every fault.

fault needs a frame  ->  none is free  ->  reclaim puts a page out  ->  not the one in hand!
"""

from errno import ENOMEM

import pytest

from tests.laws.machine import check_kernel
from tests.memory import BASE, PAGE, PRIVATE, anon, evict, machine, mapped, page, pfn, slot
from vmalab.kernel import Kernel
from vmalab.mm.filemap import Filemap, bytes_of
from vmalab.uapi.errors import KernelError, OutOfMemory

FAR = 1 << 30
"""So far apart, two pages need page tables of their own."""


def exhaust(kernel):
    """Take every free frame away, as a driver would that never gives them back."""
    while kernel.machine.memory.nr_free:
        kernel.machine.memory.alloc_page()


# parent |A|A|A|...|  fork  child |A|A|A|...|     each write copies a page, and needs a frame for it
def test_a_page_that_is_being_copied_stays_until_it_is_copied():
    kernel = machine(ram=40, swap=200)
    parent = kernel.spawn()
    at = anon(parent, 0, 24)
    for number in range(24):
        parent.store(page(number), bytes([number + 1]))
    child = parent.fork()
    for number in range(24):
        child.store(page(number) + 1, b"c")
        check_kernel(kernel)
    for number in range(24):
        assert child.load(page(number), 2) == bytes([number + 1]) + b"c"
        assert parent.load(page(number), 2) == bytes([number + 1, 0])
    assert at == BASE


# A private copy of a page of a file: the file's page is not mapped, and must not go either.
def test_a_files_page_stays_until_its_private_copy_is_made():
    kernel = machine(ram=24, swap=200)
    task = kernel.spawn()
    disk = b"".join(bytes([number]) * PAGE for number in range(40))
    fd = task.open(Filemap("disk", len(disk), source=bytes_of(disk)))
    at = mapped(task, fd, pages=40, kind=PRIVATE)
    for number in range(40):
        task.store(at + number * PAGE, b"mine")
        check_kernel(kernel)
    for number in range(40):
        assert task.load(at + number * PAGE, 6) == b"mine" + bytes([number]) * 2


# The child's first page table wants a frame: the parent's pages may go while they are copied.
def test_fork_copies_entries_as_they_are_and_not_as_they_were():
    kernel = machine(ram=40, swap=6000)
    parent = kernel.spawn()
    places = [BASE + number * (2 << 20) for number in range(12)]
    parent.mmap(BASE, places[-1] + PAGE - BASE, 3, PRIVATE | 0x20)
    for number, at in enumerate(places):
        parent.store(at, bytes([number]))
    kernel.clock.hand = pfn(parent, places[-4])
    child = parent.fork()
    check_kernel(kernel)
    assert parent.mm.nr_swap
    for number, at in enumerate(places):
        assert child.load(at) == parent.load(at) == bytes([number])


def test_fork_without_frames_for_page_tables_is_refused_and_undone():
    kernel = machine(ram=32, swap=0)
    parent = kernel.spawn()
    at = anon(parent)
    parent.store(at, b"mine")
    exhaust(kernel)
    with pytest.raises(KernelError, match="no frame is free for a page table") as caught:
        parent.fork()
    assert caught.value.errno == ENOMEM
    assert len(kernel.tasks) == 1
    assert parent.load(at, 4) == b"mine"
    free_all(kernel, parent)


def test_fork_that_gets_half_way_is_undone():
    kernel = machine(ram=32, swap=0)
    parent = kernel.spawn()
    for number in range(3):
        parent.mmap(BASE + number * FAR, PAGE, 3, PRIVATE | 0x20)
        parent.store(BASE + number * FAR, bytes([number + 1]))
    while kernel.machine.memory.nr_free > 5:
        kernel.machine.memory.alloc_page()
    with pytest.raises(KernelError, match="no frame is free for a page table"):
        parent.fork()
    assert kernel.machine.memory.nr_free == 5
    for number in range(3):
        parent.store(BASE + number * FAR + 1, b"x")
        assert parent.load(BASE + number * FAR, 2) == bytes([number + 1]) + b"x"
    free_all(kernel, parent)


def test_a_first_touch_without_a_frame_for_its_page_table_ends_the_task():
    kernel = machine(ram=16, swap=0)
    task = kernel.spawn()
    at = anon(task)
    exhaust(kernel)
    with pytest.raises(OutOfMemory, match="no frame is free"):
        task.load(at)
    free_all(kernel, task)


# |old|  ->  |   |   ...   |new|     the new place needs tables: without them nothing moves
def test_a_move_without_frames_for_page_tables_is_undone():
    kernel = machine(ram=16, swap=0)
    task = kernel.spawn()
    at = anon(task)
    task.store(at, b"here")
    exhaust(kernel)
    with pytest.raises(KernelError, match="page tables at the new place"):
        task.mremap(at, PAGE, PAGE, 3, BASE + FAR)
    assert [row.start for row in task.snapshot().vmas] == [at]
    assert task.load(at, 4) == b"here"
    free_all(kernel, task)


def test_a_call_without_frames_for_page_tables_is_refused():
    kernel = machine(ram=16, swap=0)
    task = kernel.spawn()
    at = anon(task)
    exhaust(kernel)
    with pytest.raises(KernelError, match="a page table that the call needs") as caught:
        task.madvise(at, PAGE, 102)
    assert caught.value.errno == ENOMEM
    free_all(kernel, task)


def test_a_move_makes_room_before_it_carries_anything():
    kernel = machine(ram=24, swap=100)
    task = kernel.spawn()
    at = anon(task, 0, 15)
    for number in range(15):
        task.store(page(number), bytes([number + 1]))
    for step in range(1, 5):
        at = task.mremap(at, 15 * PAGE, 15 * PAGE, 3, BASE + step * FAR)
        check_kernel(kernel)
        for number in range(15):
            assert task.load(at + number * PAGE) == bytes([number + 1])


# Swapped out from parent and child, read back by the child first: the parent shows the same frame.
def test_a_page_that_the_child_reads_back_is_found_from_the_parent_too():
    kernel = machine()
    parent = kernel.spawn()
    at = anon(parent)
    parent.store(at, b"both")
    child = parent.fork()
    evict(parent, at)
    assert slot(parent, at) == slot(child, at)
    assert child.load(at, 4) == b"both"
    assert parent.load(at, 4) == b"both"
    check_kernel(kernel)
    assert evict(parent, at)
    assert slot(parent, at) == slot(child, at)


def test_even_a_machine_of_very_few_frames_reclaims():
    kernel = Kernel(ram_pages=7, swap_pages=40)
    task = kernel.spawn()
    at = anon(task, 0, 20)
    for number in range(20):
        task.store(page(number), bytes([number + 1]))
    assert [task.load(page(number)) for number in range(20)] == [bytes([n + 1]) for n in range(20)]
    assert task.mm.nr_swap >= 18
    assert at == BASE


def free_all(kernel, task):
    """Undo :func:`exhaust`, so that the laws can be checked."""
    memory = kernel.machine.memory
    for number, count in enumerate(memory.count):
        if count and not memory.flags[number] and memory.mapping[number] is None:
            memory.put_page(number)
    check_kernel(kernel)
    task.exit()
    assert memory.nr_used == 1
