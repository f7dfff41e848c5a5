"""A small process in which every kind of page-table entry can be found, ready to be looked at."""

from __future__ import annotations

from typing import Final

from vmalab.kernel import Kernel, Task
from vmalab.uapi.mman import (
    MADV_GUARD_INSTALL,
    MADV_PAGEOUT,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_EXEC,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
)
from vmalab.units import PAGE_SIZE

CODE: Final = 0x400000
DATA: Final = 0x402000
MEMORY: Final = 0x1000_0000
SEALED: Final = 0x1000_8000
SHARED: Final = 0x7FFF_F7E0_0000
GREETING: Final = b"Hello, page!"
_RW: Final = PROT_READ | PROT_WRITE
_OWN: Final = MAP_PRIVATE | MAP_FIXED
_ANON: Final = _OWN | MAP_ANONYMOUS


def small_process(kernel: str = "linux-6") -> Task:
    """A process of five VMAs on a machine of 1 MiB.

        CODE    2 pages r-x  of the program's file
        DATA    2 pages rw-  of it, private: the first was written to, and is a copy
        MEMORY  6 pages rw-  written, read only (zero page), never touched, in swap, guard, written
        SEALED  1 page  ---  written, and then nobody may touch it any more
        SHARED  2 pages rw-  of a file, shared: written, read

    >>> task = small_process()
    >>> [task.mm.pgtable.walk(MEMORY + n * PAGE_SIZE).outcome for n in range(6)]
    ['present', 'present', 'none', 'swap', 'marker', 'present']
    >>> task.load(MEMORY, 5)
    b'Hello'
    """
    task = Kernel(kernel, ram_pages=256, swap_pages=16).spawn()
    program, book = task.memfd("prog", 4), task.memfd("book", 2)
    for page in range(4):
        task.pwrite(program, b"page %d of the program" % page, page * PAGE_SIZE)
    task.pwrite(book, b"a shared book")
    task.mmap(CODE, 2 * PAGE_SIZE, PROT_READ | PROT_EXEC, _OWN, program)
    task.mmap(DATA, 2 * PAGE_SIZE, _RW, _OWN, program, 2 * PAGE_SIZE)
    task.mmap(MEMORY, 6 * PAGE_SIZE, _RW, _ANON)
    task.mmap(SEALED, PAGE_SIZE, _RW, _ANON)
    task.mmap(SHARED, 2 * PAGE_SIZE, _RW, MAP_SHARED | MAP_FIXED, book)
    task.fetch(CODE)
    task.store(DATA, b"my own copy")
    task.load(DATA + PAGE_SIZE)
    _fill_memory(task)
    task.store(SEALED, b"a secret")
    task.mprotect(SEALED, PAGE_SIZE, PROT_NONE)
    task.store(SHARED, b"A")
    task.load(SHARED + PAGE_SIZE)
    return task


def _fill_memory(task: Task) -> None:
    """A page of each kind that private memory can be."""
    task.store(MEMORY, GREETING)
    task.load(MEMORY + PAGE_SIZE)
    task.store(MEMORY + 3 * PAGE_SIZE, b"back from swap")
    task.madvise(MEMORY + 3 * PAGE_SIZE, PAGE_SIZE, MADV_PAGEOUT)
    task.madvise(MEMORY + 4 * PAGE_SIZE, PAGE_SIZE, MADV_GUARD_INSTALL)
    task.store(MEMORY + 5 * PAGE_SIZE, b"the last page")
