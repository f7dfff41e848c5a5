"""Is every conversion between bytes, pages and addresses right at its edges?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab import units

words = st.integers(0, units.WORD_MASK)


@given(words)
def test_an_address_is_its_page_and_its_offset(addr):
    page, offset = units.addr_to_vpn(addr), units.offset_in_page(addr)
    assert units.vpn_to_addr(page) + offset == addr
    assert units.page_align_down(addr) == units.vpn_to_addr(page)
    assert 0 <= offset < units.PAGE_SIZE


@given(words)
def test_rounding_up_never_shrinks_but_at_the_end_of_a_word(length):
    rounded = units.page_align(length)
    assert units.offset_in_page(rounded) == 0
    if length <= units.WORD_MASK - units.OFFSET_MASK:
        assert length <= rounded < length + units.PAGE_SIZE
    else:
        assert rounded == 0


@given(st.integers(0, 1 << 52))
def test_pages_and_bytes_go_there_and_back(pages):
    assert units.bytes_to_pages(units.pages_to_bytes(pages)) == pages


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (1 << 20, "1 MiB"),
        (3 << 29, "1.5 GiB"),
        (1 << 41, "2 TiB"),
    ],
)
def test_sizes_are_said_in_the_largest_unit_that_fits(size, said):
    assert units.format_bytes(size) == said
