"""What the Linux Test Project asserts of these calls, as programs of our own.

Where a case is already asked elsewhere (munmap01 and 03, msync03, madvise02, brk02,
remap_file_pages01 and 02, mmap17), it is not asked again.
"""

import pytest


# mmap01: the tail of the last page, behind the end of the file, is zero and can be written.
def test_mmap01_a_page_is_whole_though_its_file_is_not(both):
    both("""
        mmap 0 2 rw shared,fixed f0 63
        write 0+4000 1
        read 0+4000                      => #1
    """)


# mmap04: maps says what mmap was told.
@pytest.mark.parametrize("prot", ["none", "r", "w", "x", "rw", "rx", "wx", "rwx"])
@pytest.mark.parametrize("kind", ["shared", "private"])
def test_mmap04_maps_says_what_was_asked_for(both, prot, kind):
    letters = "".join(c if c in prot and prot != "none" else "-" for c in "rwx") + kind[0]
    both(f"mmap 0 1 {prot} {kind},anon,fixed => p0 | 0-1 {letters}")


def test_mmap05_memory_without_access_faults(both):
    both("""
        mmap 0 1 none shared,fixed f0 0
        read 0                           => SIGSEGV
    """)


def test_mmap06_the_mode_of_the_descriptor_counts(both):
    both("""
        mmap 0 1 rw shared,fixed r0 0    => -1 EACCES
        mmap 0 1 r shared,fixed w0 0     => -1 EACCES
        mmap 0 1 rw private,fixed r0 0   => p0
        mmap 1 1 r fixed r0 0            => -1 EINVAL
        mmap 1 0x0 r private,fixed r0 0  => -1 EINVAL
    """)


def test_mmap08_a_descriptor_that_is_not_open(both):
    both("mmap 0 1 rw shared,fixed x 0 => -1 EBADF")


# mmap13: SIGBUS is for touching, not for mapping.
def test_mmap13_beyond_the_file(both):
    both("""
        mmap 0 4 rw shared,fixed f0 64   => p0
        read 0                           => SIGBUS
    """)


def test_mmap14_map_locked_locks(both):
    run = both("mmap 0 4 rw private,anon,fixed,locked => p0 | 0-4 rw-p +lo")
    assert run.steps[0].after.locked_vm == 4


def test_mmap15_addresses_too_high(both):
    both("""
        mmap 0x7ffffffff000 1 rw private,anon,fixed      => -1 ENOMEM
        mmap 0xfffffffffffff000 1 rw private,anon,fixed  => -1 ENOMEM
    """)


# The kernel asks whether the address it was told is an error before it asks whether it is too high.
def test_the_last_4095_addresses_are_taken_for_errnos(both):
    both("""
        mmap 0xffffffffffffffff 1 rw private,anon,fixed  => -1 EPERM
        mmap 0xfffffffffffffff3 1 rw private,anon,fixed  => -1 EACCES
        mmap 0xfffffffffffff001 1 rw private,anon,fixed  => -1 4095
        mmap 0xffffffffffffffff 0x800000000000 rw private,anon,fixed  => -1 ENOMEM
    """)


# mmap18: a stack grows to where it is touched if nobody is near.
def test_mmap18_growsdown(both):
    both("""
        mmap 16 1 rw private,anon,growsdown,fixed
        write 12 1                       => ok | 12-17 rw-p +gd
    """)


# mmap19: two mappings of one file swapped by remapping.
def test_mmap19_two_mappings_change_places(both):
    both("""
        mmap 0 1 r shared,fixed f0 0
        mmap 1 1 r shared,fixed f0 1
        mremap 0 1 1 maymove,fixed 8
        mremap 1 1 1 maymove,fixed 0
        mremap 8 1 1 maymove,fixed 1     => p1 | 0-1 r--s 1 f0 | 1-2 r--s 0 f0
    """)


def test_mmap20_shared_validate_knows_its_flags(both):
    both("""
        mmap 0 1 rw 0x80000013 f0 0      => -1 EOPNOTSUPP
        mmap 0 1 rw 0x13 f0 0            => p0 | 0-1 rw-s
        mmap 1 1 rw 0x80000011 f0 1      => p1
    """)


def test_mprotect01_the_three_errors(both):
    both("""
        mmap 0 1 r shared,fixed r0 0
        mprotect 2 1 r                   => -1 ENOMEM
        mprotect 0+1 1 r                 => -1 EINVAL
        mprotect 0 1 w                   => -1 EACCES
    """)


def test_mprotect02_before_and_after(both):
    both("""
        mmap 0 1 r private,fixed f0 0
        write 0 1                        => SIGSEGV
        mprotect 0 1 rw
        write 0 1                        => ok
        mprotect 0 1 none
        read 0                           => SIGSEGV
    """)


# mprotect05: split, and merge again, with the offset right each time.
def test_mprotect05_the_offset_after_a_merge_is_the_first_one(both):
    both("""
        mmap 0 8 rw shared,fixed f0 3
        mprotect 2 2 r
        mprotect 4 2 none
        mprotect 2 2 rw    => 0 | 0-4 rw-s 3 f0 | 4-6 ---s 7 f0 | 6-8 rw-s 9 f0
        mprotect 4 2 rw    => 0 | 0-8 rw-s 3 f0
    """)


def test_mremap02_03_04_the_errors(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 1 r private,anon,fixed
        mremap 0+100 1 2                 => -1 EINVAL
        mremap 8 1 2                     => -1 EFAULT
        mremap 0 2 3                     => -1 ENOMEM
    """)


def test_mremap05_the_rules_of_fixed(both):
    both("""
        mmap 0 1 rw private,anon,fixed
        mremap 0 1 1 fixed 8             => -1 EINVAL
        mremap 0 1 1 maymove,fixed 8+1   => -1 EINVAL
        mremap 0 1 1 maymove,fixed 0     => -1 EINVAL
        mremap 0 1 1 maymove,fixed 8     => p8
        mremap 8 1 1 maymove             => p8
    """)


# mremap06: a file mapping shrunk in the middle, moved behind itself: what does the offset say?
def test_mremap06_the_offset_after_a_merge_from_above(both):
    both("""
        mmap 0 3 rw shared,fixed f0 0
        mremap 1 1 1 maymove,fixed 8
        mremap 8 1 1 maymove,fixed 1     => p1 | 0-3 rw-s 0 f0
        mprotect 1 2 r                   => 0 | 0-1 rw-s 0 f0 | 1-3 r--s 1 f0
    """)


# madvise03, 10, 12.
def test_madvise03_dontneed_zeroes_private_and_rereads_files(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 rw shared,fixed f0 2
        mmap 4 2 rw private,fixed f0 4
        write 0 1
        write 2 2
        write 4 3
        madvise 0 6 dontneed
        read 0                           => 0
        read 2                           => #2
        mincore 0 6                      => 101111
    """)


def test_madvise10_wipe_on_fork(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        write 0 1
        madvise 0 1 wipeonfork
        write 1 2
        fork
        read 0                           => 0
        read 1                           => #2
    """)


# mlock: 01 to 05, mlock2: 01 to 03.
def test_mlock_errors_and_counts(both):
    run = both("""
        mmap 0 4 rw private,anon,fixed
        mlock 4 2                        => -1 ENOMEM
        mlock 0 4
        munlock 1 2
        mlock2 0 4 onfault
        munlock 8 1                      => -1 ENOMEM
    """)
    assert [step.after.locked_vm for step in run.steps] == [0, 0, 4, 2, 4, 4]


def test_mincore_before_and_after_a_touch(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mincore 0 4                      => 0000
        write 2 1
        mincore 0 4                      => 0010
        mincore 0 5                      => -1 ENOMEM
    """)
