"""User-Mode Linux: tables that no hardware reads, laid out as their reader liked.

UML is a Linux kernel that runs as a program. Its page tables are its own notes; a flush turns them
into mmap, munmap and mprotect calls on the host, one host VMA for each run of pages. Two bits say
what the host has not yet heard of. The tables are cut like those of i386, 10 + 10 + 12.

    bit       31 … 12 | 11 … 9 |  8 |  7   6 |  5 |  4 |  3 |  2 |  1 |  0
    ----------+-------+--------+----+--------+----+----+----+----+----+----
    present   pfn         0       D    A   U    W    N    0    q    p    1
    plain     27 … 8    7 … 5     4    3   2    1    0    F    0    p    0     28 bits: 1 TiB
    2006-04   26 … 7    6 … 4     3    2   1    W    N    F    0    p    0     27 bits
    v4        25 … 6    5 … 3     N    2   1    W    0    F    0    p    0     26 bits

    numbers: that bit of the page offset (bit 2 holds offset bit 0 in the last two)
    D DIRTY, A ACCESSED, U USER, W RW, N no access, F FILE; p NEWPAGE, q NEWPROT: not yet told

Mirrors: include/asm-um/pgtable.h, pgtable-2level.h (v2.6.18).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vmalab.arch.packed import Packed
from vmalab.arch.pte import Level, PteFormat, SavedProt
from vmalab.records.walk import EntryField

PAGE_PRESENT: Final = 1 << 0
PAGE_NEWPAGE: Final = 1 << 1
PAGE_NEWPROT: Final = 1 << 2
PAGE_FILE: Final = 1 << 3
PAGE_PROTNONE: Final = 1 << 4
PAGE_RW: Final = 1 << 5
PAGE_USER: Final = 1 << 6
PAGE_ACCESSED: Final = 1 << 7
PAGE_DIRTY: Final = 1 << 8
PAGE_FILE_PROTNONE: Final = 1 << 8

PAGE_TABLE: Final = PAGE_PRESENT | PAGE_RW | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY

_READ: Final = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED
_NONE: Final = PAGE_PROTNONE | PAGE_ACCESSED
_WRITE: Final = _READ | PAGE_RW

UML: Final = PteFormat(
    name="uml",
    typecode="I",
    levels=(Level("pgd", 10, PAGE_TABLE), Level("pte", 10)),
    present=PAGE_PRESENT,
    rw=PAGE_RW,
    user=PAGE_USER,
    accessed=PAGE_ACCESSED,
    dirty=PAGE_DIRTY,
    protnone=PAGE_PROTNONE,
    pfn_mask=0xFFFFF000,
    flags=(
        EntryField("PRESENT", PAGE_PRESENT, "here is a page"),
        EntryField("NEWPAGE", PAGE_NEWPAGE, "the host must map another page here"),
        EntryField("NEWPROT", PAGE_NEWPROT, "the host must change the protection"),
        EntryField("RW", PAGE_RW, "the page may be written"),
        EntryField("USER", PAGE_USER, "programs may use the page"),
        EntryField("ACCESSED", PAGE_ACCESSED, "used; while clear, the host lets nobody in"),
        EntryField("DIRTY", PAGE_DIRTY, "written; while clear, the host stops writers"),
    ),
    protection_map=(
        *(_NONE, _READ, _READ, _READ, _READ, _READ, _READ, _READ),
        *(_NONE, _READ, _WRITE, _WRITE, _READ, _READ, _WRITE, _WRITE),
    ),
    swap_type=Packed("swap type", ((4, 6),)),
    swap_offset=Packed("swap offset", ((11, 21),)),
    file=PAGE_FILE,
    file_pgoff=Packed("page offset", ((4, 28),)),
    fresh=PAGE_NEWPAGE | PAGE_NEWPROT,
    unseen=PAGE_NEWPAGE,
)
"""PROTNONE is also the lowest bit of a swap type and of a page offset: an absent page of the second
swap device, or of an odd place in a file, looks present. The patch of 2006 moved the offset."""

UML_2006_04_BEFORE_11: Final = replace(
    UML,
    name="uml with the bits of April 2006, without patch 11",
    file_pgoff=Packed("page offset", ((2, 1), (6, 26))),
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_PROTNONE, keeps_user=True),
)

UML_2006_04: Final = replace(
    UML_2006_04_BEFORE_11,
    name="uml with the bits of April 2006",
    file_beats_protnone=True,
)

UML_V4: Final = replace(
    UML,
    name="uml with the bits of August 2006",
    file_pgoff=Packed("page offset", ((2, 1), (6, 2), (9, 23))),
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_FILE_PROTNONE, keeps_user=False),
)
