"""fork(2): a second address space with the same mappings.

Mirrors: mm/mmap.c:dup_mmap, mm/rmap.c:anon_vma_fork (v6.18).
"""

from __future__ import annotations

from vmalab.mm.flags import VM_DONTCOPY, VM_LOCKED_MASK, VM_MAYBE_GUARD, VM_WIPEONFORK
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea, vma_pages
from vmalab.units import addr_to_vpn


def dup_mmap(parent: MmStruct) -> MmStruct:
    """A child's copy of an address space.

    DONTFORK areas stay behind; WIPEONFORK areas come along empty; nothing is locked. An area that
    holds private pages gets an anon_vma of its own whose parent is the one it came from: until the
    pages are copied both processes map them, so it absorbs no neighbour.
    """
    child = MmStruct(parent.policy, parent.machine)
    child.emit = parent.emit
    child.limits = parent.limits
    child.mmap_base, child.lowest_addr = parent.mmap_base, parent.lowest_addr
    child.start_brk, child.brk = parent.start_brk, parent.brk
    for vma in parent.tree:
        if vma.vm_flags & VM_DONTCOPY:
            continue
        copy = vma.copy(vma.vm_start, vma.vm_end, vma.vm_pgoff)
        copy.vm_flags &= ~VM_LOCKED_MASK
        wiped = bool(vma.vm_flags & VM_WIPEONFORK)
        if vma.anon_vma is not None:
            copy.anon_vma = None if wiped else child.new_anon_vma(vma.anon_vma)
        child.tree.insert(copy)
        child.account_vm(copy.vm_flags, vma_pages(copy))
        if not wiped and _needs_copy(vma):
            _copy_pages(parent, child, addr_to_vpn(vma.vm_start), addr_to_vpn(vma.vm_end))
    return child


def _needs_copy(vma: VmArea) -> bool:
    """Does the area hold entries that the child could not get again by faulting?

    Mirrors: mm/memory.c:vma_needs_copy.
    """
    return vma.anon_vma is not None or bool(vma.vm_flags & VM_MAYBE_GUARD)


def _copy_pages(parent: MmStruct, child: MmStruct, first: int, last: int) -> None:
    for vpn in parent.pages.within(first, last):
        kind = parent.pages.get(vpn)
        if kind is not None:
            child.pages.set(vpn, kind)
