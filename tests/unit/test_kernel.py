"""The front door: what goes in, what comes out, and what a refusal tells."""

import errno
import pickle

import pytest

from vmalab.kernel import Kernel
from vmalab.records.events import SyscallEntered, SyscallRefused
from vmalab.uapi.errors import KernelError

PAGE = 4096
ANON = 0x22


@pytest.fixture
def task():
    return Kernel(ram_pages=64).spawn()


# The life of a mapping through every method.
def test_a_system_call_is_a_method(task):
    addr = task.mmap(None, 4 * PAGE, 3, ANON)
    assert task.mincore(addr, 4 * PAGE) == "0000"
    task.mlock(addr, PAGE)
    task.munlock(addr, PAGE)
    task.mlock2(addr, PAGE, 1)
    task.munlock(addr, PAGE)
    task.madvise(addr, PAGE, 4)
    task.mprotect(addr, PAGE, 1)
    task.msync(addr, PAGE, 4)
    assert task.mremap(addr, 4 * PAGE, 2 * PAGE) == addr
    task.munmap(addr, 2 * PAGE)
    assert task.maps() == ""
    fd = task.memfd("file", 4)
    addr = task.mmap(None, 4 * PAGE, 3, 1, fd)
    task.remap_file_pages(addr, PAGE, 0, 2)
    assert task.mm.map_count == 2
    assert task.brk(0) == 0


def test_a_refusal_says_errno_because_and_rule(task):
    with pytest.raises(KernelError) as caught:
        task.munmap(0x1001, PAGE)
    error = caught.value
    assert error.errno == errno.EINVAL
    assert error.because == "addr 0x1001 is not page-aligned"
    assert error.rule == "mm/vma.c:do_vmi_munmap"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_refusal_of_mincore_is_an_error_too(task):
    with pytest.raises(KernelError, match="so nothing can be said of it"):
        task.mincore(0x1000, PAGE)


# What is not a whole number is a mistake of the caller's program, not of the kernel's.
@pytest.mark.parametrize("wrong", ["0x1000", 1.0, None, b"", [1], object()])
@pytest.mark.parametrize("name", ["munmap", "mlock", "munlock"])
def test_an_argument_of_another_type_is_a_typeerror(task, name, wrong):
    with pytest.raises(TypeError, match=rf"{name} takes whole numbers .* not "):
        getattr(task, name)(0, wrong)


# Negative numbers and numbers past 64 bits are what a register makes of them.
def test_numbers_wrap_as_in_a_register(task):
    for length in (-1, (1 << 64) - 1, (1 << 70) - 1):
        with pytest.raises(KernelError, match="rounds up past the end"):
            task.mmap(0, length, 3, ANON)
    with pytest.raises(KernelError, match="file descriptor -1 is not open"):
        task.mmap(0, PAGE, 3, 1, -1)
    with pytest.raises(KernelError, match="file descriptor 7 is not open"):
        task.mmap(0, PAGE, 3, 1, 7)


def test_an_unaligned_file_offset_is_refused_before_the_descriptor(task):
    with pytest.raises(KernelError, match="the file offset 0x1 is not page-aligned"):
        task.mmap(0, PAGE, 3, 1, 7, 1)


def test_a_call_that_this_kernel_does_not_have(task):
    assert task.syscall("mseal", 0, 0, 0) == -errno.ENOSYS
    assert task.mm.refusal.because == "this kernel has no system call mseal"


# By name: negative errnos, no exceptions.
def test_the_raw_way_in_returns_negative_errnos(task):
    assert task.syscall("munmap", 1, 1) == -errno.EINVAL
    assert task.syscall("munmap", 0, PAGE) == 0
    assert set(task.mm.policy.syscalls) >= {"mmap", "munmap", "mprotect", "brk", "mincore"}


# Descriptors: open gives the lowest free one and a struct file of its own, dup shares one.
def test_descriptors(task):
    first = task.memfd("a", 1)
    second = task.open(task.files[first].filemap, writable=False, name="again")
    third = task.dup(first)
    assert (first, second, third) == (3, 4, 5)
    assert task.files[third] is task.files[first] is not task.files[second]
    assert repr(task.files[second]) == "File('again', 'r')"
    task.close(first)
    assert task.memfd("b", 1) == first


# Events: in order, and none at all when nobody listens.
def test_events_go_to_the_listener_from_the_first_call_on():
    heard = []
    kernel = Kernel(ram_pages=64, listener=heard.append)
    task = kernel.spawn()
    task.syscall("munmap", 1, 1)
    assert heard[0] == SyscallEntered("munmap", (1, 1))
    assert heard[1] == SyscallRefused(22, "addr 0x1 is not page-aligned", "mm/vma.c:do_vmi_munmap")
    assert len(heard) == 2
    child = task.fork()
    heard.clear()
    child.brk(0)
    assert heard == [SyscallEntered("brk", (0,))]


def test_nothing_is_told_when_nobody_listens(task):
    assert task.mm.emit is None
    with pytest.raises(KernelError):
        task.munmap(1, 1)


def test_a_task_that_exits_gives_everything_back():
    kernel = Kernel(ram_pages=64)
    before = kernel.machine.memory.nr_free
    task = kernel.spawn()
    fd = task.memfd("file", 4)
    task.mmap(0x10000, 4 * PAGE, 3, 0x11, fd)
    task.mmap(0x20000, 4 * PAGE, 3, 0x32)
    task.store(0x10000)
    task.store(0x20000)
    task.exit()
    assert (task.mm.map_count, task.mm.total_vm, task.files) == (0, 0, {})
    assert kernel.machine.memory.nr_free == before


def test_a_kernel_has_a_name():
    assert Kernel("linux-6").name == "linux-6"
