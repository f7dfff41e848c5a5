"""fork(2): a second address space with the same mappings.

Mirrors: mm/mmap.c:dup_mmap, mm/rmap.c:anon_vma_fork (v6.18).
"""

from __future__ import annotations

from vmalab.mm.flags import (
    VM_DONTCOPY,
    VM_LOCKED_MASK,
    VM_MANYPROTS,
    VM_MAYBE_GUARD,
    VM_MAYWRITE,
    VM_NONLINEAR,
    VM_SHARED,
    VM_WIPEONFORK,
)
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.munmap import exit_mmap
from vmalab.mm.page_alloc import PG_EXCLUSIVE, ZERO_PFN, MemMap
from vmalab.mm.vma import AnonVma, VmArea, vma_pages
from vmalab.mm.zap import must_show_a_frame
from vmalab.uapi.errors import OutOfMemory
from vmalab.units import addr_to_vpn, vpn_to_addr

_OWN_ENTRIES = VM_MAYBE_GUARD | VM_NONLINEAR | VM_MANYPROTS


def dup_mmap(parent: MmStruct) -> MmStruct:
    """A child's copy of an address space.

    DONTFORK areas stay behind; WIPEONFORK areas come along empty; nothing is locked. An area that
    holds private pages gets an anon_vma of its own whose parent is the one it came from: until the
    pages are copied both processes map them, so it absorbs no neighbour.

    Raises:
        OutOfMemory: no frame for one of the child's page tables; there is no child then.
    """
    child = MmStruct(parent.policy, parent.machine)
    child.listen(parent.emit)
    child.limits = parent.limits
    child.mmap_base, child.lowest_addr = parent.mmap_base, parent.lowest_addr
    child.stack_pointer = parent.stack_pointer
    child.start_brk, child.brk = parent.start_brk, parent.brk
    try:
        for vma in parent.tree:
            if not vma.vm_flags & VM_DONTCOPY:
                _copy_vma(parent, child, vma)
    except OutOfMemory:
        exit_mmap(child)
        raise
    finally:
        parent.flush_tlb_range(0, parent.task_size)
    return child


def _copy_vma(parent: MmStruct, child: MmStruct, vma: VmArea) -> None:
    copy = vma.copy(vma.vm_start, vma.vm_end, vma.vm_pgoff)
    copy.vm_flags &= ~VM_LOCKED_MASK
    wiped = bool(vma.vm_flags & VM_WIPEONFORK)
    if vma.anon_vma is not None:
        copy.anon_vma = None if wiped else child.policy.anon_vma_fork(child, vma.anon_vma)
    child.insert_vma(copy)
    child.account_vm(copy.vm_flags, vma_pages(copy))
    if not wiped and _needs_copy(vma):
        copy_page_range(parent, child, vma)


def _needs_copy(vma: VmArea) -> bool:
    """Does the area hold entries that the child could not get again by faulting?

    Mirrors: mm/memory.c:vma_needs_copy (v6.18), copy_page_range (v2.6.18).
    """
    return vma.anon_vma is not None or bool(vma.vm_flags & _OWN_ENTRIES)


def copy_page_range(parent: MmStruct, child: MmStruct, vma: VmArea) -> None:
    """Give the child the parent's entries; what is private and writable becomes read-only in both.

        before   parent  -- rw -->  frame
        after    parent  -- r  -->  frame  <-- r  --  child

    Mirrors: mm/memory.c:copy_pte_range.
    """
    fmt, memory, swap = parent.fmt, parent.machine.memory, parent.machine.swap
    cow = vma.vm_flags & (VM_SHARED | VM_MAYWRITE) == VM_MAYWRITE
    first, last = addr_to_vpn(vma.vm_start), addr_to_vpn(vma.vm_end)
    for vpn, _ in list(parent.pgtable.entries(first, last)):
        if not child.pgtable.ensure(vpn):
            raise OutOfMemory(vpn_to_addr(vpn), "write", 0, "no frame is free for a page table")
        pte = parent.pgtable.get(vpn)  # as it is now: making room may have put pages out
        if fmt.pte_present(pte):
            must_show_a_frame(parent, pte)
            if cow and fmt.pte_write(pte):
                pte &= ~fmt.rw
                parent.set_pte(vpn_to_addr(vpn), pte)
            _share_frame(child, memory, fmt.pte_pfn(pte))
            pte &= ~fmt.accessed
            if vma.vm_flags & VM_SHARED:
                pte &= ~fmt.dirty
        elif fmt.kind(pte) == "swap":
            swap.duplicate(fmt.pte_to_swp_entry(pte)[1])
            child.nr_swap += 1
        if pte:
            child.set_pte(vpn_to_addr(vpn), pte)


def _share_frame(child: MmStruct, memory: MemMap, pfn: int) -> None:
    if pfn == ZERO_PFN:
        return
    memory.get_page(pfn)
    memory.mapcount[pfn] += 1
    if isinstance(memory.mapping[pfn], AnonVma):
        memory.flags[pfn] &= ~PG_EXCLUSIVE
        child.rss_anon += 1
    else:
        child.rss_file += 1
