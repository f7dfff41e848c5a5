"""Ready-made programs: each shows one thing that a kernel does with VMAs.

The lessons and the stepper's menu offer them by name. Each is the text form of
docs/program-format.md; page numbers count from the start of the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Example:
    """A program with a title for menus and a sentence on what to look for."""

    title: str
    about: str
    text: str


EXAMPLES: Final[dict[str, Example]] = {
    "first-steps": Example(
        "First steps: map, write, protect, unmap",
        "One VMA comes, is cut into three, and goes in pieces.",
        """\
seq 1 16 hole
# four pages of memory of our own, and a word in the second
mmap 2 4 rw private,anon,fixed
write 3 7
# one page read-only: three VMAs
mprotect 3 1 r
write 3 8
# and back: one again
mprotect 3 1 rw
munmap 4 1
munmap 0 16
""",
    ),
    "four-calls": Example(
        "mmap, munmap, mprotect, mremap",
        "The four calls that shape an address space, and what each does to the VMAs.",
        """\
seq 1 24 hole
# the kernel chooses where: the top of the highest gap
mmap - 4 rw private,anon
mmap 0 4 rw private,anon,fixed
mmap 8 4 r private,fixed f0 2
mprotect 1 2 r
munmap 9 2
# grow: in place where there is room, elsewhere where there is none
mremap 3 1 3 maymove
mremap 0 1 2 maymove
# shrink
mremap 20 4 2
""",
    ),
    "refusals": Example(
        "A dozen ways to be refused",
        "Each line fails for a reason of its own; read because and rule.",
        """\
seq 1 16 hole
mmap 0 4 rw private,anon,fixed
mmap 0+1 1 rw private,anon,fixed
mmap 4 0 rw private,anon,fixed
mmap 4 1 rw anon,fixed
mmap 4 1 rw shared,fixed r0 0
mmap 4 1 r private,fixed x 0
mmap 2 1 rw private,anon,fixed_noreplace
munmap 0 0
mprotect 2 4 r
mremap 8 1 2 maymove
madvise 0 1 77
read 9
write 2 1
""",
    ),
    "split": Example(
        "Every way to split",
        "A VMA is cut wherever two of its pages must differ.",
        """\
seq 1 24 hole
mmap 0 22 rw private,anon,fixed
# at the head, at the tail, in the middle
mprotect 0 2 r
mprotect 20 2 none
mprotect 10 2 r
# a hole, a lock, an advice, a move
munmap 4 1
mlock 6 2
madvise 14 2 dontfork
mremap 17 1 1 maymove,fixed 22
""",
    ),
    "merge": Example(
        "Every way to merge",
        "A new or changed range may join the one below, the one above, or both.",
        """\
seq 1 24 hole
# a new range: above a neighbour, below one, between two
mmap 0 2 rw private,anon,fixed
mmap 2 2 rw private,anon,fixed
mmap 8 2 rw private,anon,fixed
mmap 6 2 rw private,anon,fixed
mmap 4 2 rw private,anon,fixed
# a changed range: the whole VMA, its head, its tail
mprotect 4 2 r
mprotect 4 2 rw
mprotect 0 4 r
mprotect 2 2 rw
mprotect 0 2 rw
# growth that closes a gap, and a move that fits
mmap 14 2 rw private,anon,fixed
mremap 0 10 14
mmap 20 2 rw private,anon,fixed
mremap 20 2 2 maymove,fixed 16
""",
    ),
    "not-merged": Example(
        "Why not merged?",
        "Neighbours that look alike and stay two, each pair for another reason.",
        """\
seq 1 24 hole
# the protection
mmap 0 2 r private,anon,fixed
mmap 2 2 rw private,anon,fixed
# a flag that maps does not show
mmap 4 2 rw private,anon,fixed,noreserve
# the file: its offset; another open of it
mmap 6 2 r private,fixed f0 0
mmap 8 2 r private,fixed f0 7
mmap 10 2 r private,fixed r0 9
# shared anonymous memory: each mapping is an object of its own
mmap 12 2 rw shared,anon,fixed
mmap 14 2 rw shared,anon,fixed
# a lock, put on later
mmap 16 4 rw private,anon,fixed
mlock 18 2
# private pages, made separately
mmap 20 2 rw private,anon,fixed,stack
write 20 1
mmap 22 2 rw private,anon,fixed
write 22 1
madvise 22 2 nohugepage
""",
    ),
    "two-anon-vmas": Example(
        "Two anon_vmas and a filler",
        "Both neighbours suit the new range, but not each other: the lower one wins.",
        """\
seq 1 12 hole
mmap 0 2 rw private,anon,fixed
write 0 1
mmap 4 2 rw private,anon,fixed
write 4 1
mmap 2 2 rw private,anon,fixed
""",
    ),
    "accounted": Example(
        "The key that maps does not show",
        "Two lines of maps that look mergeable and are not: one was writable once.",
        """\
seq 1 8 hole
mmap 0 2 r private,anon,fixed
mmap 2 2 rw private,anon,fixed
write 2 1
mprotect 2 2 r
""",
    ),
    "file-window": Example(
        "A window on a file",
        "remap_file_pages as Linux emulates it since 4.0: one call, three VMAs.",
        """\
seq 1 16 hole
mmap 0 12 rw shared,fixed f0 0
remap 4 2 none 20 -
read 4
remap 4 2 none 4 -
truncate f0 2
read 3
""",
    ),
    "database-window": Example(
        "The database's window",
        "Eight pages of address space on a file of 64: which are shown changes all the time.",
        """\
seq 1 10 hole
mmap 0 8 rw shared,fixed f0 0
# page 40 is wanted, and 17 and 18, and then 63
remap 1 1 none 40
write 1 7
remap 4 2 none 17
remap 2 1 none 63
# the system needs the memory, and then the database its pages
evict
read 1
contents
# the whole window back in the file's order
remap 0 8 none 0
""",
    ),
    "stars": Example(
        "A dark sky, star by star",
        "A window that nobody may touch, and pages with rights of their own (the patch of 2006).",
        """\
seq 1 10 hole
mmap 0 8 none shared,fixed f0 0
# one star, another, and one that may only be looked at
remap 1 1 rw 40 chgprot
remap 4 1 rw 17 chgprot
remap 6 1 r 17 chgprot
probe 0 8
# out and in again: the stars must not change
evict
probe 0 8
# put one out
remap 4 1 none 4 chgprot
probe 0 8
mprotect 0 8 rw
""",
    ),
    "first-offset-then-rights": Example(
        "First the offset, then the rights",
        "As posted in 2006 the kernel forgets to mark the area: a read faults for ever.",
        """\
seq 1 10 hole
mmap 0 8 rw shared,fixed f0 0
# nonlinear by offset alone, and only then with rights
remap 0 1 none 9
remap 2 1 none 2 chgprot
remap 4 1 r 4 chgprot
probe 0 8
""",
    ),
}
"""Every ready-made program, by the name that lessons and menus use."""
