"""From an operation to the system call it makes: the same numbers for every kernel.

The model and the machine's own kernel are handed what this file computes, so a difference between
them is never a difference in reading the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmalab.records import program as ops
from vmalab.records.program import Abs, At, Bytes, Op
from vmalab.uapi import mman
from vmalab.units import PAGE_SIZE, WORD_MASK

BAD_FD = 9999


@dataclass(frozen=True, slots=True)
class Call:
    """A system call by name, with its arguments as 64-bit words."""

    name: str
    args: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Where a program's pages are: the first address (bytes) and how many pages."""

    start: int
    pages: int

    @property
    def end(self) -> int:
        """The first address after the window."""
        return self.start + self.pages * PAGE_SIZE

    def addr(self, addr: ops.Addr) -> int:
        """An operation's address as a number of bytes."""
        match addr:
            case None:
                return 0
            case Abs(value):
                return value & WORD_MASK
            case At(page, byte):
                return (self.start + page * PAGE_SIZE + byte) & WORD_MASK
            case page:
                return (self.start + page * PAGE_SIZE) & WORD_MASK

    def name(self, addr: int) -> str:
        """A result address as transcripts print it: ``pN``, or ``OUT`` of the window.

        >>> Window(0x10000, 4).name(0x12000), Window(0x10000, 4).name(0x20000)
        ('p2', 'OUT')
        """
        inside = self.start <= addr < self.end
        return f"p{(addr - self.start) // PAGE_SIZE}" if inside else "OUT"


def to_bytes(length: ops.Len) -> int:
    """A length or file offset in bytes.

    >>> to_bytes(2), to_bytes(Bytes(2, -1)), to_bytes(Bytes(None, 0x123))
    (8192, 8191, 291)
    """
    match length:
        case Bytes(None, byte):
            return byte & WORD_MASK
        case Bytes(pages, byte):
            return ((pages or 0) * PAGE_SIZE + byte) & WORD_MASK
        case pages:
            return (pages * PAGE_SIZE) & WORD_MASK


_PROT = {"r": mman.PROT_READ, "w": mman.PROT_WRITE, "x": mman.PROT_EXEC}


def to_prot(prot: ops.Flags) -> int:
    """A protection's words as the system call's number."""
    if isinstance(prot, int):
        return prot
    if prot == "none":
        return mman.PROT_NONE
    if set(prot) <= set(_PROT):
        return sum(_PROT[letter] for letter in set(prot))
    return int(prot, 0) & WORD_MASK


def to_flags(flags: ops.Flags, table: Mapping[str, int]) -> int:
    """Flag words (or a number) as the system call's number."""
    if isinstance(flags, int):
        return flags
    if flags == "-":
        return 0
    value = 0
    for name in flags.split(","):
        value |= table[name] if name in table else int(name, 0)
    return value & WORD_MASK


def resolve(op: Op, window: Window, fds: Mapping[str, int]) -> Call | None:
    """The system call that an operation makes, or None where it is not one (a touch of memory …).

    ``fds`` maps f0, r0, w0 … to open file descriptors. File offsets are in bytes, as at the
    system-call edge; only remap_file_pages counts its offset in pages.
    """
    match op:
        case ops.Mmap(addr, length, prot, flags, file, pgoff):
            fd = {"-": WORD_MASK, "x": BAD_FD}.get(file)
            number = to_flags(flags, mman.MMAP_FLAGS)
            where = (window.addr(addr), to_bytes(length), to_prot(prot), number)
            return Call("mmap", (*where, fds[file] if fd is None else fd, to_bytes(pgoff)))
        case ops.Munmap(addr, length) | ops.Mlock(addr, length) | ops.Munlock(addr, length):
            return Call(type(op).__name__.lower(), (window.addr(addr), to_bytes(length)))
        case ops.Mincore(addr, length):
            return Call("mincore", (window.addr(addr), to_bytes(length)))
        case ops.Mprotect(addr, length, prot):
            return Call("mprotect", (window.addr(addr), to_bytes(length), to_prot(prot)))
        case ops.Mremap(addr, old, new, flags, new_addr):
            number = to_flags(flags, mman.MREMAP_FLAGS)
            lengths = (to_bytes(old), to_bytes(new))
            return Call("mremap", (window.addr(addr), *lengths, number, window.addr(new_addr)))
        case ops.Remap(addr, length, prot, pgoff, flags):
            pages = pgoff & WORD_MASK if isinstance(pgoff, int) else to_bytes(pgoff)
            where = (window.addr(addr), to_bytes(length), to_prot(prot), pages)
            return Call("remap_file_pages", (*where, to_flags(flags, mman.REMAP_FLAGS)))
        case ops.Madvise(addr, length, advice):
            number = to_flags(advice, mman.MADVICE)
            return Call("madvise", (window.addr(addr), to_bytes(length), number))
        case ops.Mlock2(addr, length, flags):
            number = to_flags(flags, mman.MLOCK_FLAGS)
            return Call("mlock2", (window.addr(addr), to_bytes(length), number))
        case ops.Msync(addr, length, flags):
            number = to_flags(flags, mman.MSYNC_FLAGS)
            return Call("msync", (window.addr(addr), to_bytes(length), number))
        case ops.Brk(addr):
            return Call("brk", (window.addr(addr),))
        case _:
            return None
