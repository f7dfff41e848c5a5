"""An address space that is obviously right and obviously slow: a dictionary of pages."""

from dataclasses import dataclass, replace
from errno import EACCES, EFAULT, EINVAL, ENOMEM

READ, WRITE, EXEC = 1, 2, 4


@dataclass(frozen=True)
class Cell:
    """What one page of address space shows. ``thing`` names a file or shared object, or None.

    ``mode`` is what may ever be done through a shared mapping: the rights of its descriptor.
    """

    prot: int
    shared: bool
    thing: str | None = None
    pgoff: int = 0
    mode: int = READ | WRITE | EXEC
    locked: bool = False

    @property
    def perms(self) -> str:
        """As maps prints them."""
        letters = (c if self.prot & bit else "-" for c, bit in zip("rwx", (1, 2, 4), strict=True))
        return "".join(letters) + ("s" if self.shared else "p")


class PageOracle:
    """Pages by number, what was privately written to each, and what each file's pages hold."""

    def __init__(self, file_pages):
        self.cells = {}
        self.own = {}
        self.data = {}
        self.file_pages = file_pages

    def mmap(self, start, pages, prot, *, shared, thing, pgoff, mode=7):
        """MAP_FIXED: whatever was there is gone."""
        for page in range(start, start + pages):
            self._forget(page)
            cell = Cell(prot, shared, thing, pgoff + page - start if thing else 0, mode)
            self.cells[page] = cell
        return 0

    def munmap(self, start, pages):
        """Holes are fine."""
        for page in range(start, start + pages):
            self._forget(page)
        return 0

    def mprotect(self, start, pages, prot):
        """Page after page until a hole or a right that cannot be had."""
        for page in range(start, start + pages):
            cell = self.cells.get(page)
            if cell is None:
                return -ENOMEM
            if cell.shared and prot & ~cell.mode:
                return -EACCES
            self.cells[page] = replace(cell, prot=prot)
        return 0

    def move(self, start, pages, target):
        """mremap with MREMAP_FIXED of equal lengths: a gap moves nothing, and clears nothing."""
        if start < target + pages and target < start + pages:
            return -EINVAL
        if start not in self.cells:
            return -EFAULT
        for page in range(start, start + pages):
            if page not in self.cells:
                continue
            there = page - start + target
            self._forget(there)
            self.cells[there] = self.cells.pop(page)
            if page in self.own:
                self.own[there] = self.own.pop(page)
        return 0

    def remap(self, start, pages, pgoff):
        """remap_file_pages: one thing, shared, writable, with one set of flags, without a hole."""
        cells = [self.cells.get(page) for page in range(start, start + pages)]
        alike = {c and (c.prot, c.shared, c.thing, c.mode, c.locked) for c in cells}
        if None in cells or len(alike) > 1 or not cells[0].shared or not cells[0].mode & WRITE:
            return -EINVAL
        for page, cell in enumerate(cells, start):
            self.cells[page] = replace(cell, pgoff=pgoff + page - start)
        return 0

    def dontneed(self, start, pages):
        """Private pages are forgotten; locked ones end the call; holes are told at the end."""
        for page in range(start, start + pages):
            cell = self.cells.get(page)
            if cell is not None and cell.locked:
                return -EINVAL
            self.own.pop(page, None)
        return 0 if all(page in self.cells for page in range(start, start + pages)) else -ENOMEM

    def lock(self, start, pages, locked):
        """mlock and munlock: until a hole."""
        for page in range(start, start + pages):
            if page not in self.cells:
                return -ENOMEM
            self.cells[page] = replace(self.cells[page], locked=locked)
        return 0

    def write(self, page, value):
        """Store a value, or the name of the signal."""
        cell = self.cells.get(page)
        if cell is None or not cell.prot & WRITE:
            return "SIGSEGV"
        if self._beyond(page):
            return "SIGBUS"
        if cell.shared:
            self.data[cell.thing, cell.pgoff] = value
        else:
            self.own[page] = value
        return "ok"

    def read(self, page):
        """The value at a page, or the name of the signal."""
        cell = self.cells.get(page)
        if cell is None or not cell.prot:
            return "SIGSEGV"
        if self._beyond(page):
            return "SIGBUS"
        if page in self.own:
            return self.own[page]
        return self.data.get((cell.thing, cell.pgoff), 0) if cell.thing else 0

    def unfaultable(self, start, pages):
        """Is there a page that mlock could not fetch?"""
        for page in range(start, start + pages):
            if page not in self.cells or not self.cells[page].prot or self._beyond(page):
                return True
        return False

    def _beyond(self, page):
        cell = self.cells[page]
        return (
            page not in self.own
            and bool(cell.thing)
            and (cell.pgoff >= self.file_pages[cell.thing])
        )

    def _forget(self, page):
        self.cells.pop(page, None)
        self.own.pop(page, None)
