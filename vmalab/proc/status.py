"""/proc/PID/status: the totals of one address space.

Mirrors: fs/proc/task_mmu.c:task_mem (v6.18).
"""

from __future__ import annotations

from typing import Final

from vmalab.mm.filemap import Filemap
from vmalab.mm.mm_struct import MmStruct
from vmalab.units import pages_to_bytes

_KB: Final = 1024
ALL_PAGES: Final = 1 << 40


def status(mm: MmStruct) -> str:
    """The lines of /proc/PID/status about memory.

    >>> from vmalab.kernel import Kernel
    >>> task = Kernel("linux-6").spawn()
    >>> addr = task.mmap(None, 12 * 4096, 3, 0x22)
    >>> task.store(addr)
    >>> print(status(task.mm).expandtabs())
    VmSize:       48 kB
    VmLck:         0 kB
    VmRSS:         4 kB
    RssAnon:       4 kB
    RssFile:       0 kB
    RssShmem:      0 kB
    VmPTE:        12 kB
    VmSwap:        0 kB
    """
    shmem = rss_shmem(mm)
    totals = {
        "VmSize": mm.total_vm,
        "VmLck": mm.locked_vm,
        "VmRSS": mm.rss_anon + mm.rss_file,
        "RssAnon": mm.rss_anon,
        "RssFile": mm.rss_file - shmem,
        "RssShmem": shmem,
        "VmPTE": mm.pgtable.nr_tables - 1,
        "VmSwap": mm.nr_swap,
    }
    return "\n".join(
        f"{name}:\t{pages_to_bytes(pages) // _KB:8} kB" for name, pages in totals.items()
    )


def rss_shmem(mm: MmStruct) -> int:
    """How many of the pages that page tables show live in memory and swap alone."""
    fmt, mapping = mm.fmt, mm.machine.memory.mapping
    found = 0
    for _, pte in mm.pgtable.entries(0, ALL_PAGES):
        if fmt.pte_present(pte):
            owner = mapping[fmt.pte_pfn(pte)]
            found += isinstance(owner, Filemap) and owner.is_shmem
    return found
