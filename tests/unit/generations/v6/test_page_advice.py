"""What becomes of pages that are given away, or said to be cold?

MADV_FREE   written, given away    read before reclaim comes     the old bytes
                                   written before it comes       an ordinary page again
                                   reclaim comes first           zeroes, and nothing is written
"""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import PAGE, anon, evict, flags, kind, machine, mapped, page, pfn, shm
from vmalab.mm.page_alloc import PG_LAZYFREE
from vmalab.mm.vmscan import evict_page
from vmalab.records.events import PageReclaimed
from vmalab.uapi.errors import KernelError

FREE, COLD, PAGEOUT = 8, 20, 21


@pytest.fixture
def task():
    return machine(ram=96, swap=16).spawn()


@pytest.fixture
def at(task):
    """A page that was written and given away."""
    at = anon(task)
    task.store(at, b"given")
    task.madvise(at, PAGE, FREE)
    return at


def test_until_reclaim_comes_the_bytes_are_there(task, at):
    assert task.load(at, 5) == b"given"
    assert task.mm.machine.memory.flags[pfn(task, at)] & PG_LAZYFREE


def test_reclaim_drops_it_without_writing(task, at):
    heard = []
    assert evict_page(task.mm.machine, pfn(task, at), heard.append)
    assert [type(event) for event in heard] == [PageReclaimed]
    assert kind(task, at) == "none"
    assert task.load(at, 5) == bytes(5)
    assert (task.mm.machine.swap.writes, task.mm.rss_anon) == (0, 0)
    check_kernel(task.kernel)


def test_written_again_it_is_an_ordinary_page(task, at):
    task.store(at, b"G")
    assert not evict(task, at), "reclaim looks twice"
    assert evict(task, at)
    assert kind(task, at) == "swap"
    assert task.load(at, 5) == b"Given"


def test_even_without_swap_it_can_go():
    kernel = machine(ram=48, swap=0)
    task = kernel.spawn()
    at = anon(task, 0, 24)
    for number in range(24):
        task.store(page(number), b"given")
    task.madvise(at, 24 * PAGE, FREE)
    other = anon(task, 64, 30)
    task.store(other, bytes([1]) * 30 * PAGE)
    assert task.load(other, 30 * PAGE) == bytes([1]) * 30 * PAGE
    assert kernel.machine.events.lazyfreed > 0


def test_a_swapped_page_is_dropped_at_once(task):
    at = anon(task)
    task.store(at, b"out")
    evict(task, at)
    task.madvise(at, PAGE, FREE)
    assert task.mm.machine.swap.nr_free == 16
    assert task.load(at, 3) == bytes(3)


# Back from swap, the slot still holds it: given away, the slot is free.
def test_a_page_that_swap_still_holds_loses_its_slot(task):
    at = anon(task)
    task.store(at, b"out")
    evict(task, at)
    task.load(at)
    assert "swapcache" in flags(task, at)
    task.madvise(at, PAGE, FREE)
    assert flags(task, at) == {"exclusive"}
    assert task.mm.machine.swap.nr_free == 16
    evict(task, at)
    assert task.load(at, 3) == bytes(3)


def test_what_another_still_needs_is_not_given_away(task):
    at = anon(task)
    task.store(at, b"both")
    child = task.fork()
    evict(task, at)
    task.load(at)
    task.madvise(at, PAGE, FREE)
    assert "swapcache" in flags(task, at), "the child names its slot"
    child.load(at)
    task.madvise(at, PAGE, FREE)
    evict(task, at)
    assert task.load(at, 4) == child.load(at, 4) == b"both"
    check_kernel(task.kernel)


def test_a_page_given_away_by_one_of_two_stays_lawful(task, at):
    child = task.fork()
    child.store(at + 1, b"c")
    assert child.load(at, 5) == b"gcven"
    evict(task, at)
    assert task.load(at, 5) == bytes(5)
    assert child.load(at, 5) == b"gcven"
    check_kernel(task.kernel)


def test_the_zero_page_cannot_be_given_away(task):
    at = anon(task)
    task.load(at)
    for advice in (FREE, COLD, PAGEOUT):
        task.madvise(at, PAGE, advice)
    assert task.load(at) == b"\0"


# cold: the clock finds it unused, and does not give it a second chance
def test_cold_pages_are_the_next_to_go(task):
    at = anon(task, 0, 3)
    for number in range(2):
        task.store(page(number), b"warm")
    task.madvise(at, 3 * PAGE, COLD)
    assert not task.kernel.clock._was_referenced(pfn(task, at))
    task.load(at)
    child = task.fork()
    task.madvise(at, 3 * PAGE, COLD)
    assert task.kernel.clock._was_referenced(pfn(task, at)), "two show it"
    evict(task, page(1))
    task.madvise(at, 3 * PAGE, COLD)
    assert child.load(at, 4) == b"warm"


# A shared page without a slot to go to is unmapped, and stays in its file.
def test_shmem_that_finds_no_slot_stays_in_its_file():
    kernel = machine(ram=64, swap=0)
    task = kernel.spawn()
    at = shm(task)
    task.store(at, b"stay")
    task.madvise(at, PAGE, PAGEOUT)
    assert kind(task, at) == "none"
    assert task.mincore(at, PAGE) == "1"
    assert task.load(at, 4) == b"stay"
    check_kernel(kernel)


@pytest.mark.parametrize("advice", [FREE, COLD, PAGEOUT])
def test_locked_memory_is_not_given_up(task, advice):
    at = anon(task)
    task.mlock(at, PAGE)
    with pytest.raises(KernelError, match="locked"):
        task.madvise(at, PAGE, advice)


def test_a_files_pages_cannot_be_given_away(task):
    at = mapped(task, task.memfd("f", 1))
    with pytest.raises(KernelError, match="private anonymous"):
        task.madvise(at, PAGE, FREE)
