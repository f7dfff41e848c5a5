"""Are the numbers those of this machine's C headers, and do they print as a programmer writes?"""

import mmap

import pytest

from vmalab.uapi import mman
from vmalab.uapi.mman import format_advice, format_map_flags, format_prot
from vmalab.uapi.syscalls import NR_X86_64


@pytest.mark.parametrize(
    "name", sorted(name for name in vars(mman) if name.startswith(("PROT_", "MAP_", "MADV_")))
)
def test_a_number_is_what_python_s_mmap_module_has_too(name):
    theirs = getattr(mmap, name, None)
    if theirs is not None and name != "MAP_TYPE":
        assert getattr(mman, name) == theirs


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (0, "0"),
        (0x22, "MAP_PRIVATE|MAP_ANONYMOUS"),
        (0x03, "MAP_SHARED_VALIDATE"),
        (0x05, "0x5"),
        (0x20, "MAP_ANONYMOUS"),
        (0x80000001, "MAP_SHARED|0x80000000"),
        (0x100022, "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE"),
    ],
)
def test_map_flags_as_in_c(flags, text):
    assert format_map_flags(flags) == text


def test_protections_and_advice_as_in_c():
    assert format_prot(5) == "PROT_READ|PROT_EXEC"
    assert format_prot(0x01000001) == "PROT_READ|PROT_GROWSDOWN"
    assert format_advice(102) == "MADV_GUARD_INSTALL"
    assert format_advice(-1) == "-1"


def test_no_two_words_of_a_table_mean_the_same():
    for table in (mman.MREMAP_FLAGS, mman.MSYNC_FLAGS, mman.MADVICE, mman.REMAP_FLAGS, NR_X86_64):
        assert len(set(table.values())) == len(table)
    bits = [value for name, value in mman.MMAP_FLAGS.items() if name != "droppable"]
    assert len(set(bits)) == len(bits)
