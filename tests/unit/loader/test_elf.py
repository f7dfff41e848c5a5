"""Does the reader see what a loader sees, and stop at what no loader could use?"""

import io
import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.loader import elf as reader
from vmalab.loader.elf import PF_R, PF_W, PF_X, Segment, parse_elf, read_elf
from vmalab.loader.eras import EXEC_ERAS
from vmalab.loader.errors import ElfError
from vmalab.loader.library import library_plan
from vmalab.loader.program import PIE_BASE, program_plan
from vmalab.loader.relocations import written_pages
from vmalab.loader.writer import Blueprint, drepper, shifted, write_elf, write_library
from vmalab.workloads.random_libraries import random_library

PAGE = 4096
GOOD = write_elf(drepper(text=1, gap=2, relro=1, data=1, bss=2))


def parse(data):
    return parse_elf(io.BytesIO(data), len(data), "it")


# What is written is what is read.
@pytest.mark.parametrize("index", range(20))
def test_written_and_read_again(index):
    plan = random_library(5, index)
    elf = parse(write_elf(plan))
    assert elf.loads == plan.loads
    assert elf.stack_flags == plan.stack_flags
    assert elf.textrel == plan.textrel
    assert (elf.relro is None) == (plan.relro is None)
    if plan.relro:
        assert (elf.relro.vaddr, elf.relro.memsz) == plan.relro


def test_what_a_segment_says_of_itself():
    one = Segment(0x1234, 0x5234, 0x100, 0x2000, PF_R | PF_W, 4096)
    assert (one.mapstart, one.mapend, one.mapoff) == (0x5000, 0x6000, 0x1000)
    assert (one.dataend, one.allocend, one.prot) == (0x5334, 0x7234, 3)
    assert Segment(0, 0, 0, 0, PF_X, 0).prot == 4


def test_the_largest_alignment_that_is_a_power_of_two_counts():
    aligned = [Segment(0, 0, 2048, 2048, PF_R, align) for align in (0, 1, 0x3000, 0x10000)]
    assert parse(write_elf(Blueprint((aligned[0],)))).max_align == PAGE
    assert parse(write_elf(Blueprint((aligned[2],)))).max_align == PAGE
    assert parse(write_elf(Blueprint(tuple(aligned)))).max_align == 0x10000


def patched(at, form, *values):
    data = bytearray(GOOD)
    struct.pack_into(form, data, at, *values)
    return bytes(data)


PHDR = 64
"""Where the program headers begin: type 0, flags 4, offset 8, vaddr 16, filesz 32, memsz 40."""


# Each kind of wrong file is told in one line of its own.
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"\x7fE", "not an ELF file"),
        (b"#!/bin/sh\n" * 20, "not an ELF file"),
        (GOOD[:9], "truncated"),
        (GOOD[:40], "truncated"),
        (GOOD[:100], "the table of program headers would end at byte 344 of 100: truncated"),
        (patched(4, "B", 1), "it is 32-bit"),
        (patched(4, "B", 7), "of class 7"),
        (patched(5, "B", 2), "big-endian"),
        (patched(5, "B", 9), "of byte order 9"),
        (patched(18, "<H", 183), "another machine (EM_AARCH64)"),
        (patched(18, "<H", 0x9026), "another machine"),
        (patched(16, "<H", 1), "it is ET_REL: neither"),
        (patched(16, "<H", 77), "neither a program nor a shared library"),
        (patched(56, "<H", 0), "no program headers"),
        (patched(54, "<H", 32), "32 bytes each"),
        (patched(56, "<H", 0xFFFF), "65535 program headers; the kernel reads 1170"),
        (patched(32, "<Q", 1 << 63), "truncated"),
        (patched(PHDR + 16, "<Q", (1 << 64) - 8), "ends beyond the last 64-bit address"),
        (patched(PHDR, "<I", 4) [: PHDR] + bytes(56 * 4) + GOOD[PHDR + 224 :], "no PT_LOAD"),
        (patched(PHDR + 56, "<I", 3), "its interpreter's name is"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_in_one_line(data, words):
    with pytest.raises(ElfError) as refusal:
        parse(data)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_interpreter(tmp_path):
    plan = bytearray(GOOD)
    name = b"/lib64/ld.so\0"
    plan += name
    struct.pack_into("<IIQQQQ", plan, PHDR + 56 * 3, 3, 4, len(GOOD), 0, 0, len(name))
    assert parse(bytes(plan)).interp == "/lib64/ld.so"
    with pytest.raises(ElfError, match="does not end in a zero byte"):
        parse(bytes(plan[:-1]) + b"x")
    path = tmp_path / "it"
    path.write_bytes(plan)
    assert read_elf(path).name == "it"


def test_what_is_not_a_file_at_all(tmp_path):
    with pytest.raises(ElfError, match="not a regular file"):
        read_elf(tmp_path)
    with pytest.raises(ElfError, match="not a regular file"):
        read_elf("/dev/zero")
    with pytest.raises(FileNotFoundError):
        read_elf(tmp_path / "no")


def test_a_file_that_shrinks_while_it_is_read():
    with pytest.raises(ElfError, match="became shorter"):
        parse_elf(io.BytesIO(GOOD[:90]), len(GOOD), "it")


# Hostile files: whatever the bytes, a record or one line, quickly, and little memory.
SEEDS = [GOOD, *(write_elf(random_library(9, index))[:0x3000] for index in range(6))]


@st.composite
def hostile(draw):
    """A good file with some of its first kilobyte overwritten, cut or extended."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, 0x500))
        word = draw(st.sampled_from(NASTY) | st.binary(min_size=1, max_size=8))
        data[at : at + len(word)] = word
    return bytes(data[: draw(st.sampled_from([None, None, 63, 64, 700, 0x801]))])


NASTY = [bytes([255]) * 8, bytes(8), bytes(7) + b"\x80", b"\xff\xff\xff\xff\xff\xff\xff\x7f"]
NASTY += [struct.pack("<Q", 1 << bit) for bit in (11, 12, 31, 32, 47, 62)]


def refusal(call):
    """Why a call was refused, or nothing."""
    try:
        call()
    except ElfError as error:
        return str(error)
    return ""


def all_of(data):
    """Everything that is done with a file before any of it is mapped."""
    elf = parse(data)
    pages = written_pages(elf, lambda at, count: data[at : at + count])
    for plan in (
        lambda: library_plan(elf, 0x7000_0000_0000, written=pages),
        lambda: program_plan(elf, EXEC_ERAS["6.x"], PIE_BASE, whole=True),
        lambda: program_plan(elf, EXEC_ERAS["2006"], PIE_BASE, whole=False),
    ):
        assert "\n" not in refusal(lambda plan=plan: [step.told for step in plan()])


@given(hostile())
def test_hostile_files_are_refused_in_one_line_or_planned(data):
    assert "\n" not in refusal(lambda: all_of(data))


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_magic_number(data):
    assert "\n" not in refusal(lambda: all_of(b"\x7fELF\x02\x01\x01" + bytes(9) + data))


# However long a file says its tables are, little is read.
def test_memory_is_bounded(tmp_path):
    data = bytearray(write_elf(drepper(text=1, gap=0, relro=0, data=1, bss=0)))
    struct.pack_into("<QQQQQ", data, PHDR + 56 * 2 + 8, 0, 0, 0, 1 << 40, 1 << 40)
    path = tmp_path / "huge"
    path.write_bytes(data)
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    tracemalloc.start()
    read_elf(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * reader.MOST_BYTES


def test_a_prelinked_library_has_other_addresses():
    plan = shifted(drepper(), 0x3000_0000)
    elf = parse(write_elf(plan))
    assert elf.loads[0].vaddr == 0x3000_0000
    assert elf.span == parse(write_elf(drepper())).span


def test_a_blueprint_must_hold_its_own_head(tmp_path):
    late = Segment(0x1000, 0, 0x1000, 0x1000, PF_R, PAGE)
    with pytest.raises(ValueError, match="must hold the file's first 0x800"):
        write_elf(Blueprint((late,)))
    many = tuple(Segment(0, PAGE * n, 0x800, 0x800, PF_R, PAGE) for n in range(40))
    with pytest.raises(ValueError, match="leave some out"):
        write_elf(Blueprint(many))
    assert write_library(drepper(name="a.so"), tmp_path) == tmp_path / "a.so"
