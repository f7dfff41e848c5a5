"""From a VMA to its pages' owners, and from a page back to every entry that shows it.

Mirrors: mm/rmap.c (v2.6.18, v6.18); mm/vma.c:find_mergeable_anon_vma (v6.18).

A VMA that writes its first private page beside a neighbour from which it differs only in access
rights takes the neighbour's anon_vma: should mprotect make the two alike again, they can merge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_NONLINEAR
from vmalab.mm.mm_struct import Machine, MmStruct
from vmalab.mm.vma import AnonVma, VmArea, vma_pages
from vmalab.records.events import AnonVmaAttached
from vmalab.units import addr_to_vpn


def anon_vma_prepare(mm: MmStruct, vma: VmArea) -> None:
    """Make sure a VMA has an anon_vma: its own, the next neighbour's, the previous one's, or new.

    Emits: AnonVmaAttached.
    """
    if vma.anon_vma is not None:
        return
    donor = _find_mergeable(mm, vma)
    shared = donor.anon_vma if donor is not None else None
    anon_vma = shared or mm.new_anon_vma()
    attach_anon_vma(mm, vma, anon_vma)
    if mm.emit is not None:
        shared_with = donor.vm_start if donor is not None else None
        mm.emit(AnonVmaAttached(vma.vm_start, vma.vm_end, anon_vma.number, shared_with))


def attach_anon_vma(mm: MmStruct, vma: VmArea, anon_vma: AnonVma | None) -> None:
    """Give a VMA of the tree an anon_vma (or none), and the anon_vma's list the VMA."""
    mm.unlink_rmap(vma)
    vma.anon_vma = anon_vma
    mm.link_rmap(vma)


def _find_mergeable(mm: MmStruct, vma: VmArea) -> VmArea | None:
    """The neighbour whose anon_vma the VMA may share: the next one first, then the previous."""
    following = mm.tree.after(vma)
    if following is not None and _reusable(mm, vma, following, following):
        return following
    prev = mm.tree.before(vma.vm_start)
    if prev is not None and _reusable(mm, prev, vma, prev):
        return prev
    return None


def _reusable(mm: MmStruct, low: VmArea, high: VmArea, donor: VmArea) -> bool:
    """Has ``donor`` an anon_vma that is not inherited through fork, and are the two alike?"""
    return (
        donor.anon_vma is not None
        and donor.anon_vma.parent is None
        and low.vm_end == high.vm_start
        and mm.policy.anon_vma_compatible(low, high)
    )


def vmas_of(mapping: object) -> list[tuple[VmArea, MmStruct]]:
    """The VMAs that map a file, or may hold pages of an anon_vma, with their address spaces."""
    vmas: object = {}
    if isinstance(mapping, AnonVma):
        vmas = mapping.vmas
    elif isinstance(mapping, Filemap):
        vmas = mapping.i_mmap
    return list(cast("dict[VmArea, MmStruct]", vmas).items())


def page_mappings(machine: Machine, pfn: int) -> Iterator[tuple[MmStruct, VmArea, int]]:
    """Every place that shows a frame: address space, VMA and virtual page number.

        frame  ->  what it is a page of (anon_vma or file)  ->  VMAs of that  ->  their entries

    In a nonlinear VMA a page of the file may be anywhere, so it is not looked for there (2.6).
    Mirrors: rmap_walk, page_vma_mapped_walk.
    """
    mapping, index = machine.memory.mapping[pfn], machine.memory.index[pfn]
    for vma, mm in vmas_of(mapping):
        if vma.vm_flags & VM_NONLINEAR and isinstance(mapping, Filemap):
            continue
        if vma.vm_pgoff <= index < vma.vm_pgoff + vma_pages(vma):
            vpn = addr_to_vpn(vma.vm_start) + index - vma.vm_pgoff
            pte = mm.pgtable.get(vpn)
            if mm.fmt.pte_present(pte) and mm.fmt.pte_pfn(pte) == pfn:
                yield mm, vma, vpn
