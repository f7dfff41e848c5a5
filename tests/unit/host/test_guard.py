"""Which programs would reach beyond their window, into the interpreter that runs them?"""

import pytest

from vmalab.host.compile import make_plan, too_far, window_of
from vmalab.host.errors import HostError, HostUnsupportedError
from vmalab.records.program import Mmap, Program
from vmalab.records.text import parse_op, parse_program

TASK_SIZE = "0x7ffffffff000"


def plan(line, **options):
    return make_plan(parse_program(f"seq 1 16 hole\n{line}"), **options)


@pytest.mark.parametrize(
    "line",
    [
        "munmap 0x400000 1",
        "munmap 3 0x5f0000000000",
        "mmap 0x400000 1 r private,anon,fixed - 0",
        "mmap 0x400000 1 r private,anon,fixed_noreplace - 0",
        "mremap 0x400000 1 1 0",
        "mremap 3 0x5f0000000000 1 0",
        "mremap 3 1 1 maymove,fixed 0x400000",
        "mprotect 0x400000 1 none",
        "madvise 3 0x7fffffffff0000 dontneed",
        "write 0x400000 1",
        "read 0x400000",
        "probe 0x400000 2",
        "brk 0x500000000000",
        "mmap - 5000 rw private,anon,populate - 0",
        "madvise 0 1 100",
        "madvise 0 1 101",
    ],
)
def test_a_program_may_not_reach_the_interpreter(line):
    with pytest.raises(HostError, match="operation 1, "):
        plan(line)


# What the kernel refuses before it does anything, or stops at the hole behind the window, may run.
@pytest.mark.parametrize(
    "line",
    [
        "munmap 0 20",
        "munmap 0 0x8000000000000000",
        f"munmap {TASK_SIZE} 1",
        "madvise 0 0xffffffffffffffff dontneed",
        "mprotect 3 0x7fffffffffff0000 r",
        f"mmap {TASK_SIZE} 1 r private,anon,fixed - 0",
        "mmap 0x1001 1 r private,anon,fixed - 0",
        "mmap - 5000 rw private,anon - 0",
        "brk -",
        "brk 20",
        "mlock 0 0x7fffffffffff0000",
        "remap 0 99 none 0",
    ],
)
def test_what_does_no_harm_may_run(line):
    assert len(plan(line).instructions) == 1


@pytest.mark.parametrize("line", ["mprotect 15 2 r", "mlock 0 17", "munmap 0 17"])
def test_a_sealed_window_has_no_hole_behind_it(line):
    op, window = parse_op(line), window_of(parse_program("seq 1 16 hole\nmunmap 0 1"))
    assert not too_far(op, window)
    assert too_far(op, window, sealed=True)


def test_a_file_that_is_not_there_is_named():
    program = Program(16, (Mmap(0, 1, "r", "shared,fixed", "f777"),))
    with pytest.raises(HostError, match=r"operation 1, .*: there is no file 'f777'"):
        make_plan(program)


def test_eviction_is_not_the_hosts_to_make():
    with pytest.raises(HostUnsupportedError, match="operation 1, 'evict': "):
        plan("evict")


def test_only_programs_that_change_their_process_run_alone():
    assert not plan("munmap 0 1").alone
    assert [plan(line).alone for line in ("fork", "brk 1", "limit as 3")] == [True] * 3
    assert plan("brk 1").heap
    assert not plan("fork").heap


def test_only_the_files_that_are_named_are_made():
    assert plan("munmap 0 1").files == ()
    assert plan("truncate f2 1\nmmap 0 1 r shared,fixed r1 0").files == ("f2", "r1")
    assert plan("mmap 0 1 r shared,fixed x 0").files == ()
