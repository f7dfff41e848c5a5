"""The 64 bits that /proc/PID/pagemap has for each virtual page, and their names.

    63      62      61      58     57  56         55          54                   0
    +-------+-------+-------+------+---+----------+-----------+--------------------+
    |present|swapped|file or|guard |uffd|mapped by|soft-dirty | pfn, or swap device |
    |       |       |shared |      |wp  |one entry|           | (5 bits) and slot   |
    +-------+-------+-------+------+---+----------+-----------+--------------------+

Mirrors: fs/proc/task_mmu.c:PM_* (v6.18), Documentation/admin-guide/mm/pagemap.rst.
"""

from __future__ import annotations

from typing import Final

PM_SOFT_DIRTY: Final = 1 << 55
PM_MMAP_EXCLUSIVE: Final = 1 << 56
"""The frame is mapped by this entry alone."""
PM_UFFD_WP: Final = 1 << 57
PM_GUARD_REGION: Final = 1 << 58
PM_FILE: Final = 1 << 61
"""A page of a file, or of shared anonymous memory."""
PM_SWAP: Final = 1 << 62
"""Not present, but not nothing either: a swap slot, or a marker."""
PM_PRESENT: Final = 1 << 63
PM_PFRAME_MASK: Final = (1 << 55) - 1
PM_SWAP_TYPE_BITS: Final = 5
"""Of a swapped page: so many bits say which device, the rest which slot."""

PM_NAMES: Final[dict[int, str]] = {
    PM_PRESENT: "present",
    PM_SWAP: "swapped",
    PM_FILE: "file",
    PM_GUARD_REGION: "guard",
    PM_UFFD_WP: "uffd-wp",
    PM_MMAP_EXCLUSIVE: "exclusive",
    PM_SOFT_DIRTY: "soft-dirty",
}


def format_pagemap_entry(entry: int) -> str:
    """The bits of an entry in words, without its frame or slot.

    >>> format_pagemap_entry(PM_PRESENT | PM_FILE | 7), format_pagemap_entry(0)
    ('present file', '-')
    """
    return " ".join(name for bit, name in PM_NAMES.items() if entry & bit) or "-"
