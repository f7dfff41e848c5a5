"""linux-2.6-manyprots: 2.6.18 with the remap_file_pages protection series of 2006 applied.

    variant    posted           entries                                       patches
    2006-04    30 April 2006    "no access" is PROTNONE in a file entry       00 to 14
    v4         26 August 2006   "no access" has a bit of its own, bit 8       01 to 13

Every override stands for a hunk of the series, which its docstring names, and by the number it had
in April. ``bugs="as-posted"`` is the series as real kernels built with it behaved;
``"as-intended"`` mends what its author would have called a bug. The mails said that the series was
unfinished; what it did wrong is told here with that in mind.

    mended where            what was posted
    page_fault_access       x86_64 took the processor's "page is there" for "it was a write"
    remap_file_pages        MANYPROTS was never set on what was nonlinear already; undefined bits of
                            prot passed; so did a private mapping, if nothing would change
    mprotect                a hole was EACCES, and only the first VMA was looked at
    faultin_page            get_user_pages forgot that it wanted to write, and looped
    pte_bits                FILE and DIRTY are one bit, so that in April ordinary PROT_NONE memory
                            looked like a file entry (i386), or the other way round (x86_64); NX was
                            not saved
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from vmalab.arch.mmu import PF_INSTR, PF_PROT, PF_WRITE
from vmalab.generations.manyprots.fremap import remap_file_pages
from vmalab.generations.manyprots.mprotect import refuse_first, refuse_manyprots
from vmalab.generations.v2_6 import Linux26
from vmalab.mm.fault_result import FAULT_ACCERR, is_fatal
from vmalab.mm.flags import VM_MANYPROTS
from vmalab.mm.map_page import vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mprotect import mprotect
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.uapi.errors import FaultLoop
from vmalab.units import addr_to_vpn

Variant = Literal["2006-04", "v4"]
Bugs = Literal["as-posted", "as-intended"]
VARIANTS: Final[tuple[Variant, ...]] = ("2006-04", "v4")


class ManyProts(Linux26):
    """2.6.18 with the protection series: each page of a shared window may have rights of its own.

    Evidence: transcripts of kernels built with the series, compared line by line.

    Evidence as-intended: none but the mails; no kernel like this was ever built.

    Raises:
        ValueError: no such variant, no such state of its bugs, or no such machine.
    """

    def __init__(
        self,
        arch: str = "x86_64",
        *,
        variant: Variant = "v4",
        bugs: Bugs = "as-posted",
        sizeof_vma: int | None = None,
    ) -> None:
        if variant not in VARIANTS or bugs not in {"as-posted", "as-intended"}:
            msg = f"no series {variant} {bugs}: choose 2006-04 or v4, as-posted or as-intended"
            raise ValueError(msg)
        self.mended = bugs == "as-intended"
        self.name = f"linux-2.6-manyprots-{variant}" + ":as-intended" * self.mended
        self.pte_bits = variant + "-mended" * self.mended
        super().__init__(arch, sizeof_vma=sizeof_vma)
        calls: dict[str, Callable[..., int | str]] = {
            "remap_file_pages": partial(remap_file_pages, mended=True)
            if self.mended
            else remap_file_pages,
            "mprotect": partial(mprotect, fixup=refuse_manyprots)
            if self.mended
            else partial(mprotect, before=refuse_first),
        }
        self.syscalls = {**Linux26.syscalls, **calls}

    def page_fault_access(
        self, mm: MmStruct, vma: VmArea, addr: int, error_code: int
    ) -> bool | None:
        """Patch 08, arch/*/mm/fault.c: in a MANYPROTS area the handler no longer asks the VMA.

        It only finds out whether to write; i386 looks at the write bit. As posted, x86_64 looks at
        the protection bit, so a fetch from a page that is there but not executable is a "write",
        and on a writable page loops. As intended, such a fetch is refused.
        """
        if not vma.vm_flags & VM_MANYPROTS:
            return super().page_fault_access(mm, vma, addr, error_code)
        if not self.mended:
            return bool(error_code & (PF_PROT if self.arch == "x86_64" else PF_WRITE))
        if error_code & PF_INSTR and error_code & PF_PROT:
            return None
        return bool(error_code & PF_WRITE)

    def handle_mm_fault(self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
        """Patches 08 and 09, mm/memory.c:handle_pte_fault: who may do what, page by page.

        entry        asked
        none, swap   vm_page_prot, of which the page will get its rights
        file         nobody: the page comes with the rights it was saved with, and the access
                     faults again if they do not suffice
        present      the entry itself: another thread may have just brought the page
        """
        if vma.vm_flags & VM_MANYPROTS:
            pte = mm.pgtable.get(addr_to_vpn(addr))
            kind = mm.fmt.kind(pte)
            prot = vma_page_prot(mm, vma) if kind in {"none", "swap"} else pte
            if kind != "file" and not prot & (mm.fmt.rw if write else mm.fmt.user):
                mm.count_fault(FAULT_ACCERR)
                return FAULT_ACCERR
        return super().handle_mm_fault(mm, vma, addr, write=write)

    def pte_to_pgprot(self, mm: MmStruct, vma: VmArea, pte: int) -> int:
        """Patch 03, mm/memory.c:do_file_page: the saved protection, in a MANYPROTS area only."""
        if vma.vm_flags & VM_MANYPROTS:
            return mm.fmt.pte_to_pgprot(pte)
        return super().pte_to_pgprot(mm, vma, pte)

    def pte_left_behind(self, mm: MmStruct, vma: VmArea, addr: int, pte: int) -> int:
        """Patch 03, save_nonlinear_pte: offset *and* protection, where either is not the VMA's.

        Every nonlinear area is treated so, MANYPROTS or not. What is compared is the protection as
        the entry could save it, and that has its quirks: April's never equals one with NX, and v4's
        has no USER, PRESENT or ACCESSED, so it never equals any, and each page leaves an entry.
        """
        index = mm.machine.memory.index[mm.fmt.pte_pfn(pte)]
        prot = mm.fmt.pte_to_pgprot(pte)
        if index == linear_page_index(vma, addr) and prot == vma_page_prot(mm, vma):
            return 0
        return mm.fmt.pgoff_prot_to_pte(index, prot)

    def faultin_page(
        self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool, copied: bool
    ) -> int:
        """Patch 10 ("*Untested*"), mm/memory.c:get_user_pages: mlock and MAP_LOCKED at work.

        As posted, one copy on write makes it forget that it wants to write: the pages after it are
        only read, which makes none of them writable, for ever. As intended it remembers, and a page
        that is read-only by its own entry is brought in for reading.
        """
        wanted = write and (self.mended or not copied)
        result = self.handle_mm_fault(mm, vma, addr, write=wanted)
        if self.mended and result == FAULT_ACCERR and write:
            return self.handle_mm_fault(mm, vma, addr, write=False)
        pte = mm.pgtable.get(addr_to_vpn(addr))
        if write and not wanted and not is_fatal(result) and not mm.fmt.pte_write(pte):
            raise FaultLoop(addr, "write", 0, "get_user_pages asks to read, and waits for RW")
        return result
