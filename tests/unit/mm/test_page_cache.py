"""Where does a page of a file come from, and where does it go?

page cache      |frame|slot |     |frame|       by page index
swap device           the bytes                 for shmem (memfd, shared anonymous memory)
disk            |bytes|bytes|bytes|bytes|       for a file with a source
"""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import BASE, PAGE, PRIVATE, anon, evict, machine, mapped, page, pfn, shm
from vmalab.kernel import Kernel
from vmalab.mm.fault_result import FAULT_MINOR
from vmalab.mm.filemap import File, Filemap, bytes_of, swap_value
from vmalab.mm.page_cache import OUT_OF_MEMORY, filemap_get_page, remove_from_page_cache
from vmalab.mm.vmscan import evict_file
from vmalab.uapi.errors import KernelError, OutOfMemory


def on_disk(nr_pages=4):
    """A file on disk: page 0 is full of 'a', page 1 of 'b' ..."""
    text = b"".join(bytes([ord("a") + number]) * PAGE for number in range(nr_pages))
    return Filemap("disk", len(text), source=bytes_of(text))


@pytest.fixture
def task():
    return machine(ram=128).spawn()


def test_the_first_to_ask_reads_the_disk_and_the_next_does_not(task):
    filemap = on_disk()
    at = mapped(task, task.open(filemap))
    other = mapped(task, task.open(filemap), 8)
    assert task.load(at) == b"a"
    assert (task.mm.min_flt, task.mm.maj_flt) == (0, 1)
    assert task.load(other) == b"a"
    assert (task.mm.min_flt, task.mm.maj_flt) == (1, 1)
    assert pfn(task, at) == pfn(task, other)
    assert task.mm.machine.memory.count[pfn(task, at)] == 3


# memory that is a file of its own begins as zeroes, and no device is read for it
def test_a_page_of_shmem_is_new(task):
    at = shm(task)
    assert task.load(at, 2) == b"\0\0"
    assert task.mm.maj_flt == 0


# |a..|b..|c..|   clean: dropped          ->   read again: a major fault, the same bytes
#       w         written: written back   ->   read again: what was written
def test_a_page_of_a_file_is_dropped_and_read_again(task):
    at = mapped(task, task.open(on_disk()), pages=4)
    task.store(at + PAGE, b"written")
    assert task.load(at, 3) == b"aaa"
    assert evict(task, at)
    assert evict(task, at + PAGE)
    before = task.mm.maj_flt
    assert task.load(at, 3) == b"aaa"
    assert task.load(at + PAGE, 9) == b"writtenbb"
    assert task.mm.maj_flt == before + 2
    check_kernel(task.kernel)


def test_what_pwrite_wrote_is_on_disk_after_reclaim(task):
    filemap = on_disk()
    fd = task.open(filemap)
    task.pwrite(fd, b"mine", PAGE - 2)
    assert evict_file(task.mm.machine, filemap) == 2
    assert not filemap.i_pages
    at = mapped(task, fd, pages=2)
    assert task.load(at + PAGE - 4, 8) == b"aaminebb"


def test_a_file_that_nobody_has_open_keeps_what_was_written(task):
    filemap = on_disk()
    fd = task.open(filemap)
    at = mapped(task, fd)
    task.store(at, b"kept")
    task.close(fd)
    task.munmap(at, PAGE)
    assert not filemap.i_pages
    assert task.load(mapped(task, task.open(filemap)), 5) == b"kepta"


# A private copy does not reach the file.
def test_a_private_write_never_reaches_the_file(task):
    filemap = on_disk()
    at = mapped(task, task.open(filemap), kind=PRIVATE)
    task.store(at, b"mine")
    assert task.load(at, 5) == b"minea"
    assert task.load(mapped(task, task.open(filemap), 8), 4) == b"aaaa"
    assert filemap.written == {}


def test_a_page_of_shmem_goes_to_swap_and_comes_back(task):
    at = shm(task, pages=2)
    task.store(at, b"one")
    task.store(at + PAGE, b"two")
    filemap = task.mm.tree.at(at).vm_file.filemap
    assert evict(task, at)
    assert (filemap.frame(0), filemap.slot(0) > 0) == (-1, True)
    assert (filemap.frame(1) > 0, filemap.slot(1)) == (True, 0)
    assert task.mm.machine.swap.nr_free == 63
    assert task.mincore(at, 2 * PAGE) == "01"
    assert task.load(at, 3) == b"one"
    assert task.mm.maj_flt == 1
    assert task.mm.machine.swap.nr_free == 64
    check_kernel(task.kernel)


def test_shmem_in_swap_is_given_back_with_its_file(task):
    at = shm(task)
    task.store(at)
    evict(task, at)
    task.munmap(at, PAGE)
    assert task.mm.machine.swap.nr_free == 64


def test_a_file_is_put_out_only_as_far_as_there_are_slots():
    kernel = machine(ram=64, swap=1)
    task = kernel.spawn()
    at = shm(task, pages=2)
    task.store(at, b"one")
    task.store(at + PAGE, b"two")
    assert evict_file(kernel.machine, task.mm.tree.at(at).vm_file.filemap) == 1
    assert task.load(at, 3) + task.load(at + PAGE, 3) == b"onetwo"


# Without frames: a page of a file, a page in swap, a page to write to.
def test_without_a_frame_there_is_no_page():
    kernel = Kernel(ram_pages=12, swap_pages=1)
    task = kernel.spawn()
    filemap, fd = on_disk(), task.memfd("f", 2)
    at = mapped(task, fd, pages=2)
    task.store(at, b"swapped")
    evict(task, at)
    hog = anon(task, 16, 8)
    task.mlock(hog, kernel.machine.memory.nr_free * PAGE)
    assert kernel.machine.memory.nr_free == 0
    assert filemap_get_page(kernel.machine, filemap, 0) == (OUT_OF_MEMORY, FAULT_MINOR)
    with pytest.raises(OutOfMemory):
        task.load(at)
    with pytest.raises(OutOfMemory):
        task.load(at + PAGE)
    private = mapped(task, fd, 4, pages=2, kind=PRIVATE)
    with pytest.raises(OutOfMemory):
        task.store(private + PAGE)
    with pytest.raises(KernelError, match="no frame is free for the file's page"):
        task.pwrite(fd, b"x", 2 * PAGE)
    assert task.files[fd].filemap.size == 2 * PAGE
    task.munmap(hog, 8 * PAGE)
    assert task.load(at, 7) == b"swapped"


def test_removing_a_page_that_is_not_there_is_no_matter(task):
    filemap = on_disk()
    remove_from_page_cache(task.mm.machine, filemap, 3)
    assert len(filemap.i_pages) == 0


# one  |ab|        pwrite over the boundary, beyond the end: the file grows, and what nobody
#        |cd|..    wrote is zero
def test_pwrite_reaches_over_pages_and_grows_the_file(task):
    fd = task.memfd("f", 1)
    task.pwrite(fd, b"abcd", PAGE - 2)
    assert task.files[fd].filemap.size == PAGE + 2
    at = mapped(task, fd, pages=2)
    assert task.load(at + PAGE - 3, 7) == b"\0abcd\0\0"
    assert at == BASE == page(0)


def test_a_file_says_what_it_is():
    filemap = on_disk()
    assert repr(File(filemap)) == "File('disk', 'rw')"
    assert repr(File(filemap, writable=False, name="again")) == "File('again', 'r')"
    assert repr(File(filemap, readable=False)) == "File('disk', 'w')"
    assert not filemap.is_shmem
    assert filemap.is_orphan
    assert [swap_value(swap_value(number)) for number in (1, 7)] == [1, 7]
