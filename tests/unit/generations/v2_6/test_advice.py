"""madvise, mlock, msync and mincore of 2.6.18: how far does a call go, and which error wins?"""

import errno

import pytest

from tests.old_kernels import PLAIN, on
from vmalab.kernel import Kernel
from vmalab.uapi.errors import KernelError

PAGE = 4096
ARCHS = pytest.mark.parametrize("arch", ["i386", "x86_64"])


# Is there such advice? That is asked of the first VMA; where there is none, there is only a hole.
#
#     hole  | rw |       madvise 0-2: ENOMEM      madvise 0-4: EINVAL, from the VMA
@ARCHS
def test_unknown_advice_is_found_out_at_the_first_vma(arch):
    on(
        PLAIN,
        """
        mmap 3 1 rw private,anon,fixed
        madvise 0 2 77                       => -1 ENOMEM
        madvise 0 4 77                       => -1 EINVAL
        madvise 0+1 4 77                     => -1 EINVAL
        madvise 0 0 77                       => 0
        madvise 3 1 8                        => -1 EINVAL
    """,
        arch,
    )


# Holes are passed over; an error of a VMA ends the call.
@ARCHS
def test_holes_are_passed_over_and_errors_are_not(arch):
    on(
        PLAIN,
        """
        mmap 1 2 rw private,anon,fixed
        mmap 4 2 rw shared,fixed f0 0
        write 1 1
        write 4 4
        madvise 0 6 dontneed                 => -1 ENOMEM ; -
        madvise 0 6 willneed                 => -1 EBADF
        madvise 4 2 willneed                 => 0
        madvise 3 3 willneed                 => -1 ENOMEM
        mlock 4 1
        write 5 5
        write 1 1
        madvise 1 5 dontneed                 => -1 EINVAL ; 4-6=Pwd
        madvise 5 1 dontneed                 => 0 ; 4-5=Pwd
        read 1                               => 0
    """,
        arch,
    )


# MADV_REMOVE: which mappings may punch a hole?
@ARCHS
def test_who_may_punch_holes(arch):
    on(
        PLAIN,
        """
        mmap 0 2 rw private,anon,fixed
        madvise 0 1 remove                   => -1 EINVAL
        mmap 0 2 rw private,fixed f0 0
        madvise 0 1 remove                   => -1 EACCES
        mmap 0 4 rw shared,fixed f0 0
        write 1 5
        madvise 1 1 remove                   => 0
        read 1                               => 0
        read 2                               => f0@2
        mlock 0 1
        madvise 0 1 remove                   => -1 EINVAL
        remap 3 1 none 1 -
        madvise 3 1 remove                   => -1 EINVAL
    """,
        arch,
    )


# mlock faults in each VMA as it locks it: what may be written is written to, shared or not.
@ARCHS
def test_locking_writes_to_what_may_be_written(arch):
    on(
        PLAIN,
        """
        mmap 0 1 rw private,anon,fixed
        mmap 1 1 rw shared,fixed f0 0
        mmap 2 1 r private,fixed f0 0
        mlock 0 4                => -1 ENOMEM | 0-1 +lo | 1-2 +lo | 2-3 +lo ; 0-2=Pwd 2-3=Pr
        munlock 1 3                          => -1 ENOMEM | 0-1 +lo | 1-2 -lo | 2-3 -lo
        mlock 5 0                            => 0
        mlock 5 1                            => -1 ENOMEM
    """,
        arch,
    )


# A page that cannot be had: EFAULT if it is the VMA's first; behind one that could be had, the
# kernel counts fewer pages than it asked for, says -1, and -1 is EPERM. Locked is it all the same.
#
#     file  | 0 | 1 |            mlock of 1-4: EPERM      mlock of 2-4: EFAULT
#     VMA   | 0 | 1 | 2 | 3 |
@ARCHS
def test_a_file_too_short_to_be_locked(arch):
    on(
        PLAIN,
        """
        mmap 0 4 rw shared,fixed f0 0
        truncate f0 2
        mlock 1 3                            => -1 EPERM | 0-1 -lo | 1-4 +lo
        munlock 0 4
        mlock 2 2                            => -1 EFAULT | 0-2 -lo | 2-4 +lo
        mmap 4 1 none private,anon,fixed
        mlock 4 1                            => -1 EFAULT | 0-2 | 2-4 | 4-5 ---p +lo
        mmap 5 1 x private,anon,fixed
        mlock 5 1                            => -1 EFAULT
    """,
        arch,
    )


# What is locked already is counted once more by the next mlock.
def test_limits_of_locking():
    task = Kernel(PLAIN, "x86_64", ram_pages=64).spawn()
    addr = task.mmap(0x10_0000, 4 * PAGE, 3, 0x32)
    task.mm.limits.cap_ipc_lock, task.mm.limits.memlock = False, 3 * PAGE
    task.mlock(addr, 2 * PAGE)
    with pytest.raises(KernelError) as caught:
        task.mlock(addr, 2 * PAGE)
    assert caught.value.errno == errno.ENOMEM
    task.mlock(addr + 3, 10)
    task.mm.limits.memlock = 0
    with pytest.raises(KernelError) as caught:
        task.mlock(addr, PAGE)
    assert caught.value.errno == errno.EPERM
    task.munlock(addr, 4 * PAGE)
    assert task.mm.locked_vm == 0


# No frame for the first page is a "try again".
def test_no_frame_to_lock():
    task = Kernel(PLAIN, "i386", ram_pages=6).spawn()
    addr = task.mmap(0x10_0000, 6 * PAGE, 3, 0x32)
    results = [task.syscall("mlock", addr + number * PAGE, PAGE) for number in range(6)]
    assert results[0] == 0
    assert results[-1] == -errno.EAGAIN
    assert task.mm.refusal.because == "no VMA or no page more can be had now"


# msync takes the dirty bits of shared file pages: the frame knows now, the entry is clean.
@ARCHS
def test_syncing_cleans_the_entries(arch):
    on(
        PLAIN,
        """
        mmap 0 2 rw shared,fixed f0 0
        mmap 2 1 rw private,fixed f0 0
        write 0 1
        write 1 1
        write 2 1
        msync 1 2 async                      => 0 ; 0-1=Pwd 1-2=Pw 2-3=Pwd
        msync 0 1 invalidate                 => 0 ; 0-2=Pw 2-3=Pwd
        write 0 2
        madvise 0 1 dontneed
        read 0                               => #2
    """,
        arch,
    )


# A hole is remembered until the last VMA. With MS_SYNC the fsync of that VMA's file succeeds, and
# its success is what the call returns.
#
#     | shared |  hole  | shared |     MS_SYNC 0, MS_ASYNC ENOMEM
#     | shared |  hole  | private |    both ENOMEM
@ARCHS
def test_a_hole_is_forgotten_when_the_file_behind_it_is_synced(arch):
    on(
        PLAIN,
        """
        mmap 0 1 rw shared,fixed f0 0
        mmap 4 2 rw shared,fixed f0 0
        msync 0 5 sync                       => 0
        msync 2 1 sync                       => 0
        msync 0 5 async                      => -1 ENOMEM
        mmap 5 1 rw private,fixed f0 0
        msync 2 3 sync                       => 0
        msync 2 4 sync                       => -1 ENOMEM
        msync 4 2 sync                       => 0
        msync 8 1 sync                       => -1 ENOMEM
        mlock 4 1
        msync 0 5 sync,invalidate            => -1 EBUSY
        msync 2 1 sync,invalidate            => 0
        msync 0+1 1 sync                     => -1 EINVAL
        msync 0 1 sync,async                 => -1 EINVAL
        msync 0 1 0x8                        => -1 EINVAL
        msync 1 0 sync                       => 0
    """,
        arch,
    )


# mincore asks the file, at the page that would be here if nothing had been rearranged.
@ARCHS
def test_what_mincore_knows(arch):
    on(
        PLAIN,
        """
        mmap 0 4 rw shared,fixed f0 0
        mincore 0 4                          => 1111
        evict
        mincore 0 4                          => 0000
        remap 0 1 none 3 -
        mincore 0 4                          => 0001
        mmap 4 2 rw private,anon,fixed
        write 4 1
        mincore 0 5                          => -1 ENOMEM
        mincore 4 1                          => -1 ENOMEM
        mincore 8 1                          => -1 ENOMEM
        mincore 0+1 1                        => -1 EINVAL
    """,
        arch,
    )


def test_mincore_past_the_end_of_the_task():
    task = Kernel(PLAIN, "i386").spawn()
    with pytest.raises(KernelError, match="passes TASK_SIZE"):
        task.mincore(0xC000_0000 - PAGE, 2 * PAGE)
