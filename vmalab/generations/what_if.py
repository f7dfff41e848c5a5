"""What if mprotect(2) had an answer for a window of many protections? No kernel had either.

    before            | rw  | r-  | rw  | --  |      VMA rw-; pages 1 and 3 were remapped
    mprotect(r--)
      only the default  | r-  | r-  | r-  | --  |      VMA r--, still of many protections
      all, and clear    | r-  | r-  | r-  | r-  |      VMA r--, an ordinary one again

The author of the series wished for the first, its reviewer for the second; EACCES was posted.
"""

from __future__ import annotations

from functools import partial

from vmalab.arch.pte import PteFormat
from vmalab.generations.manyprots import ManyProts
from vmalab.mm.flags import VM_MANYPROTS
from vmalab.mm.map_page import vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mprotect import mprotect, mprotect_fixup
from vmalab.mm.vma import VmArea
from vmalab.units import addr_to_vpn, vpn_to_addr


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


class MprotectDefault(ManyProts):
    """What if: August's series as intended, and mprotect changes only the default of its windows.

    Evidence: none, a what-if: the author's wish for what the series left out.

    Raises:
        ValueError: no such machine.
    """

    _fixup = staticmethod(change_default)
    _suffix = ":mprotect-default"

    def __init__(self, arch: str = "x86_64", *, sizeof_vma: int | None = None) -> None:
        super().__init__(arch, bugs="as-intended", sizeof_vma=sizeof_vma)
        self.name = "linux-2.6-manyprots-v4" + self._suffix
        self.syscalls = {**self.syscalls, "mprotect": partial(mprotect, fixup=self._fixup)}


class MprotectAll(MprotectDefault):
    """What if: August's series as intended, and mprotect makes its windows uniform again.

    Evidence: none, a what-if: the reviewer's wish for what the series left out.
    """

    _fixup = staticmethod(change_all)
    _suffix = ":mprotect-all"
