"""When is a page copied before it is written, and when not?

after fork      parent  -- r  -->  frame 7  <-- r  --  child
child writes    parent  -- r  -->  frame 7        frame 9  <-- rw --  child       a copy
parent writes   parent  -- rw -->  frame 7                                        alone: no copy
"""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import PAGE, PRIVATE, anon, evict, flags, machine, mapped, pfn, writable
from vmalab.uapi.errors import OutOfMemory


@pytest.fixture
def parent():
    task = machine(ram=128, swap=16).spawn()
    task.store(anon(task), b"both")
    return task


@pytest.fixture
def at(parent):
    return next(iter(parent.mm.tree)).vm_start


def test_after_fork_both_show_one_page_and_neither_may_write(parent, at):
    child = parent.fork()
    assert pfn(parent, at) == pfn(child, at)
    assert not writable(parent, at)
    assert not writable(child, at)
    assert "exclusive" not in flags(parent, at)
    assert parent.mm.machine.memory.mapcount[pfn(parent, at)] == 2


def test_the_first_to_write_gets_a_copy_and_the_other_keeps_the_page(parent, at):
    child = parent.fork()
    frame = pfn(parent, at)
    child.store(at, b"ch")
    assert pfn(child, at) != frame
    assert "exclusive" in flags(child, at)
    parent.store(at, b"pa")
    assert pfn(parent, at) == frame, "alone again: reused"
    assert "exclusive" in flags(parent, at)
    assert (child.load(at, 4), parent.load(at, 4)) == (b"chth", b"path")


@pytest.mark.parametrize("goes", ["exit", "munmap", "dontneed"])
def test_when_the_other_has_gone_the_page_is_reused(parent, at, goes):
    child = parent.fork()
    frame = pfn(parent, at)
    if goes == "exit":
        child.exit()
    elif goes == "munmap":
        child.munmap(at, PAGE)
    else:
        child.madvise(at, PAGE, 4)
    parent.store(at, b"pa")
    assert pfn(parent, at) == frame


def test_three_generations_have_three_pages(parent, at):
    child = parent.fork()
    grandchild = child.fork()
    family = [parent, child, grandchild]
    assert len({pfn(task, at) for task in family}) == 1
    for number, task in enumerate(family):
        task.store(at, bytes([number]))
    assert [task.load(at) for task in family] == [b"\0", b"\1", b"\2"]
    assert len({pfn(task, at) for task in family}) == 3


# A page that is still in the swap cache is held twice: by the entry and by the cache.
def test_a_page_in_the_swap_cache_can_be_reused_once_nobody_names_its_slot(parent, at):
    child = parent.fork()
    evict(parent, at)
    parent.load(at)
    assert flags(parent, at) >= {"swapcache"}
    frame = pfn(parent, at)
    child.exit()
    parent.store(at, b"pa")
    assert pfn(parent, at) == frame
    assert "swapcache" not in flags(parent, at)
    assert parent.mm.machine.swap.nr_free == 16
    check_kernel(parent.kernel)


def test_a_page_whose_slot_another_names_is_copied(parent, at):
    child = parent.fork()
    evict(parent, at)
    parent.load(at)
    frame = pfn(parent, at)
    parent.store(at, b"pa")
    assert pfn(parent, at) != frame
    assert child.load(at, 4) == b"both"
    assert parent.load(at, 4) == b"path"


def test_a_page_of_a_file_is_always_copied(parent):
    fd = parent.memfd("f", 1)
    at = mapped(parent, fd, 8, kind=PRIVATE)
    parent.load(at)
    parent.store(at, b"mine")
    frame = parent.files[fd].filemap.frame(0)
    assert pfn(parent, at) != frame
    assert parent.mm.machine.memory.count[frame] == 1


def test_without_a_frame_for_the_copy_the_task_is_ended_and_nothing_is_lost():
    kernel = machine(ram=24, swap=0)
    parent = kernel.spawn()
    at = anon(parent)
    parent.store(at, b"both")
    child = parent.fork()
    hog = anon(parent, 16, 20)
    parent.mlock(hog, kernel.machine.memory.nr_free * PAGE)
    with pytest.raises(OutOfMemory):
        child.store(at, b"ch")
    assert parent.load(at, 4) == child.load(at, 4) == b"both"


# mprotect to read-only and back: its own page needs no fault, a shared one does.
def test_mprotect_gives_the_right_to_write_back_at_once_only_to_its_own(parent, at):
    parent.mprotect(at, PAGE, 1)
    assert not writable(parent, at)
    parent.mprotect(at, PAGE, 3)
    assert writable(parent, at)
    child = parent.fork()
    child.mprotect(at, PAGE, 1)
    child.mprotect(at, PAGE, 3)
    assert not writable(child, at)
    child.store(at, b"ch")
    assert parent.load(at, 4) == b"both"
