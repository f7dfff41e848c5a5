"""COUNTERFACTUAL: remap_file_pages(2) on private mappings, and what is left of a page put out."""

from __future__ import annotations

from errno import EINVAL, ENOMEM, EOVERFLOW

from vmalab.arch.own_rights import RIGHTS_SHIFT
from vmalab.generations.manyprots.fremap import check_remap
from vmalab.generations.manyprots_private.page import (
    file_entry,
    offsets_fit,
    page_of,
    set_many_protections,
)
from vmalab.mm.fault_result import is_fatal
from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_ACCESS_FLAGS, VM_MANYPROTS, VM_SHARED
from vmalab.mm.fremap import RULE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.mm.zap import zap_pte
from vmalab.uapi.mman import MAP_CHGPROT, MAP_NONBLOCK
from vmalab.units import addr_to_vpn, bytes_to_pages, page_align_down, pages_to_bytes


def remap_file_pages(mm: MmStruct, start: int, size: int, prot: int, pgoff: int, flags: int) -> int:
    """Show file page ``pgoff`` and on at ``start`` (bytes), with rights ``prot`` if MAP_CHGPROT.

    A private mapping is rearranged only with MAP_CHGPROT, so programs of 2.6 meet the refusals
    they know; without it a page keeps its rights, as it does where mprotect has cut a VMA for it.
    What the pages held is dropped, private copies too, as a MAP_FIXED mapping drops it.

    Raises (as a negative errno): EINVAL, EOVERFLOW, EPERM and ENOMEM as the series as intended.
    """
    error, vma = check_remap(mm, start, size, prot, pgoff, flags, VM_ACCESS_FLAGS)
    if vma is None:
        return error
    assert vma.vm_file is not None
    start, nr_pages, filemap = page_align_down(start), bytes_to_pages(size), vma.vm_file.filemap
    if not flags & MAP_CHGPROT and not vma.vm_flags & VM_SHARED:
        return mm.refuse(EINVAL, "a private mapping is rearranged with MAP_CHGPROT only", RULE)
    if pgoff + nr_pages > filemap.nr_pages:
        return mm.refuse(EINVAL, f"the file has but {filemap.nr_pages} pages to show", RULE)
    if not offsets_fit(mm, vma):
        return mm.refuse(EOVERFLOW, "an entry cannot name the pages that the window has now", RULE)
    set_many_protections(mm, vma)
    for page in range(nr_pages):
        addr = start + pages_to_bytes(page)
        vpn = addr_to_vpn(addr)
        if not mm.pgtable.ensure(vpn):
            return mm.refuse(ENOMEM, "no frame is free for a table of entries with rights", RULE)
        rights = prot if flags & MAP_CHGPROT else page_of(mm, vma, addr).vm_flags
        if pte := mm.pgtable.get(vpn):
            zap_pte(mm, vpn, pte)
        mm.pgtable.set(vpn, file_entry(mm, vma, pgoff + page, rights))
        if flags & MAP_NONBLOCK and filemap.frame(pgoff + page) < 0:
            continue
        if is_fatal(mm.policy.handle_mm_fault(mm, vma, addr, write=False)):
            return mm.refuse(ENOMEM, "no frame is free for a page to show", RULE)
    mm.flush_tlb_range(start, start + pages_to_bytes(nr_pages))
    return 0


def own_rights_behind(mm: MmStruct, vma: VmArea, addr: int, pte: int) -> int:
    """The file entry of a page that is put out or dropped; nothing, if the VMA says all of it.

    A private copy that is dropped makes way for the page that the VMA has there by its order: from
    which page of the file it was copied is not kept.
    """
    linear, pfn = linear_page_index(vma, addr), mm.fmt.pte_pfn(pte)
    of_file = mm.fmt.pte_present(pte) and isinstance(mm.machine.memory.mapping[pfn], Filemap)
    index = mm.machine.memory.index[pfn] if of_file else linear
    rights = pte >> RIGHTS_SHIFT if vma.vm_flags & VM_MANYPROTS else vma.vm_flags
    if index == linear and not (rights ^ vma.vm_flags) & VM_ACCESS_FLAGS:
        return 0
    return file_entry(mm, vma, index, rights)
