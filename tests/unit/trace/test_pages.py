"""Does a page's row say what the page table says, on kernels with notes and without?"""

import pytest

from vmalab.arch.formats import pte_format
from vmalab.records.text import parse_program
from vmalab.trace.capture import Runner, run_program
from vmalab.trace.pages import letters, snapshot_with_pages

NONLINEAR = """
    mmap 0 6 rw shared,fixed f0 0
    remap 0 1 none 9
    read 1
    remap 4 1 none 40
    evict
    remap 3 1 none 17
"""


def told(text, on="linux-2.6", arch="i386"):
    """What the last state says of pages: (page, kind, file page, rights)."""
    run = run_program(parse_program(text), on, arch=arch)
    start = run.window.start
    return [
        ((one.addr - start) // 4096, one.kind, one.pgoff, one.perms)
        for one in run.steps[-1].after.pages
    ]


# page   0      1      2      3       4      5
#        note   gone   -      here    note   -
def test_shown_noted_and_left_to_the_vma():
    assert told(NONLINEAR) == [
        (0, "file", 9, "rw"),
        (1, "none", 1, "rw"),
        (2, "none", 2, "rw"),
        (3, "present", 17, "rw"),
        (4, "file", 40, "rw"),
        (5, "none", 5, "rw"),
    ]


@pytest.mark.parametrize(("arch", "rights"), [("i386", "rw"), ("x86_64", "rw-")])
def test_a_machine_that_can_forbid_execution_says_so(arch, rights):
    assert {perms for *_, perms in told(NONLINEAR, arch=arch)} == {rights}


def test_a_state_without_nonlinear_areas_keeps_no_pages():
    assert told("mmap 0 2 rw shared,fixed f0 0\nread 0") == []
    assert told(NONLINEAR, on="linux-6", arch="x86_64") == []


def test_but_one_may_ask_for_them():
    runner = Runner(parse_program(NONLINEAR), "linux-6", events=False)
    for op in runner.program.ops:
        runner.step(op)
    pages = snapshot_with_pages(runner.task, runner.window).pages
    assert [one.pgoff for one in pages] == [9, 1, 2, 17, 40, 5]


# A private copy is no page of the file any more: it is told at its place in the VMA.
def test_private_copies_and_memory_without_a_file():
    runner = Runner(
        parse_program("mmap 0 2 rw private,fixed f0 7\nmmap 2 1 rw private,anon,fixed\nwrite 0 1"),
        "linux-2.6",
        events=False,
    )
    for op in runner.program.ops:
        runner.step(op)
    pages = snapshot_with_pages(runner.task, runner.window).pages
    assert [(one.kind, one.pgoff) for one in pages] == [("present", 7), ("none", 8)]


def test_letters_of_nothing():
    assert letters(pte_format("x86_64"), pte_format("x86_64").protection_map[8]) == "---"
