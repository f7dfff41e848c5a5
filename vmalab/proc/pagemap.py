"""/proc/PID/pagemap: what each virtual page is, in 64 bits.

Mirrors: fs/proc/task_mmu.c:pte_to_pagemap_entry (v6.18).
"""

from __future__ import annotations

from vmalab.arch.x86_64_v6 import PTE_MARKER_GUARD
from vmalab.mm.filemap import Filemap
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import ZERO_PFN
from vmalab.uapi.pagemap import (
    PM_FILE,
    PM_GUARD_REGION,
    PM_MMAP_EXCLUSIVE,
    PM_PRESENT,
    PM_SWAP,
    PM_SWAP_TYPE_BITS,
)
from vmalab.units import addr_to_vpn


def pagemap(mm: MmStruct, start: int, end: int) -> tuple[int, ...]:
    r"""The entries of the pages of ``start <= a < end`` (bytes), one a page.

    >>> from vmalab.kernel import Kernel
    >>> from vmalab.uapi.pagemap import format_pagemap_entry
    >>> task = Kernel("linux-6").spawn()
    >>> addr = task.mmap(None, 3 * 4096, 3, 0x22)
    >>> task.store(addr)
    >>> task.load(addr + 4096)
    b'\x00'
    >>> [format_pagemap_entry(entry) for entry in pagemap(task.mm, addr, addr + 3 * 4096)]
    ['present exclusive', 'present', '-']
    """
    return tuple(pagemap_entry(mm, vpn) for vpn in range(addr_to_vpn(start), addr_to_vpn(end)))


def pagemap_entry(mm: MmStruct, vpn: int) -> int:
    """The entry of one virtual page.

    The zero page is no page of anybody's: present, and nothing more. A guard counts as swapped,
    because it is stored in the shape of a swap entry.
    """
    fmt, memory = mm.fmt, mm.machine.memory
    pte = mm.pgtable.get(vpn)
    if fmt.pte_present(pte):
        pfn = fmt.pte_pfn(pte)
        entry = PM_PRESENT | pfn
        if pfn == ZERO_PFN:
            return entry
        if isinstance(memory.mapping[pfn], Filemap):
            entry |= PM_FILE
        return entry | PM_MMAP_EXCLUSIVE if memory.mapcount[pfn] == 1 else entry
    if fmt.kind(pte) not in {"swap", "marker"}:
        return 0
    device, slot = fmt.pte_to_swp_entry(pte)
    entry = PM_SWAP | device | slot << PM_SWAP_TYPE_BITS
    return entry | PM_GUARD_REGION if fmt.pte_marker(pte) & PTE_MARKER_GUARD else entry
