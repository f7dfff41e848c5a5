"""The host of a User-mode Linux: address spaces to put guest pages into, and the RAM file.

Numbers are pages, counted from ``base_vpn``, so that a guest may live anywhere on its host.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple, Protocol

from vmalab.kernel import Kernel, Task
from vmalab.uapi.mman import (
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
)
from vmalab.units import addr_to_vpn, pages_to_bytes, vpn_to_addr
from vmalab.workloads.uml.layout import STUB_CODE_VPN, STUB_DATA_VPN, WINDOW_VPN

WORD: Final = 8
"""A guest page holds one word, at its start: as much as a program here writes (bytes)."""
_PHYSMEM_VPN: Final = 0x1_0000
"""Where the UML kernel maps all of its RAM, once."""
_RW: Final = PROT_READ | PROT_WRITE
CLONE: Final = "clone"
"""The call in a log that names another address space."""


class Call(NamedTuple):
    """One system call on an address space of the host: its name and numbers, in pages."""

    name: str
    args: tuple[int, ...]


class Row(NamedTuple):
    """A VMA of the host, in pages: ``prot`` is read 1, write 2, exec 4."""

    vpn: int
    end_vpn: int
    prot: int
    pgoff: int


class Host(Protocol):
    """What a UML kernel needs of its host; an error is a negative errno."""

    def mmap(self, space: int, vpn: int, nr_pages: int, prot: int, pgoff: int) -> int:
        """Map pages of the RAM file, shared, in place of what was there."""

    def munmap(self, space: int, vpn: int, nr_pages: int) -> int:
        """Unmap pages."""

    def mprotect(self, space: int, vpn: int, nr_pages: int, prot: int) -> int:
        """Change the protection of pages."""

    def remap_file_pages(
        self, space: int, vpn: int, nr_pages: int, prot: int, pgoff: int, flags: int
    ) -> int:
        """Show other pages of the RAM file in a mapping."""


class ModelHost:
    """A kernel of the model as host. ``calls`` counts; ``log``, if wanted, keeps what worked."""

    def __init__(
        self, kernel: Kernel, ram_pages: int, *, base_vpn: int = 0, logged: bool = False
    ) -> None:
        self.kernel = kernel
        self.ram_pages = ram_pages
        self.calls: Counter[str] = Counter()
        self.vmas_copied = 0
        self.log: dict[int, list[Call]] | None = {} if logged else None
        self._closed: dict[int, list[Row]] = {}
        self.uml = kernel.spawn()
        self._base = base_vpn
        self._fd = self.uml.memfd("vm_file", ram_pages)
        self._code = self.uml.memfd("linux", 1)
        self.uml.mmap(
            vpn_to_addr(_PHYSMEM_VPN),
            pages_to_bytes(ram_pages),
            _RW,
            MAP_SHARED | MAP_FIXED,
            self._fd,
        )
        self._spaces: dict[int, Task] = {}
        self._next_space = 0

    # Address spaces

    def open_space(self) -> int:
        """An empty address space: open("/proc/mm") of a host patched for skas3."""
        task = self.kernel.spawn()
        for fd, file in self.uml.files.items():
            task.files[fd] = file
            file.filemap.nr_opens += 1
        self.calls["open"] += 1
        return self._enter(task)

    def clone_space(self, space: int) -> int:
        """A copy of an address space: clone(2) without CLONE_VM, which copies every VMA."""
        parent = self._spaces[space]
        self.vmas_copied += parent.mm.map_count
        number = self._enter(parent.fork())
        self.calls[CLONE] += 1
        self._log(space, Call(CLONE, (number,)))
        return number

    def close_space(self, space: int) -> None:
        """End an address space; the host frees all that is in it."""
        if self.log is not None:
            self._closed[space] = self.rows(space)
        self._spaces.pop(space).exit()
        self.calls["exit"] += 1

    def _enter(self, task: Task) -> int:
        self._next_space += 1
        self._spaces[self._next_space] = task
        if self.log is not None:
            self.log[self._next_space] = []
        return self._next_space

    @property
    def spaces(self) -> list[int]:
        """The address spaces there are, in the order in which they came."""
        return list(self._spaces)

    def task(self, space: int) -> Task:
        """The process of the host behind an address space."""
        return self._spaces[space]

    def map_count(self, space: int) -> int:
        """How many VMAs an address space has."""
        return self._spaces[space].mm.map_count

    def rows(self, space: int) -> list[Row]:
        """The VMAs of an address space."""
        return [
            Row(
                addr_to_vpn(vma.start) - self._base,
                addr_to_vpn(vma.end) - self._base,
                sum(bit for bit, letter in ((1, "r"), (2, "w"), (4, "x")) if letter in vma.perms),
                vma.pgoff,
            )
            for vma in self._spaces[space].snapshot().vmas
        ]

    def last_rows(self) -> dict[int, list[Row]]:
        """The VMAs of every address space now or, where a log is kept, when it was closed."""
        return self._closed | {space: self.rows(space) for space in self._spaces}

    def _log(self, space: int, call: Call) -> None:
        if self.log is not None:
            self.log[space].append(call)

    # System calls in an address space

    def mmap(self, space: int, vpn: int, nr_pages: int, prot: int, pgoff: int) -> int:
        """See :class:`Host`."""
        how = prot, MAP_SHARED | MAP_FIXED, self._fd, pages_to_bytes(pgoff)
        return self._call(space, "mmap", (vpn, nr_pages, prot, pgoff), *how)

    def map_stubs(self, space: int, pfn: int) -> None:
        """The two pages through which skas0 makes a process of the host call mmap for itself."""
        task, page = self._spaces[space], pages_to_bytes(1)
        private, shared = MAP_PRIVATE | MAP_FIXED, MAP_SHARED | MAP_FIXED
        code = PROT_READ | PROT_EXEC, private, self._code, 0
        task.mmap(self._addr(STUB_CODE_VPN), page, *code)
        task.mmap(self._addr(STUB_DATA_VPN), page, _RW, shared, self._fd, pages_to_bytes(pfn))
        self.calls["stubs"] += 1
        self._log(space, Call("stubs", (pfn,)))

    def munmap(self, space: int, vpn: int, nr_pages: int) -> int:
        """See :class:`Host`."""
        return self._call(space, "munmap", (vpn, nr_pages))

    def mprotect(self, space: int, vpn: int, nr_pages: int, prot: int) -> int:
        """See :class:`Host`."""
        return self._call(space, "mprotect", (vpn, nr_pages, prot), prot)

    def remap_file_pages(
        self, space: int, vpn: int, nr_pages: int, prot: int, pgoff: int, flags: int
    ) -> int:
        """See :class:`Host`."""
        pages = vpn, nr_pages, prot, pgoff, flags
        return self._call(space, "remap_file_pages", pages, prot, pgoff, flags)

    def _call(self, space: int, name: str, pages: tuple[int, ...], *how: int) -> int:
        """A system call about ``pages`` (first, how many, …), counted, and logged if it worked."""
        where = self._addr(pages[0]), pages_to_bytes(pages[1])
        self.calls[name] += 1
        result = int(self._spaces[space].syscall(name, *where, *how))
        if result >= 0:
            self._log(space, Call(name, pages))
        return result

    def _addr(self, vpn: int) -> int:
        return vpn_to_addr(self._base + vpn)

    # Memory

    def load(self, space: int, vpn: int) -> bytes:
        """What a guest program reads; SegmentationFault is UML's page fault."""
        return self._spaces[space].load(self._addr(vpn), WORD)

    def store(self, space: int, vpn: int, word: bytes) -> None:
        """What a guest program writes."""
        self._spaces[space].store(self._addr(vpn), word)

    def clear_page(self, pfn: int) -> None:
        """The UML kernel zeroes a guest frame, through its own mapping of all RAM."""
        self.uml.store(vpn_to_addr(_PHYSMEM_VPN + pfn), bytes(WORD))

    def copy_page(self, pfn: int, to_pfn: int) -> None:
        """The UML kernel copies a guest frame."""
        word = self.uml.load(vpn_to_addr(_PHYSMEM_VPN + pfn), WORD)
        self.uml.store(vpn_to_addr(_PHYSMEM_VPN + to_pfn), word)


def guest_rows(rows: list[Row]) -> list[Row]:
    """The VMAs that show guest memory: all but the stubs."""
    return [row for row in rows if WINDOW_VPN <= row.vpn < STUB_CODE_VPN]
