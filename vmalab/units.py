"""Five kinds of number, five spellings: the units every other room is written in.

A virtual address, a physical address, a frame number, an offset in a file and a count of pages are
all whole numbers, and mixing them up is the oldest bug in memory management. Each has a type here
that costs nothing at run time (they *are* ints) and lets mypy refuse a ``Pfn`` where a ``Pgoff`` is
meant. Conversions between them live in this file and in :mod:`vmalab.ranges`, and nowhere else.

Mirrors: include/linux/pfn.h, include/linux/mm.h (``PAGE_ALIGN``, ``offset_in_page``).
"""

from typing import Final, NewType

VAddr = NewType("VAddr", int)
"""A virtual address, in bytes."""
PAddr = NewType("PAddr", int)
"""A physical address, in bytes."""
Pfn = NewType("Pfn", int)
"""The number of a physical page frame."""
Pgoff = NewType("Pgoff", int)
"""An offset in a file or object, in pages."""
NrPages = NewType("NrPages", int)
"""A count of pages."""
Nbytes = NewType("Nbytes", int)
"""A count of bytes."""

PAGE_SHIFT: Final = 12
PAGE_SIZE: Final = 1 << PAGE_SHIFT
PAGE_MASK: Final = ~(PAGE_SIZE - 1)
OFFSET_MASK: Final = PAGE_SIZE - 1
WORD_MASK: Final = (1 << 64) - 1
"""What a 64-bit register can hold: system-call arguments wrap to it."""
_PAGES_IN_WORD: Final = WORD_MASK & PAGE_MASK


def page_align_down(addr: int) -> int:
    """The page boundary at or below ``addr`` (bytes).

    >>> hex(page_align_down(0x1fff))
    '0x1000'
    """
    return addr & PAGE_MASK


def page_align(length: int) -> int:
    """Round bytes up to whole pages, wrapping like a 64-bit register does.

    >>> page_align(1), page_align(4096), page_align(2**64 - 1)
    (4096, 4096, 0)
    """
    return (length + OFFSET_MASK) & _PAGES_IN_WORD


def offset_in_page(addr: int) -> int:
    """How far into its page an address lies, in bytes; 0 means page-aligned.

    >>> offset_in_page(0x1234)
    564
    """
    return addr & OFFSET_MASK


def bytes_to_pages(len_bytes: int) -> NrPages:
    """Bytes (a multiple of the page size) to a count of pages.

    >>> bytes_to_pages(8192)
    2
    """
    return NrPages(len_bytes >> PAGE_SHIFT)


def pages_to_bytes(nr_pages: int) -> Nbytes:
    """A count of pages to bytes.

    >>> pages_to_bytes(2)
    8192
    """
    return Nbytes(nr_pages << PAGE_SHIFT)


def addr_to_vpn(addr: int) -> int:
    """The virtual page number that holds an address.

    >>> addr_to_vpn(0x2fff)
    2
    """
    return addr >> PAGE_SHIFT


def vpn_to_addr(vpn: int) -> VAddr:
    """The first address of a virtual page.

    >>> hex(vpn_to_addr(2))
    '0x2000'
    """
    return VAddr(vpn << PAGE_SHIFT)


def format_bytes(len_bytes: int) -> str:
    """A size as people say it; whole units stay whole.

    >>> format_bytes(4096), format_bytes(6 << 20), format_bytes(1536), format_bytes(100)
    ('4 KiB', '6 MiB', '1.5 KiB', '100 bytes')
    """
    for unit, size in (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if len_bytes >= size:
            return f"{len_bytes / size:.4g} {unit}"
    return f"{len_bytes} bytes"
