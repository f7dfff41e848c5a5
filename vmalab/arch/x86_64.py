"""x86_64 as Linux 2.6 used it: four levels, 8-byte entries, NX.

    47        39 38        30 29        21 20        12 11         0
    +-----------+------------+------------+------------+------------+
    | pgd index | pud index  | pmd index  | pte index  | in page    |   a virtual address
    +-----------+------------+------------+------------+------------+

    63  62        46 45                12 11    8 7  6 5     1 0
    +---+-----------+--------------------+-------+----+-------+-+
    |NX |           |        pfn         |  flags, as ever    |1|   a present entry
    +---+-----------+--------------------+-------+----+-------+-+
    |        page offset                 |     N   N F      W |0|   a file entry
    +------------------------------------+-------+----+-------+-+
    |        swap offset                         |  0 | type  |0|   a swap entry
    +--------------------------------------------+----+-------+-+

    F: FILE   W: may be written   N: no access (bit 7 in April 2006, bit 8 from August)

Mirrors: include/asm-x86_64/pgtable.h (v2.6.18).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vmalab.arch.i386_pae import I386_PAE, SAVED_2006_04_MENDED, SAVED_V4_MENDED
from vmalab.arch.packed import Packed
from vmalab.arch.pte import SavedProt
from vmalab.arch.x86 import (
    PAGE_FILE_PROTNONE,
    PAGE_NX,
    PAGE_PROTNONE,
    PAGE_RW,
    leaf,
    protection_map,
    table,
)

X86_64: Final = replace(
    I386_PAE,
    name="x86_64",
    levels=(table("pgd", 9), table("pud", 9), table("pmd", 9), leaf(9)),
    pfn_mask=((1 << 34) - 1) << 12,
    reserved=((1 << 6) - 1) << 46,
    protection_map=protection_map(nx=PAGE_NX, nx_shared=PAGE_NX),
    swap_type=Packed("swap type", ((1, 5),)),
    swap_offset=Packed("swap offset", ((8, 56),)),
    file_pgoff=Packed("page offset", ((12, 46),), survive=34),
)
"""PTE_FILE_MAX_BITS says 46, but the decoder masks with the physical-page mask: 34 bits survive."""

X86_64_2006_04: Final = replace(
    X86_64,
    name="x86_64 with the bits of April 2006",
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_PROTNONE, keeps_user=True),
)
"""Patch 11 forgot this architecture: a saved PROT_NONE looks present, and the kernel stops."""

X86_64_2006_04_MENDED: Final = replace(
    X86_64_2006_04,
    name="x86_64 with the bits of April 2006, mended, and one for NX",
    saved=SAVED_2006_04_MENDED,
)

X86_64_V4: Final = replace(
    X86_64,
    name="x86_64 with the bits of August 2006",
    saved=SavedProt(rw=PAGE_RW, no_access=PAGE_FILE_PROTNONE, keeps_user=False),
)

X86_64_V4_MENDED: Final = replace(
    X86_64_V4, name="x86_64 with the bits of August 2006, and one for NX", saved=SAVED_V4_MENDED
)
