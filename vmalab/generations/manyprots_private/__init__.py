"""linux-2.6-manyprots-private: COUNTERFACTUAL. What the article hoped the patch could do.

No such kernel was ever written. Private mappings may show their file's pages in any order, each
with rights of its own, and mprotect(2) cuts no VMA in two: a page's rights are in its entry. See
docs/decisions for what was decided, and :mod:`vmalab.arch.own_rights` for the bits.

    2.6     | r-x | --- | r-- | rw- |     four VMAs of a library's file, after its relocation
    here    |          r-x          |     one VMA; the entries have the rest
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vmalab.generations.manyprots_private.page import handle_page, page_of, set_rights
from vmalab.generations.manyprots_private.remap import own_rights_behind, remap_file_pages
from vmalab.generations.v2_6 import Linux26
from vmalab.mm.fault_result import FAULT_ACCERR
from vmalab.mm.flags import VM_ACCESS_FLAGS, VM_MANYPROTS, VM_WRITE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mprotect import mprotect
from vmalab.mm.vma import VmArea


class ManyProtsPrivate(Linux26):
    """COUNTERFACTUAL: 2.6.18 in which a page's rights are its entry's, in private mappings too.

    Evidence: none, a what-if; but its programs find the memory that they find on linux-2.6.
    """

    name = "linux-2.6-manyprots-private"
    pte_bits = "private"

    def __init__(self, arch: str = "x86_64", *, sizeof_vma: int | None = None) -> None:
        super().__init__(arch, sizeof_vma=sizeof_vma)
        calls: dict[str, Callable[..., int | str]] = {
            "mprotect": partial(mprotect, fixup=set_rights),
            "remap_file_pages": remap_file_pages,
        }
        self.syscalls = {**Linux26.syscalls, **calls}

    def page_fault_access(
        self, mm: MmStruct, vma: VmArea, addr: int, error_code: int
    ) -> bool | None:
        """Counterfactual: 2.6's own questions, asked of the page instead of the VMA."""
        return super().page_fault_access(mm, page_of(mm, vma, addr), addr, error_code)

    def handle_mm_fault(self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
        """Counterfactual: 2.6's own answer, for a VMA that is just this page."""
        if not vma.vm_flags & VM_MANYPROTS:
            return super().handle_mm_fault(mm, vma, addr, write=write)
        return handle_page(mm, vma, addr, super().handle_mm_fault, write=write)

    def faultin_page(
        self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool, copied: bool
    ) -> int:
        """Counterfactual: mlock only reads a read-only page, and refuses one of no rights."""
        rights = page_of(mm, vma, addr).vm_flags & VM_ACCESS_FLAGS
        if not rights:
            return FAULT_ACCERR
        return self.handle_mm_fault(mm, vma, addr, write=write and bool(rights & VM_WRITE))

    def pte_left_behind(self, mm: MmStruct, vma: VmArea, addr: int, pte: int) -> int:
        """Counterfactual: what is put out or dropped leaves its offset and its rights."""
        return own_rights_behind(mm, vma, addr, pte)
