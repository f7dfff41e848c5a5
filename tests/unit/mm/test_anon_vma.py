"""What does a private write leave behind that maps does not show, and what does it keep apart?"""

import pytest


# Two VMAs written separately, and a filler between them: who gets it?
#
#     0---2   4---6          0-------4 4---6
#     |A**|   |B**|    ->    |A**|new| |B**|     the lower neighbour
def test_a_filler_between_two_faulted_areas_goes_to_the_lower_one(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        write 0 1
        mmap 4 2 rw private,anon,fixed
        write 4 1
        mmap 2 2 rw private,anon,fixed   => p2 | 0-4 rw-p | 4-6 rw-p
    """)


# And if only one of them was written?   |A**|new|B  |  ->  one VMA
@pytest.mark.parametrize("page", [0, 4])
def test_a_filler_joins_both_sides_when_only_one_was_written(both, page):
    both(f"""
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        write {page} 1
        mmap 2 2 rw private,anon,fixed   => p2 | 0-6 rw-p
    """)


# Does reading count?   The zero page belongs to nobody, a page of a file to the file.
@pytest.mark.parametrize(("flags", "file"), [("private,anon,fixed", "-"), ("private,fixed", "f0")])
def test_reading_gives_no_anon_vma(both, flags, file):
    both(f"""
        mmap 0 2 rw {flags} {file} 0
        read 0
        mmap 4 2 rw {flags} {file} 4
        read 4
        mmap 2 2 rw {flags} {file} 2     => p2 | 0-6 rw-p
    """)


# Which calls write to private memory on their own?
#
#     |A*|  |B*|  ->  |A*|new|B*|   two VMAs: each got an anon_vma of its own
@pytest.mark.parametrize(
    "touch", ["mlock {} 2", "madvise {} 2 populate_write", "madvise {} 1 guard_install"]
)
def test_populating_calls_give_an_anon_vma(both, touch):
    low, high = touch.format(0), touch.format(4)
    both(f"""
        mmap 0 2 rw private,anon,fixed
        {low}
        munlock 0 2
        mmap 4 2 rw private,anon,fixed
        {high}
        munlock 4 2
        mmap 2 2 rw private,anon,fixed   => p2 | 0-4 rw-p | 4-6 rw-p
    """)


def test_map_populate_gives_an_anon_vma(both):
    both("""
        mmap 0 2 rw private,anon,fixed,populate
        mmap 4 2 rw private,anon,fixed,populate
        mmap 2 2 rw private,anon,fixed   => p2 | 0-4 rw-p | 4-6 rw-p
    """)


# Populating what may not be written reads, and reading gives none.
def test_map_populate_of_read_only_memory_gives_no_anon_vma(both):
    both("""
        mmap 0 2 r private,anon,fixed,populate
        mmap 4 2 r private,anon,fixed,populate
        mmap 2 2 r private,anon,fixed    => p2 | 0-6 r--p
    """)


# Are the pages the anon_vma?  No: it is the VMA's, and outlives them.
def test_madv_dontneed_does_not_take_the_anon_vma_away(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        write 0 1
        mmap 4 2 rw private,anon,fixed
        write 4 1
        madvise 0 6 dontneed             => -1 ENOMEM
        mmap 2 2 rw private,anon,fixed   => p2 | 0-4 rw-p | 4-6 rw-p
    """)


# A VMA that differs from its neighbour only in access rights shares its anon_vma when it faults:
#
#     |rw- **|rwx **|   mprotect   |rw- ********|
def test_neighbours_that_differ_in_access_only_share_and_merge_later(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 rwx private,anon,fixed
        write 0 1
        write 2 1                        => ok | 0-2 rw-p | 2-4 rwxp
        mprotect 2 2 rw                  => 0 | 0-4 rw-p
    """)


# If they differ in anything else at that moment they part for ever, though nobody can see why.
def test_neighbours_that_differ_in_more_when_they_fault_stay_apart_for_ever(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        madvise 2 2 dontfork
        write 0 1
        write 2 1
        madvise 2 2 dofork               => 0 | 0-2 rw-p | 2-4 rw-p
    """)


def test_sharing_looks_at_the_upper_neighbour_first_and_then_at_the_lower(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        mprotect 2 2 rwx
        write 4 1
        write 2 1                        => ok | 0-2 rw-p | 2-4 rwxp | 4-6 rw-p
        mprotect 2 2 rw                  => 0 | 0-6 rw-p
    """)


# Cut in two, both halves keep it, and a filler joins them again.
#
#     |A*****|  ->  |A*|  |A*|  ->  |A*|new|A*|  ->  |A*****|
def test_the_halves_of_a_split_area_merge_again(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        write 0 1
        write 5 1
        munmap 2 2                       => 0 | 0-2 rw-p | 4-6 rw-p
        mmap 2 2 rw private,anon,fixed   => p2 | 0-6 rw-p
    """)


# Since 6.16 a faulted VMA takes in an unfaulted neighbour by mprotect, either way round.
@pytest.mark.parametrize("written", [0, 2])
def test_mprotect_merges_faulted_with_unfaulted(both, written):
    both(f"""
        mmap 0 4 rw private,anon,fixed,noreserve
        mprotect 2 2 r                   => 0 | 0-2 rw-p | 2-4 r--p
        mprotect {written} 2 rw
        write {written} 1
        mprotect 0 4 rwx                 => 0 | 0-4 rwxp
    """)


# VM_ACCOUNT is a key that maps does not show: memory that never was writable is not accounted.
def test_accounting_keeps_lines_apart_that_look_alike(both):
    both("""
        mmap 0 2 r private,anon,fixed
        mmap 2 2 rw private,anon,fixed
        write 2 1
        mprotect 2 2 r                   => 0 | 0-2 r--p -ac | 2-4 r--p +ac
    """)


def test_untouched_memory_gives_its_accounting_back(both):
    both("""
        mmap 0 2 r private,anon,fixed
        mmap 2 2 rw private,anon,fixed
        mprotect 2 2 r                   => 0 | 0-4 r--p -ac
        mprotect 0 4 rw                  => 0 | 0-4 rw-p +ac
    """)


def test_a_private_file_mapping_never_gives_its_accounting_back(both):
    both("""
        mmap 0 2 r private,fixed f0 0
        mmap 2 2 rw private,fixed f0 2
        mprotect 2 2 r                   => 0 | 0-2 r--p -ac | 2-4 r--p +ac
    """)


def test_shared_memory_is_never_accounted_to_the_process(both):
    both("""
        mmap 0 2 r shared,fixed f0 0
        mprotect 0 2 rw                  => 0 | 0-2 rw-s -ac
    """)


# Which flags keep VMAs apart?   All that maps does not show, but not what only acts once.
@pytest.mark.parametrize(
    "how",
    [
        "mmap 2 2 rw private,anon,fixed,noreserve",
        "mmap 2 2 rw private,anon,fixed,stack",
        "mmap 2 2 rw private,anon,fixed,locked",
        "mmap 2 2 rw private,anon,fixed,growsdown",
    ],
)
def test_a_flag_of_mmap_keeps_neighbours_apart(both, how):
    both(f"""
        mmap 0 2 rw private,anon,fixed
        {how}                            => p2 | 0-2 rw-p | 2-4 rw-p
    """)


@pytest.mark.parametrize(
    "how",
    [
        "mlock 2 2",
        "mlock2 2 2 onfault",
        "madvise 2 2 mergeable",
        "madvise 2 2 wipeonfork",
        "madvise 2 2 dontfork",
        "madvise 2 2 dontdump",
        "madvise 2 2 random",
        "madvise 2 2 seq",
        "madvise 2 2 nohugepage",
    ],
)
def test_a_flag_set_later_keeps_neighbours_apart(both, how):
    both(f"""
        mmap 0 4 rw private,anon,fixed
        {how}                            => 0 | 0-2 rw-p | 2-4 rw-p
    """)


@pytest.mark.parametrize("flag", ["nonblock", "populate,nonblock", "denywrite", "executable"])
def test_a_flag_that_only_acts_once_keeps_nobody_apart(both, flag):
    both(f"""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 rw private,anon,fixed,{flag}  => p2 | 0-4 rw-p
    """)


# The offset of private anonymous memory is the page number of its first address: moved before it
# was written, it gets that of its new place and merges there; written, it keeps the old one ...
def test_unfaulted_memory_merges_where_it_is_moved_to(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 8 2 rw private,anon,fixed
        mremap 0 2 2 maymove,fixed 10    => p10 | 8-12 rw-p
    """)


# ... stays apart there, and merges again when it comes home.
def test_faulted_memory_stays_apart_where_it_is_moved_to_and_merges_at_home(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        write 0 1
        mmap 8 2 rw private,anon,fixed
        mremap 2 2 2 maymove,fixed 10    => p10 | 0-2 rw-p | 8-10 rw-p | 10-12 rw-p
        mremap 10 2 2 maymove,fixed 2    => p2 | 0-4 rw-p | 8-10 rw-p
    """)
