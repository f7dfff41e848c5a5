"""Who holds a frame, and what happens when nobody does any more?

alloc_page   count 1           get_page   count 2           put_page twice   free, and zero
"""

import pytest

from vmalab.mm.page_alloc import PG_RESERVED, PG_TABLE, ZERO_PFN, MemMap
from vmalab.uapi.errors import KernelBug


def test_the_first_frame_is_the_zero_page():
    memory = MemMap(4)
    assert (memory.nr_used, memory.nr_free) == (1, 3)
    assert memory.flags[ZERO_PFN] == PG_RESERVED
    assert memory.physmem.is_zero(ZERO_PFN)


def test_frames_are_handed_out_from_the_lowest_and_then_there_are_none():
    memory = MemMap(4)
    assert [memory.alloc_page() for _ in range(4)] == [1, 2, 3, -1]
    assert memory.nr_free == 0


def test_a_frame_is_free_when_the_last_holder_lets_go():
    memory = MemMap(4)
    pfn = memory.alloc_page(PG_TABLE)
    memory.physmem.write(pfn, 0, b"bytes")
    memory.get_page(pfn)
    memory.put_page(pfn)
    assert (memory.nr_free, memory.flags[pfn]) == (2, PG_TABLE)
    memory.put_page(pfn)
    assert (memory.nr_free, memory.flags[pfn], memory.mapping[pfn]) == (3, 0, None)
    assert memory.alloc_page() == pfn
    assert memory.physmem.is_zero(pfn)


def test_nobody_frees_a_frame_twice():
    memory = MemMap(4)
    pfn = memory.alloc_page()
    memory.put_page(pfn)
    with pytest.raises(KernelBug, match="freed once"):
        memory.put_page(pfn)


def test_nobody_frees_a_frame_that_is_mapped():
    memory = MemMap(4)
    pfn = memory.alloc_page()
    memory.mapcount[pfn] = 1
    with pytest.raises(KernelBug, match="when nothing maps it"):
        memory.put_page(pfn)


# free frames   |####low#|     at or below ``low`` an allocation asks for reclaim first
def test_reclaim_is_asked_when_few_frames_are_left():
    memory, asked = MemMap(5), []
    memory.low = 2
    memory.reclaim = lambda: asked.append(memory.nr_free)
    for _ in range(4):
        memory.alloc_page()
    assert asked == [2, 1]


def test_columns_grow_as_frames_are_used():
    memory = MemMap(1 << 30)
    assert len(memory.count) == 1
    first = memory.alloc_page()
    grown = len(memory.count)
    assert first == 1
    assert 1 < grown < 10_000
    while memory.free_list:
        memory.alloc_page()
    assert memory.alloc_page() == grown
