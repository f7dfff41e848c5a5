"""Whatever a program asks of 2.6.18: do the laws hold, and has every refusal its reason?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.old_kernels import PLAIN
from vmalab.kernel import Kernel
from vmalab.mm.validate import validate_mm
from vmalab.trace.capture import run_program
from vmalab.workloads.profiles import PROFILES
from vmalab.workloads.random_programs import random_program

pytestmark = pytest.mark.slow

ARCHS = pytest.mark.parametrize("arch", ["i386", "i386-pae", "x86_64"])
PAGE = 4096
SEED, PROGRAMS, OPS = 2618, 5, 40
CALLS = {
    name: nr_args
    for names, nr_args in (
        ("munmap mlock munlock mincore", 2),
        ("mprotect madvise msync", 3),
        ("mremap remap_file_pages", 5),
        ("mmap", 6),
        ("brk", 1),
    )
    for name in names.split()
}
numbers = st.one_of(
    st.integers(0, 12).map(lambda page: 0x1000_0000 + page * PAGE),
    st.integers(0, 5).map(lambda pages: pages * PAGE),
    st.sampled_from([1, 3, 4, 7, 0x11, 0x12, 0x31, 0x32, 0x8031, 0x2032, 0x132, 0x32 | 1 << 16]),
    st.sampled_from([0xBFFF_F000, 0xC000_0000, 0xFFFF_F000, 0xFFFF_FFFF, (1 << 64) - PAGE]),
    st.integers(0, (1 << 64) - 1),
)
calls = st.sampled_from(sorted(CALLS)).flatmap(
    lambda name: st.tuples(st.just(name), st.tuples(*[numbers] * CALLS[name]))
)


# The laws are looked at after every operation of every program (validate is run_program's habit).
@ARCHS
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_random_programs_leave_the_laws_intact(arch, profile):
    for index in range(PROGRAMS):
        program = random_program(SEED, index, profile, OPS)
        run = run_program(program, PLAIN, arch=arch, events=index % 2 == 0)
        silent = [
            step.op for step in run.steps if step.result.startswith("-1") and not step.because
        ]
        assert silent == []


# Numbers that mean nothing: a value or an errno, and a whole address space either way.
@ARCHS
@settings(max_examples=60)
@given(script=st.lists(calls, min_size=2, max_size=10))
def test_any_numbers_give_a_value_or_an_errno(arch, script):
    task = Kernel(PLAIN, arch, ram_pages=256).spawn()
    fd = task.memfd("f", 4)
    task.mmap(0x1000_0000, 8 * PAGE, 3, 0x11, fd)
    task.mmap(0x1000_4000, 4 * PAGE, 3, 0x32)
    for name, args in script:
        if name in {"mlock", "mincore"} and args[1] > 1 << 24:
            continue
        if name == "mmap" and args[1] > 1 << 24 and args[3] & 0xA000:
            continue
        value = task.syscall(name, *args)
        assert isinstance(value, int | str)
        validate_mm(task.mm)


def test_every_system_call_is_tried():
    assert set(CALLS) == set(Kernel(PLAIN).policy.syscalls)
