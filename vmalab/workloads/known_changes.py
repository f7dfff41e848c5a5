"""Why one program ends differently on kernels of different years: a smallest program each.

The outcome of a program is the result of its last operation, and how many VMAs there are then.
docs/generations.md shows the table; tests run every row on every generation, and the column of
linux-6 on a live kernel too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vmalab.generations import GENERATIONS
from vmalab.records.program import Program
from vmalab.records.run import Run
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program

BASE: Final = "linux-2.6"
"""A generation that a row does not name ends as this one."""


@dataclass(frozen=True, slots=True)
class Change:
    """A program, what it asks, how each generation answers, and why they differ."""

    asks: str
    lines: str
    outcomes: Mapping[str, str]
    because: str
    arch: str = "x86_64"

    @property
    def program(self) -> Program:
        """The program, in a window of 16 pages."""
        return parse_program("seq 1 16 hole\n" + self.lines.replace("; ", "\n"))

    def expected(self, generation: str) -> str:
        """The outcome on a generation."""
        return self.outcomes.get(generation, self.outcomes[BASE])


def outcome(run: Run) -> str:
    """How a run ended.

    >>> outcome(run_program(parse_program("mmap 0 4 rw private,anon,fixed")))
    'p0, 1 VMA'
    """
    last = run.steps[-1]
    count = len(last.after.near(run.window))
    return f"{last.result}, {count} VMA{'s' * (count != 1)}"


def run_change(change: Change, generation: str) -> str:
    """The outcome of a row's program on a generation of the model."""
    return outcome(run_program(change.program, generation, arch=change.arch))


def _two(now: str, then: str) -> dict[str, str]:
    """Two outcomes: on 2.6.18 (patched or not), and on 6.18."""
    return {BASE: then, "linux-6": now}


def _series(plain: str, posted: str, intended: str = "", *, now: str) -> dict[str, str]:
    """Outcomes on 2.6.18, with the series of 2006 as posted and as intended, and on 6.18."""
    outcomes = {BASE: plain, "linux-6": now}
    for name in GENERATIONS:
        if name.startswith(f"{BASE}-manyprots"):
            mended = ":" in name or name.endswith("-private")
            outcomes[name] = intended if mended and intended else posted
    return outcomes


WINDOW_OF_F0: Final = "mmap 0 4 rw shared,fixed f0 0"
ANON: Final = "mmap 0 4 rw private,fixed,anon"

CHANGES: Final[tuple[Change, ...]] = (
    Change(
        "Show page 9 of the file at window page 0.",
        f"{WINDOW_OF_F0}; remap 0 1 none 9",
        _two("0, 2 VMAs", then="0, 1 VMA"),
        "2.6 rearranges pages inside one VMA; since 4.0 each run of pages gets a VMA of its own "
        "(mm/mmap.c:remap_file_pages).",
    ),
    Change(
        "Show a page beyond the end of the file.",
        f"{WINDOW_OF_F0}; remap 0 1 none 64",
        _two("0, 2 VMAs", then="-1 EINVAL, 1 VMA"),
        "2.6 populates at once, and mm/shmem.c:shmem_populate looks at the size; an emulated one "
        "is a mapping, and mappings may reach beyond the end.",
    ),
    Change(
        "Read where that call was refused.",
        f"{WINDOW_OF_F0}; remap 0 1 none 64 nonblock; read 0",
        _two("SIGBUS, 2 VMAs", then="f0@0, 1 VMA"),
        "The VMA is nonlinear from then on, but its pages are where they were.",
    ),
    Change(
        "Move pages of two VMAs.",
        "mmap 0 2 rw private,fixed,anon; mmap 2 2 r private,fixed,anon; "
        "mremap 1 2 2 maymove,fixed 8",
        _two("p8, 4 VMAs", then="-1 EFAULT, 2 VMAs"),
        "mm/mremap.c:do_mremap of 2.6 wants one VMA; since 6.17 a move that does not resize takes "
        "several.",
    ),
    Change(
        "Move what is not there over what is.",
        "mmap 8 2 rw private,fixed,anon; mremap 0 2 2 maymove,fixed 8",
        _two("-1 EFAULT, 1 VMA", then="-1 EFAULT, 0 VMAs"),
        "2.6 clears the destination before it looks at the source: a refusal with an effect.",
    ),
    Change(
        "Shrink what is not there.",
        "mremap 0 2 1",
        _two("-1 EFAULT, 0 VMAs", then="p0, 0 VMAs"),
        "mm/mremap.c:do_mremap of 2.6 unmaps the tail and is done before it looks for a VMA.",
    ),
    Change(
        "Copy a private mapping by an old length of 0.",
        f"{ANON}; mremap 0 0 2 maymove,fixed 8",
        _two("-1 EINVAL, 1 VMA", then="p8, 2 VMAs"),
        "Since 4.14 only shared mappings are doubled that way; a private one shared nothing.",
    ),
    Change(
        "Keep the old place when moving (MREMAP_DONTUNMAP).",
        f"{ANON}; mremap 0 4 4 maymove,dontunmap",
        _two("OUT, 1 VMA", then="-1 EINVAL, 1 VMA"),
        "The flag came with 5.7; mm/mremap.c:do_mremap refuses bits it does not know.",
    ),
    Change(
        "Lock pages that nobody may touch.",
        "mmap 0 4 none private,fixed,anon; mlock 0 4",
        _two("-1 ENOMEM, 1 VMA", then="-1 EFAULT, 1 VMA"),
        "Both lock the VMA and fail to bring the pages in; 2.6 hands out get_user_pages' errno "
        "(mm/mlock.c:mlock_fixup), 6 translates it (mm/mlock.c:__mlock_posix_error_return).",
    ),
    Change(
        "Lock pages as they come (mlock2).",
        "mmap 0 4 r private,fixed,anon; mlock2 0 1 onfault",
        _two("0, 2 VMAs", then="-1 ENOSYS, 1 VMA"),
        "mlock2 came with 4.4.",
    ),
    Change(
        "Ask for read-ahead of anonymous memory.",
        "mmap 0 4 r private,fixed,anon; madvise 0 4 willneed",
        _two("0, 1 VMA", then="-1 EBADF, 1 VMA"),
        "mm/madvise.c:madvise_willneed of 2.6 wants a file; since 3.9 it reads ahead from swap.",
    ),
    Change(
        "Give an advice that came later (MADV_FREE).",
        f"{ANON}; madvise 0 4 free",
        _two("0, 1 VMA", then="-1 EINVAL, 1 VMA"),
        "MADV_FREE came with 4.5; mm/madvise.c:madvise_vma refuses what it does not know.",
    ),
    Change(
        "Guard a page without a VMA (MADV_GUARD_INSTALL).",
        f"{ANON}; madvise 1 1 guard_install",
        _two("0, 1 VMA", then="-1 EINVAL, 1 VMA"),
        "Guard markers came with 6.13: protections a page, kept in the page table.",
    ),
    Change(
        "Give nonsense as advice about nothing.",
        f"{ANON}; madvise 0 0 99",
        _two("-1 EINVAL, 1 VMA", then="0, 1 VMA"),
        "mm/madvise.c:sys_madvise of 2.6 looks at the length first, and only then, VMA by VMA, at "
        "the advice.",
    ),
    Change(
        "Map without replacing (MAP_FIXED_NOREPLACE).",
        "mmap 0 4 r private,fixed,anon; mmap 1 1 rw private,fixed_noreplace,anon",
        _two("-1 EEXIST, 1 VMA", then="OUT, 1 VMA"),
        "2.6 ignores mmap flags that it does not know, this one of 4.17 too, and takes the address "
        "as a hint.",
    ),
    Change(
        "Map with MAP_SHARED_VALIDATE.",
        "mmap 0 4 rw shared,private,fixed f0 0",
        _two("p0, 1 VMA", then="-1 EINVAL, 0 VMAs"),
        "To 2.6 that is shared and private at once, which is no type (mm/mmap.c:do_mmap_pgoff).",
    ),
    Change(
        "Ask for huge pages.",
        "mmap 0 4 r private,fixed,hugetlb,anon",
        {BASE: "p0, 1 VMA", "linux-6": "-1 ENOMEM, 0 VMAs"},
        "MAP_HUGETLB came with 2.6.32: before that it is one more flag nobody looks at. (On 6 "
        "there are none reserved.)",
    ),
    Change(
        "Read memory that may only be written.",
        "mmap 0 4 w shared,fixed f0 0; read 0",
        _two("f0@0, 1 VMA", then="SIGSEGV, 1 VMA"),
        "2.6 asks for READ or EXEC when no page is there (arch/i386/mm/fault.c:do_page_fault) ...",
    ),
    Change(
        "Write it first, and then read.",
        "mmap 0 4 w shared,fixed f0 0; write 0 7; read 0",
        _two("#7, 1 VMA", then="#7, 1 VMA"),
        "... and when one is there nobody asks: x86 cannot forbid reading what may be written.",
    ),
    Change(
        "Let a stack grow.",
        "mmap 2 2 rw private,fixed,anon,growsdown; write 1 1",
        _two("ok, 1 VMA", then="SIGSEGV, 1 VMA"),
        "2.6 grows a stack only near the stack pointer, which is elsewhere; later kernels do not "
        "look at it.",
    ),
    Change(
        "Which pages of anonymous memory are here?",
        f"{ANON}; mincore 0 4",
        _two("0000, 1 VMA", then="-1 ENOMEM, 1 VMA"),
        "mm/mincore.c:mincore_vma of 2.6 knows files only, and calls the rest a hole.",
    ),
    Change(
        "Map beside memory that came through fork.",
        f"{ANON}; write 0 1; fork; mmap 4 4 rw private,fixed,anon",
        _two("p4, 2 VMAs", then="p4, 1 VMA"),
        "2.6 gives a child its parent's anon_vma and merges; since 2.6.34 the child has its own, "
        "and one that was inherited is not extended (mm/vma.c:is_mergeable_anon_vma).",
    ),
    Change(
        "Take the right to write from one page (MAP_CHGPROT).",
        f"{WINDOW_OF_F0}; remap 0 1 r 0 chgprot",
        _series("-1 EINVAL, 1 VMA", "0, 1 VMA", now="-1 EINVAL, 1 VMA"),
        "Without the series a protection is refused (mm/fremap.c:sys_remap_file_pages), and its "
        "flag is a bit that nobody looks at.",
    ),
    Change(
        "Write to that page.",
        f"{WINDOW_OF_F0}; remap 0 1 r 0 chgprot; write 0 7",
        _series("ok, 1 VMA", "SIGSEGV, 1 VMA", now="ok, 1 VMA"),
        "The page's own entry decides in such a window, not the VMA (patch 08).",
    ),
    Change(
        "Take a page's rights in a window that was rearranged before, and write.",
        f"{WINDOW_OF_F0}; remap 1 1 none 9; remap 0 1 r 0 chgprot; write 0 7",
        _series("ok, 1 VMA", "ok, 1 VMA", "SIGSEGV, 1 VMA", now="ok, 3 VMAs"),
        "As posted VM_MANYPROTS was set only together with VM_NONLINEAR, so this window never gets "
        "it (patch 12); the write fault makes the page writable.",
    ),
    Change(
        "Take all of a page's rights there, and read.",
        f"{WINDOW_OF_F0}; remap 1 1 none 9; remap 0 1 none 0 chgprot; read 0",
        _series("f0@0, 1 VMA", "LOOP, 1 VMA", "SIGSEGV, 1 VMA", now="f0@0, 3 VMAs"),
        "The same bug: the handler finds a page that is there and a VMA that allows it, returns, "
        "and the access faults again, for ever.",
    ),
    Change(
        "Change such a window with mprotect.",
        f"{WINDOW_OF_F0}; remap 0 1 r 0 chgprot; mprotect 0 4 r",
        {
            **_series("0, 1 VMA", "-1 EACCES, 1 VMA", now="0, 1 VMA"),
            "linux-2.6-manyprots-v4:mprotect-default": "0, 1 VMA",
            "linux-2.6-manyprots-v4:mprotect-all": "0, 1 VMA",
            "linux-2.6-manyprots-private": "0, 1 VMA",
        },
        "The series left open what it should do, and refuses it (patch 04).",
    ),
    Change(
        "mprotect from a hole on.",
        "mmap 2 2 rw private,fixed,anon; mprotect 0 4 r",
        _series("-1 ENOMEM, 1 VMA", "-1 EACCES, 1 VMA", "-1 ENOMEM, 1 VMA", now="-1 ENOMEM, 1 VMA"),
        "As posted the errno of the new test is set before the test for a hole, and stays.",
    ),
    Change(
        "Ask for a right that the descriptor does not give.",
        "mmap 0 4 r shared,fixed r0 0; remap 0 1 rw 0 chgprot",
        _series("-1 EINVAL, 1 VMA", "-1 EPERM, 1 VMA", now="-1 EINVAL, 1 VMA"),
        "The series checks against the VMA's MAY flags, before it looks whether the mapping is one "
        "that may be rearranged (patch 05).",
    ),
    Change(
        "Ask for rights that there are not.",
        f"{WINDOW_OF_F0}; remap 0 1 0x9 0 chgprot",
        _series("-1 EINVAL, 1 VMA", "0, 1 VMA", "-1 EINVAL, 1 VMA", now="-1 EINVAL, 1 VMA"),
        "As posted nobody looked at the bits beyond READ, WRITE and EXEC.",
    ),
    Change(
        "Give a private page the rights it has.",
        "mmap 0 4 rw private,fixed f0 0; remap 0 1 r 0 chgprot",
        {
            **_series("-1 EINVAL, 1 VMA", "0, 1 VMA", "-1 EINVAL, 1 VMA", now="-1 EINVAL, 1 VMA"),
            "linux-2.6-manyprots-private": "0, 1 VMA",
        },
        "To the hardware a private writable page is read-only until it is copied, so nothing would "
        "change, and as posted only a change was refused.",
    ),
    Change(
        "Lock two pages that a child has inherited.",
        f"{ANON}; write 0 1; write 1 1; fork; mlock 0 2",
        _series("0, 2 VMAs", "LOOP, 2 VMAs", "0, 2 VMAs", now="0, 2 VMAs"),
        "As posted get_user_pages forgets after one copy that it wants to write, and waits for the "
        "second page to become writable (patch 10).",
    ),
    Change(
        "Show a page at the end of what an entry can say.",
        f"{WINDOW_OF_F0}; remap 0 1 none 0x7ffffff chgprot,nonblock",
        _series("-1 EINVAL, 1 VMA", "-1 EOVERFLOW, 1 VMA", now="")
        | {"linux-2.6-manyprots-2006-04": "-1 EINVAL, 1 VMA"},
        "On i386 the entries of 2.6.18 have 29 bits for the offset, April's 28, August's and all "
        "mended ones 27: there EOVERFLOW comes before the size of the file is looked at.",
        "i386",
    ),
    Change(
        "Take a private page's rights away, and give them back.",
        f"{ANON}; write 0 7; mprotect 0 4 none; mprotect 0 4 rw; read 0",
        {BASE: "#7, 1 VMA", "linux-2.6-manyprots-2006-04": "SIGKILL, 1 VMA"},
        "April's series let FILE win over PROTNONE (patch 11), and on i386 FILE and DIRTY are one "
        "bit: a written page that nobody may touch reads as a file entry.",
        "i386",
    ),
)
