"""Which numbers does an operation hand to the kernel?"""

import pytest
from hypothesis import given

from tests.unit.records.programs import OPS
from vmalab.records import program as ops
from vmalab.records.program import Abs, At, Bytes
from vmalab.records.resolve import BAD_FD, Call, Window, resolve, to_bytes, to_flags, to_prot
from vmalab.uapi import mman
from vmalab.uapi.syscalls import NR_X86_64

WINDOW = Window(0x10000, 8)
FDS = {f"{how}{number}": 10 * number + "frw".index(how) for how in "frw" for number in range(4)}
MINUS_ONE = (1 << 64) - 1


@pytest.mark.parametrize(
    ("op", "call"),
    [
        (
            ops.Mmap(1, 2, "rw", "private,anon"),
            Call("mmap", (0x11000, 8192, 3, 0x22, MINUS_ONE, 0)),
        ),
        (
            ops.Mmap(None, Bytes(1, 1), 1, 1, "r1", 3),
            Call("mmap", (0, 4097, 1, 1, 11, 3 * 4096)),
        ),
        (ops.Mmap(0, 1, "none", "0x11", "x"), Call("mmap", (0x10000, 4096, 0, 17, BAD_FD, 0))),
        (ops.Munmap(At(1, -1), Bytes(None, 5)), Call("munmap", (0x10FFF, 5))),
        (ops.Mprotect(Abs(7), 1, "x"), Call("mprotect", (7, 4096, 4))),
        (
            ops.Mremap(0, 1, 2, "maymove,fixed", 4),
            Call("mremap", (0x10000, 4096, 8192, 3, 0x14000)),
        ),
        (ops.Remap(0, 1, "none", 9), Call("remap_file_pages", (0x10000, 4096, 0, 9, 0))),
        (
            ops.Remap(0, 1, "none", Bytes(1, 1)),
            Call("remap_file_pages", (0x10000, 4096, 0, 4097, 0)),
        ),
        (ops.Madvise(0, 1, "dontneed"), Call("madvise", (0x10000, 4096, 4))),
        (ops.Mlock(0, 1), Call("mlock", (0x10000, 4096))),
        (ops.Mlock2(0, 1, "onfault"), Call("mlock2", (0x10000, 4096, 1))),
        (ops.Munlock(0, 1), Call("munlock", (0x10000, 4096))),
        (ops.Msync(0, 1, "sync,invalidate"), Call("msync", (0x10000, 4096, 6))),
        (ops.Mincore(0, 1), Call("mincore", (0x10000, 4096))),
        (ops.Brk(None), Call("brk", (0,))),
        (ops.Read(0), None),
        (ops.Fork(), None),
    ],
)
def test_the_call_of_an_operation(op, call):
    assert resolve(op, WINDOW, FDS) == call


# Every argument is a 64-bit word, whatever the program says.
@given(OPS)
def test_arguments_are_words(op):
    call = resolve(op, WINDOW, FDS)
    if call is not None:
        assert call.name in NR_X86_64
        assert all(isinstance(arg, int) and 0 <= arg <= MINUS_ONE for arg in call.args)


def test_protections_by_word_letter_and_number():
    assert [to_prot(p) for p in ("none", "wr", "x", "0xff00", 7)] == [0, 3, 4, 0xFF00, 7]


def test_flags_by_word_and_number_mixed():
    table = mman.MMAP_FLAGS
    assert [to_flags(f, table) for f in ("-", "shared,0x8000", "3", 5)] == [0, 0x8001, 3, 5]


def test_lengths_wrap_like_registers():
    assert to_bytes(Bytes(0, -1)) == MINUS_ONE
    assert to_bytes(Bytes(None, 1 << 64)) == 0


def test_an_answer_is_named_by_its_page():
    assert [WINDOW.name(addr) for addr in (0x10000, 0x17FFF, 0x18000, 0)] == [
        "p0",
        "p7",
        "OUT",
        "OUT",
    ]
