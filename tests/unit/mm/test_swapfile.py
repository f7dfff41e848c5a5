"""When is a slot of the swap device free?

map 0, no cache     free
map 2               two entries name it
map 0, cached       a frame stands in front of it: still taken
"""

import pytest

from vmalab.mm.swapfile import NO_SLOT, SwapDevice
from vmalab.uapi.errors import KernelBug


def test_slots_from_one_and_then_none():
    swap = SwapDevice(2)
    assert [swap.alloc_slot() for _ in range(3)] == [1, 2, NO_SLOT]
    assert SwapDevice(0).alloc_slot() == NO_SLOT


def test_the_last_entry_frees_the_slot():
    swap = SwapDevice(2)
    slot = swap.alloc_slot()
    swap.duplicate(slot)
    swap.duplicate(slot)
    swap.write(slot, b"page")
    swap.free(slot)
    assert (swap.nr_free, swap.read(slot)) == (1, b"page")
    swap.free(slot)
    assert (swap.nr_free, swap.data) == (2, {})


def test_a_slot_is_freed_as_often_as_it_was_taken():
    swap = SwapDevice(2)
    slot = swap.alloc_slot()
    swap.duplicate(slot)
    swap.free(slot)
    with pytest.raises(KernelBug, match="as often as it was taken"):
        swap.free(slot)


# A frame in front of the slot keeps it, whichever goes first.
@pytest.mark.parametrize("frame_goes_first", [True, False])
def test_a_frame_in_front_keeps_the_slot(frame_goes_first):
    swap = SwapDevice(1)
    slot = swap.alloc_slot()
    swap.duplicate(slot)
    swap.add_cache(slot, 7)
    assert (swap.cache, swap.frames) == ({slot: 7}, {7: slot})
    first = (lambda: swap.drop_cache(slot)) if frame_goes_first else (lambda: swap.free(slot))
    then = (lambda: swap.free(slot)) if frame_goes_first else (lambda: swap.drop_cache(slot))
    first()
    assert swap.nr_free == 0
    then()
    assert (swap.nr_free, swap.cache, swap.frames) == (1, {}, {})


def test_a_page_of_zeroes_takes_no_room():
    swap = SwapDevice(2)
    slot = swap.alloc_slot()
    swap.write(slot, bytes(4096))
    assert swap.data == {slot: b""}
    assert swap.read(slot) == b""
    assert (swap.writes, swap.reads) == (1, 1)


def test_it_is_filling_when_more_than_half_is_taken():
    swap = SwapDevice(4)
    filling = []
    for _ in range(4):
        swap.alloc_slot()
        filling.append(swap.is_filling)
    assert filling == [False, False, True, True]
