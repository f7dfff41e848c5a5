"""What do msync and mincore say of a range?"""

from errno import EINVAL, ENOMEM

from vmalab.kernel import Kernel


# msync03 of LTP, and the order of the checks.
def test_the_errors_of_msync(both):
    both("""
        mmap 0 2 rw shared,fixed f0 0
        mmap 4 2 rw shared,fixed f0 4
        msync 0 2 sync                   => 0
        msync 0 2 async                  => 0
        msync 0 2 0                      => 0
        msync 0 0x0 sync                 => 0
        msync 0 2 0x8                    => -1 EINVAL
        msync 0+1 2 sync                 => -1 EINVAL
        msync 0 2 sync,async             => -1 EINVAL
        msync 0 0xfffffffffffff000 sync  => -1 ENOMEM
        msync 0 6 sync                   => -1 ENOMEM
        msync 2 1 sync                   => -1 ENOMEM
        msync 20 1 sync                  => -1 ENOMEM
    """)


# |--A--|  hole  |--B lo--|    the locked area behind the hole is what is told
def test_a_locked_area_is_busy_even_behind_a_hole(both):
    both("""
        mmap 0 2 rw shared,fixed f0 0
        mmap 4 2 rw shared,fixed f0 4
        mlock 4 2
        msync 0 6 invalidate             => -1 EBUSY
        msync 0 2 invalidate             => 0
        msync 0 6 sync                   => -1 ENOMEM
    """)


# A digit a page: private memory once it is touched, and pages of the file that are cached anyway.
def test_what_is_in_core(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mmap 4 2 rw shared,anon,fixed
        mmap 6 2 r shared,fixed f0 0
        mmap 8 2 r shared,fixed f0 63
        write 1 1
        read 2
        mincore 0 10                     => 0110001110
        write 5 1
        mincore 4 2                      => 01
        mincore 0 0x1                    => 0
        mincore 0 0x1001                 => 01
    """)


def test_a_guard_marker_is_not_in_core(both):
    both("""
        mmap 0 2 rw private,anon,fixed,populate
        mincore 0 2                      => 11
        madvise 0 1 guard_install
        mincore 0 2                      => 01
    """)


def test_the_errors_of_mincore(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mincore 0+1 1                    => -1 EINVAL
        mincore 0 3                      => -1 ENOMEM
        mincore 5 1                      => -1 ENOMEM
    """)
    task = Kernel().spawn()
    assert task.syscall("mincore", task.mm.task_size - 4096, 8192) == -ENOMEM
    assert task.syscall("mincore", task.mm.task_size - 4095, 8192) == -EINVAL


def test_nothing_is_in_core_of_nothing():
    assert Kernel().spawn().mincore(0x1000, 0) == ""
