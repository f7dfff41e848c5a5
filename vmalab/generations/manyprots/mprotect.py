"""mprotect(2) on a window of many protections: what should it do? The series left it out.

    the author of the series   change what pages get that were never remapped, leave the others
    its reviewer               apply to all pages and make the window an ordinary one, or refuse
    as posted                  EACCES, "a stop-gap"; the test is in the wrong place

The two wishes are in :mod:`vmalab.generations.what_if`.
Mirrors: patch 04, mm/mprotect.c:sys_mprotect.
"""

from __future__ import annotations

from errno import EACCES

from vmalab.mm.flags import VM_MANYPROTS
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mprotect import mprotect_fixup
from vmalab.mm.vma import VmArea
from vmalab.uapi.mman import PROT_GROWSDOWN

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
