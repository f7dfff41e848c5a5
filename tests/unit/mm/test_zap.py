"""What is let go of when an entry goes: a frame, a swap slot, or nothing?

|zero|anon|file|swap|guard|    MADV_DONTNEED  ->  |    |    |    |    |guard|
"""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import PAGE, PRIVATE, anon, evict, kind, machine, mapped, page, pfn, pte, writable
from vmalab.mm.vmscan import evict_page, is_evictable
from vmalab.mm.zap import zap_page_range
from vmalab.records.events import PagesDropped
from vmalab.uapi.errors import SegmentationFault


@pytest.fixture
def task():
    return machine(ram=128, swap=16).spawn()


@pytest.fixture
def five(task):
    """zero, anon, swap and guard pages, and one never touched."""
    at = anon(task, 0, 5)
    task.load(at)
    task.store(at + PAGE, b"anon")
    task.store(at + 2 * PAGE, b"swap")
    evict(task, at + 2 * PAGE)
    task.madvise(at + 3 * PAGE, PAGE, 102)
    return at


def kinds(task, at, pages=5):
    return [kind(task, at + number * PAGE) for number in range(pages)]


def test_dontneed_drops_all_but_guards(task, five):
    assert kinds(task, five) == ["present", "present", "swap", "marker", "none"]
    heard = []
    task.mm.listen(heard.append)
    task.madvise(five, 5 * PAGE, 4)
    assert kinds(task, five) == ["none", "none", "none", "marker", "none"]
    dropped = [event for event in heard if isinstance(event, PagesDropped)]
    assert [(event.start, event.end) for event in dropped] == [(five, five + 3 * PAGE)]
    assert (task.mm.rss_anon, task.mm.nr_swap) == (0, 0)
    assert task.mm.machine.swap.nr_free == 16
    assert task.load(five + PAGE, 4) == task.load(five + 2 * PAGE, 4) == bytes(4)


def test_munmap_drops_guards_too(task, five):
    task.munmap(five, 5 * PAGE)
    assert kinds(task, five) == ["none"] * 5
    assert task.mm.machine.swap.nr_free == 16
    check_kernel(task.kernel)


def test_nothing_to_drop_is_nothing_told(task):
    heard = []
    at = anon(task)
    task.mm.listen(heard.append)
    zap_page_range(task.mm, at, at + PAGE)
    assert heard == []


# What was written through a mapping is known to be dirty after the mapping has gone.
def test_the_dirty_bit_is_carried_to_the_frame(task):
    fd = task.memfd("f", 1)
    at = mapped(task, fd)
    task.load(at)
    task.store(at, b"dirty")
    frame = pfn(task, at)
    task.munmap(at, PAGE)
    assert task.mm.machine.memory.flags[frame] & 1
    assert task.load(mapped(task, fd), 5) == b"dirty"


def test_dontneed_of_a_private_copy_shows_the_file_again(task):
    fd = task.memfd("f", 1)
    task.pwrite(fd, b"file")
    at = mapped(task, fd, kind=PRIVATE)
    task.store(at, b"mine")
    task.madvise(at, PAGE, 4)
    assert task.load(at, 4) == b"file"


# read back from swap by the parent, let go of by the child: the frame alone has the bytes
def test_the_last_name_of_a_slot_goes_while_a_frame_caches_it(task):
    at = anon(task)
    task.store(at, b"both")
    child = task.fork()
    evict(task, at)
    task.load(at)
    child.munmap(at, PAGE)
    assert task.mm.machine.swap.nr_free == 16
    assert task.mm.machine.swap.cache == {}
    check_kernel(task.kernel)
    evict(task, at)
    assert task.load(at, 4) == b"both"


# ... and the other way about: the parent lets go of the frame, and the slot stays for the child.
def test_the_frame_goes_and_the_slot_stays_for_the_other(task):
    at = anon(task)
    task.store(at, b"both")
    child = task.fork()
    evict(task, at)
    task.load(at)
    task.munmap(at, PAGE)
    assert task.mm.machine.swap.nr_free == 15
    check_kernel(task.kernel)
    assert child.load(at, 4) == b"both"
    assert child.mm.min_flt == 1, "from the swap cache"
    check_kernel(task.kernel)


def test_a_swap_cache_frame_that_nobody_shows_can_go(task):
    at = anon(task)
    task.store(at, b"both")
    child = task.fork()
    evict(task, at)
    task.load(at)
    frame = pfn(task, at)
    task.munmap(at, PAGE)
    assert is_evictable(task.mm.machine, frame)
    assert evict_page(task.mm.machine, frame)
    assert not task.mm.machine.swap.cache
    assert child.load(at, 4) == b"both"
    assert child.mm.maj_flt == 1


# mprotect rewrites what is present; what is not takes its rights when it comes.
def test_rights_are_rewritten_and_the_rest_stays(task, five):
    before = pte(task, five + PAGE)
    task.mprotect(five, 5 * PAGE, 1)
    assert kinds(task, five) == ["present", "present", "swap", "marker", "none"]
    assert pfn(task, five + PAGE) == before >> 12 & (1 << 40) - 1
    assert task.mm.fmt.pte_dirty(pte(task, five + PAGE))
    with pytest.raises(SegmentationFault):
        task.store(five + PAGE)
    assert task.load(five + PAGE, 4) == b"anon"
    task.mprotect(five, 5 * PAGE, 0)
    with pytest.raises(SegmentationFault):
        task.load(five + PAGE)
    assert evict(task, five + PAGE), "what nobody can reach can be put out"
    task.mprotect(five, 5 * PAGE, 3)
    assert not writable(task, five), "the zero page"
    assert task.load(five + PAGE, 4) + task.load(five + 2 * PAGE, 4) == b"anonswap"


def test_protecting_what_was_never_touched_flushes_nothing(task):
    at = anon(task)
    task.mprotect(at, PAGE, 1)
    assert pte(task, at) == 0


# ftruncate reaches only the part of a mapping that shows the pages that went
def test_unmapping_a_file_wherever_it_is_mapped(task):
    fd = task.memfd("f", 8)
    whole, tail = mapped(task, fd, pages=8), mapped(task, fd, 16, pages=4, pgoff=4)
    below = mapped(task, fd, 32, pages=2)
    for at, pages in [(whole, 8), (tail, 4), (below, 2)]:
        for number in range(pages):
            task.store(at + number * PAGE)
    task.ftruncate(fd, 5 * PAGE)
    assert kinds(task, whole, 8) == ["present"] * 5 + ["none"] * 3
    assert kinds(task, tail, 4) == ["present"] + ["none"] * 3
    assert kinds(task, below, 2) == ["present"] * 2
    assert whole == page(0)
