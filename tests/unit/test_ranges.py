"""What do two half-open ranges have in common?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.ranges import AddrRange

small = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda p: AddrRange(*sorted(p)))


# As sets of addresses: that is what they mean.
@given(small, small)
def test_two_ranges_are_two_sets_of_addresses(a, b):
    first, second = set(range(a.start, a.end)), set(range(b.start, b.end))
    both = a.intersection(b)
    assert (set(range(both.start, both.end)) if both else set()) == first & second
    if first and second:
        assert a.overlaps(b) == bool(first & second)
    assert a.len_bytes == len(first)
    assert all((addr in a) == (addr in first) for addr in range(32))


def test_the_pages_of_a_range():
    r = AddrRange(0x1000, 0x4000)
    assert list(r.pages()) == [0x1000, 0x2000, 0x3000]
    assert (r.nr_pages, r.page_aligned) == (3, True)
    assert not AddrRange(0x1000, 0x4001).page_aligned
    assert not AddrRange(0x1001, 0x4000).page_aligned


def test_a_range_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match=r"ends \(0x1000\) before it starts \(0x2000\)"):
        AddrRange(0x2000, 0x1000)


def test_ranges_sort_by_address_and_print_in_hexadecimal():
    assert sorted([AddrRange(2, 3), AddrRange(1, 9)]) == [AddrRange(1, 9), AddrRange(2, 3)]
    assert repr(AddrRange(0x1000, 0x2000)) == "AddrRange(0x1000, 0x2000)"
