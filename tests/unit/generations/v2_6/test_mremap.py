"""mremap of 2.6.18: what is unmapped before the call finds out that it must fail?"""

import errno

import pytest

from tests.old_kernels import PLAIN, on
from vmalab.kernel import Kernel
from vmalab.uapi.errors import KernelError

PAGE = 4096
ARCHS = pytest.mark.parametrize("arch", ["i386", "x86_64"])


# Shrinking in place is munmap of the tail, whoever owns it; the same size does nothing, anywhere.
#
#     | a | hole | b |   mremap 0+6 -> 1     | |
@ARCHS
def test_shrinking_asks_nothing(arch):
    on(
        PLAIN,
        """
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 r private,anon,fixed
        mremap 0 6 6 -                       => p0 | 0-2 | 4-6
        mremap 10 4 4 -                      => p10 | 0-2 | 4-6
        mremap 2 4 1 -                       => p2 | 0-2
        mremap 0 2 1 -                       => p0 | 0-1 rw-p
    """,
        arch,
    )


# MREMAP_FIXED clears its target first. That the source crosses the end of its VMA, or is not
# there, comes out later.
#
#     source |-- a --|-- b --|     target |-- c --|   ->   EFAULT, and c has a hole
@ARCHS
def test_a_failing_move_has_already_unmapped_its_target(arch):
    on(
        PLAIN,
        """
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 r private,anon,fixed
        mmap 10 6 rw private,anon,fixed
        mremap 0 4 4 maymove,fixed 11        => -1 EFAULT | 0-2 rw-p | 2-4 r--p | 10-11 | 15-16
        mremap 6 1 1 maymove,fixed 10        => -1 EFAULT | 0-2 rw-p | 2-4 r--p | 15-16 rw-p
        mremap 0 4 1 maymove,fixed 15        => p15 | 15-16 rw-p
    """,
        arch,
    )


# Each line fails one check and would fail those below it; the target is touched by none of them.
@ARCHS
def test_the_order_of_the_checks(arch):
    on(
        PLAIN,
        """
        mmap 10 2 rw private,anon,fixed
        mremap 0+1 0 0 0x8 0+1               => -1 EINVAL
        mremap 0+1 0 0 fixed 0+1             => -1 EINVAL
        mremap 10 2 0 fixed 0+1              => -1 EINVAL
        mremap 10 2 2 fixed 0+1              => -1 EINVAL
        mremap 10 2 2 fixed 11               => -1 EINVAL
        mremap 10 2 2 maymove,fixed 11       => -1 EINVAL
        mremap 10 2 2 maymove,fixed 9        => -1 EINVAL
        mremap 10 2 2 0x4                    => -1 EINVAL
        mremap 10 2 2 maymove,fixed 0xffffffffbffff000 => -1 EINVAL | 10-12 rw-p
    """,
        arch,
    )


# Growing in place reaches the next area and does not become one with it, however alike.
#
#     | a |  gap  | a |   grow to fill   ->   |--- a ---| a |
@ARCHS
def test_growth_does_not_absorb_what_it_meets(arch):
    on(
        PLAIN,
        """
        mmap 0 8 rw private,anon,fixed
        munmap 2 4
        mremap 0 2 7 -                       => -1 ENOMEM | 0-2 rw-p | 6-8 rw-p
        mremap 0 1 2 -                       => -1 ENOMEM
        mremap 0 3 4 maymove                 => -1 EFAULT
        mremap 0 2 6 -                       => p0 | 0-6 rw-p | 6-8 rw-p
        mremap 6 2 3 -                       => p6 | 0-6 rw-p | 6-9 rw-p
        mprotect 0 9 r                       => 0 | 0-9 r--p
    """,
        arch,
    )


# Length 0 makes a second mapping of the same pages: of shared memory that was the use of it. Of
# private memory the copy is empty, and the source loses VM_ACCOUNT on the way.
@ARCHS
def test_length_0_copies_shared_and_private_mappings(arch):
    on(
        PLAIN,
        """
        mmap 0 2 rw shared,fixed f0 4
        write 0 7
        mremap 0 0 2 maymove,fixed 4         => p4 | 0-2 rw-s 4 f0 | 4-6 rw-s 4 f0
        read 4                               => #7
        mmap 10 2 rw private,anon,fixed      => p10 | 0-2 | 4-6 | 10-12 rw-p +ac
        write 10 8
        mremap 10 0 2 maymove,fixed 14       => p14 | 0-2 | 4-6 | 10-12 rw-p -ac | 14-16 rw-p +ac
        read 14                              => 0
        read 10                              => #8
        mmap 12 1 rw private,anon,fixed      => p12 | 0-2 | 4-6 | 10-12 rw-p -ac | 12-13 | 14-16
    """,
        arch,
    )


# Moving the middle out leaves two pieces, and what was never written merges where it comes to lie.
@ARCHS
def test_moving_out_of_the_middle(arch):
    on(
        PLAIN,
        """
        mmap 0 6 rw private,anon,fixed
        mremap 2 2 2 maymove,fixed 10        => p10 | 0-2 rw-p | 4-6 rw-p | 10-12 rw-p
        mremap 4 2 3 maymove,fixed 12        => p12 | 0-2 rw-p | 10-15 rw-p
        write 10 1
        mremap 10 1 1 maymove,fixed 20       => p20 | 0-2 | 11-15 | 20-21 rw-p
        mmap 21 1 rw private,anon,fixed      => p21 | 0-2 | 11-15 | 20-21 | 21-22
        read 20                              => #1
    """,
        arch,
    )


# Locked memory stays locked where it goes, and what it grows by is faulted in.
@ARCHS
def test_locked_memory_grows_locked(arch):
    on(
        PLAIN,
        """
        mmap 0 2 rw private,anon,fixed
        mlock 0 2                            => 0 | 0-2 rw-p +lo ; 0-2=Pwd
        mremap 0 2 3 -                       => p0 | 0-3 rw-p +lo ; 0-3=Pwd
        mremap 0 3 4 maymove,fixed 8         => p8 | 8-12 rw-p +lo ; 8-12=Pwd
        limit memlock 0
        mremap 8 4 5 -                       => -1 EAGAIN
        limit as 0
        munlock 8 4
        mremap 8 4 5 -                       => -1 ENOMEM
    """,
        arch,
    )


# More than the machine could ever hold: nobody set an errno for that, so it is the last one set,
# which was for something else. (Locked memory would say EAGAIN.)
def test_growth_past_the_machine_has_a_borrowed_errno():
    task = Kernel(PLAIN, "i386", ram_pages=64).spawn()
    addr = task.mmap(0x10_0000, PAGE, 3, 0x32)
    for locked, wanted in ((False, errno.EFAULT), (True, errno.EAGAIN)):
        if locked:
            task.mlock(addr, PAGE)
        with pytest.raises(KernelError) as caught:
            task.mremap(addr, PAGE, 100 * PAGE, 1)
        assert caught.value.errno == wanted


# Pages go along, to wherever there is room.
def test_a_move_without_a_target_finds_room():
    task = Kernel(PLAIN, "x86_64", ram_pages=64).spawn()
    addr = task.mmap(0x10_0000, PAGE, 3, 0x32)
    task.mmap(0x10_1000, PAGE, 0, 0x32)
    task.store(addr, b"here")
    new = task.mremap(addr, PAGE, 2 * PAGE, 1)
    assert (new, task.load(new, 4)) == (0x2AAA_AAAA_B000, b"here")
    never_charged = task.mmap(0x20_0000, PAGE, 0, 0x4032)
    with pytest.raises(KernelError, match="no gap of 0x1000000000000 bytes is left"):
        task.mremap(never_charged, PAGE, 1 << 48, 1)
