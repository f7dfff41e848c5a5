"""The test program that came with the many-prots patch, as a program that any kernel here can run.

A window of 32 pages, a right P, and one question at every touch: SIGSEGV or not?

    1  map the window with P, take page 0 away, reclaim        touch page 1, which nobody remapped
    2  map it with no rights, reclaim, remap page 0 to nothing without waiting        touch page 0
    3  let page 0 show six other pages of the file, with P               touch it after each
    4  remap every pair of pages; drop the window's pages; truncate the file and write it anew;
       reclaim                                                           touch all 32

Mirrors: fremap-test-complete.c (posted 26 August 2006), its steps and its way of counting; the file
has 64 pages here and had 1,024 there.
"""

from __future__ import annotations

import re
from typing import Final

from vmalab.records.program import Probe, Program, Read, Wprobe
from vmalab.records.run import Run
from vmalab.records.text import parse_program

WINDOW_PAGES: Final = 32
MOVED: Final = range(45, 39, -1)
"""The pages of the file that page 0 shows in the third step."""
BASE: Final = 30
"""In the fourth step window page i shows page 32 - i + BASE of the file, or, if odd, two later."""
ANEW: Final = 40
"""Where in the window, far behind it, the file is mapped to be written anew."""
CONFIGURATIONS: Final = {"A": ("none",), "B": ("x", "r"), "C": ("w", "rw")}
"""What the test was run with: nothing may fault, reads may, everything may."""


def program(prot: str) -> Program:
    """The test with the right ``prot``, in the letters of programs.

    >>> len(program("rw").ops)
    77
    """
    lines = [
        f"seq 1 {ANEW + 64} hole",
        f"mmap 0 {WINDOW_PAGES} {prot} shared,fixed f0 0",
        *("remap 0 1 none 0 chgprot", "evict", "wprobe 1 1", "munmap 0 32"),
        f"mmap 0 {WINDOW_PAGES} none shared,fixed f0 0",
        *("evict", "remap 0 1 none 0 chgprot,nonblock", "read 0"),
    ]
    for pgoff in MOVED:
        lines += [f"remap 0 1 {prot} {pgoff} chgprot", "probe 0 1"]
    for page in range(0, WINDOW_PAGES, 2):
        lines.append(f"remap {page} 2 {prot} {WINDOW_PAGES - page + BASE} chgprot")
    lines += ["madvise 0 32 dontneed", "truncate f0 0", "truncate f0 64"]
    lines.append(f"mmap {ANEW} 64 rw shared,fixed f0 0")
    lines += [f"write {ANEW + page} {1000 + page}" for page in range(32, 64)]
    lines += [f"munmap {ANEW} 64", "evict", f"probe 0 {WINDOW_PAGES}", "contents"]
    return parse_program("\n".join(lines))


def wanted(prot: str) -> int:
    """How many SIGSEGVs the test asks for: one a read without any right, one a write without ``w``.

    >>> [wanted(prot) for prot in ("none", "x", "r", "w", "rw")]
    [79, 40, 40, 1, 1]
    """
    each = (prot == "none") + ("w" not in prot)
    return each + 1 + len(MOVED) * each + WINDOW_PAGES * each


def counted(run: Run) -> int:
    """How many SIGSEGVs there were."""
    total = 0
    for step in run.steps:
        match step.op:
            case Read():
                total += step.result == "SIGSEGV"
            case Probe() | Wprobe():
                total += sum(
                    (int(end) - int(start)) * sum(letter in "am" for letter in letters)
                    for start, end, letters in re.findall(r"(\d+)-(\d+)=(\S+)", step.result)
                )
            case _:
                pass
    return total


def contents_wanted() -> str:
    """What the window must show in the end, where it may be read.

    >>> contents_wanted()[:27]
    '0-1=#1062 1-2=#1063 2-3=#10'
    """
    shown = (WINDOW_PAGES - page + BASE + 2 * (page % 2) for page in range(WINDOW_PAGES))
    return " ".join(f"{page}-{page + 1}=#{1000 + pgoff}" for page, pgoff in enumerate(shown))
