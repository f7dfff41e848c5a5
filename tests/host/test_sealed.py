"""A sealed window: does the kernel find room there, and nowhere else?"""

import pytest

from vmalab import host
from vmalab.records.text import parse_program

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable())),
]


def results(*lines):
    program = parse_program("\n".join(["seq 1 16 hole", *lines]))
    return [step.result for step in host.run_program(program, sealed=True).steps]


# Top-down:  |           .....4444 222 | then the hole that is left
def test_addresses_are_chosen_from_the_top():
    lines = ("mmap - 3 rw private,anon - 0", "mmap - 4 r shared f0 0", "mmap - 9 r shared f0 0")
    assert results(*lines) == ["p13", "p9", "p0"]


def test_a_full_window_is_enomem():
    lines = ("mmap 0 15 rw private,anon,fixed - 0", "mmap - 2 rw private,anon - 0")
    assert results(*lines, "mmap - 1 rw private,anon - 0") == ["p0", "-1 ENOMEM", "p15"]


def test_moves_stay_inside():
    lines = ("mmap 4 2 rw private,anon,fixed - 0", "mmap 6 1 r private,anon,fixed - 0")
    assert results(*lines, "mremap 4 2 5 maymove", "mremap 11 5 6 maymove") == [
        "p4",
        "p6",
        "p11",
        "p0",
    ]


# The filler is PROT_NONE too, and touches the window on both sides: does it keep to itself?
#
#    ▒▒▒▒▒▒▒|--- none ---|▒▒▒▒▒▒▒
#
def test_the_filler_merges_with_nothing():
    program = parse_program("seq 1 16 hole\nmmap 0 16 none private,anon,fixed,noreserve - 0\nfork")
    run = host.run_program(program, sealed=True)
    assert [(row.nr_pages, row.perms) for row in run.steps[-1].after.vmas] == [(16, "---p")]


def test_the_filler_is_not_the_programs_to_change():
    for line in ("mprotect 8 9 r", "munmap 15 2", "mprotect 0 0x8000000000000000 none"):
        with pytest.raises(host.HostError, match="outside the program's own memory"):
            results(line)


def test_a_sealed_window_must_be_small():
    program = parse_program("seq 1 129 hole\nmunmap 0 1")
    with pytest.raises(host.HostError, match="at most 128 pages"):
        host.run_program(program, sealed=True)
