"""Where may a mapping go, what must be asked of it first, and what does it replace?"""

from errno import EOVERFLOW

import pytest

from vmalab.kernel import Kernel
from vmalab.mm.mmap import do_mmap
from vmalab.uapi.errors import KernelError

PAGE = 4096


# |--old--------|  ->  |old|--new--|old|    MAP_FIXED cuts out what is in the way
def test_map_fixed_replaces_what_is_there(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        mmap 2 2 r shared,fixed f0 9     => p2 | 0-2 rw-p | 2-4 r--s 9 f0 | 4-6 rw-p
    """)


# |---------A---------|  the same again over its middle: one VMA, as if nothing had happened
def test_map_fixed_of_the_same_merges_again(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        mmap 2 2 rw private,anon,fixed   => p2 | 0-6 rw-p
    """)


# A refused mapping has not touched what it would have replaced.
@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        ("mmap 0 4 rw shared,fixed r0 0", "EACCES"),
        ("mmap 0 4 r private,fixed w0 0", "EACCES"),
        ("mmap 0 4 rw 0x10 f0 0", "EINVAL"),
        ("mmap 0 4 rw private,anon,fixed,growsdown,0x3", "EINVAL"),
        ("mmap 0 4 rw private,fixed,hugetlb f0 0", "EINVAL"),
    ],
)
def test_a_refused_map_fixed_leaves_the_old_mapping(both, attempt, error):
    both(f"""
        mmap 0 4 r private,anon,fixed
        {attempt}                        => -1 {error} | 0-4 r--p
    """)


# Which error, if there are two?   Each line breaks the rule of the line above it no more, and the
# next one instead.
def test_the_errors_come_in_this_order(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mmap 0+1 0x0 rw 0x10 x 0+1                      => -1 EINVAL
        mmap 0+1 0x0 rw 0x10 x 0                        => -1 EBADF
        mmap 0+1 0x0 rw 0x10 w0 0                       => -1 EINVAL
        mmap 0+1 0xffffffffffffffff rw 0x10 w0 0        => -1 ENOMEM
        mmap 0x7ffffffff001 2 rw 0x10 w0 0              => -1 ENOMEM
        mmap 0+1 1 rw 0x10 w0 0                         => -1 EINVAL
        mmap 0 1 rw 0x100010 w0 0                       => -1 EEXIST
        mmap 8 1 rw 0x80013 r0 0                        => -1 EOPNOTSUPP
        mmap 8 1 rw shared,fixed r0 0x7ffffffffffff000  => -1 EOVERFLOW
        mmap 8 1 rw shared,fixed r0 0                   => -1 EACCES
        mmap 8 1 w private,fixed,growsdown w0 0         => -1 EACCES
        mmap 8 1 w private,fixed,growsdown f0 0         => -1 EINVAL | 0-4 rw-p
    """)


@pytest.mark.parametrize("kind", ["0x0", "0x3", "0x5"])
def test_anonymous_memory_is_shared_or_private(both, kind):
    both(f"mmap 0 1 rw anon,fixed,{kind} => -1 EINVAL | -")


def test_what_cannot_be_a_stack(both):
    both("""
        mmap 0 1 rw shared,anon,fixed,growsdown     => -1 EINVAL
        mmap 0 1 rw shared,fixed,growsdown f0 0     => -1 EINVAL
        mmap 0 1 rw droppable,anon,fixed,growsdown  => -1 EINVAL
    """)


# Bits of prot that mean nothing are ignored by mmap (mprotect refuses them).
def test_garbage_in_prot_is_ignored(both):
    both("mmap 0 2 0xff00 private,anon,fixed => p0 | 0-2 ---p")


# Offsets: the last page that a file can have at all, and the one behind it.
def test_offsets_up_to_the_largest_file(both):
    both("""
        mmap 0 1 r shared,fixed f0 0x7fffffffffffe000  => p0
        mmap 2 2 r shared,fixed f0 0x7fffffffffffe000  => -1 EOVERFLOW
        mmap 2 1 r shared,fixed f0 0x7ffffffffffff000  => -1 EOVERFLOW
        mmap 2 1 r shared,fixed f0 0xfffffffffffff000  => -1 EOVERFLOW
    """)


# The key of a file is the open, not the inode: the same file opened twice does not merge.
def test_two_opens_of_one_file_do_not_merge(both):
    both("""
        mmap 0 2 r shared,fixed f0 0
        mmap 2 2 r shared,fixed r0 2     => p2 | 0-2 r--s 0 f0 | 2-4 r--s 2 f0
        mmap 4 2 r shared,fixed r0 4     => p4 | 0-2 r--s 0 f0 | 2-6 r--s 2 f0
    """)


def test_two_descriptors_of_one_open_do_merge():
    task = Kernel().spawn()
    fd = task.memfd("file", 8)
    task.mmap(0x10000, PAGE, 1, 0x11, fd, 0)
    task.mmap(0x11000, PAGE, 1, 0x11, task.dup(fd), PAGE)
    assert task.mm.map_count == 1
    task.mmap(0x12000, PAGE, 1, 0x11, task.open(task.files[fd].filemap), 2 * PAGE)
    assert task.mm.map_count == 2


# Every shared anonymous mapping is an object of its own ...
def test_shared_anonymous_neighbours_never_merge_but_a_split_one_does(both):
    both("""
        mmap 0 2 rw shared,anon,fixed
        mmap 2 2 rw shared,anon,fixed    => p2 | 0-2 rw-s 0 shm0 | 2-4 rw-s 0 shm1
        mprotect 0 1 r
        mprotect 0 1 rw                  => 0 | 0-2 rw-s 0 shm0 | 2-4 rw-s 0 shm1
    """)


# ... of fixed length: it can be mapped longer, and touched no further.
def test_shared_anonymous_memory_grown_by_mremap_ends_in_sigbus(both):
    both("""
        mmap 0 2 rw shared,anon,fixed
        mremap 0 2 4                     => p0 | 0-4 rw-s 0 shm0
        write 1 1
        write 2 1                        => SIGBUS
    """)


# Accounting of MAP_NORESERVE: never, not even if it becomes writable later.
@pytest.mark.parametrize("kind", ["private", "shared"])
def test_noreserve_is_kept_and_kept_apart(both, kind):
    both(
        f"""
        mmap 0 2 rw {kind},fixed f0 0
        mmap 2 2 rw {kind},fixed,noreserve f0 2   => p2 | 0-2 rw | 2-4 rw
    """.replace("| 0-2 rw | 2-4 rw", f"| 0-2 rw-{kind[0]} -nr | 2-4 rw-{kind[0]} +nr -ac")
    )


# Heuristic overcommit: what could never be had is refused at once, unless nothing is promised.
def test_a_tebibyte_is_refused_where_it_would_be_promised(both):
    both(
        """
        mmap - 0x10000000000 rw private,anon     => -1 ENOMEM
        mmap - 0x10000000000 rw shared,anon      => -1 ENOMEM
        mmap - 0x10000000000 rw private,anon,noreserve  => OUT
        mmap - 0x10000000000 none private,anon   => OUT
        mmap - 0x10000000000 r private,anon      => OUT
    """
    )


def test_huge_pages_of_which_there_are_none(both):
    both("""
        mmap 0 512 rw private,anon,hugetlb       => -1 ENOMEM
        mmap 0 512 rw shared,fixed,hugetlb f0 0  => -1 EINVAL
    """)


# RLIMIT_AS: what is replaced does not count.
def test_the_limit_on_address_space(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        limit as 2
        mmap 0 6 r private,anon,fixed    => p0 | 0-6 r--p
        mmap 6 1 r private,anon,fixed    => -1 ENOMEM | 0-6 r--p
    """)


# RLIMIT_MEMLOCK: 0 forbids, more is counted.
def test_the_limit_on_locked_memory(both):
    both("""
        limit memlock 2
        mmap 0 2 rw private,anon,fixed,locked    => p0 | 0-2 rw-p +lo
        mmap 4 1 rw private,anon,fixed,locked    => -1 EAGAIN | 0-2 rw-p
    """)
    both("""
        limit memlock 0
        mmap 0 2 rw private,anon,fixed,locked    => -1 EPERM | -
    """)


# 65530 is the number in the books; the check at mmap is for more than that, at a split for as many.
def test_the_limit_on_the_number_of_areas():
    kernel = Kernel()
    task = kernel.spawn()
    kernel.policy.max_map_count = 4
    for number in range(5):
        task.mmap(0x10000 + 2 * number * PAGE, PAGE, 3, 0x32)
    assert task.mm.map_count == 5
    with pytest.raises(KernelError, match="has 5 VMAs already"):
        task.mmap(0x11000, PAGE, 3, 0x32)  # though it would merge with both sides
    with pytest.raises(KernelError, match="has 5 VMAs already"):
        task.mmap(0x10000, PAGE, 3, 0x32)  # though it would replace what is there


# A hole in the middle of a VMA needs one VMA more, for a moment two.
def test_replacing_the_middle_of_an_area_at_the_limit():
    kernel = Kernel()
    task = kernel.spawn()
    task.mmap(0x10000, 4 * PAGE, 3, 0x32)
    kernel.policy.max_map_count = 1
    with pytest.raises(KernelError, match="would leave a VMA beside what goes"):
        task.mmap(0x11000, PAGE, 1, 0x32)
    assert task.mm.map_count == 1


def test_lengths_and_offsets_that_wrap_are_refused():
    task = Kernel().spawn()
    assert do_mmap(task.mm, None, 0, PAGE, 3, 0x22, (1 << 64) - 1) == -EOVERFLOW
    with pytest.raises(KernelError, match="rounds up past the end"):
        task.mmap(None, (1 << 64) - 1, 3, 0x22)
