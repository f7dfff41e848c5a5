"""mprotect(2) on a window of many protections: what should it do? The series left it out.

    the author of the series   change what pages get that were never remapped, leave the others
    its reviewer               apply to all pages and make the window an ordinary one, or refuse
    as posted                  EACCES, "a stop-gap"; the test is in the wrong place

Mirrors: patch 04, mm/mprotect.c:sys_mprotect; the two wishes are what-ifs of ours.
"""

from __future__ import annotations

from errno import EACCES

from vmalab.arch.pte import PteFormat
from vmalab.mm.flags import VM_MANYPROTS
from vmalab.mm.fremap import vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mprotect import mprotect_fixup
from vmalab.mm.vma import VmArea
from vmalab.uapi.mman import PROT_GROWSDOWN
from vmalab.units import addr_to_vpn, vpn_to_addr

_RULE = "mm/mprotect.c:sys_mprotect"


def refuse_first(mm: MmStruct, start: int, end: int, prot: int) -> int:
    """The posted test: before that for a hole, and of the first VMA alone.

    The errno is set before the test and stays, so what fails next fails with it too: a range that
    begins in a hole is EACCES, whatever VMA follows.
    """
    vma = mm.tree.find(start)
    if vma is None:
        return 0
    if vma.vm_flags & VM_MANYPROTS:
        return mm.refuse(EACCES, "the first VMA has many protections", _RULE)
    if vma.vm_start >= (end if prot & PROT_GROWSDOWN else start + 1):
        return mm.refuse(EACCES, "a hole, and the errno of the test before it", _RULE)
    return 0


def refuse_manyprots(mm: MmStruct, vma: VmArea, start: int, end: int, vm_flags: int) -> int:
    """The test as intended: of each VMA in turn, as that for huge pages is."""
    if vma.vm_flags & VM_MANYPROTS:
        return mm.refuse(EACCES, f"the VMA at {vma.vm_start:#x} has many protections", _RULE)
    return mprotect_fixup(mm, vma, start, end, vm_flags)


def change_default(mm: MmStruct, vma: VmArea, start: int, end: int, vm_flags: int) -> int:
    """What if: only what pages get that were never given rights of their own changes.

    A page counts as never remapped if its entry has just the VMA's protection. So a page that was
    remapped to what the VMA had anyway is carried along: its entry does not tell.
    """
    return _fixup(mm, vma, start, end, vm_flags, all_pages=False)


def change_all(mm: MmStruct, vma: VmArea, start: int, end: int, vm_flags: int) -> int:
    """What if: every page of the range gets the new rights, and the range is uniform again."""
    return _fixup(mm, vma, start, end, vm_flags & ~VM_MANYPROTS, all_pages=True)


def _fixup(
    mm: MmStruct, vma: VmArea, start: int, end: int, vm_flags: int, *, all_pages: bool
) -> int:
    many, old, fmt = vma.vm_flags & VM_MANYPROTS, vma_page_prot(mm, vma), mm.fmt
    before = list(mm.pgtable.entries(addr_to_vpn(start), addr_to_vpn(end))) if many else []
    error = mprotect_fixup(mm, vma, start, end, vm_flags)
    for vpn, pte in before if error == 0 else ():
        if not all_pages and not _is_default(fmt, pte, old):
            mm.set_pte(vpn_to_addr(vpn), pte)
        elif fmt.kind(pte) == "file":
            new = fmt.protection_map[vm_flags & 0xF]
            mm.set_pte(vpn_to_addr(vpn), fmt.pgoff_prot_to_pte(fmt.pte_to_pgoff(pte), new))
    mm.flush_tlb_range(start, end)
    return error


def _is_default(fmt: PteFormat, pte: int, prot: int) -> bool:
    """Has an entry, present or a file's, just the protection that its VMA gives?"""
    if fmt.pte_present(pte):
        return not (fmt.pte_modify(pte, prot) ^ pte) & ~fmt.accessed
    return pte == fmt.pgoff_prot_to_pte(fmt.pte_to_pgoff(pte), prot)
