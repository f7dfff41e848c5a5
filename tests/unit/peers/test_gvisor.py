"""What gVisor's system-call tests assert of mmap, mremap and madvise, as programs of our own."""

import pytest


# mmap.cc: HintAddress, MapFixed, PrivateAndShared, InvalidLength ... (the rest is in mm/test_mmap)
def test_private_and_shared_together_is_a_type_of_its_own(both):
    both("""
        mmap 0 1 rw anon,fixed,private,shared    => -1 EINVAL
        mmap 0 1 rw fixed,private,shared f0 0    => p0 | 0-1 rw-s 0 f0
    """)


@pytest.mark.parametrize(
    ("offset", "result"),
    [
        ("0x7fffffffffffe000", "p0"),
        ("0x7ffffffffffff000", "-1 EOVERFLOW"),
        ("0x8000000000000000", "-1 EOVERFLOW"),
        ("0xffffffffffffe000", "-1 EOVERFLOW"),
        ("0xfffffffffffff000", "-1 EOVERFLOW"),
    ],
)
def test_the_last_pages_of_the_largest_file(both, offset, result):
    both(f"mmap 0 1 r private,fixed f0 {offset} => {result}")


def test_a_write_only_descriptor_maps_nothing(both):
    both("""
        mmap 0 1 r private,fixed w0 0    => -1 EACCES
        mmap 0 1 w private,fixed w0 0    => -1 EACCES
        mmap 0 1 w shared,fixed w0 0     => -1 EACCES
    """)


def test_mprotect_of_more_than_there_is(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mprotect 0 0x7fffffffffff r      => -1 ENOMEM | 0-2 r--p
        mprotect 0 0xffffffffffffffff w  => -1 ENOMEM | 0-2 r--p
    """)


# RLIMIT_AS: mapping, growing, moving with DONTUNMAP, brk.
def test_the_address_space_limit_counts_every_way_of_growing(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        limit as 1
        mmap 4 2 r private,anon,fixed            => -1 ENOMEM
        mmap 4 1 r private,anon,fixed            => p4
        mremap 0 2 3                             => -1 ENOMEM
        mremap 4 1 1 maymove,fixed,dontunmap 8   => -1 ENOMEM
        munmap 4 1
        mremap 0 2 3                             => p0 | 0-3 rw-p
    """)


# mremap.cc: in place - shrinking whole, partial, across; expansion - success and failure.
def test_in_place_shrinking_of_a_part_unmaps_its_own_tail(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        mremap 1 3 1                     => p1 | 0-2 rw-p | 4-6 rw-p
    """)


def test_in_place_expansion_stops_at_the_neighbour(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 3 1 rw private,anon,fixed
        mremap 0 2 4                     => -1 ENOMEM
        mremap 0 2 3                     => p0 | 0-4 rw-p
    """)


# mremap.cc: fixed - same size, unmapping, shrinking (whole, partial, across), expansion, overlap.
def test_a_fixed_move_of_a_part_across_two_areas(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 r private,anon,fixed
        mremap 1 2 2 maymove,fixed 9     => p9 | 0-1 rw-p | 3-4 r--p | 9-10 rw-p | 10-11 r--p
        mremap 9 2 1 maymove,fixed 0     => p0 | 0-1 rw-p | 3-4 r--p
    """)


@pytest.mark.parametrize("target", [0, 1, 2, 3])
def test_source_and_target_must_not_overlap(both, target):
    both(f"""
        mmap 0 8 rw private,anon,fixed
        mremap 1 2 2 maymove,fixed {target}   => {"p3" if target == 3 else "-1 EINVAL"}
    """)


# A copy of a shared mapping by old length 0 shows the same page.
def test_a_copy_shows_the_same_pages(both):
    both("""
        mmap 0 2 rw shared,anon,fixed
        write 1 7
        mremap 0 0x0 2 maymove,fixed 8
        read 9                           => #7
        write 8 9
        read 0                           => #9
    """)


# madvise.cc: what DONTNEED leaves of each kind of memory.
def test_dontneed_by_kind_of_memory(both):
    both("""
        mmap 0 1 rw private,anon,fixed
        mmap 1 1 rw shared,anon,fixed
        mmap 2 1 rw private,fixed f0 2
        write 0 1
        write 1 2
        write 2 3
        madvise 0 3 dontneed
        read 0                           => 0
        read 1                           => #2
    """)


# A mapping outlives the size of its file both ways.
def test_a_file_that_shrinks_and_grows_comes_back_empty(both):
    both("""
        mmap 0 4 rw shared,fixed f0 0
        write 2 5
        truncate f0 1
        read 2                           => SIGBUS
        truncate f0 4
        read 2                           => 0
        read 0
    """)
