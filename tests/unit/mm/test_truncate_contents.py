"""What do the pages of a file hold after it got shorter, and longer again?

before      |aaaa|bbbb|cccc|
truncate         to here^                1.5 pages
after       |aaaa|bb00|....|             the rest of the last page is zero; beyond it SIGBUS
extend      |aaaa|bb00|0000|             what comes back is zero
"""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import PAGE, PRIVATE, evict, machine, mapped
from vmalab.mm.filemap import Filemap, bytes_of
from vmalab.uapi.errors import BusError

TEXT = b"".join(bytes([letter]) * PAGE for letter in b"abc")
CUT = PAGE + PAGE // 2


def in_memory(task):
    fd = task.memfd("f", 3)
    task.pwrite(fd, TEXT)
    return fd


def on_disk(task):
    return task.open(Filemap("disk", len(TEXT), source=bytes_of(TEXT)))


def touched(task, at):
    for number in range(3):
        task.store(at + number * PAGE, TEXT[number * PAGE :][:1])


def put_out(task, at):
    touched(task, at)
    assert all(evict(task, at + number * PAGE) for number in range(3))


def untouched(_task, _at):
    pass


@pytest.fixture(params=[in_memory, on_disk], ids=lambda make: make.__name__)
def file(request):
    task = machine().spawn()
    return task, request.param(task)


@pytest.mark.parametrize("state", [untouched, touched, put_out], ids=lambda state: state.__name__)
def test_what_is_cut_off_is_zero_when_it_comes_back(file, state):
    task, fd = file
    at = mapped(task, fd, pages=3)
    state(task, at)
    task.ftruncate(fd, CUT)
    assert task.load(at, CUT) == TEXT[:CUT]
    assert task.load(at + CUT, PAGE // 2) == bytes(PAGE // 2)
    with pytest.raises(BusError):
        task.load(at + 2 * PAGE)
    check_kernel(task.kernel)
    task.ftruncate(fd, 3 * PAGE)
    assert task.load(at, 3 * PAGE) == TEXT[:CUT].ljust(3 * PAGE, b"\0")
    check_kernel(task.kernel)


def test_a_hole_leaves_private_copies_that_are_in_swap(file):
    task, fd = file
    at, private = mapped(task, fd, pages=3), mapped(task, fd, 8, pages=3, kind=PRIVATE)
    task.store(private, b"copy")
    evict(task, private)
    task.madvise(at, 3 * PAGE, 9)
    assert task.load(at, 4) + task.load(private, 4) == bytes(4) + b"copy"


@pytest.mark.parametrize("state", [untouched, touched, put_out], ids=lambda state: state.__name__)
def test_a_hole_is_zero_and_private_copies_stay(file, state):
    task, fd = file
    at = mapped(task, fd, pages=3)
    private = mapped(task, fd, 8, pages=3, kind=PRIVATE)
    task.store(private + PAGE, b"copy")
    state(task, at)
    task.madvise(at + PAGE, PAGE, 9)
    assert task.load(at, 3 * PAGE) == TEXT[:PAGE] + bytes(PAGE) + TEXT[2 * PAGE :]
    assert task.load(private + PAGE, 5) == b"copyb"
    check_kernel(task.kernel)


# A private copy of a page beyond the end goes, in memory or in swap; one of the last page stays.
@pytest.mark.parametrize("swapped", [False, True])
def test_private_copies_beyond_the_end_go(file, swapped):
    task, fd = file
    at = mapped(task, fd, pages=3, kind=PRIVATE)
    for number in range(3):
        task.store(at + number * PAGE, b"copy")
    if swapped:
        put_out(task, at)
    task.ftruncate(fd, CUT)
    assert task.mm.rss_anon + task.mm.nr_swap == 2
    assert task.load(at + CUT, 4) == b"bbbb"
    task.ftruncate(fd, 3 * PAGE)
    assert task.load(at + 2 * PAGE, 4) == bytes(4)
    check_kernel(task.kernel)


def test_written_back_and_cut_and_written_back_again():
    task = machine().spawn()
    fd = on_disk(task)
    filemap = task.files[fd].filemap
    at = mapped(task, fd, pages=3)
    put_out(task, at)
    assert sorted(filemap.written) == [0, 1, 2]
    task.ftruncate(fd, CUT)
    assert filemap.written[1] == b"b" * (PAGE // 2)
    task.store(at + CUT, b"beyond the end")
    evict(task, at + PAGE)
    task.ftruncate(fd, 3 * PAGE)
    assert task.load(at + CUT, 4) == bytes(4)


def test_a_file_that_grows_keeps_what_it_has(file):
    task, fd = file
    at = mapped(task, fd, pages=4)
    touched(task, at)
    task.ftruncate(fd, 4 * PAGE)
    assert task.load(at, 4 * PAGE) == TEXT + bytes(PAGE)
