"""The two address spaces that are timed: the model's, and this process's own.

Both hold ``vmas`` mappings of one page of a file, shared, with holes between; both are asked the
same questions about single pages in other holes. A page is never touched, which favours the kernel:
it has no page table to take down.

    slot        0               1               2
    page        0   1   2   3   4   5   6   7   8   9 ...
                |vma|   |new|   |vma|   |new|   |vma|
                 `settled` page   `spare` page
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from pathlib import Path
from typing import Final, Protocol

from vmalab.host import HostError, HostUnsupportedError, unavailable
from vmalab.host.maps import own_maps
from vmalab.kernel import Kernel
from vmalab.records.events import Event
from vmalab.uapi.mman import MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_SHARED, PROT_READ, PROT_WRITE
from vmalab.units import PAGE_SIZE

WINDOW: Final = 0x2000_0000_0000
"""Where the window begins: nothing else lives near it (bytes)."""
SLOT_PAGES: Final = 4
SLOT_BYTES: Final = SLOT_PAGES * PAGE_SIZE
MAX_MAP_COUNT: Final = Path("/proc/sys/vm/max_map_count")
HEADROOM: Final = 1000
"""VMAs left to the interpreter itself."""
RW: Final = PROT_READ | PROT_WRITE
FLAGS: Final = MAP_SHARED | MAP_FIXED

Pages = list[tuple[int, int]]
"""(address, offset in the file), both in bytes."""


class Space(Protocol):
    """An address space that can be timed: each method makes one call for every page it is given."""

    def mmap(self, pages: Pages) -> None:
        """Map every page, shared and writable."""

    def mprotect(self, pages: Pages) -> None:
        """Make every page read-only."""

    def find_vma(self, pages: Pages) -> None:
        """Look every page's VMA up."""

    def munmap(self, pages: Pages) -> None:
        """Unmap every page."""

    def fill(self, pages: Pages) -> None:
        """Map pages to be kept, checking each answer."""

    def count(self) -> int:
        """How many VMAs the window holds."""

    def close(self) -> None:
        """Give everything back."""


def settled(slot: int) -> tuple[int, int]:
    """The page of a slot that is mapped throughout."""
    at = slot * SLOT_BYTES
    return WINDOW + at, at


def spare(slot: int) -> tuple[int, int]:
    """The page of a slot that comes and goes."""
    at = slot * SLOT_BYTES + SLOT_BYTES // 2
    return WINDOW + at, at


class ModelSpace:
    """A task of the model, through :meth:`vmalab.kernel.Task.syscall`.

    find_vma is no system call; it is asked of the task's tree.
    """

    def __init__(self, generation: str, room: int) -> None:
        kernel = Kernel(generation)
        kernel.policy.max_map_count = max(kernel.policy.max_map_count, room)
        self._task = kernel.spawn()
        self._fd = self._task.memfd("bench", 1)

    def record(self, events: list[Event] | None) -> None:
        """Write down there all that happens from now on; None: nobody listens."""
        self._task.mm.listen(None if events is None else events.append)

    def mmap(self, pages: Pages) -> None:
        syscall, fd = self._task.syscall, self._fd
        for addr, offset_bytes in pages:
            syscall("mmap", addr, PAGE_SIZE, RW, FLAGS, fd, offset_bytes)

    def mprotect(self, pages: Pages) -> None:
        syscall = self._task.syscall
        for addr, _ in pages:
            syscall("mprotect", addr, PAGE_SIZE, PROT_READ)

    def find_vma(self, pages: Pages) -> None:
        find = self._task.mm.tree.find
        for addr, _ in pages:
            find(addr)

    def munmap(self, pages: Pages) -> None:
        syscall = self._task.syscall
        for addr, _ in pages:
            syscall("munmap", addr, PAGE_SIZE)

    def fill(self, pages: Pages) -> None:
        for addr, offset_bytes in pages:
            self._task.mmap(addr, PAGE_SIZE, RW, FLAGS, self._fd, offset_bytes)

    def count(self) -> int:
        return self._task.mm.map_count

    def close(self) -> None:
        """Nothing to give back: the task is forgotten."""


class _Query(ctypes.Structure):
    """include/uapi/linux/fs.h:struct procmap_query (v6.11 and later)."""

    _fields_ = (
        ("size", ctypes.c_uint64),
        ("query_flags", ctypes.c_uint64),
        ("query_addr", ctypes.c_uint64),
        ("answer", ctypes.c_uint64 * 10),
    )


_PROCMAP_QUERY: Final = 0xC000_6611 | ctypes.sizeof(_Query) << 16
_COVERING_OR_NEXT: Final = 0x10


class LiveSpace:
    """The window of this very process, through the C library's functions, called by ctypes.

    find_vma is the PROCMAP_QUERY ioctl. Everything is given back by :meth:`close`, and belongs to a
    child that ends anyway.

    Raises:
        HostError: this machine, or this kernel, cannot do it; the text says why.
    """

    def __init__(self, slots: int, room: int) -> None:
        if reason := why_not_live(room):
            raise HostUnsupportedError(reason)
        self._end = WINDOW + slots * SLOT_BYTES
        if taken := self._rows():
            msg = f"something already lies at {taken[0]:#x}, where the window should be"
            raise HostError(msg)
        word, number = ctypes.c_size_t, ctypes.c_int
        libc = ctypes.CDLL(None, use_errno=True)
        self._mmap, self._mprotect = libc.mmap, libc.mprotect
        self._munmap, self._ioctl = libc.munmap, libc.ioctl
        self._mmap.restype = word
        self._mmap.argtypes = [word, word, number, number, number, word]
        self._mprotect.argtypes = [word, word, number]
        self._munmap.argtypes = [word, word]
        self._ioctl.argtypes = [number, ctypes.c_ulong, ctypes.POINTER(_Query)]
        self._file = os.memfd_create("bench")
        os.ftruncate(self._file, slots * SLOT_BYTES)
        self._maps = os.open("/proc/self/maps", os.O_RDONLY | os.O_CLOEXEC)
        self._query = _Query(ctypes.sizeof(_Query), _COVERING_OR_NEXT)

    def mmap(self, pages: Pages) -> None:
        mmap, file = self._mmap, self._file
        for addr, offset_bytes in pages:
            mmap(addr, PAGE_SIZE, RW, FLAGS, file, offset_bytes)

    def mprotect(self, pages: Pages) -> None:
        mprotect = self._mprotect
        for addr, _ in pages:
            mprotect(addr, PAGE_SIZE, PROT_READ)

    def find_vma(self, pages: Pages) -> None:
        ioctl, maps, query = self._ioctl, self._maps, self._query
        pointer = ctypes.pointer(query)
        for addr, _ in pages:
            query.query_addr = addr
            ioctl(maps, _PROCMAP_QUERY, pointer)

    def munmap(self, pages: Pages) -> None:
        munmap = self._munmap
        for addr, _ in pages:
            munmap(addr, PAGE_SIZE)

    def fill(self, pages: Pages) -> None:
        flags = MAP_SHARED | MAP_FIXED_NOREPLACE
        for addr, offset_bytes in pages:
            if self._mmap(addr, PAGE_SIZE, RW, flags, self._file, offset_bytes) != addr:
                reason = os.strerror(ctypes.get_errno())
                raise HostError(f"this kernel refused a mapping at {addr:#x}: {reason}")

    def count(self) -> int:
        return len(self._rows())

    def close(self) -> None:
        self._munmap(WINDOW, self._end - WINDOW)
        os.close(self._maps)
        os.close(self._file)

    def _rows(self) -> list[int]:
        return [row[0] for row in own_maps() if row[0] < self._end and row[1] > WINDOW]


def why_not_live(room: int) -> str | None:
    """Why the live kernel cannot hold a space of ``room`` VMAs, or be asked about it; else None."""
    if reason := unavailable():
        return reason
    allowed = int(MAX_MAP_COUNT.read_text())
    if room + HEADROOM > allowed:
        return f"vm.max_map_count is {allowed}: too few for {room} VMAs and Python's own"
    if not _query_works():
        return "this kernel has no PROCMAP_QUERY (Linux 6.11), so find_vma cannot be asked of it"
    return None


def _query_works() -> bool:
    query = bytearray(_Query(ctypes.sizeof(_Query), _COVERING_OR_NEXT, 0))
    with Path("/proc/self/maps").open("rb") as maps:
        try:
            fcntl.ioctl(maps, _PROCMAP_QUERY, query)
        except OSError:
            return False
    return True
