"""brk(2) in 2.6.18: giving back what munmap has taken already is no failure.

Mirrors: mm/mmap.c:sys_brk (v2.6.18).
"""

from __future__ import annotations

from vmalab.mm import brk as since
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.munmap import do_munmap
from vmalab.units import page_align


def brk(mm: MmStruct, addr: int) -> int:
    """brk(2): move the end of the heap to ``addr`` (bytes); the new end, or the old one."""
    old_end, new_end = page_align(mm.brk), page_align(addr)
    if mm.start_brk <= addr <= mm.brk and new_end < old_end:
        if do_munmap(mm, new_end, old_end) == 0:
            mm.brk = addr
        return mm.brk
    return since.brk(mm, addr)
