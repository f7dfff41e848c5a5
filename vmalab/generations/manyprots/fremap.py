"""remap_file_pages(2) with MAP_CHGPROT: another page of the file, and other rights, in one VMA.

    mmap            window  |  0 rw |  1 rw |  2 rw |        one VMA, rw-s
    remap_file_pages(page 1, one page, PROT_READ, pgoff 9, MAP_CHGPROT)
                    window  |  0 rw |  9 r- |  2 rw |        one VMA, rw-s nl mp

Mirrors: mm/fremap.c:sys_remap_file_pages with patches 05 to 07 and 12.
"""

from __future__ import annotations

from errno import EINVAL, EOVERFLOW, EPERM

from vmalab.mm.flags import MAY_SHIFT, VM_ACCESS_FLAGS, VM_MANYPROTS, VM_NONLINEAR, VM_SHARED
from vmalab.mm.fremap import RULE, populate, refuse_to_populate, set_nonlinear, vma_to_remap
from vmalab.mm.map_page import vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.uapi.mman import MAP_CHGPROT


def remap_file_pages(
    mm: MmStruct, start: int, size: int, prot: int, pgoff: int, flags: int, *, mended: bool = False
) -> int:
    """Show file page ``pgoff`` and on at ``start`` (bytes); with MAP_CHGPROT, with rights ``prot``.

    Without MAP_CHGPROT the pages get the VMA's own protection. Protections are compared as the
    hardware knows them: where there is no NX, PROT_READ and PROT_EXEC are one. A private mapping
    may be populated, but not rearranged.

    Raises (as a negative errno):
        EINVAL     prot without MAP_CHGPROT; what 2.6.18 refuses.
        EOVERFLOW  the offset does not fit an entry.
        EPERM      a right that the mapping can never have.
        ENOMEM     no frame for a page.
    """
    known = VM_ACCESS_FLAGS if mended else prot
    error, vma = check_remap(mm, start, size, prot, pgoff, flags, known)
    if vma is None:
        return error
    default = pgprot = vma_page_prot(mm, vma)
    if flags & MAP_CHGPROT:
        pgprot = mm.fmt.protection_map[prot & VM_ACCESS_FLAGS | VM_SHARED]
    moved = pgprot != default or pgoff != linear_page_index(vma, start)
    if not vma.vm_flags & VM_SHARED and (moved or (mended and flags & MAP_CHGPROT)):
        return mm.refuse(EINVAL, "a private mapping keeps its order and its protection", RULE)
    if moved and (mended or not vma.vm_flags & VM_NONLINEAR):
        set_nonlinear(vma)
        if pgprot != default:  # as posted, only with NONLINEAR: patch 12 put the one into the other
            vma.vm_flags |= VM_MANYPROTS
    error = populate(mm, vma, start, size, pgprot, pgoff, flags)
    return error and refuse_to_populate(mm, error, size, pgoff)


def check_remap(
    mm: MmStruct, start: int, size: int, prot: int, pgoff: int, flags: int, known: int
) -> tuple[int, VmArea | None]:
    """The VMA that a call is about, or a negative errno: the checks up to EPERM, in their order.

    ``known`` are the bits of ``prot`` that may be set.
    """
    if prot and not flags & MAP_CHGPROT:
        return mm.refuse(EINVAL, f"prot {prot:#x} without MAP_CHGPROT", RULE), None
    if prot & ~known:
        return mm.refuse(EINVAL, f"prot {prot:#x} has bits that no entry can keep", RULE), None
    error, vma = vma_to_remap(mm, start, size, pgoff, EOVERFLOW)
    if vma is None:
        return error, None
    if prot & VM_ACCESS_FLAGS & ~(vma.vm_flags >> MAY_SHIFT):
        return mm.refuse(EPERM, f"the mapping may never have all rights of {prot:#x}", RULE), None
    return 0, vma
