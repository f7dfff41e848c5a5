"""Do the numbers in the table of costs add up to what was measured, and to what LWN computed?

13,000 VMAs x 200 bytes   about 2.5 MB         (LWN, 2006)
1,000,000 mappings        242 MB of slab       (6.18, measured)
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.workloads import costs


def test_the_measured_sizes_give_the_measured_numbers():
    for call, row in costs.MICROSECONDS.items():
        assert [costs.microseconds(call, size) for size in costs.SIZES] == list(row)


@given(st.sampled_from(sorted(costs.MICROSECONDS)), st.integers(1, 3_000_000))
def test_between_two_sizes_the_cost_lies_between_their_costs(call, vmas):
    row = costs.MICROSECONDS[call]
    assert min(row) <= costs.microseconds(call, vmas) <= max(row)


def test_what_was_not_measured_has_no_cost():
    with pytest.raises(KeyError):
        costs.microseconds("teleport", 5)


def test_a_million_vmas_weigh_what_slabinfo_said():
    assert 235e6 < costs.vma_bytes("linux-6", 192, 1_000_000) < 243e6


def test_the_articles_own_sum():
    assert costs.vma_bytes("linux-2.6", 200, 13_000) == 2_600_000
    assert costs.vma_bytes("linux-2.6", 88, 1) == 88


def test_rearranging_one_vma_is_cheaper_than_making_many():
    assert costs.nonlinear_microseconds() < costs.MICROSECONDS["remap_file_pages"][0]


def test_anon_vmas_of_each_kernel_and_machine():
    assert costs.anon_vma_bytes("linux-6", "x86_64", 1000) == 168_000
    assert costs.anon_vma_bytes("linux-2.6", "x86_64", 1000) == 24_000
