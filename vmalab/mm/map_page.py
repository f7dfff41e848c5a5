"""Showing a frame at an address: with which protection, and what is counted.

Mirrors: mm/memory.c:set_pte_range, mm/rmap.c:folio_add_file_rmap_pte, folio_add_new_anon_rmap
(v6.18); mm/fremap.c:install_page, mm/rmap.c:page_add_new_anon_rmap (v2.6.18).

    before     page cache ──▶ frame 7                      count 1    mapcount 0
    after      page cache ──▶ frame 7 ◀── entry            count 2    mapcount 1    RssFile + 1
"""

from __future__ import annotations

from vmalab.mm.flags import VM_WRITE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.units import addr_to_vpn


def vma_page_prot(mm: MmStruct, vma: VmArea, pte: int = 0) -> int:
    """The protection that a page gets from its VMA. Mirrors: vm_page_prot."""
    return mm.fmt.protection_map[vma.vm_flags & 0xF]


def map_file_page(mm: MmStruct, vpn: int, pfn: int, pte: int) -> None:
    """Show a frame of the page cache by an entry, where none is."""
    memory = mm.machine.memory
    memory.count[pfn] += 1
    memory.mapcount[pfn] += 1
    mm.rss_file += 1
    mm.pgtable.set(vpn, pte)


def map_anon_page(mm: MmStruct, vma: VmArea, addr: int, pfn: int) -> None:
    """Show a new private frame, whose one reference is the entry's: dirty, writable if the VMA is.

    Mirrors: folio_add_new_anon_rmap, set_pte_at; page_add_new_anon_rmap, maybe_mkwrite (v2.6.18).
    """
    memory, fmt = mm.machine.memory, mm.fmt
    memory.mapping[pfn] = vma.anon_vma
    memory.index[pfn] = linear_page_index(vma, addr)
    memory.mapcount[pfn] += 1
    mm.rss_anon += 1
    pte = fmt.mk_pte(pfn, vma_page_prot(mm, vma)) | fmt.dirty
    mm.pgtable.set(addr_to_vpn(addr), pte | fmt.rw if vma.vm_flags & VM_WRITE else pte)
