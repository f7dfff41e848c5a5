"""mremap: what shrinks, what grows, what moves, and what is left behind?"""

import pytest

from vmalab.kernel import Kernel
from vmalab.mm.flags import VM_DONTEXPAND, VM_IO
from vmalab.uapi.errors import KernelError

PAGE = 4096


# Shrinking:   |------|  ->  |---|         also across several VMAs and the holes between them
def test_shrinking_across_areas_leaves_the_head(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mmap 6 4 r private,anon,fixed
        mremap 0 10 2                    => p0 | 0-2 rw-p
        mmap 2 4 rwx private,anon,fixed
        mremap 0 10 3                    => p0 | 0-2 rw-p | 2-3 rwxp
    """)


def test_the_same_size_is_always_fine_where_something_is_mapped(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 r private,anon,fixed
        mremap 0 4 4                     => p0 | 0-2 rw-p | 2-4 r--p
        mremap 8 4 4                     => -1 EFAULT
    """)


# Growing in place: the range must reach the end of its VMA, and there must be room.
#
#     |----|    grow 0+2 to 3: no          grow 2+2 to 3: yes
def test_only_the_end_of_an_area_grows_in_place(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mmap 6 1 r private,anon,fixed
        mremap 0 2 3                     => -1 ENOMEM
        mremap 2 2 3                     => p2 | 0-5 rw-p | 6-7 r--p
        mremap 0 5 7                     => -1 ENOMEM
        mremap 0 5 6                     => p0 | 0-6 rw-p | 6-7 r--p
    """)


# |--A--|  hole  |--A--|   growth that fills the hole makes one of the two
def test_growth_merges_with_what_it_comes_to_touch(both):
    both("""
        mmap 6 6 rw private,anon,fixed
        munmap 8 2                       => 0 | 6-8 rw-p | 10-12 rw-p
        mremap 6 2 4                     => p6 | 6-12 rw-p
    """)


# No room: with MAYMOVE it moves, pages and all.
def test_what_has_no_room_moves_if_it_may(both):
    both(
        """
        mmap 0 2 rw private,anon,fixed
        write 1 1
        mmap 2 1 r private,anon,fixed
        mremap 0 2 3                     => -1 ENOMEM
        mremap 0 2 3 maymove             => p9 | 2-3 r--p | 9-12 rw-p
        mincore 9 3                      => 010
        mremap 9 3 12 maymove            => -1 ENOMEM
    """,
        pages=12,
        sealed=True,
    )


# Moving to a place of the caller's choice clears it first.
#
#     |A A A A|   |B B B B|      ->    |A|   |A|B A A B|
def test_a_fixed_move_replaces_what_is_there(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mmap 8 4 r private,anon,fixed
        mremap 1 2 2 maymove,fixed 9
        munmap 0 8                       => 0 | 8-9 r--p | 9-11 rw-p | 11-12 r--p
    """)


def test_a_fixed_move_may_shrink_or_grow(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mremap 0 4 2 maymove,fixed 8     => p8 | 8-10 rw-p
        mremap 8 2 4 maymove,fixed 0     => p0 | 0-4 rw-p
        mremap 0 2 4 maymove,fixed 8     => p8 | 2-4 rw-p | 8-12 rw-p
    """)


# Several VMAs at once (since 6.17), keeping the gaps between them ...
#
#     |A|  |B|            ->                 |A|  |B|
def test_several_areas_move_together_and_keep_their_gaps(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 3 2 r private,anon,fixed
        mremap 0 5 5 maymove,fixed 10    => p10 | 10-12 rw-p | 13-15 r--p
    """)


# ... and what lies where the gap goes to is left alone.
#
#     |A A . .|   |T T T T|   ->    |A A T T|
def test_a_gap_in_the_source_leaves_the_target_mapped(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 10 4 rw private,anon,fixed
        mremap 0 4 4 maymove,fixed 10    => p10 | 10-14 rw-p
    """)


# Resizing is for one VMA; a source must begin in one. A failure has not touched the target.
def test_a_failing_move_has_not_touched_the_target(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 r private,anon,fixed
        mmap 12 4 rwx private,anon,fixed
        mremap 0 4 5                     => -1 EFAULT
        mremap 0 4 5 maymove,fixed 12    => -1 EFAULT
        mremap 8 2 2 maymove,fixed 12    => -1 EFAULT
        mremap 20 2 2 maymove,fixed 12   => -1 EFAULT
        mremap 8 1 2 maymove,fixed 12    => -1 EFAULT | 0-2 rw-p | 2-4 r--p | 12-16 rwxp
        mremap 0 4 3 maymove,fixed 12    => -1 EFAULT | 0-2 rw-p | 2-4 r--p | 12-16 rwxp
    """)


# Old length 0: a second mapping of the same object, if it is shared.
def test_old_length_0_duplicates_shared_mappings_only(both):
    both("""
        mmap 0 2 rw shared,fixed f0 5
        mmap 4 2 rw private,fixed f0 5
        mremap 0 0x0 2 maymove,fixed 8   => p8 | 0-2 rw-s 5 f0 | 4-6 rw-p 5 f0 | 8-10 rw-s 5 f0
        mremap 4 0x0 2 maymove,fixed 8   => -1 EINVAL
        mremap 4 0x0 2 maymove           => -1 EINVAL
        mremap 0 0x0 2                   => -1 ENOMEM
    """)


# DONTUNMAP: the pages go, the area stays, empty ...
def test_dontunmap_leaves_an_empty_area(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        write 1 1
        mremap 0 4 4 maymove,dontunmap,fixed 8   => p8 | 0-4 rw-p | 8-12 rw-p
        mincore 0 4                      => 0000
        mincore 8 4                      => 0100
    """)


# ... without its locks, all of it, and without its anon_vma only if all of it moved.
def test_dontunmap_unlocks_what_it_leaves(both):
    both("""
        mmap 0 4 rw private,anon,fixed,locked
        mremap 0 2 2 maymove,dontunmap,fixed 8   => p8 | 0-4 rw-p -lo | 8-10 rw-p +lo
    """)


# VmLck is not corrected for what DONTUNMAP unlocks: a limit of 0 pages more than it is not 0.
def test_dontunmap_goes_on_counting_what_it_unlocked(both):
    both("""
        mmap 0 2 none private,anon,fixed
        mlock2 1 1 onfault
        mremap 0 2 2 maymove,fixed,dontunmap 5
        munmap 5 2
        limit memlock 0
        mlock2 5 1 onfault                       => -1 ENOMEM
    """)


#
#     |A A A A|new|B B B|     does the new page join both sides, or only A's?
@pytest.mark.parametrize(
    ("moved", "rows"),
    [(4, "0-8 rw-p | 16-20 rw-p"), (3, "0-5 rw-p | 5-8 rw-p | 16-19 rw-p")],
)
def test_dontunmap_drops_the_anon_vma_of_an_area_that_moved_whole(both, moved, rows):
    both(f"""
        mmap 0 4 rw private,anon,fixed
        write 0 1
        mmap 5 3 rw private,anon,fixed
        write 5 1
        mremap 0 {moved} {moved} maymove,dontunmap,fixed 16
        mmap 4 1 rw private,anon,fixed   => p4 | {rows}
    """)


# Wrong whatever is mapped: flags, alignment, lengths, targets - before anything is looked for.
def test_the_parameters_are_checked_before_the_source(both):
    both("""
        mremap 0 1 1 0x8                         => -1 EINVAL
        mremap 0+1 1 1                           => -1 EINVAL
        mremap 0 1 0x0                           => -1 EINVAL
        mremap 0 1 0xfffffffffffff000            => -1 EINVAL
        mremap 0 1 1 fixed 8                     => -1 EINVAL
        mremap 0 1 1 dontunmap                   => -1 EINVAL
        mremap 0 1 1 maymove,fixed 8+1           => -1 EINVAL
        mremap 0 1 2 maymove,dontunmap 8         => -1 EINVAL
        mremap 0 2 2 maymove,fixed 1             => -1 EINVAL
        mremap 1 2 2 maymove,fixed 0             => -1 EINVAL
        mremap 0 1 1 maymove,fixed 0x7ffffffff000  => -1 EINVAL
        mremap 0 1 1                             => -1 EFAULT
        mremap 0 1 1 maymove,fixed 8             => -1 EFAULT
    """)


# Limits: address space, locks.
def test_growing_past_a_limit(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        limit as 1
        mremap 0 2 4                     => -1 ENOMEM
        mremap 0 2 3                     => p0
        mremap 0 3 3 maymove,dontunmap,fixed 8  => -1 ENOMEM | 0-3 rw-p
    """)
    both("""
        mmap 0 2 rw private,anon,fixed,locked
        limit memlock 1
        mremap 0 2 4                     => -1 EAGAIN
        mremap 0 2 3                     => p0 | 0-3 rw-p +lo
        mincore 0 3                      => 111
    """)


# Locked memory that moves and grows is fetched, as it was before.
def test_locked_memory_grows_locked_when_it_moves(both):
    both("""
        mmap 0 2 rw private,anon,fixed,locked
        mremap 0 2 4 maymove,fixed 8     => p8 | 8-12 rw-p +lo
        mincore 8 4                      => 1111
    """)


def test_more_than_the_machine_could_hold_is_refused():
    task = Kernel(ram_pages=4).spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    with pytest.raises(KernelError, match="growing is more than RAM"):
        task.mremap(0x10000, PAGE, 6 * PAGE)
    with pytest.raises(KernelError, match="the grown copy is more than RAM"):
        task.mremap(0x10000, PAGE, 6 * PAGE, 3, 0x40000)


# At the edge of max_map_count: moving needs room for three more.
@pytest.mark.parametrize(("limit", "works"), [(7, False), (6, False), (8, True)])
def test_moving_needs_room_for_more_areas(limit, works):
    kernel = Kernel()
    task = kernel.spawn()
    for number in range(2):
        task.mmap(0x10000 + 2 * number * PAGE, PAGE, 3, 0x32)
    kernel.policy.max_map_count = limit
    value = task.syscall("mremap", 0x10000, PAGE, PAGE, 3, 0x40000)
    assert value == (0x40000 if works else -12)


def test_a_move_without_a_target_asks_for_room_too():
    kernel = Kernel()
    task = kernel.spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    task.mmap(0x11000, PAGE, 1, 0x32)
    kernel.policy.max_map_count = 5
    with pytest.raises(KernelError, match="may need 3 VMAs more than 2"):
        task.mremap(0x10000, PAGE, 2 * PAGE, 1)
    kernel.policy.max_map_count = 6
    assert task.mremap(0x10000, PAGE, 2 * PAGE, 1) != 0x10000


def test_device_memory_does_not_expand_or_stay_behind():
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    task.mm.tree.at(0x10000).vm_flags |= VM_DONTEXPAND
    with pytest.raises(KernelError, match="this mapping may not expand"):
        task.mremap(0x10000, PAGE, 2 * PAGE)
    with pytest.raises(KernelError, match="DONTUNMAP of a mapping that may not expand"):
        task.mremap(0x10000, PAGE, PAGE, 7, 0x40000)


def test_device_memory_does_not_absorb_its_own_growth():
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    task.mm.tree.at(0x10000).vm_flags |= VM_IO
    with pytest.raises(KernelError, match="cannot absorb its own growth"):
        task.mremap(0x10000, PAGE, 2 * PAGE)


# An old length that wraps passes the check for overlaps; then the target takes the source with it.
def test_a_source_that_wraps_goes_with_the_target():
    task = Kernel().spawn()
    task.mmap(0x10000, 4 * PAGE, 3, 0x32)
    with pytest.raises(KernelError, match="the source went with the target"):
        task.mremap(0x10000, -PAGE, 2 * PAGE, 3, 0x10000)
    assert task.maps() == "00012000-00014000 rw-p 00000000 anon"


def test_offsets_that_would_wrap_are_refused():
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    task.mm.tree.at(0x10000).vm_pgoff = (1 << 64) - 3
    with pytest.raises(KernelError, match="last offset would wrap"):
        task.mremap(0x10000, PAGE, 4 * PAGE)
