"""What the kernel's own self-tests of merging and moving assert, as programs of our own.

Cases of tools/testing/selftests/mm: merge, mremap_test, mremap_dontunmap, map_fixed_noreplace (its
nine cases are in mm/test_unmapped_area), mlock2-tests, madv_populate.
"""

import pytest

THREE = """
        mmap 0 9 rw private,anon,fixed,noreserve
        mprotect 0 3 r
        mprotect 6 3 r                   => 0 | 0-3 r--p | 3-6 rw-p | 6-9 r--p
"""


# merge.c: the middle becomes like its neighbours; which of the three were written to?
#
#     |r |rw*|r |  ->  |-------r*-------|
@pytest.mark.parametrize(
    ("written", "change", "rows"),
    [
        ("write 3 1", "mprotect 3 3 r", "0-9 r--p"),
        ("write 3 1", "mprotect 0 6 rw", "0-6 rw-p | 6-9 r--p"),
        ("write 3 1", "mprotect 3 6 rw", "0-3 r--p | 3-9 rw-p"),
        ("write 3 1", "mprotect 0 9 rwx", "0-9 rwxp"),
    ],
)
def test_mprotect_merges_what_was_written_with_what_was_not(both, written, change, rows):
    both(f"""
        {THREE}
        {written}
        {change}                         => 0 | {rows}
    """)


@pytest.mark.parametrize("page", [0, 3])
def test_mprotect_merges_one_written_side_with_the_other(both, page):
    both(f"""
        mmap 0 6 rw private,anon,fixed,noreserve
        mprotect 3 3 rwx
        write {page} 1
        mprotect 3 3 rw                  => 0 | 0-6 rw-p
    """)


# forked_target_vma, forked_source_vma: inherited pages may be shared, so nobody is taken in.
@pytest.mark.parametrize("order", ["0 3", "3 0"])
def test_in_a_child_inherited_memory_is_not_merged(both, order):
    inherited, unfaulted = order.split()
    both(f"""
        mmap {inherited} 3 rw private,anon,fixed
        write {inherited} 1
        fork
        mmap {unfaulted} 3 rwx private,anon,fixed
        mprotect {unfaulted} 3 rw        => 0 | 0-3 rw-p | 3-6 rw-p
    """)


# mremap_unfaulted_to_faulted: what was never written takes the offset of its new place.
@pytest.mark.parametrize(
    ("target", "rows"),
    [
        (8, "8-15 rw-p"),
        (15, "11-18 rw-p"),
    ],
)
def test_unfaulted_memory_moved_to_a_side_of_faulted_memory_merges(both, target, rows):
    rest = {8: "11 4", 15: "11 4"}[target]
    both(f"""
        mmap 0 3 rw private,anon,fixed
        mmap {rest} rw private,anon,fixed
        write 11 1
        mremap 0 3 3 maymove,fixed {target}   => p{target} | {rows}
    """)


# Between two that were written separately: only the lower one merges.
#
#     |A*|  gap  |B*|   <-  |u|
def test_unfaulted_memory_moved_between_two_merges_with_the_lower(both):
    both("""
        mmap 0 3 rw private,anon,fixed
        mmap 8 3 rw private,anon,fixed
        write 8 1
        mmap 14 3 rw private,anon,fixed
        write 14 1
        mremap 0 3 3 maymove,fixed 11    => p11 | 8-14 rw-p | 14-17 rw-p
    """)


def test_unfaulted_memory_moved_between_written_and_unwritten_merges_with_both(both):
    both("""
        mmap 0 3 rw private,anon,fixed
        mmap 8 3 rw private,anon,fixed
        write 8 1
        mmap 14 3 rw private,anon,fixed
        mremap 0 3 3 maymove,fixed 11    => p11 | 8-17 rw-p
    """)


# mremap_correct_placed_faulted: three written pieces of one area are carried off and come home in
# every order; the last one home closes the gap.
@pytest.mark.parametrize("order", ["0 3 6", "6 3 0", "3 0 6", "0 6 3"])
def test_faulted_pieces_that_come_home_merge(both, order):
    away = {"0": 12, "3": 16, "6": 20}
    out = "\n".join(f"mremap {p} 3 3 maymove,fixed {away[p]}" for p in order.split())
    home = "\n".join(f"mremap {away[p]} 3 3 maymove,fixed {p}" for p in order.split())
    run = both(f"mmap 0 9 rw private,anon,fixed\nwrite 0 1\nwrite 3 1\nwrite 6 1\n{out}\n{home}")
    assert run.steps[6].after.map_count == 3
    assert run.steps[-1].after.map_count == 1


# mremap_faulted_to_unfaulted_*: moved with DONTUNMAP it keeps its offset, and merges with those for
# whom that is the next one.
def test_faulted_memory_moved_off_and_back_over_unfaulted_memory(both):
    both("""
        mmap 0 3 rw private,anon,fixed
        mmap 8 3 rw private,anon,fixed
        write 8 1
        mremap 8 3 3 maymove,fixed,dontunmap 3   => p3 | 0-3 rw-p | 3-6 rw-p | 8-11 rw-p
    """)


# mremap_test: expand merge, expand merge offset.
def test_growth_closes_the_hole_behind(both):
    both("""
        mmap 0 3 rw private,anon,fixed
        munmap 1 1
        mremap 0 1 2                     => p0 | 0-3 rw-p
    """)
    both("""
        mmap 0 4 rw private,anon,fixed
        munmap 2 1
        mremap 1 1 2                     => p1 | 0-4 rw-p
    """)


# mremap_test: the data moves, the neighbours stay as they were.
def test_what_moves_takes_its_data_along(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        write 0 10
        write 2 12
        write 5 15
        mremap 1 3 3 maymove,fixed 10
        read 0                           => #10
        read 5                           => #15
        read 11                          => #12
        read 2                           => SIGSEGV
    """)


# mremap_dontunmap: the old area is empty, the new one has the data; also for shared memory.
@pytest.mark.parametrize("kind", ["private,anon", "shared,anon"])
def test_dontunmap_takes_the_data_and_leaves_the_area(both, kind):
    left = {"private,anon": "0", "shared,anon": "#7"}[kind]
    both(f"""
        mmap 0 4 rw {kind},fixed
        write 1 7
        mremap 0 4 4 maymove,fixed,dontunmap 8
        read 9                           => #7
        read 1                           => {left}
    """)


def test_dontunmap_of_a_part_overwrites_its_target_only(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        write 1 7
        write 3 9
        mmap 8 4 rw private,anon,fixed
        write 8 5
        write 9 6
        mremap 0 2 2 maymove,fixed,dontunmap 8
        read 9                           => #7
        read 8                           => 0
        read 1                           => 0
        read 3                           => #9
    """)


# mlock2-tests, test_vma_management: the lock splits three ways and merges again.
@pytest.mark.parametrize("lock", ["mlock 0 3", "mlock2 0 3 onfault"])
def test_unlocking_the_middle_makes_three_and_unlocking_all_makes_one(both, lock):
    both(f"""
        mmap 0 3 rw private,anon,fixed
        {lock}
        munlock 1 1                      => 0 | 0-1 rw-p +lo | 1-2 rw-p -lo | 2-3 rw-p +lo
        munlock 0 3                      => 0 | 0-3 rw-p -lo
    """)


# madv_populate: rights, holes at either end and in the middle.
@pytest.mark.parametrize("advice", ["populate_read", "populate_write"])
@pytest.mark.parametrize("hole", [0, 2, 4])
def test_populating_over_a_hole_is_refused_wherever_it_is(both, advice, hole):
    both(f"""
        mmap 0 5 rw private,anon,fixed
        munmap {hole} 1
        madvise 0 5 {advice}             => -1 ENOMEM
    """)


def test_populating_needs_the_right_to_do_so(both):
    both("""
        mmap 0 2 none private,anon,fixed
        madvise 0 2 populate_read        => -1 EINVAL
        madvise 0 2 populate_write       => -1 EINVAL
        mincore 0 2                      => 00
    """)
