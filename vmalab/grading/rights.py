"""A learner's function in the place of a part of the many-prots patch, while programs run.

Three parts of it: who is asked at a fault, what is left where a page goes, and how that is read
again. The kernel is that of April 2006 as intended, on i386: its notes have the bits of August, and
its comparison of rights finds equal what is equal.

    rights     none: nobody may touch the page     r: it may be read     rw: and written
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from vmalab.arch.i386 import I386_V4
from vmalab.arch.pte import PteFormat
from vmalab.generations.manyprots import ManyProts
from vmalab.generations.v2_6 import Linux26
from vmalab.grading.canonical import Plain
from vmalab.grading.in_place import instead
from vmalab.grading.probes import fingerprint
from vmalab.mm.fault_result import FAULT_ACCERR
from vmalab.mm.flags import VM_ACCESS_FLAGS, VM_MANYPROTS, VM_SHARED
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.units import addr_to_vpn

Function = Callable[..., Any]

KERNEL: Final = "linux-2.6-manyprots-2006-04:as-intended"
MACHINE: Final = "i386"
PAGES: Final = 8
RIGHTS: Final = ("none", "r", "rw")
_SHARED: Final = {"none": 8, "r": 9, "rw": 11}
"""Where the protection of a shared page with these rights stands in a format's table."""

__all__ = [
    "I386_V4",
    "access_in_place",
    "note_in_place",
    "reader_in_place",
    "star_programs",
    "stars_outcome",
]


def star_programs(first: int, count: int) -> Iterator[str]:
    """Random programs on one window of pages with rights of their own: remapped, touched, put out.

    >>> next(star_programs(0, 1)).splitlines()[:3]
    ['seq 0 8 hole', 'mmap 0 8 none shared,fixed f0 0', 'remap 5 2 none 8']
    """
    for index in range(first, first + count):
        rng = random.Random(f"stars/{index}")
        usual = RIGHTS[index % 3]
        lines = [f"seq {index} {PAGES} hole", f"mmap 0 {PAGES} {usual} shared,fixed f0 0"]
        for _ in range(12):
            page, length = rng.randrange(PAGES - 1), rng.choice((1, 1, 2))
            lines.append(
                rng.choice(
                    (
                        f"remap {page} {length} {rng.choice(RIGHTS)} {rng.randrange(60)} chgprot",
                        f"remap {page} {length} {rng.choice(RIGHTS)} {page} chgprot",
                        f"remap {page} {length} none {rng.randrange(60)}",
                        f"read {page}",
                        f"write {page} {rng.randrange(100)}",
                        "evict",
                    )
                )
            )
        yield "\n".join([*lines, "evict", f"probe 0 {PAGES}", "contents"])


def stars_outcome(first: int, count: int) -> Plain:
    """A fingerprint of so many random programs' runs, or the first one that came to no end.

    The results tell; the model's laws, which would take ten times as long, are not asked as well.
    """
    runs = []
    for index, text in enumerate(star_programs(first, count), 1):
        program = parse_program(text)
        try:
            run = run_program(program, KERNEL, arch=MACHINE, events=False, validate=False)
            runs.append(run)
        except Exception as error:  # a law of the model, or whatever a learner's code raises
            return f"program {index} of {count}: {type(error).__name__}"
    return fingerprint(runs)


def _rights(mm: MmStruct, pte: int) -> str:
    """What a present entry, or a page protection, allows."""
    if not mm.fmt.pte_read(pte):
        return "none"
    return "rw" if mm.fmt.pte_write(pte) else "r"


def _usual(mm: MmStruct, vma: VmArea) -> str:
    """What a VMA gives to its pages."""
    prot = mm.fmt.protection_map[vma.vm_flags & (VM_ACCESS_FLAGS | VM_SHARED)]
    return _rights(mm, prot)


@contextmanager
def access_in_place(allowed: Function) -> Iterator[None]:
    """``allowed(entry, usual, access)`` decides about each fault in an area of many rights."""

    def handle(policy: ManyProts, mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
        if vma.vm_flags & VM_MANYPROTS:
            pte = mm.pgtable.get(addr_to_vpn(addr))
            kind = mm.fmt.kind(pte)
            entry = {"none": None, "swap": None, "file": "note"}.get(kind, _rights(mm, pte))
            answer = allowed(entry, _usual(mm, vma), "write" if write else "read")
            if answer == "SIGSEGV":
                mm.count_fault(FAULT_ACCERR)
                return FAULT_ACCERR
            if answer != "ok":
                raise ValueError
        return Linux26.handle_mm_fault(policy, mm, vma, addr, write=write)

    with instead(ManyProts, "handle_mm_fault", handle):
        yield


@contextmanager
def note_in_place(leave: Function) -> Iterator[None]:
    """``leave(page, own, rights, usual)`` says what is left where a page of an area goes."""

    def left(_policy: ManyProts, mm: MmStruct, vma: VmArea, addr: int, pte: int) -> int:
        page = mm.machine.memory.index[mm.fmt.pte_pfn(pte)]
        own = linear_page_index(vma, addr)
        entry = leave(page, own, _rights(mm, pte), _usual(mm, vma))
        if type(entry) is not int or not 0 <= entry < 1 << 32:
            raise ValueError
        return entry

    with instead(ManyProts, "pte_left_behind", left):
        yield


@contextmanager
def reader_in_place(read_note: Function) -> Iterator[None]:
    """``read_note(entry)`` says which page of the file a note stands for, and with which rights."""
    own = PteFormat.pte_to_pgprot

    def page_of(_fmt: PteFormat, pte: int) -> int:
        return int(read_note(pte)[0])

    def prot_of(fmt: PteFormat, pte: int) -> int:
        if fmt.saved is None or fmt.pte_present(pte):
            return own(fmt, pte)
        return fmt.protection_map[_SHARED[read_note(pte)[1]]]

    with instead(PteFormat, "pte_to_pgoff", page_of), instead(PteFormat, "pte_to_pgprot", prot_of):
        yield
