"""madvise: which advice changes VMAs, which pages, and what happens at a hole?"""

import pytest

from vmalab.kernel import Kernel
from vmalab.mm.flags import VM_IO
from vmalab.uapi.errors import KernelError

PAGE = 4096


# Advice that is a flag splits, and its opposite merges again.
@pytest.mark.parametrize(
    ("advice", "opposite", "flag"),
    [
        ("seq", "normal", "sr"),
        ("random", "normal", "rr"),
        ("dontfork", "dofork", "dc"),
        ("dontdump", "dodump", "dd"),
        ("wipeonfork", "keeponfork", "wf"),
        ("mergeable", "unmergeable", "mg"),
    ],
)
def test_advice_that_is_a_flag_splits_and_merges(both, advice, opposite, flag):
    both(f"""
        mmap 0 6 rw private,anon,fixed
        madvise 2 2 {advice}   => 0 | 0-2 rw-p -{flag} | 2-4 rw-p +{flag} | 4-6 rw-p -{flag}
        madvise 2 2 {opposite} => 0 | 0-6 rw-p -{flag}
    """)


def test_each_kind_of_access_takes_the_place_of_the_other(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        madvise 0 2 seq                  => 0 | 0-2 rw-p +sr -rr
        madvise 0 2 random               => 0 | 0-2 rw-p -sr +rr
        madvise 0 2 hugepage             => 0 | 0-2 rw-p +hg -nh
        madvise 0 2 nohugepage           => 0 | 0-2 rw-p -hg +nh
    """)


# Asking for what is so already changes nothing.
def test_the_same_advice_again_does_not_split(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        madvise 0 6 dontfork
        madvise 2 2 dontfork             => 0 | 0-6 rw-p +dc
    """)


# |--A--|  hole  |--B--|     both are done, and then ENOMEM: not like mprotect
def test_behind_a_hole_it_goes_on(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        madvise 0 6 dontfork             => -1 ENOMEM | 0-2 rw-p +dc | 4-6 rw-p +dc
        madvise 2 1 dontfork             => -1 ENOMEM
        madvise 5 2 dofork               => -1 ENOMEM | 0-2 rw-p | 4-5 rw-p +dc | 5-6 rw-p -dc
    """)


# |--A--|--B locked--|--C--|    a refusal ends the call where it is; A is done
def test_a_locked_area_ends_the_call_where_it_is(both):
    both("""
        mmap 0 6 rw private,anon,fixed,populate
        mlock 2 2
        madvise 0 6 dontneed             => -1 EINVAL
        mincore 0 6                      => 001111
        madvise 0 6 dontneed_locked      => 0
        mincore 0 6                      => 000000
    """)


# madvise02 of LTP, and the order of the checks.
def test_the_errors_come_in_this_order(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw shared,fixed f0 4
        madvise 0+1 0x0 0x4d             => -1 EINVAL
        madvise 0 0x0 0x4d               => -1 EINVAL
        madvise 0+1 0x0 dontneed         => -1 EINVAL
        madvise 0 0xffffffffffffffff dontneed   => -1 EINVAL
        madvise 0 0xfffffffffffff000 dontneed   => -1 EINVAL
        madvise 0 0x0 dontneed           => 0
        madvise 20 0x0 wipeonfork        => 0
        madvise 4 2 wipeonfork           => -1 EINVAL
        madvise 4 2 free                 => -1 EINVAL
        madvise 0 2 remove               => -1 EINVAL
        madvise 0 2 collapse             => -1 EINVAL
        madvise 2 1 willneed             => -1 ENOMEM
    """)


@pytest.mark.parametrize("advice", ["willneed", "cold", "pageout", "free", "dontneed"])
def test_advice_about_pages_changes_no_area(both, advice):
    both(f"""
        mmap 0 6 rw private,anon,fixed
        madvise 2 2 {advice}             => 0 | 0-6 rw-p
    """)


# MADV_MERGEABLE of shared memory is accepted and ignored.
def test_shared_memory_is_never_mergeable(both):
    both("""
        mmap 0 2 rw shared,fixed f0 0
        madvise 0 1 mergeable            => 0 | 0-2 rw-s -mg
    """)


# MADV_REMOVE punches a hole into the file: all who show the page lose it, private copies stay.
def test_remove_takes_pages_out_of_the_file(both):
    both("""
        mmap 0 4 rw shared,fixed f0 0
        mmap 4 4 rw private,fixed f0 0
        mmap 8 2 rw private,anon,fixed
        write 0 1
        write 1 1
        write 5 1
        read 6
        mincore 0 4                      => 1111
        madvise 1 2 remove               => 0 | 0-4 rw-s | 4-8 rw-p | 8-10 rw-p
        mincore 0 4                      => 1001
        mincore 4 4                      => 1101
    """)


def test_remove_needs_the_right_to_write(both):
    both("""
        mmap 0 2 r shared,fixed r0 0
        mmap 2 2 rw private,fixed f0 0
        mmap 4 2 rw shared,fixed f0 0
        mlock 4 2
        madvise 0 2 remove               => -1 EACCES
        madvise 2 2 remove               => -1 EACCES
        madvise 4 2 remove               => -1 EINVAL
    """)


# Droppable memory: what the kernel may take at any time is never kept, dumped or locked.
def test_droppable_memory_stays_droppable(both):
    both("""
        mmap 0 2 rw droppable,anon,fixed => p0 | 0-2 rw-p +dp +nr +wf +dd
        madvise 0 2 keeponfork           => -1 EINVAL
        madvise 0 2 dodump               => -1 EINVAL
        madvise 0 2 mergeable            => 0 | 0-2 rw-p -mg
        madvise 0 2 dontfork             => 0 | 0-2 rw-p +dc
    """)


# Populating says what it could not do; reading and writing need the right to.
def test_populating_by_hand(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 r private,anon,fixed
        mmap 6 2 w private,anon,fixed
        madvise 0 4 populate_read        => 0
        mincore 0 4                      => 1111
        madvise 0 4 populate_write       => -1 EINVAL
        madvise 6 1 populate_read        => -1 EINVAL
        madvise 0 5 populate_read        => -1 ENOMEM
        madvise 4 1 populate_read        => -1 ENOMEM
    """)


def test_populating_what_cannot_be_had(both):
    both("""
        mmap 0 4 rw shared,fixed f0 62
        madvise 0 4 populate_read        => -1 EFAULT
        madvise 0 2 guard_install
        madvise 0 1 populate_write       => -1 EFAULT
    """)


# At max_map_count a flag cannot be set on a part: EAGAIN, where mprotect says ENOMEM.
def test_without_room_to_split_the_advice_should_be_given_again():
    kernel = Kernel()
    task = kernel.spawn()
    task.mmap(0x10000, 4 * PAGE, 3, 0x32)
    kernel.policy.max_map_count = 1
    with pytest.raises(KernelError, match="cannot be split now") as caught:
        task.madvise(0x11000, PAGE, 10)
    assert caught.value.rule == "mm/madvise.c:do_madvise"


def test_device_memory_takes_no_guard_markers():
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    task.mm.tree.at(0x10000).vm_flags |= VM_IO
    for advice in (102, 103):
        assert task.syscall("madvise", 0x10000, PAGE, advice) == -22
