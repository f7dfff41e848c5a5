"""What should mprotect do on a window of many protections? The two answers that were wished for.

before            | rw  | r-  | rw  | --  |      VMA rw-; pages 1 and 3 were remapped
mprotect(r--)
  only the default  | r-  | r-  | r-  | --  |      VMA r--, still of many protections
  all, and clear    | r-  | r-  | r-  | r-  |      VMA r--, an ordinary one again
"""

import pytest

from tests.old_kernels import V4, on

DEFAULT, ALL = f"{V4}:mprotect-default", f"{V4}:mprotect-all"
WINDOW = """
    mmap 0 4 rw shared,fixed f0 0
    read 0
    remap 1 1 r 9 chgprot
    remap 3 1 none 3 chgprot
"""


@pytest.mark.parametrize("out", ["mincore 0 1", "evict"])
def test_only_the_default_changes(out):
    """Whether the pages are in memory or out."""
    on(
        DEFAULT,
        WINDOW
        + f"""
        {out}
        mprotect 0 4 r                   => 0 | 0-4 r--s 0 f0 +nl +mp
        probe 0 4                        => 0-3=oa 3-4=aa
        mprotect 0 4 rw                  => 0 | 0-4 rw-s 0 f0 +nl +mp
    """,
    )


# What was remapped to r- looks like the new default r-, and goes with it from then on.
def test_a_page_that_got_what_the_default_is_now_goes_with_it():
    on(
        DEFAULT,
        WINDOW
        + """
        mprotect 0 4 r
        mprotect 0 4 rw
        probe 0 4                        => 0-3=oo 3-4=aa
    """,
    )


@pytest.mark.parametrize("out", ["mincore 0 1", "evict"])
def test_all_change_and_the_window_is_uniform(out):
    on(
        ALL,
        WINDOW
        + f"""
        {out}
        mprotect 0 4 rx                  => 0 | 0-4 r-xs 0 f0 +nl -mp
        probe 0 4                        => 0-4=oa
        read 1                           => f0@9
        evict
        remap 0 1 rw 0 chgprot           => 0
    """,
    )


# Part of it: the VMA is cut, and the rest keeps its many protections
def test_part_of_a_window():
    on(
        DEFAULT,
        WINDOW
        + """
        mprotect 2 2 r                   => 0 | 0-2 rw-s 0 f0 +mp | 2-4 r--s 2 f0 +mp
        probe 0 4                        => 0-1=oo 1-3=oa 3-4=aa
    """,
    )
    on(
        ALL,
        WINDOW
        + """
        mprotect 2 2 r                   => 0 | 0-2 rw-s 0 f0 +mp | 2-4 r--s 2 f0 -mp
        probe 0 4                        => 0-1=oo 1-4=oa
    """,
    )


# An ordinary VMA is changed as ever; and where there is no room for a cut, nothing changes.
@pytest.mark.parametrize("kernel", [DEFAULT, ALL])
def test_ordinary_vmas(kernel):
    on(
        kernel,
        """
        mmap 0 4 rw private,anon,fixed
        mprotect 1 1 r                   => 0 | 0-1 rw-p | 1-2 r--p | 2-4 rw-p
        mprotect 8 1 r                   => -1 ENOMEM
    """,
    )
