"""Can any numbers at all make a system call fail with anything but an errno, or break a law?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.kernel import Kernel
from vmalab.mm.validate import validate_mm
from vmalab.uapi.errors import KernelError, VmalabSignal
from vmalab.uapi.mman import MAP_LOCKED, MAP_POPULATE

PAGE = 4096
BASE = 0x2000_0000_0000
NR_ARGS = {
    "mmap": 6,
    "munmap": 2,
    "mprotect": 3,
    "mremap": 5,
    "remap_file_pages": 5,
    "madvise": 3,
    "mlock": 2,
    "mlock2": 3,
    "munlock": 2,
    "msync": 3,
    "mincore": 2,
    "brk": 1,
}

# Numbers near what is mapped, near the ends of things, and anywhere.
near = st.builds(lambda page, byte: BASE + page * PAGE + byte, st.integers(-2, 12), st.just(0))
edges = st.sampled_from(
    [0, 1, -1, PAGE, -PAGE, 1 << 47, (1 << 47) - PAGE, (1 << 63) - 1, 1 << 63, (1 << 64) - PAGE]
).flatmap(lambda edge: st.integers(edge - 2, edge + 2))
small = st.integers(0, 40)
lengths = st.integers(0, 9).map(lambda pages: pages * PAGE)
numbers = st.one_of(near, near, lengths, lengths, small, edges, st.integers())


def a_task():
    """|rw**|r|  |file|    |stack|  and a descriptor of each kind"""
    task = Kernel(ram_pages=256).spawn()
    fd = task.memfd("f", 8)
    task.open(task.files[fd].filemap, writable=False)
    task.open(task.files[fd].filemap, readable=False)
    task.mmap(BASE, 2 * PAGE, 3, 0x32)
    task.store(BASE)
    task.mmap(BASE + 2 * PAGE, PAGE, 1, 0x32)
    task.mmap(BASE + 4 * PAGE, 3 * PAGE, 3, 0x11, fd)
    task.mmap(BASE + 9 * PAGE, PAGE, 3, 0x132)
    return task


def attempt(kind, call, *args):
    """What it returns, or the error of the kind that is allowed: one of the two is None."""
    try:
        return call(*args), None
    except kind as error:
        return None, error


def goes_through_every_page(name, args):
    """Could the call fetch more pages than a test should wait for, as a real kernel would?"""
    if name not in {"mmap", "mlock", "mlock2", "madvise", "mincore", "mremap"}:
        return False
    length = (args[2] if name == "mremap" else args[1]) % (1 << 64)
    asks = name != "mmap" or bool(args[3] & (MAP_LOCKED | MAP_POPULATE))
    return 1 << 24 < length < 1 << 47 and asks


@pytest.mark.parametrize("name", sorted(NR_ARGS))
@given(data=st.data())
def test_any_numbers_give_a_value_or_an_errno(name, data):
    task = a_task()
    for _ in range(data.draw(st.integers(1, 4))):
        args = data.draw(st.tuples(*[numbers] * NR_ARGS[name]))
        if goes_through_every_page(name, args):
            continue
        value, refusal = attempt(KernelError, getattr(task, name), *args)
        if refusal is not None:
            assert refusal.errno > 0
            assert refusal.because, f"{name}{args} is refused without a reason"
            assert refusal.rule
        assert value is None or isinstance(value, int | str)
        validate_mm(task.mm)


def test_every_system_call_is_tried():
    assert set(NR_ARGS) == set(Kernel().policy.syscalls)


# Calls mixed at random, so that one finds what another left.
@given(
    st.lists(
        st.sampled_from(sorted(NR_ARGS)).flatmap(
            lambda name: st.tuples(st.just(name), st.tuples(*[numbers] * NR_ARGS[name]))
        ),
        min_size=3,
        max_size=12,
    )
)
def test_any_calls_one_after_the_other_leave_the_laws_intact(calls):
    task = a_task()
    for name, args in calls:
        if goes_through_every_page(name, args):
            continue
        value = task.syscall(name, *(arg % (1 << 64) for arg in args))
        assert isinstance(value, int | str)
        validate_mm(task.mm)


@given(numbers, st.integers(1, 3 * PAGE))
def test_any_address_can_be_touched_or_ends_in_a_signal(addr, length):
    task = a_task()
    for touch in (task.load, task.fetch):
        found, signal = attempt(VmalabSignal, touch, addr % (1 << 64), length)
        assert signal.signal in {"SIGSEGV", "SIGBUS"} if signal else len(found) == length
    validate_mm(task.mm)
