"""Which guest frame comes next, and when is one free again?

handed out    1 2 3 4 ...           fragmentation 0
              41 7 92 15 ...        fragmentation 1
"""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.workloads.uml.ram import NO_FRAME, ZERO_PFN, GuestRam


def ram(nr_pages, fragmentation=1.0, seed=1):
    return GuestRam(nr_pages, fragmentation, random.Random(seed))


@pytest.mark.parametrize(
    ("fragmentation", "least", "most"), [(0.0, 0, 0), (0.5, 150, 250), (1.0, 380, 399)]
)
def test_fragmentation_is_the_share_of_frames_that_lie_apart(fragmentation, least, most):
    frames = ram(2000, fragmentation).alloc_many(400)
    apart = sum(after != before + 1 for before, after in itertools.pairwise(frames))
    assert least <= apart <= most


def test_all_frames_are_handed_out_once_and_then_none():
    guest = ram(50)
    frames = guest.alloc_many(49)
    assert sorted(frames) == list(range(1, 50))
    assert guest.alloc() == NO_FRAME


def test_the_zero_page_is_nobodys_to_free():
    guest = ram(4)
    guest.put(ZERO_PFN)
    assert guest.holders[ZERO_PFN] == 1
    assert guest.nr_free == 3


@given(st.lists(st.sampled_from(["alloc", "hold", "put"]), max_size=60), st.floats(0, 1))
def test_a_frame_is_free_when_its_last_holder_let_go(steps, fragmentation):
    guest, held = ram(12, fragmentation), []
    for step in steps:
        if step == "alloc":
            pfn = guest.alloc()
            assert (pfn == NO_FRAME) == (len(set(held)) == 11)
            assert pfn not in held
            held += [pfn] * (pfn != NO_FRAME)
        elif held and step == "hold":
            guest.hold(held[0])
            held.append(held[0])
        elif held:
            guest.put(held.pop(0))
        assert guest.nr_free == 11 - len(set(held))
