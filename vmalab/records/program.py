"""A program is data: a list of memory-management operations that any kernel can run.

Each operation is one line of the text form (docs/program-format.md) and one frozen record whose
``repr`` is valid Python::

    mmap 0 16 rw shared,fixed f0 0     Mmap(0, 16, 'rw', 'shared,fixed', 'f0', 0)

Addresses and lengths count pages from the start of the program's window, because that is how a
picture is read; :class:`At`, :class:`Abs` and :class:`Bytes` say the rest. Protections and flags
are kept as the words of the line or, where no word exists, as a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class At:
    """A window page and some bytes: ``At(3, -1)`` is the last byte before page 3."""

    page: int
    byte: int

    def __repr__(self) -> str:
        return f"At({self.page}, {self.byte})"


@dataclass(frozen=True, slots=True)
class Abs:
    """An absolute address in bytes, whatever the window."""

    addr: int

    def __repr__(self) -> str:
        return f"Abs({self.addr:#x})"


@dataclass(frozen=True, slots=True)
class Bytes:
    """A length or offset that is not whole pages.

    ``pages`` pages and ``byte`` bytes more (or fewer); or, where ``pages`` is None, ``byte`` bytes.
    """

    pages: int | None
    byte: int

    def __repr__(self) -> str:
        return f"Bytes({self.pages}, {self.byte:#x})"


Addr = int | At | Abs | None
"""A page number in the window, a byte in it, an absolute address, or NULL."""
Len = int | Bytes
"""A length: pages, or bytes."""
Flags = str | int
"""Words joined by commas, or a number."""


@dataclass(frozen=True, slots=True)
class Op:
    """What every operation has in common: nothing but being one."""


@dataclass(frozen=True, slots=True)
class Mmap(Op):
    """mmap(2). ``file``: f0 read-write, r0 read-only, w0 write-only, ``-`` fd -1, ``x`` bad."""

    addr: Addr
    length: Len
    prot: Flags
    flags: Flags
    file: str = "-"
    pgoff: Len = 0


@dataclass(frozen=True, slots=True)
class Munmap(Op):
    """munmap(2)."""

    addr: Addr
    length: Len


@dataclass(frozen=True, slots=True)
class Mprotect(Op):
    """mprotect(2)."""

    addr: Addr
    length: Len
    prot: Flags


@dataclass(frozen=True, slots=True)
class Mremap(Op):
    """mremap(2). ``new_addr`` is passed whether or not ``fixed`` asks for it."""

    addr: Addr
    old_length: Len
    new_length: Len
    flags: Flags = "0"
    new_addr: Addr = None


@dataclass(frozen=True, slots=True)
class Remap(Op):
    """remap_file_pages(2)."""

    addr: Addr
    length: Len
    prot: Flags
    pgoff: Len
    flags: Flags = "-"


@dataclass(frozen=True, slots=True)
class Madvise(Op):
    """madvise(2)."""

    addr: Addr
    length: Len
    advice: Flags


@dataclass(frozen=True, slots=True)
class Mlock(Op):
    """mlock(2)."""

    addr: Addr
    length: Len


@dataclass(frozen=True, slots=True)
class Mlock2(Op):
    """mlock2(2)."""

    addr: Addr
    length: Len
    flags: Flags = "0"


@dataclass(frozen=True, slots=True)
class Munlock(Op):
    """munlock(2)."""

    addr: Addr
    length: Len


@dataclass(frozen=True, slots=True)
class Msync(Op):
    """msync(2)."""

    addr: Addr
    length: Len
    flags: Flags


@dataclass(frozen=True, slots=True)
class Mincore(Op):
    """mincore(2): the answer is a string of 0 and 1."""

    addr: Addr
    length: Len


@dataclass(frozen=True, slots=True)
class Brk(Op):
    """brk(2): move the end of the heap to an address."""

    addr: Addr


@dataclass(frozen=True, slots=True)
class Limit(Op):
    """setrlimit(2) on ``as`` or ``memlock``: ``pages`` more than are in use now."""

    what: Literal["as", "memlock"]
    pages: int


@dataclass(frozen=True, slots=True)
class Read(Op):
    """Load the 32-bit word at an address."""

    addr: Addr


@dataclass(frozen=True, slots=True)
class Write(Op):
    """Store a 32-bit value at an address."""

    addr: Addr
    value: int


@dataclass(frozen=True, slots=True)
class Probe(Op):
    """For each page, try a read and then a write that changes nothing."""

    addr: Addr
    pages: int


@dataclass(frozen=True, slots=True)
class Wprobe(Op):
    """For each page, try a write that changes nothing and then a read."""

    addr: Addr
    pages: int


@dataclass(frozen=True, slots=True)
class Xprobe(Op):
    """For each page, try a read and then to execute byte 8."""

    addr: Addr
    pages: int


@dataclass(frozen=True, slots=True)
class Evict(Op):
    """Reclaim every page of every file mapped in the window, as memory pressure does."""


@dataclass(frozen=True, slots=True)
class Contents(Op):
    """Show what every page of the window holds (reading it, so pages are faulted in)."""


@dataclass(frozen=True, slots=True)
class Truncate(Op):
    """ftruncate(2) of a program file to a number of pages."""

    file: str
    pages: int


@dataclass(frozen=True, slots=True)
class Fork(Op):
    """fork(2); the program goes on in the child."""


WINDOW_START: Final = {"x86_64": 0x2000_0000_0000, "i386": 0x5000_0000, "i386-pae": 0x5000_0000}
"""Where a program's window begins, by architecture (bytes)."""
NR_FILES: Final = 250
"""How many files a program may name."""
FILE_PAGES: Final = 64


@dataclass(frozen=True, slots=True)
class Program:
    """A sequence of operations and the window of address space they speak of.

    ``fill`` is ``hole`` (the window starts empty) or ``none`` (it starts as one PROT_NONE private
    anonymous NORESERVE mapping). The process has nothing else within 16 pages of the window, and
    files f0…f249 of 64 pages, those that it names.
    """

    pages: int
    ops: tuple[Op, ...]
    fill: Literal["hole", "none"] = "hole"
    name: str = "1"
