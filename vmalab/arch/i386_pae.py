"""i386 with Physical Address Extension: three levels, 8-byte entries, and NX where there is one.

    31 30 29           21 20            12 11            0
    +----+---------------+----------------+---------------+
    |pgd |   pmd index   |   pte index    | byte in page  |   a virtual address
    +----+---------------+----------------+---------------+

    63  62         36 35     32 31      12 11             0
    +---+------------+---------------------+---------------+
    |NX |  reserved  |         pfn         | as ever       |   a present entry
    +---+------------+---------+-----------+---------------+
    |     page offset, 32 bits |     0     |  N  N F   W 0 |   a file entry
    +----------------+---------+-----------+---------------+
    | swap offset    | type    |     0     |       0       |   a swap entry: no low word
    +----------------+---------+-----------+---------------+
    63             37 36     32 31                         0

The four entries of the top table are read by the processor when CR3 is loaded, and have no rights
of their own: RW and USER are reserved there.

Mirrors: include/asm-i386/pgtable-3level.h, pgalloc.h (v2.6.18).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vmalab.arch.i386 import I386
from vmalab.arch.packed import Packed
from vmalab.arch.pte import SavedProt
from vmalab.arch.x86 import (
    FLAGS,
    FREE,
    NX,
    PAGE_FILE_NX,
    PAGE_FILE_PROTNONE,
    PAGE_NX,
    PAGE_PRESENT,
    PAGE_PROTNONE,
    PAGE_RW,
    leaf,
    protection_map,
    table,
)

I386_PAE: Final = replace(
    I386,
    name="i386-pae",
    typecode="Q",
    levels=(table("pgd", 2, PAGE_PRESENT), table("pmd", 9), leaf(9)),
    nx=PAGE_NX,
    pfn_mask=((1 << 24) - 1) << 12,
    reserved=((1 << 27) - 1) << 36,
    flags=(*FLAGS, FREE, NX),
    protection_map=protection_map(nx=PAGE_NX),
    swap_type=Packed("swap type", ((32, 5),)),
    swap_offset=Packed("swap offset", ((37, 27),)),
    file_pgoff=Packed("page offset", ((32, 32),)),
)

I386_PAE_2006_04: Final = replace(
    I386_PAE,
    name="i386-pae with the bits of April 2006",
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_PROTNONE, keeps_user=True),
    file_beats_protnone=True,
)

I386_PAE_V4: Final = replace(
    I386_PAE,
    name="i386-pae with the bits of August 2006",
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_FILE_PROTNONE, keeps_user=False),
)
"""Neither series has a bit for NX: a page that comes back from swap can be executed."""

SAVED_V4_MENDED: Final = SavedProt(PAGE_RW, PAGE_FILE_PROTNONE, keeps_user=False, nx=PAGE_FILE_NX)
I386_PAE_V4_MENDED: Final = replace(
    I386_PAE_V4, name="i386-pae with the bits of August 2006, and one for NX", saved=SAVED_V4_MENDED
)
SAVED_2006_04_MENDED: Final = replace(SAVED_V4_MENDED, keeps_user=True)
I386_PAE_2006_04_MENDED: Final = replace(
    I386_PAE_2006_04,
    name="i386-pae with the bits of April 2006, mended, and one for NX",
    saved=SAVED_2006_04_MENDED,
    file_beats_protnone=False,
)
"""Whoever mends the bits takes August's for "no access", as their author did."""
