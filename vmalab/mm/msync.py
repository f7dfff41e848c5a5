"""msync(2) and mincore(2): asking about pages, changing no VMA.

Mirrors: mm/msync.c, mm/mincore.c (v6.18).
"""

from __future__ import annotations

from errno import EBUSY, EINVAL, ENOMEM

from vmalab.mm.flags import VM_LOCKED
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.uapi.mman import MS_ASYNC, MS_INVALIDATE, MS_SYNC
from vmalab.units import WORD_MASK, addr_to_vpn, offset_in_page, page_align, vpn_to_addr

_RULE = "mm/msync.c:msync"
_ENTRY = "mm/msync.c:sys_msync"


def msync(mm: MmStruct, start: int, length: int, flags: int) -> int:
    """msync(2): write a shared mapping's changes back. Holes are passed over, then ENOMEM.

    Raises (as a negative errno):
        EINVAL  unknown flags; MS_ASYNC with MS_SYNC; an unaligned start.
        EBUSY   MS_INVALIDATE over a locked VMA.
        ENOMEM  the range wraps, or holds a hole.
    """
    if error := check_msync(mm, start, flags):
        return error
    end = start + page_align(length)
    if end > WORD_MASK:
        return mm.refuse(ENOMEM, "the range to write back wraps around", _RULE)
    at = start
    for vma in mm.tree.overlapping(start, end):
        if flags & MS_INVALIDATE and vma.vm_flags & VM_LOCKED:
            return mm.refuse(EBUSY, f"the VMA at {vma.vm_start:#x} is locked", _RULE)
        if vma.vm_start <= at:
            at = vma.vm_end
    if at < end:
        return mm.refuse(ENOMEM, f"no VMA holds {at:#x}", _RULE)
    return 0


def check_msync(mm: MmStruct, start: int, flags: int) -> int:
    """-EINVAL if the arguments make no sense, else 0; every kernel asks the same."""
    if flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC):
        return mm.refuse(EINVAL, f"msync flags {flags:#x} have bits that mean nothing", _ENTRY)
    if offset_in_page(start):
        return mm.refuse(EINVAL, f"msync at {start:#x}, which is not page-aligned", _ENTRY)
    if flags & MS_ASYNC and flags & MS_SYNC:
        return mm.refuse(EINVAL, "MS_ASYNC and MS_SYNC together", _ENTRY)
    return 0


def mincore(mm: MmStruct, start: int, length: int) -> int | str:
    """mincore(2): a digit a page, 1 where it is in memory.

    Private memory is in memory once touched; a page of a file also when the page cache holds it.

    Raises (as a negative errno):
        EINVAL  an unaligned start.
        ENOMEM  the range leaves the task's addresses, or holds a hole.
    """
    if offset_in_page(start):
        return mm.refuse(
            EINVAL, f"mincore at {start:#x}, which is not page-aligned", "mm/mincore.c:mincore"
        )
    if start + length > mm.task_size:
        return mm.refuse(
            ENOMEM, "the range asked about leaves the task's addresses", "mm/mincore.c:mincore"
        )
    digits = []
    for vpn in range(addr_to_vpn(start), addr_to_vpn(start + page_align(length))):
        vma = mm.tree.at(vpn_to_addr(vpn))
        if vma is None:
            reason = f"no VMA holds {vpn_to_addr(vpn):#x}, so nothing can be said of it"
            return mm.refuse(ENOMEM, reason, "mm/mincore.c:do_mincore")
        digits.append("1" if _is_in_core(mm, vma, vpn) else "0")
    return "".join(digits)


def _is_in_core(mm: MmStruct, vma: VmArea, vpn: int) -> bool:
    pte = mm.pgtable.get(vpn)
    if mm.fmt.pte_present(pte):
        return True
    if mm.fmt.kind(pte) == "swap":
        return mm.fmt.pte_to_swp_entry(pte)[1] in mm.machine.swap.cache
    if vma.vm_file is None:
        return False
    return vma.vm_file.filemap.frame(linear_page_index(vma, vpn_to_addr(vpn))) >= 0
