"""vma_merge of 2.6.18: its eight cases, and what keeps areas apart.

P is the area before, N the one after, A what is mapped, or given other rights, between them.
"""

import pytest

from tests.old_kernels import PLAIN, on

ARCHS = pytest.mark.parametrize("arch", ["i386", "x86_64"])
ANON = "rw private,anon,fixed"


# 1   | P |  A  | N |  ->  |------ P ------|
# 2   | P |  A  | other    |--- P ---| other
# 3   other |  A  | N |    other |--- N ---|
@ARCHS
def test_a_new_area_is_absorbed_by_its_neighbours(arch):
    on(
        PLAIN,
        f"""
        mmap 0 2 {ANON}
        mmap 4 2 {ANON}
        mmap 2 2 {ANON}                      => p2 | 0-6 rw-p
        mmap 10 2 r private,anon,fixed
        mmap 6 4 {ANON}                      => p6 | 0-10 rw-p | 10-12 r--p
        mmap 16 2 {ANON}
        mmap 12 4 {ANON}                     => p12 | 0-10 rw-p | 10-12 r--p | 12-18 rw-p
    """,
        arch,
    )


# mprotect of A, whole or in part:
#
# 6   | P |  A  | N |  ->  |------ P ------|
# 7   | P |  A  | other    |--- P ---| other
# 8   other |  A  | N |    other |--- N ---|
# 5   | P | A | rest       |-- P --| rest            4   rest | A | N |  ->  rest |-- N --|
@ARCHS
def test_rights_that_become_a_neighbours_move_the_boundary_or_take_it_away(arch):
    on(
        PLAIN,
        """
        mmap 0 12 r private,anon,fixed
        mprotect 4 4 none                    => 0 | 0-4 r--p | 4-8 ---p | 8-12 r--p
        mprotect 4 1 r                       => 0 | 0-5 r--p | 5-8 ---p | 8-12 r--p
        mprotect 7 1 r                       => 0 | 0-5 r--p | 5-7 ---p | 7-12 r--p
        mprotect 5 2 r                       => 0 | 0-12 r--p
        mprotect 4 4 none
        mprotect 8 4 x                       => 0 | 0-4 r--p | 4-8 ---p | 8-12 --xp
        mprotect 4 4 r                       => 0 | 0-8 r--p | 8-12 --xp
        mprotect 4 4 none
        mprotect 4 4 x                       => 0 | 0-4 r--p | 4-12 --xp
        mprotect 6 2 r                       => 0 | 0-4 r--p | 4-6 --xp | 6-8 r--p | 8-12 --xp
    """,
        arch,
    )


# Files merge at consecutive pages of one open file; f0 and r0 are the same file opened twice.
@ARCHS
def test_pages_of_a_file_must_follow_each_other_through_one_struct_file(arch):
    on(
        PLAIN,
        """
        mmap 0 2 r shared,fixed f0 0
        mmap 2 2 r shared,fixed f0 2         => p2 | 0-4 r--s 0 f0
        mmap 4 2 r shared,fixed f0 5         => p4 | 0-4 r--s 0 f0 | 4-6 r--s 5 f0
        mmap 6 2 r private,fixed r0 6        => p6 | 0-4 r--s | 4-6 r--s | 6-8 r--p 6 f0
        mmap 8 2 r private,fixed f0 8        => p8 | 0-4 | 4-6 | 6-8 r--p 6 f0 | 8-10 r--p 8 f0
    """,
        arch,
    )


# NORESERVE leaves no flag on an area in 2006, only no charge. mprotect charges what becomes
# writable, and never gives a charge back: two areas look alike in /proc/PID/maps, and stay two.
#
#     | --- -> rw, charged |    rw NORESERVE, never charged    |
@ARCHS
def test_a_charge_that_maps_does_not_show_keeps_areas_apart(arch):
    on(
        PLAIN,
        """
        mmap 0 4 none private,anon,fixed,noreserve
        mmap 4 4 rw private,anon,fixed,noreserve => p4 | 0-4 ---p -ac | 4-8 rw-p -ac
        mprotect 0 4 rw                          => 0 | 0-4 rw-p +ac | 4-8 rw-p -ac
        mprotect 0 8 r                           => 0 | 0-4 r--p +ac | 4-8 r--p -ac
        mprotect 0 8 rw                          => 0 | 0-8 rw-p +ac
    """,
        arch,
    )


# a | b       both written: their own anon_vmas          | a | b |  stay two
# a | b       one written                                |   a   |
@ARCHS
def test_areas_written_to_separately_do_not_merge(arch):
    on(
        PLAIN,
        """
        mmap 0 2 rw private,anon,fixed
        write 0 1
        mmap 4 2 rw private,anon,fixed
        write 4 2
        mmap 2 2 rw private,anon,fixed       => p2 | 0-4 rw-p | 4-6 rw-p
        munmap 0 6
        mmap 0 2 rw private,anon,fixed
        mmap 4 2 rw private,anon,fixed
        write 4 2
        mmap 2 2 rw private,anon,fixed       => p2 | 0-6 rw-p
    """,
        arch,
    )


# After fork 6.x keeps a child's areas apart until their pages are copied. In 2006 parent and child
# had one anon_vma together, and what was one area before may be one again.
#
#     | rw | r |  fork, mprotect r  ->  | r |
@ARCHS
def test_the_childs_areas_merge_as_the_parents_would(arch):
    on(
        PLAIN,
        """
        mmap 0 4 rw private,anon,fixed
        write 0 1
        write 2 2
        fork
        mprotect 2 2 r                       => 0 | 0-2 rw-p | 2-4 r--p
        mprotect 0 2 r                       => 0 | 0-4 r--p
        mmap 4 2 r private,anon,fixed        => p4 | 0-4 r--p +ac | 4-6 r--p -ac
        mprotect 0 6 rw                      => 0 | 0-6 rw-p
    """,
        arch,
    )


# mlock and madvise merge, too.
@ARCHS
def test_locks_and_advice_that_go_join_what_they_cut(arch):
    on(
        PLAIN,
        """
        mmap 0 6 rw private,anon,fixed
        mlock 2 2                            => 0 | 0-2 -lo | 2-4 rw-p +lo | 4-6 -lo
        munlock 0 6                          => 0 | 0-6 rw-p -lo
        madvise 2 2 seq                      => 0 | 0-2 | 2-4 rw-p +sr | 4-6
        madvise 1 5 normal                   => 0 | 0-6 rw-p -sr
        madvise 0 3 dontfork                 => 0 | 0-3 rw-p +dc | 3-6 rw-p -dc
        fork                                 => child | 3-6 rw-p
    """,
        arch,
    )
