"""Does every surprise of tests/surprises.py still hold?"""

from errno import ENOMEM

import pytest

from tests.surprises import SURPRISES
from vmalab.kernel import Kernel
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from vmalab.units import PAGE_SIZE

FIXED = (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)


@pytest.mark.parametrize("program", SURPRISES.values(), ids=SURPRISES)
def test_surprise(both, program):
    both(program)


# 27: the limit is 65530 for a split and 65531 for a new mapping; moving stops a little before.
def test_surprise_27_the_limits_differ_by_one():
    task = Kernel("linux-6").spawn()
    assert task.kernel.policy.max_map_count == 65530
    task.kernel.policy.max_map_count = 3
    addrs = [0x10_0000 + 2 * number * PAGE_SIZE for number in range(5)]
    mapped = [task.syscall("mmap", addr, PAGE_SIZE, *FIXED) for addr in addrs]
    assert mapped == [*addrs[:4], -ENOMEM]
    task.munmap(addrs[3], PAGE_SIZE)
    task.munmap(addrs[2], PAGE_SIZE)
    assert task.syscall("mmap", addrs[2], 2 * PAGE_SIZE, *FIXED) == addrs[2]
    assert task.syscall("mprotect", addrs[2], PAGE_SIZE, PROT_READ) == -ENOMEM


def test_none_is_missing_but_the_one_that_is_not_modelled():
    numbers = {int(title.split()[0]) for title in SURPRISES}
    assert numbers == set(range(1, 29)) - {24, 27}
