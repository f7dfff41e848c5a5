"""What does a touch put into an empty entry? Each row of the table at the top of mm/memory.py.

none   anonymous      read    the zero page       write   a page of one's own
       private file   read    the file's page     write   a copy of it
       shared         any     the file's page
"""

import pytest

from tests.memory import (
    PAGE,
    PRIVATE,
    SHARED,
    anon,
    evict,
    faults,
    flags,
    kind,
    machine,
    mapped,
    page,
    pfn,
    pte,
    shm,
    writable,
)
from vmalab.mm.filemap import Filemap, bytes_of
from vmalab.mm.page_alloc import ZERO_PFN
from vmalab.records.events import PageFaulted
from vmalab.uapi.errors import BusError, OutOfMemory, SegmentationFault


@pytest.fixture
def task():
    return machine(ram=128, swap=16).spawn()


@pytest.fixture
def fd(task):
    fd = task.memfd("f", 4)
    task.pwrite(fd, b"file")
    return fd


def test_reading_untouched_memory_shows_the_zero_page(task):
    at = anon(task, pages=2)
    used = task.mm.machine.memory.nr_used
    assert task.load(at, PAGE) == bytes(PAGE)
    assert task.load(at + PAGE) == b"\0"
    assert pfn(task, at) == pfn(task, at + PAGE) == ZERO_PFN
    assert not writable(task, at)
    assert task.mm.rss_anon == 0
    assert task.mm.machine.memory.nr_used - used <= 3, "page tables only"
    assert faults(task) == (2, 0)


def test_writing_untouched_memory_gives_a_page_of_ones_own(task):
    at = anon(task)
    task.store(at, b"mine")
    assert writable(task, at)
    assert "exclusive" in flags(task, at)
    assert task.mm.fmt.pte_dirty(pte(task, at))
    assert task.mm.rss_anon == 1
    assert faults(task) == (1, 0)


# zero page  --write-->  a page of its own       two faults: the read's and the write's
def test_writing_after_reading_takes_the_zero_pages_place(task):
    at = anon(task)
    task.load(at)
    task.store(at, b"mine")
    assert pfn(task, at) != ZERO_PFN
    assert task.load(at, 5) == b"mine\0"
    assert task.mm.machine.memory.physmem.is_zero(ZERO_PFN)
    assert faults(task) == (2, 0)


def test_a_private_mapping_of_a_file_shows_it_until_it_is_written(task, fd):
    at = mapped(task, fd, kind=PRIVATE)
    assert task.load(at, 4) == b"file"
    cached = task.files[fd].filemap.frame(0)
    assert pfn(task, at) == cached
    assert not writable(task, at)
    assert (task.mm.rss_file, task.mm.rss_anon) == (1, 0)
    task.store(at, b"m")
    assert task.load(at, 4) == b"mile"
    assert pfn(task, at) != cached
    assert (task.mm.rss_file, task.mm.rss_anon) == (0, 1)
    assert task.mm.machine.memory.mapcount[cached] == 0


def test_writing_a_private_mapping_at_once_copies_at_once(task, fd):
    at = mapped(task, fd, kind=PRIVATE)
    task.store(at, b"m")
    assert task.load(at, 4) == b"mile"
    assert "exclusive" in flags(task, at)
    assert faults(task) == (1, 0)


@pytest.mark.parametrize("touch", ["load", "store"])
def test_a_shared_mapping_shows_the_files_page(task, fd, touch):
    at, other = mapped(task, fd), mapped(task, fd, 8)
    task.load(at) if touch == "load" else task.store(at, b"s")
    assert pfn(task, at) == task.files[fd].filemap.frame(0)
    task.store(at, b"S")
    assert task.load(other, 4) == b"Sile"
    assert "exclusive" not in flags(task, at)


# Made writable again after a read-only time: present, read-only, shared.
def test_a_shared_page_becomes_writable_where_it_is(task, fd):
    at = task.mmap(page(0), PAGE, 1, SHARED, fd)
    task.load(at)
    task.mprotect(at, PAGE, 3)
    task.mm.set_pte(at, pte(task, at) & ~task.mm.fmt.rw)
    before = pfn(task, at)
    task.store(at, b"S")
    assert pfn(task, at) == before
    assert "dirty" in flags(task, at)


def test_a_page_from_swap_counts_as_major(task):
    at = anon(task)
    task.store(at, b"swapped")
    evict(task, at)
    assert kind(task, at) == "swap"
    assert task.load(at, 7) == b"swapped"
    assert faults(task) == (1, 1)


def test_a_private_write_to_a_page_that_is_only_on_disk_is_major(task):
    text = b"disk".ljust(PAGE, b".")
    at = mapped(task, task.open(Filemap("disk", PAGE, source=bytes_of(text))), kind=PRIVATE)
    task.store(at, b"D")
    assert task.load(at, 4) == b"Disk"
    assert faults(task) == (0, 1)


def test_what_ends_in_a_signal_is_no_fault_of_the_task(task, fd):
    at = mapped(task, fd, pages=5)
    private = mapped(task, fd, 8, pages=5, kind=PRIVATE)
    guard = anon(task, 16)
    task.madvise(guard, PAGE, 102)
    for addr, touch in [(at, task.load), (private, task.store)]:
        with pytest.raises(BusError):
            touch(addr + 4 * PAGE)
    with pytest.raises(SegmentationFault):
        task.load(guard)
    assert task.mm.maj_flt == 0


def test_each_fault_is_told(task, fd):
    heard = []
    task.mm.listen(heard.append)
    at = anon(task)
    task.load(at)
    task.store(at)
    task.load(mapped(task, fd, 8))
    told = [(event.access, event.outcome) for event in heard if isinstance(event, PageFaulted)]
    assert [access for access, _ in told] == ["read", "write", "read"]
    assert [words for _, words in told][:2] == ["the shared zero page", "a zeroed page of its own"]


# A fault for nothing: somebody else was quicker (another thread). The entry is there.
def test_a_fault_for_nothing_is_minor(task):
    at = anon(task)
    task.store(at)
    task.mmu.handle_fault(at, 4)
    assert faults(task) == (2, 0)


@pytest.mark.parametrize("touch", ["load", "store"])
def test_without_frames_a_task_is_ended(touch):
    kernel = machine(ram=10, swap=0)
    task = kernel.spawn()
    at, shared = anon(task, pages=10), shm(task, 16, pages=2)
    task.load(shared)
    with pytest.raises(OutOfMemory) as caught:
        task.store(at, bytes(10 * PAGE))
    assert caught.value.signal == "SIGKILL"
    with pytest.raises(OutOfMemory):
        getattr(task, touch)(shared + PAGE)
    task.exit()
    assert kernel.machine.memory.nr_used == 1
