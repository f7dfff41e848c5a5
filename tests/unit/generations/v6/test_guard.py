"""Guard markers: what they forbid, what they survive, and what they leave on the VMA."""

import pytest


# |------------|  ->  |--- . ! . ---|      pages that kill, in one area
def test_installing_markers_splits_nothing(both):
    both("""
        mmap 0 6 rw private,anon,fixed
        madvise 2 2 guard_install        => 0 | 0-6 rw-p +gu
        probe 0 6                        => 0-2=oo 2-4=mm 4-6=oo
        madvise 2 1 guard_remove         => 0 | 0-6 rw-p +gu
        probe 0 6                        => 0-3=oo 3-4=mm 4-6=oo
    """)


@pytest.mark.parametrize(
    "survived", ["madvise 0 4 dontneed", "mprotect 0 4 r", "madvise 0 4 cold", "mlock 0 1"]
)
def test_markers_survive(both, survived):
    both(f"""
        mmap 0 4 rw private,anon,fixed
        madvise 2 1 guard_install
        {survived}
        read 2                           => SIGSEGV
        read 3
    """)


# They take the place of the page that was there, and leave an empty one when they go.
def test_a_marker_takes_the_place_of_the_page(both):
    both("""
        mmap 0 2 rw private,anon,fixed,populate
        madvise 0 1 guard_install
        madvise 0 1 guard_remove
        mincore 0 2                      => 01
    """)


def test_unmapping_and_replacing_takes_them_away(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        madvise 0 4 guard_install
        mmap 1 1 rw private,anon,fixed
        munmap 2 1
        mmap 2 1 rw private,anon,fixed
        probe 0 4                        => 0-1=mm 1-3=oo 3-4=mm
    """)


def test_they_move_with_their_area(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        madvise 1 1 guard_install
        mremap 0 4 4 maymove,fixed 8     => p8 | 8-12 rw-p +gu
        probe 8 4                        => 8-9=oo 9-10=mm 10-12=oo
    """)


# Files, shared memory, read-only memory: allowed. Locked memory: not.
@pytest.mark.parametrize(
    "how", ["r private,anon,fixed", "r shared,fixed r0 0", "rw shared,fixed f0 0", "rw shared,anon"]
)
def test_any_memory_that_is_not_locked_may_have_them(both, how):
    fixed = how if "fixed" in how else f"{how},fixed"
    both(f"""
        mmap 0 4 {fixed}
        madvise 1 1 guard_install
        read 1                           => SIGSEGV
        read 2
    """)


def test_locked_memory_takes_none(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        mlock 2 2
        madvise 0 4 guard_install        => -1 EINVAL
        probe 0 4                        => 0-2=mm 2-4=oo
        madvise 0 4 guard_remove         => 0
        probe 0 4                        => 0-4=oo
    """)


# Anonymous memory gets an anon_vma by them, without any write; a file's mapping does not.
#
#     |A!|new|B!|
@pytest.mark.parametrize(
    ("flags", "file", "rows"),
    [
        ("private,anon,fixed", "-", "0-4 rw-p | 4-6 rw-p"),
        ("private,fixed", "f0", "0-6 rw-p"),
    ],
)
def test_markers_give_anonymous_memory_an_anon_vma(both, flags, file, rows):
    both(f"""
        mmap 0 2 rw {flags} {file} 0
        mmap 4 2 rw {flags} {file} 4
        madvise 0 1 guard_install
        madvise 4 1 guard_install
        mmap 2 2 rw {flags} {file} 2     => p2 | {rows}
    """)


# The flag that says "there may be markers" keeps nobody apart, and stays on whatever absorbs it.
@pytest.mark.parametrize("page", [0, 2])
def test_the_flag_is_sticky_and_keeps_nobody_apart(both, page):
    both(f"""
        mmap 0 4 rw private,anon,fixed
        mprotect 2 2 rwx
        madvise {page} 1 guard_install
        mprotect 0 4 rw                  => 0 | 0-4 rw-p +gu
    """)
