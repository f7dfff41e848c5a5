"""The low twelve bits of an entry, which every x86 since the 80386 reads in the same way.

    11   9  8   7    6     5    4   3   2    1     0
    +------+---+---+-----+----+---+---+----+---+-------+
    | free | G |PAT|DIRTY|ACC.|PCD|PWT|USER|RW |PRESENT|
    +------+---+---+-----+----+---+---+----+---+-------+

Mirrors: include/asm-i386/pgtable.h, include/asm-x86_64/pgtable.h (v2.6.18);
arch/x86/include/asm/pgtable_types.h (v6.18).
"""

from __future__ import annotations

from typing import Final

from vmalab.arch.pte import Level
from vmalab.records.walk import EntryField

PAGE_PRESENT: Final = 1 << 0
PAGE_RW: Final = 1 << 1
PAGE_USER: Final = 1 << 2
PAGE_PWT: Final = 1 << 3
PAGE_PCD: Final = 1 << 4
PAGE_ACCESSED: Final = 1 << 5
PAGE_DIRTY: Final = 1 << 6
PAGE_PSE: Final = 1 << 7
PAGE_GLOBAL: Final = 1 << 8
PAGE_NX: Final = 1 << 63

PAGE_FILE: Final = 1 << 6
"""While PRESENT is clear: DIRTY's bit says that this is a page of the file (2.6)."""
PAGE_PROTNONE: Final = 1 << 7
"""While PRESENT is clear: PAT's bit says that a page is attached all the same (2.6)."""
PAGE_FILE_PROTNONE: Final = 1 << 8
"""In a file entry: no access (August 2006 and later)."""

PAGE_FILE_NX: Final = 1 << 9
"""In a file entry: no code may run. Ours: the series had no bit for it."""

PAGE_TABLE: Final = PAGE_PRESENT | PAGE_RW | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY
"""What an upper entry carries: everything is allowed there, the lowest level decides."""

FLAGS: Final = (
    EntryField("PRESENT", PAGE_PRESENT, "the rest is for the hardware: here is a page"),
    EntryField("RW", PAGE_RW, "the page may be written"),
    EntryField("USER", PAGE_USER, "programs may use the page, not only the kernel"),
    EntryField("PWT", PAGE_PWT, "the cache writes through to memory"),
    EntryField("PCD", PAGE_PCD, "the cache leaves the page alone"),
    EntryField("ACCESSED", PAGE_ACCESSED, "the hardware has used this entry"),
    EntryField("DIRTY", PAGE_DIRTY, "the hardware has written to the page"),
    EntryField("PAT", PAGE_PSE, "which memory type; in an upper entry, a large page"),
    EntryField("GLOBAL", PAGE_GLOBAL, "the TLB keeps this entry when the address space changes"),
)
FREE: Final = EntryField("free", 0xE00, "three bits that the hardware leaves to the kernel")
NX: Final = EntryField("NX", PAGE_NX, "no code may run from this page")


def table(name: str, index_bits: int, table_bits: int = PAGE_TABLE) -> Level:
    """A level whose entries lead to a lower table."""
    return Level(name, index_bits, table_bits)


def leaf(index_bits: int) -> Level:
    """The lowest level, whose entries hold the pages themselves."""
    return Level("pte", index_bits)


def protection_map(
    *, nx: int = 0, nx_shared: int = 0, none: int = PAGE_PROTNONE
) -> tuple[int, ...]:
    """What the pages of a VMA may do, by READ 1, WRITE 2, EXEC 4, SHARED 8.

            private                          shared
        ---  nothing                     ---  nothing
        r--  USER            + NX        r--  USER          + NX
        -w-  USER, no RW yet + NX        -w-  USER and RW   + NX
        --x  USER                        --x  USER
        -wx  USER, no RW yet             -wx  USER and RW

    The hardware has one bit for reading and executing, so write implies read, and without NX read
    implies execute. A private page is read-only until it has been copied. ``nx_shared`` is the NX
    of shared writable pages, which 2.6 with PAE forgot.

    Mirrors: mm/mmap.c:protection_map, include/asm-i386/pgtable.h:__P000 … __S111 (v2.6.18).
    """
    user = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED
    nothing = none | PAGE_ACCESSED
    private = (nothing, user | nx, user | nx, user | nx, user, user, user, user)
    write, write_exec = user | PAGE_RW | nx_shared, user | PAGE_RW
    shared = (nothing, user | nx, write, write, user, user, write_exec, write_exec)
    return private + shared
