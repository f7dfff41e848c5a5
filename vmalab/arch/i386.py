"""i386 as it was born: two levels of tables, 4-byte entries, no NX.

    31                  22 21                  12 11             0
    +---------------------+----------------------+----------------+
    |      pgd index      |      pte index       | byte in page   |   a virtual address
    +---------------------+----------------------+----------------+

A file entry of the plain kernel, and of the two series that save the protection in it:

    bit       31 …  9 |  8 |  7 |  6 |  5   4   3   2 |  1 |  0
    ----------+-------+----+----+----+----------------+----+----
    plain     28 …  6    5    0   F     4   3   2   1    0    0     29 bits of offset: 2 TiB
    2006-04   27 …  5    4    N   F     3   2   1   0    W    0     28 bits: 1 TiB
    v4        26 …  4    N    0   F     3   2   1   0    W    0     27 bits: 512 GiB

    numbers: that bit of the page offset     F: FILE     W: may be written     N: no access

Mirrors: include/asm-i386/pgtable.h, pgtable-2level.h (v2.6.18); "uml, i386, x64 bits" of the
series of 30 April and 26 August 2006.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vmalab.arch.packed import Packed
from vmalab.arch.pte import PteFormat, SavedProt
from vmalab.arch.x86 import (
    FLAGS,
    FREE,
    PAGE_ACCESSED,
    PAGE_DIRTY,
    PAGE_FILE,
    PAGE_FILE_PROTNONE,
    PAGE_PRESENT,
    PAGE_PROTNONE,
    PAGE_RW,
    PAGE_USER,
    leaf,
    protection_map,
    table,
)

I386: Final = PteFormat(
    name="i386",
    typecode="I",
    levels=(table("pgd", 10), leaf(10)),
    present=PAGE_PRESENT,
    rw=PAGE_RW,
    user=PAGE_USER,
    accessed=PAGE_ACCESSED,
    dirty=PAGE_DIRTY,
    protnone=PAGE_PROTNONE,
    pfn_mask=0xFFFFF000,
    flags=(*FLAGS, FREE),
    protection_map=protection_map(),
    swap_type=Packed("swap type", ((1, 5),)),
    swap_offset=Packed("swap offset", ((8, 24),)),
    file=PAGE_FILE,
    file_pgoff=Packed("page offset", ((1, 5), (8, 24))),
)

I386_2006_04_BEFORE_11: Final = replace(
    I386,
    name="i386 with the bits of April 2006, without patch 11",
    file_pgoff=Packed("page offset", ((2, 4), (8, 24))),
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_PROTNONE, keeps_user=True),
)
"""Saving "no access" as PROTNONE made a file entry look present, with a page that is not there."""

I386_2006_04: Final = replace(
    I386_2006_04_BEFORE_11,
    name="i386 with the bits of April 2006",
    file_beats_protnone=True,
)
"""Patch 11 lets FILE win over PROTNONE. But FILE is DIRTY's bit: now a dirty PROT_NONE page looks
like a file entry, and ordinary memory breaks."""

I386_V4: Final = replace(
    I386,
    name="i386 with the bits of August 2006",
    file_pgoff=Packed("page offset", ((2, 4), (9, 23))),
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_FILE_PROTNONE, keeps_user=False),
)
"""A bit of its own for "no access" costs one more bit of offset and settles it."""

I386_2006_04_MENDED: Final = replace(
    I386_V4,
    name="i386 with the bits of April 2006, mended as their author did in August",
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_FILE_PROTNONE, keeps_user=True),
)
"""The same bit for "no access" as in August; April's way of comparing protections stays."""
