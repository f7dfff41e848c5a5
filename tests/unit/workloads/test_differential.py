"""Where two runs of one program part: is it found, and said?"""

import pytest

from vmalab.records.program import WINDOW_START, Program
from vmalab.records.resolve import Window
from vmalab.records.run import Run, Step
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.text import parse_op
from vmalab.workloads.differential import comparable, compare

BASE = WINDOW_START["x86_64"]
PAGE = 4096


def row(start, end, perms="rw-p", pgoff=0, backing="anon", flags=()):
    return VmaRow(BASE + start * PAGE, BASE + end * PAGE, perms, pgoff, backing, flags)


def run(*steps, line="munmap 0 1", kernel="host"):
    """A run of equal operations; a step is its result and its rows."""
    program = Program(24, (parse_op(line),) * len(steps))
    made = [
        Step(op, result, Snapshot(tuple(rows)))
        for op, (result, rows) in zip(program.ops, steps, strict=True)
    ]
    return Run(kernel, program, Window(BASE, 24), Snapshot(()), tuple(made))


def test_equal_runs_do_not_differ():
    assert compare(run(("0", [row(0, 2)])), run(("0", [row(0, 2)]))) is None
    assert compare(run(), run()) is None


@pytest.mark.parametrize(
    "changed",
    [
        row(0, 3),
        row(1, 2),
        row(0, 2, "r--p"),
        row(0, 2, pgoff=1),
        row(0, 2, backing="f0"),
    ],
)
def test_every_part_of_a_vma_is_compared(changed):
    found = compare(run(("0", [row(0, 2)])), run(("0", [changed])))
    assert (found.number, found.what) == (1, "VMAs")


def test_results_come_before_vmas_and_the_first_difference_is_told():
    mine = run(("0", [row(0, 2)]), ("0", [row(0, 2)]))
    real = run(("0", [row(0, 2)]), ("-1 EINVAL", []))
    assert str(compare(mine, real)).splitlines() == [
        "operation 2, munmap 0 1: results differ",
        "  model 0",
        "  host  -1 EINVAL",
    ]


def test_a_difference_of_vmas_shows_both():
    found = compare(run(("0", [row(0, 2), row(2, 4)])), run(("0", [])))
    assert found.told("linux-6", "host").splitlines() == [
        "operation 1, munmap 0 1: VMAs differ",
        "  linux-6  V 0-2 rw-p 0 anon",
        "           V 2-4 rw-p 0 anon",
        "  host     V -",
    ]


def test_flags_are_compared_at_the_end_only():
    early = run(("0", [row(0, 2, flags=("rd",))]), ("0", [row(0, 2, flags=("rd", "ac"))]))
    late = run(("0", [row(0, 2)]), ("0", [row(0, 2, flags=("rd", "ac"))]))
    other = run(("0", [row(0, 2)]), ("0", [row(0, 2, flags=("rd",))]))
    assert compare(early, late) is None
    assert compare(early, other).what == "VmFlags"
    assert compare(early, other, flags=False) is None


# Shared objects have no names of their own: |shm0| and |shm7| are equal if each is the first seen.
def test_shared_objects_are_equal_in_the_order_seen():
    mine = run(("0", [row(0, 2, "rw-s", 0, "shm7"), row(4, 6, "rw-s", 0, "shm2")]))
    real = run(("0", [row(0, 2, "rw-s", 0, "shm0"), row(4, 6, "rw-s", 0, "shm1")]))
    same = run(("0", [row(0, 2, "rw-s", 0, "shm0"), row(4, 6, "rw-s", 0, "shm0")]))
    assert compare(mine, real) is None
    assert compare(mine, same).what == "VMAs"


@pytest.mark.parametrize(
    ("mine", "real", "equal"),
    [
        ("f0@3", "f0@3", True),
        ("0", "#7", False),
        ("0", "SIGSEGV", False),
        ("SIGBUS", "SIGSEGV", False),
    ],
)
def test_what_a_read_found_is_compared(mine, real, equal):
    runs = (run((word, []), line="read 0") for word in (mine, real))
    assert (compare(*runs) is None) == equal


def test_what_fills_a_sealed_space_is_not_compared():
    filler = row(24, 25, "---s", 0, "shm0")
    mine, real = run(("0", [row(0, 2), filler])), run(("0", [row(0, 2)]))
    assert compare(mine, real) is not None
    assert compare(mine, real, sealed=True) is None


def test_an_operation_that_one_side_cannot_make_is_not_compared():
    mine, real = run(("unsupported", [])), run(("0", []))
    assert not comparable(mine, real)
    assert not comparable(real, mine)
    assert comparable(real, real)


def test_what_pages_hold_is_compared():
    mine, real = (run((text, []), line="contents") for text in ("", "0-1=0"))
    assert compare(mine, real).what == "results"
    assert compare(mine, mine) is None
