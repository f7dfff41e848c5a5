"""Files as the memory manager sees them: an open file, and the page cache behind it."""

from __future__ import annotations

from vmalab.units import PAGE_SIZE, page_align


class Filemap:
    """The page cache of one object: which of its pages are in memory, and how long it is.

    Mirrors: include/linux/fs.h:struct address_space (renamed to end the confusion with *address
    space*). ``size`` counts bytes; ``resident`` holds page indexes.
    """

    __slots__ = ("name", "resident", "size")

    def __init__(self, name: str, size: int, *, resident: bool = False) -> None:
        self.name = name
        self.size = size
        self.resident = set(range(page_align(size) // PAGE_SIZE)) if resident else set[int]()

    @property
    def nr_pages(self) -> int:
        """Whole pages, the last one perhaps in part; touching beyond them is SIGBUS."""
        return page_align(self.size) // PAGE_SIZE


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
