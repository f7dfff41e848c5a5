"""Physical memory: what the frames hold, in real bytes that cost nothing until written.

A frame is kept up to the last byte ever written to it; the rest is zero, as in a frame fresh from
the allocator. So a million pages that begin with one word each take tens of megabytes, not four
gigabytes. A page table is a frame like any other, kept as an array whose bytes *are* the page.

Which frames are free is not known here: that is the allocator's business (mm/page_alloc.c).
"""

from __future__ import annotations

from array import array

from vmalab.units import PAGE_SIZE


class PhysicalMemory:
    r"""Frames by number, and the bytes in them.

    >>> memory = PhysicalMemory()
    >>> memory.write(7, 100, b"hello")
    >>> memory.read(7, 98, 9)
    b'\x00\x00hello\x00\x00'
    >>> memory.copy_page(7, 8)
    >>> memory.read(8, 100, 5), memory.is_zero(9)
    (b'hello', True)
    """

    __slots__ = ("_pages", "tables")

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}
        self.tables: dict[int, array[int]] = {}
        """The frames that hold page tables; writing one of these arrays writes the frame."""

    def read(self, pfn: int, offset_bytes: int, len_bytes: int) -> bytes:
        """Part of a frame; the part must lie inside it."""
        page = self._pages.get(pfn)
        if page is None:
            if pfn in self.tables:
                return self.tables[pfn].tobytes()[offset_bytes : offset_bytes + len_bytes]
            return bytes(len_bytes)
        return bytes(page[offset_bytes : offset_bytes + len_bytes]).ljust(len_bytes, b"\0")

    def write(self, pfn: int, offset_bytes: int, data: bytes) -> None:
        """Overwrite part of a frame; the part must lie inside it."""
        page = self._pages.get(pfn)
        if page is None:
            if pfn in self.tables:
                whole = memoryview(self.tables[pfn]).cast("B")
                whole[offset_bytes : offset_bytes + len(data)] = data
                return
            page = self._pages[pfn] = bytearray()
        if len(page) < offset_bytes:
            page.extend(bytes(offset_bytes - len(page)))
        page[offset_bytes : offset_bytes + len(data)] = data

    def image(self, pfn: int) -> bytes:
        """All of a frame, without the zeros at its end: what a swap slot has to keep."""
        page = self._pages.get(pfn)
        whole = page if page is not None else self.read(pfn, 0, PAGE_SIZE)
        return bytes(whole.rstrip(b"\0"))

    def put_image(self, pfn: int, image: bytes) -> None:
        """Fill a frame with an image, and zeros after it."""
        if image:
            self._pages[pfn] = bytearray(image)
        else:
            self._pages.pop(pfn, None)

    def copy_page(self, from_pfn: int, to_pfn: int) -> None:
        """Make one frame hold what another holds. Mirrors: copy_user_highpage."""
        self.put_image(to_pfn, self.image(from_pfn))

    def clear_page(self, pfn: int) -> None:
        """Make a frame hold zeros, and cost nothing. Mirrors: clear_highpage."""
        self._pages.pop(pfn, None)

    def is_zero(self, pfn: int) -> bool:
        """Does a frame hold nothing but zeros?"""
        return not self.image(pfn)

    def add_table(self, pfn: int, table: array[int]) -> None:
        """Let a frame be a page table: the array, entry by entry, is what the frame holds."""
        self._pages.pop(pfn, None)
        self.tables[pfn] = table

    def remove_table(self, pfn: int) -> None:
        """Let a page table's frame be ordinary memory again, zeroed."""
        del self.tables[pfn]

    @property
    def nr_written(self) -> int:
        """How many frames hold bytes of their own (page tables not counted)."""
        return len(self._pages)
