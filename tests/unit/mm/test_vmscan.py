"""Which page goes when memory is short, and where to?

           +--- hand
           v
[ f0 ][ anon ][ table ][ f1 ]      referenced: a second chance; else out
"""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import PAGE, PRIVATE, anon, evict, kind, machine, mapped, page, pfn, shm, slot
from vmalab.mm.filemap import Filemap, bytes_of
from vmalab.mm.vmscan import evict_page, evict_range, is_evictable
from vmalab.records.events import PageReclaimed, SwappedOut
from vmalab.uapi.errors import OutOfMemory


def filled(task, pages, number=0):
    """Private memory with a number in each page."""
    at = anon(task, number, pages)
    for index in range(pages):
        task.store(at + index * PAGE, bytes([index + 1]))
    return at


# used since the hand last came by: its mark is taken, and it stays; not used: out
def test_the_clock_gives_a_second_chance():
    kernel = machine(ram=64, swap=64)
    task = kernel.spawn()
    at = filled(task, 4)
    kernel.clock.high = kernel.machine.memory.nr_free + 1
    kernel.clock.hand = 0
    first = pfn(task, at)
    assert kernel.clock.balance() == 1
    assert kind(task, at) == "swap", "all were marked: the second time round the first goes"
    task.load(at + PAGE)
    kernel.clock.hand = first
    kernel.clock.high += 1
    assert kernel.clock.balance() == 1
    kinds = [kind(task, at + number * PAGE) for number in range(4)]
    assert kinds == ["swap", "present", "swap", "present"]
    check_kernel(kernel)


def test_an_entry_that_the_clock_aged_is_marked_again_by_the_next_touch():
    kernel = machine()
    task = kernel.spawn()
    at = filled(task, 1)
    kernel.clock._was_referenced(pfn(task, at))
    assert not kernel.clock._was_referenced(pfn(task, at))
    task.load(at)
    assert kernel.clock._was_referenced(pfn(task, at))


# free frames   |#########high####low##|     below low: reclaim, up to high
def test_the_watermarks():
    kernel = machine(ram=64, swap=64)
    assert (kernel.clock.low, kernel.clock.high) == (4, 8)
    task = kernel.spawn()
    at = anon(task, 0, 80)
    free = []
    for index in range(80):
        task.store(at + index * PAGE, bytes([index + 1]))
        free.append(kernel.machine.memory.nr_free)
    assert min(free) >= 4
    assert max(free[60:]) == 7, "up to high, and one of those was handed out"
    assert [task.load(at + index * PAGE) for index in range(80)] == [
        bytes([index + 1]) for index in range(80)
    ]
    check_kernel(kernel)


def test_evicting_tells_where_pages_went():
    heard = []
    kernel = machine()
    task = kernel.spawn()
    task.mm.listen(heard.append)
    at, shared = filled(task, 1), shm(task, 8)
    task.store(shared)
    frames = pfn(task, at), pfn(task, shared)
    for frame in frames:
        assert evict_page(kernel.machine, frame, heard.append)
    out = [event for event in heard if isinstance(event, SwappedOut | PageReclaimed)]
    assert [type(event) for event in out] == [SwappedOut, PageReclaimed]
    assert [event.pfn for event in out] == list(frames)


def test_what_cannot_go():
    kernel = machine()
    task = kernel.spawn()
    at = filled(task, 2)
    task.mlock(at, PAGE)
    assert not is_evictable(kernel.machine, 0), "the zero page"
    assert not is_evictable(kernel.machine, task.mm.pgtable.pgd_pfn), "a page table"
    assert not is_evictable(kernel.machine, pfn(task, at)), "locked memory"
    assert not is_evictable(kernel.machine, kernel.machine.memory.free_list[0]), "a free frame"
    assert is_evictable(kernel.machine, pfn(task, at + PAGE))
    frame = pfn(task, at + PAGE)
    kernel.machine.memory.get_page(frame)
    assert not is_evictable(kernel.machine, frame), "somebody is at work on it"
    kernel.machine.memory.put_page(frame)


def test_locked_pages_stay_under_pressure():
    kernel = machine(ram=48, swap=200)
    task = kernel.spawn()
    locked = filled(task, 8)
    task.mlock(locked, 8 * PAGE)
    frames = [pfn(task, locked + index * PAGE) for index in range(8)]
    filled(task, 100, 16)
    assert [pfn(task, locked + index * PAGE) for index in range(8)] == frames
    assert task.mm.nr_swap > 50


def test_a_page_locked_by_the_child_stays_for_the_parent_too():
    kernel = machine()
    parent = kernel.spawn()
    at = filled(parent, 1)
    child = parent.fork()
    fd = parent.memfd("f", 1)
    shared = mapped(parent, fd, 8)
    parent.load(shared)
    other = child.open(parent.files[fd].filemap)
    assert evict(parent, at)
    child.mlock(mapped(child, other, 8), PAGE)
    assert not evict(parent, shared)


def test_a_page_of_parent_and_child_goes_from_both():
    kernel = machine()
    parent = kernel.spawn()
    at = filled(parent, 1)
    child = parent.fork()
    grandchild = child.fork()
    assert evict(child, at)
    assert slot(parent, at) == slot(child, at) == slot(grandchild, at)
    assert kernel.machine.swap.map[slot(parent, at)] == 3
    assert [task.load(at) for task in (grandchild, parent, child)] == [b"\1"] * 3
    check_kernel(kernel)


def test_a_page_of_shmem_goes_from_everybody_and_comes_back():
    kernel = machine()
    task = kernel.spawn()
    at = shm(task)
    task.store(at, b"shared")
    child = task.fork()
    assert child.load(at, 6) == b"shared"
    assert evict(child, at)
    assert (kind(task, at), kind(child, at)) == ("none", "none")
    child.store(at, b"S")
    assert task.load(at, 6) == b"Shared"
    assert kernel.machine.swap.nr_free == 64


def test_a_clean_page_of_a_file_is_dropped_and_costs_no_slot():
    kernel = machine()
    task = kernel.spawn()
    text = b"disk" * 1024
    fd = task.open(Filemap("disk", len(text), source=bytes_of(text)))
    at, private = mapped(task, fd), mapped(task, fd, 8, kind=PRIVATE)
    task.load(at)
    task.load(private)
    assert evict(task, at)
    assert (kind(task, at), kind(task, private)) == ("none", "none")
    assert kernel.machine.swap.nr_free == 64
    before = task.mm.maj_flt
    assert task.load(at, 4) == b"disk"
    assert task.mm.maj_flt == before + 1


def test_swap_that_is_full_ends_in_a_verdict():
    kernel = machine(ram=32, swap=4)
    task = kernel.spawn()
    at = anon(task, 0, 36)
    with pytest.raises(OutOfMemory, match="none can be reclaimed") as caught:
        task.store(at, bytes([1]) * 36 * PAGE)
    assert caught.value.signal == "SIGKILL"
    assert (kernel.machine.swap.nr_free, kernel.machine.memory.nr_free) == (0, 0)
    check_kernel(kernel)
    task.exit()
    assert (kernel.machine.swap.nr_free, kernel.machine.memory.nr_used) == (4, 1)


# With all slots taken a page of shmem has nowhere to go, nor has a private one.
def test_without_a_slot_nothing_goes():
    kernel = machine(ram=64, swap=1)
    task = kernel.spawn()
    at, shared = filled(task, 2), shm(task, 8)
    task.store(shared, b"s")
    assert evict(task, at)
    assert not evict(task, at + PAGE)
    assert not evict(task, shared)
    assert task.load(at + PAGE) + task.load(shared) == b"\2s"


# MADV_PAGEOUT: only what is this process's alone
def test_pageout_leaves_what_others_show_too():
    kernel = machine()
    task = kernel.spawn()
    at = filled(task, 3)
    child = task.fork()
    task.store(at, b"own")
    child.munmap(at + PAGE, PAGE)
    assert evict_range(task.mm, at, at + 4 * PAGE) == 2
    assert [kind(task, at + index * PAGE) for index in range(3)] == ["swap", "swap", "present"]
    task.madvise(at, 3 * PAGE, 21)
    assert task.load(at, 3) == b"own"
    assert at == page(0)
    check_kernel(kernel)


# Two tasks and a file that all together are more than memory: everybody reads what he wrote.
def test_three_times_too_much():
    kernel = machine(ram=48, swap=200)
    one, two = kernel.spawn(), kernel.spawn()
    fd = one.memfd("f", 40)
    other = two.open(one.files[fd].filemap)
    mine, theirs = anon(one, 0, 40), anon(two, 0, 40)
    file, same = mapped(one, fd, 64, pages=40), mapped(two, other, 64, pages=40)
    for index in range(40):
        one.store(mine + index * PAGE, bytes([index]))
        two.store(theirs + index * PAGE, bytes([index + 100]))
        (one if index % 2 else two).store((file if index % 2 else same) + index * PAGE, b"f")
    check_kernel(kernel)
    for index in range(40):
        assert one.load(mine + index * PAGE) == bytes([index])
        assert two.load(theirs + index * PAGE) == bytes([index + 100])
        assert one.load(file + index * PAGE) == two.load(same + index * PAGE) == b"f"
