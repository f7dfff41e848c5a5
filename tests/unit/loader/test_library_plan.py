"""What does ld.so do, step by step, and what becomes of it on a kernel?"""

from dataclasses import replace

import pytest

from tests.unit.loader.shapes import PAGE, elf_of, shape
from vmalab.kernel import Kernel
from vmalab.loader.elf import PF_R, PF_W, PF_X, Segment
from vmalab.loader.eras import ERAS
from vmalab.loader.errors import ElfError
from vmalab.loader.library import library_plan
from vmalab.loader.replay import load_library
from vmalab.loader.writer import Blueprint, drepper, shifted, stamp
from vmalab.workloads.random_libraries import random_library

AT = 0x7000_0000_0000


def load(plan, **how):
    elf, source = elf_of(plan)
    return load_library(elf, source=source, **how)


FIVE = drepper(text=4, gap=250, relro=2, data=3, bss=16)


# Drepper's five.       |text|   gap   |relro|data|bss|
def test_the_classical_library_has_five_vmas():
    assert shape(load(FIVE)) == [
        (0, 4, "r-x", 0),
        (4, 250, "---", 4),
        (254, 2, "r--", 4),
        (256, 3, "rw-", 6),
        (259, 16, "rw-", "-"),
    ]


# Each part left out is a VMA less; 2.3.3 knows no RELRO.
@pytest.mark.parametrize(
    ("parts", "era", "perms"),
    [
        ({}, "2.36", "r-x --- r-- rw- rw-"),
        ({}, "2.4", "r-x --- r-- rw- rw-"),
        ({}, "2.3.4", "r-x --- r-- rw- rw-"),
        ({}, "2.3.3", "r-x --- rw- rw-"),
        ({"relro": 0}, "2.4", "r-x --- rw- rw-"),
        ({"bss": 0}, "2.4", "r-x --- r-- rw-"),
        ({"gap": 0}, "2.4", "r-x r-- rw- rw-"),
        ({"relro": 0, "bss": 0, "gap": 0}, "2.4", "r-x rw-"),
        ({"relro": 0, "bss": 0, "data": 0, "gap": 0}, "2.4", "r-x"),
    ],
)
def test_as_many_vmas_as_it_has_parts(parts, era, perms):
    plan = drepper(**{"text": 4, "gap": 250, "relro": 2, "data": 3, "bss": 16, **parts})
    assert " ".join(row[2] for row in shape(load(plan, era=era))) == perms


def calls(plan, era="2.36", **how):
    steps = library_plan(elf_of(plan)[0], AT, era, **how)
    return [(step.stage, *step.call.args) for step in steps if step.call]


# The hole is sealed up to the last segment since 2.4, before that to the end of the bss.
def test_eras_seal_differently():
    seal = {era: next(c for c in calls(FIVE, era) if c[0] == "seal") for era in ERAS}
    assert seal["2.3.4"] == ("seal", AT + 4 * PAGE, (250 + 2 + 3 + 16) * PAGE, 0)
    assert seal["2.4"] == seal["2.36"] == ("seal", AT + 4 * PAGE, 250 * PAGE, 0)


# A bss that fills the hole up to the next segment leaves a hole all the same: file ends count.
def test_a_bss_before_a_segment_counts_as_a_hole():
    low = Segment(0, 0, PAGE, 2 * PAGE, PF_R | PF_W, PAGE)
    high = Segment(PAGE, 2 * PAGE, PAGE, PAGE, PF_R, PAGE)
    assert "seal" in {call[0] for call in calls(Blueprint((low, high)))}
    assert shape(load(Blueprint((low, high)))) == [
        (0, 1, "rw-", 0),
        (1, 1, "rw-", "-"),
        (2, 1, "r--", 1),
    ]


# More than a page's alignment: make room, map at the aligned place, give the rest back.
def test_a_large_alignment_takes_three_calls_more():
    plan = Blueprint((Segment(0, 0, 3 * PAGE, 3 * PAGE, PF_R, 0x10000),))
    found = [
        step.call.name for step in library_plan(elf_of(plan)[0], AT + PAGE, "2.36")[:4] if step.call
    ]
    assert found == ["mmap", "mmap", "munmap", "munmap"]
    assert load(plan).base % 0x10000 == 0
    assert shape(load(plan)) == [(0, 3, "r--", 0)]


def test_old_releases_do_not_look_at_large_alignments():
    plan = Blueprint((Segment(0, 0, 3 * PAGE, 3 * PAGE, PF_R, 0x10000),))
    assert [c[0] for c in calls(plan, "2.4")] == ["reserve"]


# DT_TEXTREL opens each read-only segment, and closes them in the opposite order.
def test_text_that_must_be_relocated():
    loads = (
        Segment(0, 0, PAGE, PAGE, PF_R, PAGE),
        Segment(PAGE, PAGE, PAGE, PAGE, PF_R | PF_X, PAGE),
        Segment(2 * PAGE, 2 * PAGE, PAGE, PAGE, PF_R | PF_W, PAGE),
    )
    found = [c[1:] for c in calls(Blueprint(loads, textrel=True)) if c[0] == "relocate"]
    assert found == [(AT, PAGE, 3), (AT + PAGE, PAGE, 7), (AT + PAGE, PAGE, 5), (AT, PAGE, 1)]
    old = [c[3] for c in calls(Blueprint(loads, textrel=True), "2.4") if c[0] == "relocate"]
    assert old == [3, 3, 5, 1]
    flags = ["ac" in row.flags for row in load(Blueprint(loads, textrel=True)).rows]
    assert flags == [True, True, True]


# A bss that begins in a read-only page: the page is opened for the zeroes, and stays accounted.
def test_a_read_only_bss():
    one = Segment(0, 0, PAGE + 5, 3 * PAGE, PF_R, PAGE)
    loaded = load(Blueprint((one,)))
    assert shape(loaded) == [(0, 1, "r--", 0), (1, 1, "r--", 1), (2, 1, "r--", "-")]
    assert ["ac" in row.flags for row in loaded.rows] == [False, True, False]


def test_an_executable_stack_is_noticed_and_changes_nothing_here():
    plan = replace(FIVE, stack_flags=PF_R | PF_W | PF_X)
    assert shape(load(plan)) == shape(load(FIVE))
    stages = {step.stage for step in library_plan(elf_of(plan)[0], AT)}
    assert "stack" in stages
    stages = {step.stage for step in library_plan(elf_of(plan)[0], AT, stack_is_executable=True)}
    assert "stack" not in stages
    assert "stack" in {
        s.stage for s in library_plan(elf_of(replace(FIVE, stack_flags=None))[0], AT)
    }


# RELRO is rounded down at both ends: less than a page of it is no page.
def test_relro_of_less_than_a_page():
    assert "r--" not in [row[2] for row in shape(load(replace(FIVE, relro=(254 * PAGE, PAGE - 1))))]
    assert (254, 1, "r--", 4) in shape(load(replace(FIVE, relro=(254 * PAGE, 2 * PAGE - 1))))


# A prelinked library goes where it was linked for, if that is free.
def test_a_hint_is_followed_where_it_can_be():
    plan = shifted(FIVE, 0x32_ADB0_0000)
    assert load(plan).base == 0x32_ADB0_0000
    task = Kernel().spawn()
    task.mmap(0x32_ADB0_0000, PAGE, 0, 0x32)
    assert load(plan, task=task).base != 0x32_ADB0_0000


# Every page shows the page of the file that it should, and zeroes where it should.
def test_contents():
    elf, source = elf_of(FIVE)
    task = Kernel().spawn()
    loaded = load_library(elf, source=source, task=task)
    shown = {1: 1, 3: 3, 254: 4, 255: 5, 256: 6, 258: 8}
    assert task.load(loaded.base, 4) == b"\x7fELF"
    for page, pgoff in shown.items():
        assert task.load(loaded.base + page * PAGE, 4) == stamp(pgoff).to_bytes(4, "little")
    for page in (259, 274):
        assert task.load(loaded.base + page * PAGE, PAGE) == bytes(PAGE)


def test_each_moment_is_kept():
    stages = [(m.step.stage, len(m.rows)) for m in load(FIVE).moments]
    assert stages == [
        ("reserve", 1),
        ("seal", 3),
        ("segment", 4),
        ("bss", 4),
        ("relocate", 4),
        ("relro", 5),
    ]


def test_leaving_a_stage_out():
    assert [r[2] for r in shape(load(FIVE, omit={"seal"}))] == ["r-x", "r--", "rw-", "rw-"]
    assert [r[2] for r in shape(load(FIVE, omit={"relro"}))] == ["r-x", "---", "rw-", "rw-"]


# Relocated bss has an anon_vma when RELRO comes, and keeps VM_ACCOUNT; untouched bss loses it.
@pytest.mark.parametrize(("relocated", "accounted"), [((), False), ((256 * PAGE,), True)])
def test_relocation_leaves_its_mark(relocated, accounted):
    plan = drepper(text=4, gap=250, relro=2, data=0, bss=4)
    plan = replace(plan, relro=(254 * PAGE, 6 * PAGE), relocated=relocated)
    last = load(plan).rows[-1]
    assert (last.backing, last.perms, "ac" in last.flags) == ("anon", "r--p", accounted)


@pytest.mark.parametrize(
    ("change", "era", "words"),
    [
        ({"loads": (Segment(0, 16, 0x900, 0x900, PF_R, PAGE),)}, "2.36", "differ modulo 0x1000"),
        ({"loads": (Segment(0, PAGE, 0x900, 0x900, PF_R, 0x10000),)}, "2.4", "modulo 0x10000"),
        ({"loads": (Segment(0, 0, 0x900, 0x900, PF_R, 0x900),)}, "2.4", "is not whole pages"),
        (
            {
                "loads": (
                    Segment(0, 0x9000, 0x900, 0x900, PF_R, PAGE),
                    Segment(0, 0, 0x900, 0x900, PF_R, PAGE),
                )
            },
            "2.36",
            "ends at or below",
        ),
        (
            {
                "loads": (
                    Segment(0, 0, 0x3000, 0x3000, PF_R, PAGE),
                    Segment(0, 0x1000, 0x900, 0x900 + 0x9000, PF_R, PAGE),
                )
            },
            "2.36",
            "begins below the end of its first one",
        ),
    ],
)
def test_what_ld_so_refuses(change, era, words):
    with pytest.raises(ElfError, match=words):
        load(replace(FIVE, relro=None, **change), era=era)


def test_programs_are_not_libraries():
    elf, _ = elf_of(FIVE)
    for change, words in (
        ({"kind": "exec"}, "ET_EXEC"),
        ({"dynamic": None}, "linked statically"),
        ({"tags": ((0x6FFF_FFFB, 0x0800_0000),)}, "position-independent"),
    ):
        with pytest.raises(ElfError, match=words):
            library_plan(replace(elf, **change), AT)
    assert library_plan(replace(elf, tags=((0x6FFF_FFFB, 0x0800_0000),)), AT, "2.4")
    with pytest.raises(ValueError, match=r"no ld.so '9' is known; choose one of 2.3.3"):
        library_plan(elf, AT, "9")


# A file that ends too early kills ld.so when it zeroes a page that is not there.
def test_a_library_that_kills_its_loader():
    elf, source = elf_of(replace(FIVE, relocated=(0x10,)))
    with pytest.raises(ElfError, match="the loader would die: SIGSEGV"):
        load_library(elf, source=source)


def test_a_kernel_that_refuses_says_why():
    task = Kernel().spawn()
    task.mm.limits.address_space = 20 * PAGE
    loaded = load(FIVE, task=task)
    assert "RLIMIT_AS" in loaded.refused
    assert loaded.rows == ()
    task.mm.limits.address_space = task.mm.policy.task_size
    task.mm.policy.max_map_count = 2
    try:
        loaded = load(FIVE, task=task)
    finally:
        del task.mm.policy.max_map_count
    assert loaded.refused.startswith("ENOMEM: ")
    assert loaded.steps[-1].stage == "seal"


# The mix of everything: each loads, or says in one line why ld.so would die of it.
def test_random_libraries_load_on_the_model():
    died = []
    for index in range(60):
        try:
            load(random_library(77, index))
        except ElfError as error:
            died.append(str(error))
    assert len(died) < 5
    assert all(words.startswith("the loader would die: SIG") for words in died)
