"""ftruncate(2) as mappings feel it: pages go, VMAs stay.

Mirrors: mm/truncate.c:truncate_pagecache, mm/memory.c:unmap_mapping_range with even_cows = 1.
"""

from __future__ import annotations

from collections.abc import Iterable

from vmalab.mm.filemap import Filemap
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.present import GUARD
from vmalab.units import addr_to_vpn


def truncate(spaces: Iterable[MmStruct], filemap: Filemap, size: int) -> None:
    """Give a file another size (bytes); drop what lies beyond from page cache and page tables.

    Private copies of pages beyond the end go too. Touching there is SIGBUS until the file grows.
    """
    filemap.size = size
    end = filemap.nr_pages
    filemap.resident = {index for index in filemap.resident if index < end}
    for mm in spaces:
        _unmap_beyond(mm, filemap, end)


def _unmap_beyond(mm: MmStruct, filemap: Filemap, end: int) -> None:
    for vma in mm.tree:
        if vma.vm_file is None or vma.vm_file.filemap is not filemap:
            continue
        first = addr_to_vpn(vma.vm_start)
        for vpn in mm.pages.within(first, addr_to_vpn(vma.vm_end)):
            if vma.vm_pgoff + vpn - first >= end and mm.pages.get(vpn) != GUARD:
                mm.pages.clear(vpn)
