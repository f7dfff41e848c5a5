"""Frames hold real bytes, and cost nothing until written."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from vmalab.arch.physmem import PhysicalMemory


def test_an_unwritten_frame_is_zero_and_free_of_charge():
    memory = PhysicalMemory()
    assert memory.read(5, 0, 4096) == bytes(4096)
    assert memory.is_zero(5)
    assert memory.nr_written == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4000), st.binary(max_size=96))))
def test_what_is_read_is_what_was_last_written(writes):
    memory, oracle = PhysicalMemory(), [bytearray(4096) for _ in range(4)]
    for pfn, start, data in writes:
        memory.write(pfn, start, data)
        oracle[pfn][start : start + len(data)] = data
    for pfn, page in enumerate(oracle):
        assert memory.read(pfn, 0, 4096) == page
        assert memory.read(pfn, 4000, 96) == page[4000:]
        assert memory.image(pfn) == page.rstrip(b"\0")
        assert memory.is_zero(pfn) == (not any(page))
        memory.copy_page(pfn, pfn + 10)
        assert memory.read(pfn + 10, 0, 4096) == page


def test_a_copy_is_a_page_of_its_own():
    memory = PhysicalMemory()
    memory.write(1, 8, b"one")
    memory.copy_page(1, 2)
    memory.write(2, 8, b"two")
    assert memory.read(1, 8, 3) == b"one"


def test_copying_zeros_over_a_page_clears_it():
    memory = PhysicalMemory()
    memory.write(1, 0, b"x")
    memory.copy_page(9, 1)
    assert memory.is_zero(1)
    assert memory.nr_written == 0


def test_a_cleared_page_costs_nothing_again():
    memory = PhysicalMemory()
    memory.write(1, 4095, b"x")
    memory.clear_page(1)
    memory.clear_page(2)
    assert memory.nr_written == 0


def test_a_page_that_begins_with_a_word_is_kept_as_a_word():
    memory = PhysicalMemory()
    memory.write(1, 0, b"word")
    assert memory.image(1) == b"word"
    memory.put_image(2, b"word")
    assert memory.read(2, 0, 6) == b"word\0\0"


def test_a_page_table_is_a_frame_whose_bytes_are_its_entries():
    memory, table = PhysicalMemory(), array("Q", bytes(4096))
    memory.write(3, 0, b"garbage")
    memory.add_table(3, table)
    table[2] = 0x1067
    assert memory.read(3, 16, 8) == (0x1067).to_bytes(8, "little")
    assert memory.image(3)[16:] == b"\x67\x10"
    memory.write(3, 24, (0x2067).to_bytes(8, "little"))
    assert table[3] == 0x2067
    memory.remove_table(3)
    assert memory.is_zero(3)
