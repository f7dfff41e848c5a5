"""How does a page come back from swap?

entry names slot 5  ->  a frame stands in front of it:  minor
                        nobody does:                     major, slot 5 is read
the slot is free when nobody names it any more, and the page is this entry's alone
"""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import (
    PAGE,
    anon,
    evict,
    faults,
    flags,
    kind,
    machine,
    pfn,
    pte,
    slot,
    writable,
)
from vmalab.uapi.errors import OutOfMemory


@pytest.fixture
def task():
    return machine(ram=128, swap=16).spawn()


@pytest.fixture
def at(task):
    """A page in swap."""
    at = anon(task)
    task.store(at, b"out")
    evict(task, at)
    return at


def test_reading_brings_it_back_and_keeps_the_slot_for_next_time(task, at):
    taken = slot(task, at)
    assert task.load(at, 3) == b"out"
    assert faults(task) == (1, 1)
    assert flags(task, at) == {"exclusive", "swapcache"}
    assert not writable(task, at)
    assert task.mm.machine.swap.cache == {taken: pfn(task, at)}
    assert (task.mm.rss_anon, task.mm.nr_swap) == (1, 0)


# clean:  |frame| == |slot|   put out again without writing        dirty: written again
def test_a_clean_page_is_put_out_without_writing(task, at):
    swap, taken = task.mm.machine.swap, slot(task, at)
    task.load(at)
    evict(task, at)
    assert (slot(task, at), swap.writes) == (taken, 1)
    task.load(at)
    task.store(at, b"new")
    evict(task, at)
    assert swap.writes == 2
    assert task.load(at, 3) == b"new"


def test_writing_brings_it_back_and_frees_the_slot(task, at):
    task.store(at, b"O")
    assert task.load(at, 3) == b"Out"
    assert faults(task) == (1, 1)
    assert flags(task, at) == {"exclusive", "dirty"}
    assert writable(task, at)
    assert task.mm.machine.swap.nr_free == 16


def test_a_device_that_is_filling_gets_its_slot_back_at_once():
    task = machine(ram=128, swap=3).spawn()
    at = anon(task, pages=2)
    for number in range(2):
        task.store(at + number * PAGE, b"out")
        evict(task, at + number * PAGE)
    assert task.mm.machine.swap.is_filling
    task.load(at)
    assert flags(task, at) == {"exclusive", "dirty"}
    assert task.mm.machine.swap.nr_free == 2


def test_locked_memory_needs_no_slot(task, at):
    task.mlock(at, PAGE)
    assert kind(task, at) == "present"
    assert task.mm.machine.swap.nr_free == 16


# Parent and child both name the slot: the first to come reads it, the second finds the frame.
def test_the_second_to_come_finds_the_frame(task, at):
    child = task.fork()
    assert task.mm.machine.swap.map[slot(task, at)] == 2
    task.load(at)
    child.load(at)
    assert faults(task)[1] == 1
    assert faults(child) == (1, 0)
    assert pfn(task, at) == pfn(child, at)
    assert flags(task, at) == {"swapcache"}
    check_kernel(task.kernel)
    child.store(at, b"child")
    task.store(at, b"parent")
    assert child.load(at, 5) + task.load(at, 6) == b"childparent"
    check_kernel(task.kernel)


def test_a_write_while_another_names_the_slot_is_a_copy(task, at):
    child = task.fork()
    child.store(at, b"child")
    assert faults(child) == (0, 1)
    assert writable(child, at)
    assert task.load(at, 3) == b"out"
    assert faults(task)[0] == 2, "from the swap cache"
    check_kernel(task.kernel)


def test_the_last_to_come_back_owns_the_page_if_nobody_shows_it(task, at):
    child = task.fork()
    child.load(at)
    child.exit()
    assert task.mm.machine.swap.map[slot(task, at)] == 1
    task.store(at, b"T")
    assert flags(task, at) >= {"exclusive"}
    assert task.load(at, 3) == b"Tut"
    check_kernel(task.kernel)


def test_its_rights_are_those_of_its_vma_now(task, at):
    task.mprotect(at, PAGE, 1)
    task.load(at)
    assert not writable(task, at)
    evict(task, at)
    task.mprotect(at, PAGE, 3)
    task.store(at, b"O")
    assert task.load(at, 3) == b"Out"


def test_it_travels_with_mremap(task, at):
    to = task.mremap(at, PAGE, PAGE, 3, at + 64 * PAGE)
    assert kind(task, to) == "swap"
    assert pte(task, at) == 0
    assert task.load(to, 3) == b"out"
    assert evict(task, to)


def test_unmapping_frees_the_slot(task, at):
    task.munmap(at, PAGE)
    assert task.mm.machine.swap.nr_free == 16
    assert task.mm.nr_swap == 0


def test_without_a_frame_it_stays_out():
    kernel = machine(ram=16, swap=4)
    task = kernel.spawn()
    at = anon(task)
    task.store(at, b"out")
    evict(task, at)
    hog = anon(task, 16, 12)
    task.mlock(hog, kernel.machine.memory.nr_free * PAGE)
    with pytest.raises(OutOfMemory):
        task.load(at)
    task.munmap(hog, 12 * PAGE)
    assert task.load(at, 3) == b"out"
