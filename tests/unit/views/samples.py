"""Hand-written records that the tests of the views draw. Pages count from the window's start."""

import random
from pathlib import Path

from vmalab.records.events import VmaMerged, VmaMoved, VmaNotMerged, VmaSplit
from vmalab.records.resolve import Window
from vmalab.records.run import Step
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.text import parse_op
from vmalab.views import before_after

START = 0x2000_0000_0000
WINDOW = Window(START, 24)


def page(number):
    """The first address of a window page."""
    return START + number * 4096


def vma(first, after, perms="rw-p", backing="anon", pgoff=0, flags=(), anon_vma=None):
    """A VMA from window page to window page."""
    return VmaRow(page(first), page(after), perms, pgoff, backing, tuple(flags), anon_vma)


def space(*rows, present=()):
    """An address space; ``present`` maps window pages to what is there."""
    return Snapshot(rows, tuple((page(number), kind) for number, kind in dict(present).items()))


def step(line, result, after, *events, because="", rule=""):
    """A line of a program and what came of it."""
    return Step(parse_op(line), result, after, events, because, rule)


FEW = space(
    vma(0, 4, flags=["rd", "wr", "ac"], anon_vma=1),
    vma(4, 8, "r--p", flags=["ac"]),
    vma(10, 11, "rw-s", "f0", 9),
    vma(16, 24, "---p", flags=["nr"]),
    present={0: "anon", 1: "zero", 10: "file"},
)
ONE = space(vma(0, 8))
SPLIT = space(vma(0, 2), vma(2, 6, "r--p"), vma(6, 8))

SPLITTING = (
    ONE,
    step(
        "mprotect 2 4 r",
        "0",
        SPLIT,
        VmaSplit(page(0), page(2), page(8)),
        VmaSplit(page(2), page(6), page(8)),
    ),
)
MERGING = (
    SPLIT,
    step(
        "mprotect 2 4 rw",
        "0",
        ONE,
        VmaMerged(
            page(0),
            page(8),
            ((page(0), page(2)), (page(2), page(6)), (page(6), page(8))),
            "same flags, same backing",
        ),
    ),
)
PUNCHING = (ONE, step("munmap 3 2", "0", space(vma(0, 3), vma(5, 8))))
MOVING = (
    SPLIT,
    step(
        "mremap 0 2 2 maymove,fixed 12",
        "p12",
        space(vma(2, 6, "r--p"), vma(6, 8), vma(12, 14)),
        VmaMoved(page(0), page(2), page(12)),
    ),
)
REFUSING = (
    ONE,
    step(
        "mmap 1 2 rw private,anon,fixed_noreplace",
        "-1 EEXIST",
        ONE,
        because=f"a VMA holds {page(1):#x}",
        rule="mm/mmap.c:do_mmap",
    ),
)
HALFWAY = (
    ONE,
    step(
        "mprotect 6 4 r",
        "-1 ENOMEM",
        space(vma(0, 6), vma(6, 8, "r--p")),
        VmaSplit(page(0), page(6), page(8)),
        because="page 8 is a hole",
        rule="mm/mprotect.c:do_mprotect_pkey",
    ),
)
STAYING_APART = (
    space(vma(0, 4, anon_vma=1)),
    step(
        "mmap 4 2 rw private,anon,fixed",
        "p4",
        space(vma(0, 4, anon_vma=1), vma(4, 6, flags=["lo"])),
        VmaNotMerged(page(4), "one is locked, the other is not"),
    ),
)
TOUCHING = (ONE, step("write 3 7", "ok", Snapshot(ONE.vmas, ((page(3), "anon"),))))
DROPPING = (TOUCHING[1].after, step("madvise 0 8 dontneed", "0", ONE))
OUTSIDE = (
    ONE,
    step(
        "mmap - 3 rw private,anon",
        "OUT",
        Snapshot((*ONE.vmas, VmaRow(0x7FFF_F7FC_0000, 0x7FFF_F7FC_3000, "rw-p", 0, "anon"))),
    ),
)

STEPS = {
    "splitting": SPLITTING,
    "merging": MERGING,
    "punching": PUNCHING,
    "moving": MOVING,
    "refusing": REFUSING,
    "halfway": HALFWAY,
    "staying apart": STAYING_APART,
    "touching": TOUCHING,
    "dropping": DROPPING,
    "outside": OUTSIDE,
}


def random_space(nr_vmas, seed=2006):
    """A busy address space: many small VMAs of every kind, some pages present."""
    dice = random.Random(seed)
    rows, at, present = [], 0, {}
    for _ in range(nr_vmas):
        at += dice.choice([0, 0, 0, 1, 2])
        pages = dice.choice([1, 1, 2, 3])
        rows.append(
            vma(
                at,
                at + pages,
                dice.choice(["rw-p", "r--p", "rw-s", "---p", "rwxp"]),
                dice.choice(["anon", "f0", "f12", "shm1", "[heap]", "[vdso]", "libverylong.so.6"]),
                dice.randrange(60),
                dice.choice([(), ("ac",), ("ac", "lo", "dc")]),
                dice.choice([None, 1, 23]),
            )
        )
        present[at] = dice.choice(["anon", "zero", "file", "guard", "shmem", "swap", "odd"])
        at += pages
    return space(*rows, present=present), Window(START, at + 2)


def random_process(nr_vmas, seed=2006):
    """Something like a real process: large and small VMAs, far apart, with long names."""
    dice = random.Random(seed)
    names = [
        "/usr/bin/python3.11",
        "[heap]",
        "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "anon",
        "[stack]",
    ]
    names.append("/usr/lib/locale/a-name-that-is-far-too-long-for-any-column")
    rows, at = [], 0x55A0_C000_0000
    for number in range(nr_vmas):
        at += 4096 * (dice.choice([3, 900, 10**7]) if number % 6 == 0 else 0)
        end = at + 4096 * dice.choice([1, 2, 33, 400, 70000])
        flags = dice.choice([(), ("ac",), ("ac", "lo", "dc", "wf", "dd", "nh", "mg")])
        rows.append(VmaRow(at, end, dice.choice(["r--p", "rw-p"]), 7, dice.choice(names), flags))
        at = end
    return Snapshot(tuple(rows))


def golden(name):
    """A text drawing as it was when somebody last looked at it and found it right."""
    return (
        (Path(__file__).parent / "golden" / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")
    )


def drawn(name):
    """One of the steps as a drawing."""
    before, done = STEPS[name]
    return before_after(before, done, WINDOW)
