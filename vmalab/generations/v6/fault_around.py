"""A read fault of a file maps its neighbours too, if the page cache has them already.

Mirrors: mm/memory.c:do_fault_around, mm/filemap.c:filemap_map_pages (v6.18).

    16 pages                [ . . . . . X . . . . . . . . . . ]      X faulted
    page cache has            0 1 2   4 5     8
    mapped by the one fault   0 1 2   4 5     8                      cut at the VMA and the table

The 16 pages begin at a multiple of 16, or with the VMA if that begins behind it.
"""

from __future__ import annotations

from typing import Final

from vmalab.mm.map_page import map_file_page, vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.units import addr_to_vpn, vpn_to_addr

FAULT_AROUND_PAGES: Final = 16
"""fault_around_bytes, 64 KiB, in pages."""


def map_pages_around(mm: MmStruct, vma: VmArea, addr: int) -> None:
    """Map what the page cache holds of the block around ``addr``, where no entry is yet."""
    assert vma.vm_file is not None
    filemap = vma.vm_file.filemap
    vpn = addr_to_vpn(addr)
    low = max(vpn // FAULT_AROUND_PAGES * FAULT_AROUND_PAGES, addr_to_vpn(vma.vm_start))
    table_end = ((vpn >> mm.fmt.leaf_bits) + 1) << mm.fmt.leaf_bits
    high = min(low + FAULT_AROUND_PAGES, addr_to_vpn(vma.vm_end), table_end)
    for vpn in range(low, high):
        index = linear_page_index(vma, vpn_to_addr(vpn))
        pfn = filemap.frame(index)
        if pfn >= 0 and index < filemap.nr_pages and not mm.pgtable.get(vpn):
            map_file_page(mm, vpn, pfn, mm.fmt.mk_pte(pfn, vma_page_prot(mm, vma)))
