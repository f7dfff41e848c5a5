"""What does locking do to VMAs and pages, and how far does it get?"""

import pytest

from vmalab.kernel import Kernel


# |------|  ->  |-|lo|-|  ->  |------|     and munlock undoes it
def test_the_middle_is_split_out_and_merges_back(both):
    run = both("""
        mmap 0 6 rw private,anon,fixed
        mlock 2 2                        => 0 | 0-2 rw-p -lo | 2-4 rw-p +lo | 4-6 rw-p -lo
        munlock 0 6                      => 0 | 0-6 rw-p
    """)
    assert [step.after.locked_vm for step in run.steps] == [0, 2, 0]


# A range of bytes locks every page it touches.
def test_bytes_are_rounded_outwards(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        mlock 1+4095 0x2                 => 0 | 0-1 rw-p | 1-3 rw-p +lo | 3-6 rw-p
        munlock 2+1 0x1                  => 0 | 0-1 rw-p | 1-2 rw-p +lo | 2-6 rw-p
        mlock 0 0x0                      => 0
    """)


# |--A--|  hole  |--B--|     the part below the hole is locked, and stays so
def test_over_a_hole_the_part_below_it_is_done(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        mlock 0 6                        => -1 ENOMEM | 0-2 rw-p +lo | 4-6 rw-p -lo
        munlock 0 6                      => -1 ENOMEM | 0-2 rw-p -lo | 4-6 rw-p -lo
        mlock 2 4                        => -1 ENOMEM
        munlock 8 1                      => -1 ENOMEM
    """)


# PROT_NONE is locked, and its pages cannot be had.
def test_memory_without_access_is_locked_and_still_an_error(both):
    both("""
        mmap 0 2 none private,anon,fixed
        mlock 0 2                        => -1 ENOMEM | 0-2 ---p +lo
    """)


def test_pages_beyond_the_end_of_the_file_are_an_error_too(both):
    both("""
        mmap 0 4 rw shared,fixed f0 62
        mlock 0 4                        => -1 ENOMEM | 0-4 rw-s 62 f0 +lo
    """)


# Locked now, or as pages are touched?   lo lf, and none present.
def test_onfault_locks_without_fetching(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mlock2 0 2 onfault               => 0 | 0-2 rw-p +lo +lf | 2-4 rw-p -lo
        mincore 0 4                      => 0000
        mlock2 0 4 0                     => 0 | 0-4 rw-p +lo -lf
        mincore 0 4                      => 1111
        munlock 0 4                      => 0 | 0-4 rw-p -lo -lf
    """)


def test_unknown_flags_and_wrapping_ranges_are_refused(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mlock2 0 2 0x2                   => -1 EINVAL
        mlock 0 0xfffffffffffff000       => -1 EINVAL
        munlock 0 0xfffffffffffff000     => -1 EINVAL
    """)


# RLIMIT_MEMLOCK counts pages that are not locked yet.
def test_the_limit_counts_each_page_once(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        mlock 0 2
        limit memlock 2
        mlock 0 4                        => 0 | 0-4 rw-p +lo | 4-6 rw-p
        mlock 3 2                        => -1 ENOMEM | 0-4 rw-p +lo | 4-6 rw-p
        munlock 0 1
        mlock 3 2                        => 0 | 0-1 rw-p | 1-5 rw-p +lo | 5-6 rw-p
    """)


def test_whoever_may_lock_nothing_is_told_so(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        limit memlock 0
        mlock 0 1                        => -1 EPERM
        mlock2 0 1 0                     => -1 EPERM
    """)


# Droppable memory may vanish; locking it is accepted and ignored.
def test_droppable_memory_is_never_locked(both):
    both("""
        mmap 0 2 rw droppable,anon,fixed => p0 | 0-2 rw-p +dp
        mlock 0 2                        => 0 | 0-2 rw-p -lo
    """)


# At max_map_count a part cannot be locked.
def test_without_room_to_split_nothing_is_locked():
    kernel = Kernel()
    task = kernel.spawn()
    task.mmap(0x10000, 4 * 4096, 3, 0x32)
    kernel.policy.max_map_count = 1
    assert task.syscall("mlock", 0x11000, 4096) == -12
    assert (task.mm.locked_vm, task.mm.map_count) == (0, 1)


@pytest.mark.parametrize("advice", ["dontneed", "free", "guard_install", "cold", "pageout"])
def test_locked_pages_are_not_dropped(both, advice):
    both(f"""
        mmap 0 2 rw private,anon,fixed,locked
        madvise 0 2 {advice}             => -1 EINVAL | 0-2 rw-p +lo
        munlock 0 2
        madvise 0 2 {advice}             => 0
    """)
