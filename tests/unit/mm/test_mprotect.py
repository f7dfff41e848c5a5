"""What does mprotect change, where does it stop, and what is then already done?"""

import pytest

from vmalab.kernel import Kernel
from vmalab.uapi.errors import KernelError


# Inside a VMA:    |------rw------|  ->  |-rw-|-r--|-rw-|    and back to one
def test_the_middle_of_an_area_is_split_out_and_merges_back(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        mprotect 2 2 r                   => 0 | 0-2 rw-p | 2-4 r--p | 4-6 rw-p
        mprotect 2 2 rw                  => 0 | 0-6 rw-p
    """)


def test_the_pieces_of_a_file_mapping_keep_their_offsets(both):
    both("""
        mmap 0 6 rw shared,fixed f0 10
        mprotect 2 2 r         => 0 | 0-2 rw-s 10 f0 | 2-4 r--s 12 f0 | 4-6 rw-s 14 f0
        mprotect 0 6 rw        => 0 | 0-6 rw-s 10 f0
    """)


# The same protection again: no split, no merge, nothing.
def test_asking_for_what_is_there_changes_nothing(both):
    run = both("""
        mmap 0 6 rw private,anon,fixed
        mprotect 2 2 rw                  => 0 | 0-6 rw-p
    """)
    assert len(run.steps[1].events) == 1, "only that it was called"


# |--rw--|  hole  |--rw--|    the part below the hole is changed
def test_over_a_hole_the_part_below_it_is_done(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        mprotect 0 6 r                   => -1 ENOMEM | 0-2 r--p | 4-6 rw-p
    """)


def test_beginning_in_a_hole_nothing_is_done(both):
    both("""
        mmap 4 2 rw private,anon,fixed
        mprotect 2 4 r                   => -1 ENOMEM | 4-6 rw-p
    """)


# |--private--|--shared, read-only file--|    rights that the second can never have
def test_a_refusal_by_the_second_area_leaves_the_first_changed(both):
    both("""
        mmap 0 2 r private,anon,fixed
        mmap 2 2 r shared,fixed r0 2
        mprotect 0 4 rw                  => -1 EACCES | 0-2 rw-p | 2-4 r--s 2 f0
    """)


# Which error, if there are two?   Flags, alignment, then nothing to do, then bad bits, then holes.
def test_the_errors_come_in_this_order(both):
    both("""
        mprotect 0+1 1 0x3000000         => -1 EINVAL
        mprotect 0+1 0x0 r               => -1 EINVAL
        mprotect 0 0x0 0xff00            => 0
        mprotect 0 1 0xff00              => -1 EINVAL
        mprotect 0 0xfffffffffffff000 r  => -1 ENOMEM
        mprotect 0 0xffffffffffffffff r  => -1 ENOMEM
        mprotect 0 1 r                   => -1 ENOMEM | -
    """)


def test_prot_sem_means_nothing_and_is_allowed(both):
    both("""
        mmap 0 2 r private,anon,fixed
        mprotect 0 2 0xb                 => 0 | 0-2 rw-p
    """)


# PROT_GROWSDOWN: from the start of the stack, wherever the call begins.
#
#     |-------stack-------|
#              [-----)          ->   |-------r-------|--rw--|
def test_prot_growsdown_changes_from_the_start_of_the_stack(both):
    both("""
        mmap 4 6 rw private,anon,growsdown,fixed
        mprotect 6 2 0x1000001           => 0 | 4-8 r--p | 8-10 rw-p
    """)


def test_prot_growsdown_needs_a_stack_in_the_range(both):
    both("""
        mmap 4 2 rw private,anon,fixed
        mmap 8 2 rw private,anon,growsdown,fixed
        mprotect 4 1 0x1000001           => -1 EINVAL
        mprotect 0 2 0x1000001           => -1 ENOMEM
        mprotect 7 2 0x1000001           => 0 | 4-6 rw-p | 8-9 r--p | 9-10 rw-p
        mprotect 4 1 0x2000001           => -1 EINVAL
        mprotect 3 2 0x2000001           => -1 ENOMEM
        mprotect 20 2 0x2000001          => -1 ENOMEM
    """)


# Locked memory is in memory; memory that becomes writable is written to at once.
#
#     |r lo|  |r lo|   both get an anon_vma of their own when they become rw
def test_locked_memory_that_becomes_writable_gets_its_pages_at_once(both):
    both("""
        mmap 0 2 r private,anon,fixed,locked
        mmap 4 2 r private,anon,fixed,locked
        mprotect 0 2 rw
        mprotect 4 2 rw
        mmap 2 2 rw private,anon,fixed,locked  => p2 | 0-4 rw-p +lo | 4-6 rw-p +lo
    """)


# More private writable memory than the machine could ever hold?   1 TiB is refused when it is asked
# for, whether at once or by way of read-only.
def test_making_too_much_memory_writable_is_refused():
    task = Kernel(ram_pages=8).spawn()
    task.mmap(0x10000, 9 * 4096, 1, 0x32)
    with pytest.raises(KernelError, match="RAM and swap") as caught:
        task.mprotect(0x10000, 9 * 4096, 3)
    assert caught.value.rule == "mm/mprotect.c:mprotect_fixup"
    task.mprotect(0x10000, 8 * 4096, 3)


def test_a_split_at_the_limit_is_refused_and_the_protection_stays():
    kernel = Kernel()
    kernel.policy.max_map_count = 2
    task = kernel.spawn()
    task.mmap(0x10000, 6 * 4096, 3, 0x32)
    with pytest.raises(KernelError, match="would have to be split at 0x14000") as caught:
        task.mprotect(0x12000, 2 * 4096, 1)
    assert caught.value.rule == "mm/vma.c:split_vma"
    assert [row.perms for row in task.snapshot().vmas] == ["rw-p", "rw-p"]
