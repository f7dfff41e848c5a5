"""x86_64 as Linux 6 uses it: the hardware's bits are the same, the kernel's own are not.

    63    59 58                           9 8 … 0
    +-------+------------------------------+-----+
    | type  |    swap offset, inverted     |  0  |   a swap entry
    +-------+------------------------------+-----+
    | 11111 |    marker bits, inverted     |  0  |   a marker
    +-------+------------------------------+-----+

The offset and the frame of a PROT_NONE page are stored inverted since 2018: a processor that
guesses ahead (L1TF) would read the memory such an entry names, and inverted it names none. There
are no file entries: they went with nonlinear mappings in 4.0. A marker came instead (5.19), and one
of its bits says *guard* since 6.13: per-page protection without a VMA, as the patch of 2006 had it.

Mirrors: arch/x86/include/asm/pgtable_64.h, pgtable-invert.h, include/linux/swapops.h (v6.18).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vmalab.arch.packed import Packed
from vmalab.arch.x86 import FLAGS, NX, PAGE_GLOBAL, PAGE_NX, protection_map
from vmalab.arch.x86_64 import X86_64
from vmalab.records.walk import EntryField

PTE_MARKER_UFFD_WP: Final = 1
PTE_MARKER_POISONED: Final = 2
PTE_MARKER_GUARD: Final = 4

X86_64_V6: Final = replace(
    X86_64,
    name="x86_64 of today",
    pfn_mask=((1 << 40) - 1) << 12,
    reserved=0,
    protnone=PAGE_GLOBAL,
    flags=(
        *FLAGS,
        EntryField("SPECIAL", 1 << 9, "the frame has no struct page behind it"),
        EntryField("UFFD_WP", 1 << 10, "userfaultfd wants to hear of writes"),
        EntryField("SOFT_DIRTY", 1 << 11, "written since somebody asked to be told"),
        EntryField("SAVED_DIRTY", 1 << 58, "was dirty when it became read-only"),
        EntryField("PKEY", 0xF << 59, "which protection key the page answers to"),
        NX,
    ),
    protection_map=protection_map(nx=PAGE_NX, nx_shared=PAGE_NX, none=PAGE_GLOBAL),
    swap_type=Packed("swap type", ((59, 5),)),
    swap_offset=Packed("swap offset", ((9, 50),), inverted=True),
    file=0,
    file_pgoff=None,
    inverted_pfn=True,
    modify_keeps_age=True,
    markers={
        PTE_MARKER_UFFD_WP: "write-protected by userfaultfd",
        PTE_MARKER_POISONED: "poisoned",
        PTE_MARKER_GUARD: "guard",
    },
)
