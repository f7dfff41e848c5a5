"""Where no kernel refuses anything, do all of them leave the same memory?

one program, every operation of which succeeds everywhere

linux-2.6     |      rw-s f0, nonlinear        |     1 VMA
linux-6       | f0+9 | f0+1 | f0+20 |  f0+3    |     4 VMAs
contents        f0@9   f0@1   f0@20   f0@3           the same
"""

import os

import pytest

from vmalab.generations import GENERATIONS
from vmalab.records.text import format_program, parse_program
from vmalab.uapi.errors import KernelBug
from vmalab.workloads.agreement import AGREE, FOUR_CALLS, agreed, candidate, end_of, without
from vmalab.workloads.generation_table import policies
from vmalab.workloads.random_programs import make_program

NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
SHARES = 10
PROGRAMS = 10_000 if NIGHT else 300
SEED = 2006
PRIVATE = "linux-2.6-manyprots-private"
FIRST = ["linux-2.6", "linux-6"]
"""The two that are furthest apart: what one of them refuses, the rest need not run."""
APRIL = "linux-2.6-manyprots-2006-04"
"""As posted it takes PROT_NONE pages for file entries, and loses them or crashes: no law for it."""
ALL = [*FIRST, *(name for name in GENERATIONS if name not in {*FIRST, APRIL})]


def batch(share):
    """The numbers of a share's programs."""
    return range(share * PROGRAMS // SHARES, (share + 1) * PROGRAMS // SHARES)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_programs_that_succeed_everywhere_leave_the_same_memory(share):
    more_vmas = 0
    for number in batch(share):
        program, endings = agreed(candidate(SEED, number), ALL)
        assert len({end.memory for end in endings.values()}) == 1, format_program(program)
        one, many = (endings[name].map_count for name in FIRST)
        more_vmas += many > one
    assert more_vmas > len(batch(share)) // 40


# 2.6 on its other machines: other entries, another window, the same memory.
@pytest.mark.slow
@pytest.mark.parametrize("arch", ["i386", "i386-pae"])
def test_machines_agree_too(arch):
    names = [name for name in ALL if arch in policies(name)]
    for number in range(PROGRAMS // 10):
        program, endings = agreed(candidate(SEED + 1, number), names, arch)
        memories = {end.memory[:2] for end in endings.values()}
        assert len(memories) == 1, format_program(program)
        on_x86_64 = end_of(program, "linux-2.6")
        if not on_x86_64.refused:
            assert memories == {on_x86_64.memory[:2]}, format_program(program)


# The kernel left out: a PROT_NONE page is put out, and its entry looks like a page in memory.
def test_one_posted_bug_stops_the_kernel(tasks):
    program = parse_program(
        "seq 1 16 hole\nmmap 0 2 none shared,fixed f0 0\nremap 1 1 none 0\nevict\nmprotect 0 2 r"
    )
    told = {name: end_of(program, name) for name in ALL}
    assert not any(end.refused for end in told.values())
    assert {told[name].memory[0] for name in ALL} == {"0-1=f0@0 1-2=f0@0"}
    with pytest.raises(KernelBug, match=r"rmap\.c:522"):
        end_of(program, APRIL)
    tasks.clear()  # its accounts do not add up


# Many operations must be left when those that fail somewhere are gone, or the law says nothing.
def test_most_of_a_program_is_left():
    kinds, left, made = set(), 0, 0
    for number in range(40):
        program = candidate(SEED, number)
        kept, _ = agreed(program, FIRST)
        left, made = left + len(kept.ops), made + len(program.ops)
        kinds |= {type(op).__name__.lower() for op in kept.ops}
    assert left > made // 2
    assert kinds >= {*AGREE.weights, "evict", "fork"} - {"munlock", "mlock"}


def test_what_fails_somewhere_is_taken_out_everywhere():
    program = parse_program(
        "seq 1 16 hole\nmmap 0 4 rw shared,fixed f0 0\nremap 0 1 none 64\nmremap 9 2 1\nwrite 0 7"
    )
    kept, endings = agreed(program, FIRST)
    assert [type(op).__name__ for op in kept.ops] == ["Mmap", "Write"]
    assert [end.results for end in endings.values()] == [("p0", "ok")] * 2
    assert without(program, (1, 2)) == kept


# Why such programs do not grow an area once its pages are rearranged: what follows is not the same.
#
#     linux-2.6   | 9 | 10 | 2 |    the VMA's own page 2        linux-6   | 9 | 10 | 11 |
def test_what_a_grown_window_shows_depends_on_its_vmas():
    grow = parse_program(
        "seq 1 16 hole\nmmap 0 2 rw shared,fixed f0 0\nremap 0 2 none 9\nmremap 0 2 3"
    )
    assert [end_of(grow, name).memory[0] for name in FIRST] == ["0-2=f0@9 2-3=f0@2", "0-3=f0@9"]


# The article's hope: private memory with rights page by page, in one VMA, must behave as five do.
@pytest.mark.slow
@pytest.mark.skipif(PRIVATE not in GENERATIONS, reason="no such kernel")
@pytest.mark.parametrize("share", range(SHARES))
def test_the_counterfactual_is_the_plain_kernel_to_its_programs(share):
    fewer = 0
    for number in batch(share):
        program = make_program(FOUR_CALLS, SEED, number, 24)
        plain, hoped = (end_of(program, name) for name in ("linux-2.6", PRIVATE))
        assert hoped.memory == plain.memory, format_program(program)
        assert hoped.results == plain.results, format_program(program)
        fewer += hoped.map_count < plain.map_count
    assert fewer > len(batch(share)) // 4
