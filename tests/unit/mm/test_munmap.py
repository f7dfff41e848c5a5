"""What does munmap take out, and what does it leave?"""

import pytest

from vmalab.kernel import Kernel
from vmalab.uapi.errors import KernelError

PAGE = 4096


# From the middle:   |------------|  ->  |---|    |---|   the upper part keeps its own offset
def test_the_middle_of_an_area_leaves_two(both):
    both("""
        mmap 0 6 rw shared,fixed f0 10
        munmap 2 2                       => 0 | 0-2 rw-s 10 f0 | 4-6 rw-s 14 f0
    """)


# From either end:   |-----|  ->    |---|      the start moves, and the offset with it
def test_the_edges_of_an_area_can_go(both):
    both("""
        mmap 0 6 rw shared,fixed f0 10
        munmap 0 1                       => 0 | 1-6 rw-s 11 f0
        munmap 5 1                       => 0 | 1-5 rw-s 11 f0
    """)


# Across several, holes and all:   |--A--|  |B|   |--C--|  ->  |A|              |C|
def test_a_range_over_several_areas_and_holes(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mmap 6 1 r private,anon,fixed
        mmap 9 4 rwx private,anon,fixed
        munmap 2 9                       => 0 | 0-2 rw-p | 11-13 rwxp
    """)


# munmap03 of LTP, and one page more: which arguments are refused?
def test_nothing_there_is_no_error_but_nonsense_is(both):
    both("""
        munmap 0 4                       => 0 | -
        munmap 0 0x0                     => -1 EINVAL
        munmap 0+1 1                     => -1 EINVAL
        munmap 0x7ffffffff000 1          => -1 EINVAL
        munmap 0x7fffffffe000 0x2000     => -1 EINVAL
        munmap 0 0x7fffffffffff          => -1 EINVAL
        munmap 0 0xffffffffffffffff      => -1 EINVAL
    """)


def test_a_length_counts_in_whole_pages(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        munmap 0 1+1                     => 0 | 2-4 rw-p
    """)


# munmap01 of LTP: are the pages gone, and new ones empty?
def test_what_is_unmapped_cannot_be_touched(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        write 1 7
        munmap 1 1
        read 1                           => SIGSEGV
        read 2
        probe 0 4                        => 0-1=oo 1-2=mm 2-4=oo
    """)


# At max_map_count the middle of a VMA cannot go, but an edge can.
def test_at_the_limit_only_what_leaves_no_more_areas_can_go():
    kernel = Kernel()
    kernel.policy.max_map_count = 2
    task = kernel.spawn()
    task.mmap(0x10000, 4 * PAGE, 3, 0x32)
    task.mmap(0x20000, 4 * PAGE, 3, 0x32)
    with pytest.raises(KernelError, match="leave a VMA beside what goes") as caught:
        task.munmap(0x11000, PAGE)
    assert caught.value.strerror == "Cannot allocate memory"
    task.munmap(0x10000, PAGE)
    task.munmap(0x23000, PAGE)
    assert [row.nr_pages for row in task.snapshot().vmas] == [3, 3]


# Cutting at both ends of a range over two VMAs needs two new VMAs for a moment.
def test_the_totals_follow():
    task = Kernel().spawn()
    task.mmap(0x10000, 8 * PAGE, 3, 0x32)
    task.mlock(0x10000, 2 * PAGE)
    task.munmap(0x11000, 2 * PAGE)
    assert (task.mm.total_vm, task.mm.locked_vm, task.mm.map_count) == (6, 1, 2)
