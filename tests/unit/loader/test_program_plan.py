"""What does execve make of a program, now and in 2006, and how does it differ from ld.so?"""

import io

import pytest

from tests.unit.loader.shapes import PAGE, elf_of, shape
from vmalab.kernel import Kernel
from vmalab.loader.elf import PF_R, PF_W, PF_X, Segment, parse_elf
from vmalab.loader.eras import LINUX_2_6, LINUX_6, exec_era_of
from vmalab.loader.errors import ElfError
from vmalab.loader.program import PIE_BASE, covered, pie_base, program_plan, span_of
from vmalab.loader.replay import Loader, map_program, run_program
from vmalab.loader.writer import Blueprint, drepper, write_elf
from vmalab.mm.filemap import bytes_of

AT = 0x40_0000
CODE = Segment(0, 0, PAGE, PAGE, PF_R | PF_X, PAGE)


def program(*loads):
    """A program of such segments."""
    return elf_of(Blueprint(tuple(loads), name="program"))


def mapped(*loads, kernel="linux-6", whole=True):
    """The shape of a program that execve has mapped."""
    elf, source = program(*loads)
    loader = Loader(Kernel(kernel).spawn())
    return shape(map_program(loader, elf, AT, whole=whole, source=source))


# A hole is free, where ld.so keeps it:   |r-x|      |rw-|
@pytest.mark.parametrize("kernel", ["linux-2.6", "linux-6"])
def test_a_hole_is_not_mapped(kernel):
    data = Segment(PAGE, 9 * PAGE, PAGE, PAGE, PF_R | PF_W, PAGE)
    expected = [(0, 1, "r-x", 0), (9, 1, "rw-", 1)]
    assert mapped(CODE, data, kernel=kernel) == expected
    assert mapped(CODE, data, kernel=kernel, whole=False) == expected


# bss is always readable and writable; today it is executable where its segment is.
@pytest.mark.parametrize(
    ("flags", "now", "then"),
    [(PF_R | PF_W, "rw-", "rw-"), (PF_R, "rw-", "rw-"), (PF_R | PF_W | PF_X, "rwx", "rw-")],
)
def test_bss(flags, now, then):
    data = Segment(PAGE, PAGE, PAGE, 3 * PAGE, flags, PAGE)
    assert mapped(CODE, data)[-1] == (2, 2, now, "-")
    assert mapped(CODE, data, kernel="linux-2.6")[-1] == (2, 2, then, "-")


# A segment with no bytes in the file is all bss, from its first page on.
def test_a_segment_that_is_all_bss():
    data = Segment(PAGE, PAGE + 16, 0, PAGE, PF_R | PF_W, PAGE)
    assert mapped(CODE, data) == [(0, 1, "r-x", 0), (1, 2, "rw-", "-")]


# The rest of a page is zeroed where that may be written, and left as it is where it may not.
@pytest.mark.parametrize(("flags", "word"), [(PF_R | PF_W, 0), (PF_R, 0x58585858)])
def test_the_rest_of_the_last_page(flags, word):
    one = Segment(0, 0, 0x900, 0xA00, flags, PAGE)
    data = bytearray(write_elf(Blueprint((one,))))
    data[0x900:] = b"X" * 0x700
    elf = parse_elf(io.BytesIO(data), len(data), "program")
    task = Kernel().spawn()
    map_program(Loader(task), elf, AT, whole=True, source=bytes_of(bytes(data)))
    assert int.from_bytes(task.load(AT + 0x904, 4), "little") == word


# In 2006 there was one bss, up to the highest end, made whenever a segment asked for it.
def test_one_bss_in_2006():
    low = Segment(PAGE, PAGE, PAGE, 2 * PAGE, PF_R | PF_W, PAGE)
    high = Segment(2 * PAGE, 8 * PAGE, PAGE, PAGE, PF_R | PF_W, PAGE)
    rows = mapped(CODE, low, high, kernel="linux-2.6", whole=False)
    assert rows == [(0, 1, "r-x", 0), (1, 1, "rw-", 1), (2, 1, "rw-", "-"), (8, 1, "rw-", 2)]


def test_where_a_program_goes():
    elf, _ = program(CODE)
    assert pie_base(elf) == PIE_BASE
    large, _ = program(Segment(0, 0, PAGE, PAGE, PF_R, 0x200000))
    assert pie_base(large) == 0x5555_5540_0000
    assert span_of(elf) == PAGE
    assert covered(elf, AT) == (AT, AT + PAGE)
    assert exec_era_of("linux-2.6-manyprots-private") is LINUX_2_6
    assert exec_era_of("linux-6") is LINUX_6


# The interpreter goes where the kernel likes; in 2006, where it was prelinked to, if that is free.
@pytest.mark.parametrize(("kernel", "there"), [("linux-2.6", True), ("linux-6", False)])
def test_a_prelinked_interpreter(kernel, there):
    elf, source = program(Segment(0, 0x3000_0000, PAGE, PAGE, PF_R | PF_X, PAGE))
    loader = Loader(Kernel(kernel).spawn())
    found = map_program(loader, elf, None, whole=True, source=source)
    assert (found.base == 0x3000_0000) is there
    assert len(found.rows) == 1


def test_a_kernel_without_room():
    elf, source = program(CODE)
    task = Kernel().spawn()
    task.mm.limits.address_space = 0
    assert "RLIMIT_AS" in map_program(Loader(task), elf, None, whole=True, source=source).refused


def test_a_whole_process(tmp_path):
    for name, loads in (("program", (CODE,)), ("ld.so", drepper().loads)):
        (tmp_path / name).write_bytes(write_elf(Blueprint(loads)))
    elf, interp = (
        parse_elf(io.BytesIO(data), len(data), str(tmp_path / name))
        for name in ("program", "ld.so")
        for data in [(tmp_path / name).read_bytes()]
    )
    task, program, helper = run_program(elf, interp)
    assert program.base == PIE_BASE
    assert helper is not None
    assert helper.base > program.base
    assert task.mm.map_count == len(program.rows) + len(helper.rows)
    _, alone, nobody = run_program(elf)
    assert nobody is None
    assert alone.base != PIE_BASE, "a static program goes where there is room"
    _, old, _ = run_program(elf, kernel="linux-2.6")
    assert old.base == PIE_BASE


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Segment(0, 0, 0x1000, 0x900, PF_R, PAGE), "more bytes in the file than in memory"),
        (Segment(0, 0x10, 0x900, 0x900, PF_R, PAGE), "cannot share a page"),
    ],
)
def test_what_execve_refuses(load, words):
    elf, _ = program(load)
    with pytest.raises(ElfError, match=words):
        program_plan(elf, LINUX_6, AT, whole=True)
