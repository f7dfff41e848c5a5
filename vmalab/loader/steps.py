"""A plan is a list of steps: each a system call (or a write to memory), its stage, and its reason.

Where the first mapping lands is the kernel's choice; every other address of a plan follows from
it. So plans are functions of that one address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from vmalab.records.resolve import Call
from vmalab.records.words import count_pages
from vmalab.uapi.mman import (
    MAP_ANONYMOUS,
    MAP_DENYWRITE,
    MAP_FIXED,
    MAP_PRIVATE,
    format_map_flags,
    format_prot,
)
from vmalab.units import WORD_MASK, page_align, page_align_down

FILE_FD: Final = 3
"""The descriptor that plans call the file: the first that a new process has free."""
NO_FD: Final = WORD_MASK
OF_FILE: Final = MAP_PRIVATE | MAP_DENYWRITE
OF_MEMORY: Final = MAP_PRIVATE | MAP_ANONYMOUS

Stage = Literal["reserve", "seal", "segment", "zero", "bss", "stack", "relocate", "relro"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a loader does.

    ``wipe`` is a range (bytes) that it fills with zeroes itself; ``written`` are pages that it
    writes to otherwise.

    Where a wipe meets memory that it may not write, ``wipe_may_fail`` says that nobody minds.
    """

    stage: Stage
    because: str
    call: Call | None = None
    wipe: tuple[int, int] = (0, 0)
    wipe_may_fail: bool = False
    written: tuple[int, ...] = ()

    @property
    def told(self) -> str:
        """What is done, as C.

        >>> Step("bss", "", Call("mprotect", (0x1000, 4096, 0))).told
        'mprotect(0x1000, 0x1000, PROT_NONE)'
        """
        if self.call is None:
            start, end = self.wipe
            if self.written:
                return f"writes to {count_pages(len(self.written))}"
            return f"memset({start:#x}, 0, {end - start:#x})" if end > start else "no call"
        args = self.call.args
        match self.call.name:
            case "mmap":
                addr, length, prot, flags, fd, at = args
                where = f"{addr:#x}" if addr else "NULL"
                file = "-1" if fd == NO_FD else str(fd)
                words = f"{format_prot(prot)}, {format_map_flags(flags)}, {file}, {at:#x}"
                return f"mmap({where}, {length:#x}, {words})"
            case "mprotect":
                return f"mprotect({args[0]:#x}, {args[1]:#x}, {format_prot(args[2])})"
            case name:
                return f"{name}({', '.join(f'{arg:#x}' for arg in args)})"


def map_file(
    stage: Stage, because: str, addr: int, length: int, prot: int, at: int, *, fixed: bool = True
) -> Step:
    """A private mapping of the file from byte ``at``."""
    flags = OF_FILE | (MAP_FIXED if fixed else 0)
    return Step(stage, because, Call("mmap", (addr, length, prot, flags, FILE_FD, at)))


def map_memory(
    stage: Stage, because: str, addr: int, length: int, prot: int, *, fixed: bool = True
) -> Step:
    """A private mapping of zeroes."""
    flags = OF_MEMORY | (MAP_FIXED if fixed else 0)
    return Step(stage, because, Call("mmap", (addr, length, prot, flags, NO_FD, 0)))


def protect(stage: Stage, because: str, start: int, end: int, prot: int) -> Step:
    """Other rights for a range."""
    return Step(stage, because, Call("mprotect", (start, end - start, prot)))


def unmap(stage: Stage, because: str, start: int, end: int) -> Step:
    """Give addresses back."""
    return Step(stage, because, Call("munmap", (start, end - start)))


def align_up(addr: int, align: int) -> int:
    """Round an address up to a power of two.

    >>> hex(align_up(0x1234, 0x1000))
    '0x2000'
    """
    return (addr + align - 1) & ~(align - 1)


def pages_around(start: int, end: int) -> tuple[int, int]:
    """A range of bytes, widened to the pages that hold it."""
    return page_align_down(start), page_align(end)
