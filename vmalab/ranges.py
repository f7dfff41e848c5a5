"""Half-open ranges of virtual addresses, and the few questions worth asking of two of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmalab.units import PAGE_SHIFT, PAGE_SIZE, NrPages, VAddr, offset_in_page


@dataclass(frozen=True, slots=True, order=True)
class AddrRange:
    """Addresses ``start <= addr < end``, in bytes.

        start              end
          |################|
          ^ first byte     ^ first byte after

    >>> r = AddrRange(VAddr(0x1000), VAddr(0x4000))
    >>> r, r.nr_pages, 0x3fff in r, 0x4000 in r
    (AddrRange(0x1000, 0x4000), 3, True, False)
    """

    start: VAddr
    end: VAddr

    def __post_init__(self) -> None:
        if self.end < self.start:
            msg = f"range ends ({self.end:#x}) before it starts ({self.start:#x})"
            raise ValueError(msg)

    def __repr__(self) -> str:
        return f"AddrRange({self.start:#x}, {self.end:#x})"

    def __contains__(self, addr: int) -> bool:
        return self.start <= addr < self.end

    @property
    def len_bytes(self) -> int:
        """Length in bytes."""
        return self.end - self.start

    @property
    def nr_pages(self) -> NrPages:
        """Length in pages; both ends must be page-aligned."""
        return NrPages((self.end - self.start) >> PAGE_SHIFT)

    @property
    def page_aligned(self) -> bool:
        """Do both ends lie on page boundaries?"""
        return not (offset_in_page(self.start) or offset_in_page(self.end))

    def overlaps(self, other: AddrRange) -> bool:
        """Do the two share at least one address?

        >>> AddrRange(0, 2).overlaps(AddrRange(2, 4))
        False
        """
        return self.start < other.end and other.start < self.end

    def intersection(self, other: AddrRange) -> AddrRange | None:
        """The addresses both hold, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return AddrRange(start, end) if start < end else None

    def pages(self) -> Iterator[VAddr]:
        """The first address of each page.

        >>> [hex(a) for a in AddrRange(0x1000, 0x3000).pages()]
        ['0x1000', '0x2000']
        """
        return (VAddr(addr) for addr in range(self.start, self.end, PAGE_SIZE))
