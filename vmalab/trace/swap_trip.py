"""Send one page of a nonlinear area out of memory and bring it back, and keep its entry each time.

map a window      remap its first page      reclaim         touch it
    [ · · · · ]        [ 42 · · · ]        [ note · · · ]    [ 42 · · · ]
                        before               out               back
"""

from __future__ import annotations

from typing import Final

from vmalab.kernel import Kernel, Task
from vmalab.mm.vmscan import evict_file
from vmalab.records.program import WINDOW_START
from vmalab.records.trip import SwapTrip
from vmalab.records.walk import WalkStep
from vmalab.uapi.errors import VmalabSignal
from vmalab.uapi.mman import (
    MAP_CHGPROT,
    MAP_FIXED,
    MAP_SHARED,
    PROT_EXEC,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
)
from vmalab.units import PAGE_SIZE

PAGES: Final = 64
PGOFF: Final = 42
"""Which page of the file the window's first page is made to show."""
_PROTS: Final = {"r": PROT_READ, "w": PROT_WRITE, "x": PROT_EXEC}


def swap_trip(kernel: str, arch: str, asked: str) -> SwapTrip:
    """A page that shows page 42 of a file with the rights ``asked`` (``rwx`` letters, ``none``).

    Where the kernel knows rights of single pages the window around it has others: none at all, or,
    for ``none``, all. Where it does not, the whole window has the rights asked for. The page is
    written to if it may be, and while it is out another page moves into its frame.

    Raises:
        ValueError: no such kernel, or not on that machine.
    """
    task = Kernel(kernel, arch, swap_pages=PAGES).spawn()
    fd = task.memfd("f0", PAGES)
    start = WINDOW_START[arch]
    prot = prot_of(asked)
    if task.mm.fmt.saved is None:
        task.mmap(start, PAGE_SIZE, prot, MAP_SHARED | MAP_FIXED, fd)
        task.remap_file_pages(start, PAGE_SIZE, 0, PGOFF)
    else:
        around = PROT_READ | PROT_WRITE if prot == PROT_NONE else PROT_NONE
        task.mmap(start, PAGE_SIZE, around, MAP_SHARED | MAP_FIXED, fd)
        task.remap_file_pages(start, PAGE_SIZE, prot, PGOFF, MAP_CHGPROT)
    if prot & PROT_WRITE:
        task.store(start)
    before = _entry(task, start)
    evict_file(task.kernel.machine, task.files[fd].filemap)
    task.pwrite(fd, b"another page")
    out = _entry(task, start)
    outcome = _touch(task, start)
    back = _entry(task, start)
    bits = 8 * task.mm.fmt.entry_bytes
    return SwapTrip(kernel, arch, asked, bits, before, out, back, outcome)


def prot_of(letters: str) -> int:
    """PROT_* from letters.

    >>> prot_of("rw"), prot_of("none")
    (3, 0)
    """
    return sum(_PROTS[one] for one in letters) if letters != "none" else PROT_NONE


def _entry(task: Task, addr: int) -> WalkStep:
    return task.mm.pgtable.walk(addr).steps[-1]


def _touch(task: Task, addr: int) -> str:
    """Read the page; why it is not there afterwards, or nothing. SIGSEGV may be what was asked."""
    try:
        task.load(addr)
    except VmalabSignal as signal:
        return "" if signal.signal == "SIGSEGV" else signal.because
    return ""
