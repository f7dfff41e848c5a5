"""Files as the memory manager sees them: an open file, and the page cache behind it.

Mirrors: include/linux/fs.h:struct address_space, mm/filemap.c, mm/shmem.c.
"""

from __future__ import annotations

from collections.abc import Callable

from vmalab.mm.radix import EMPTY, RadixTree
from vmalab.units import PAGE_SIZE, pages_to_bytes

Source = Callable[[int], bytes]
"""Where a file on disk has its bytes: a page index to at most a page of them."""


class Filemap:
    """The page cache of one object: which of its pages are in which frame, and how long it is.

    Mirrors: struct address_space (renamed to end the confusion with *address space*). ``size``
    counts bytes. ``i_pages`` holds, by page index, a frame number, or a swap slot for a page that
    was written out (:func:`swap_value`). ``i_mmap`` are the VMAs that map the object, each with its
    address space, ``nr_opens`` the descriptors that name it: with neither it is forgotten.
    ``i_mmap_nonlinear`` are those of the VMAs in which any page may stand anywhere, each with the
    page up to which reclaim has looked through it. With no
    ``source`` the object lives in memory and swap alone (tmpfs, memfd, shared anonymous memory).
    With one it is on disk: pages that were ``written`` back, the first ``intact`` bytes of the
    source, and zeroes.
    ``path`` is what /proc/PID/maps calls it, ``inode`` its number there (0 until it is opened).
    """

    __slots__ = (
        "i_mmap",
        "i_mmap_nonlinear",
        "i_pages",
        "inode",
        "intact",
        "name",
        "nr_opens",
        "path",
        "size",
        "source",
        "written",
    )

    def __init__(
        self, name: str, size: int, *, source: Source | None = None, path: str = ""
    ) -> None:
        self.name = name
        self.path = path or (f"/memfd:{name} (deleted)" if source is None else name)
        self.inode = 0
        self.size = size
        self.source = source
        self.intact = size
        self.written: dict[int, bytes] = {}
        self.i_pages = RadixTree()
        self.i_mmap: dict[object, object] = {}
        self.i_mmap_nonlinear: dict[object, int] = {}
        self.nr_opens = 0

    @property
    def nr_pages(self) -> int:
        """Whole pages, the last one perhaps in part; touching beyond them is SIGBUS."""
        return -(-self.size // PAGE_SIZE)

    @property
    def is_orphan(self) -> bool:
        """Does nobody map it or have it open any more?"""
        return not self.i_mmap and not self.nr_opens

    @property
    def is_shmem(self) -> bool:
        """Does it live in memory and swap alone?"""
        return self.source is None

    def frame(self, index: int) -> int:
        """The frame that holds a page, or -1 where none does.

        Mirrors: find_get_page.
        """
        number = self.i_pages.get(index)
        return number if number >= 0 else EMPTY

    def slot(self, index: int) -> int:
        """The swap slot that holds a page, or 0 where none does."""
        number = self.i_pages.get(index)
        return swap_value(number) if number < EMPTY else 0

    def read_page(self, index: int) -> bytes:
        """At most a page of bytes, as the disk has them; zeroes follow. Mirrors: read_folio."""
        if index in self.written:
            return self.written[index]
        left = self.intact - pages_to_bytes(index)
        return self.source(index)[:left] if self.source is not None and left > 0 else b""

    def write_page(self, index: int, data: bytes) -> None:
        """Write a page back to the disk, as far as the file reaches. Mirrors: writepages."""
        self.written[index] = data[: max(self.size - pages_to_bytes(index), 0)]

    def cut(self) -> None:
        """The file has become shorter: what the disk has beyond its end is gone."""
        self.intact = min(self.intact, self.size)
        for index in [index for index in self.written if pages_to_bytes(index + 1) > self.size]:
            self.write_page(index, self.written[index])


def swap_value(number: int) -> int:
    """A slot as ``i_pages`` keeps it, and back again: below -1, so that no frame looks like it.

    >>> swap_value(7), swap_value(swap_value(7))
    (-9, 7)
    """
    return -2 - number


class File:
    """One open() of a file: its mode, and the object behind it.

    Mirrors: include/linux/fs.h:struct file. Two opens of one file are two of these, and mappings
    of the two never merge; dup(2) shares one.
    """

    __slots__ = ("filemap", "name", "readable", "writable")

    def __init__(
        self, filemap: Filemap, *, readable: bool = True, writable: bool = True, name: str = ""
    ) -> None:
        self.filemap = filemap
        self.readable = readable
        self.writable = writable
        self.name = name or filemap.name

    def __repr__(self) -> str:
        mode = ("r" if self.readable else "") + ("w" if self.writable else "")
        return f"File({self.name!r}, {mode!r})"


def bytes_of(source: bytes) -> Source:
    """A source that reads from bytes at hand.

    >>> bytes_of(b"a" * 5000)(1) == b"a" * 904
    True
    """
    return lambda index: source[pages_to_bytes(index) : pages_to_bytes(index + 1)]
