"""An address space as a record: what views draw and programs' runs keep.

Mirrors: fs/proc/task_mmu.c:get_vma_name (v6.18).
"""

from __future__ import annotations

from vmalab.mm.flags import flag_letters, perms
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import ZERO_PFN
from vmalab.mm.vma import AnonVma, VmArea
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.units import vpn_to_addr

ALL_PAGES = 1 << 40
"""More virtual pages than any architecture here has."""


def snapshot(mm: MmStruct) -> Snapshot:
    """The whole address space at rest."""
    return Snapshot(
        vmas=tuple(vma_row(mm, vma) for vma in mm.tree),
        present=tuple(
            (vpn_to_addr(vpn), entry_kind(mm, pte)) for vpn, pte in mm.pgtable.entries(0, ALL_PAGES)
        ),
        total_vm=mm.total_vm,
        locked_vm=mm.locked_vm,
        start_brk=mm.start_brk,
        brk=mm.brk,
    )


def vma_row(mm: MmStruct, vma: VmArea) -> VmaRow:
    """One line of /proc/PID/maps and its VmFlags; a private anonymous area prints offset 0."""
    return VmaRow(
        vma.vm_start,
        vma.vm_end,
        perms(vma.vm_flags),
        vma.vm_pgoff if vma.vm_file is not None else 0,
        backing_of(mm, vma),
        flag_letters(vma.vm_flags),
        vma.anon_vma.number if vma.anon_vma is not None else None,
    )


def entry_kind(mm: MmStruct, pte: int) -> str:
    """What an entry shows: ``anon``, ``zero``, ``file``; holds: ``swap``, ``guard``, ``note``."""
    if not mm.fmt.pte_present(pte):
        kind = mm.fmt.kind(pte)
        return {"marker": "guard", "file": "note"}.get(kind, kind)
    pfn = mm.fmt.pte_pfn(pte)
    if pfn == ZERO_PFN:
        return "zero"
    return "anon" if isinstance(mm.machine.memory.mapping[pfn], AnonVma) else "file"


def backing_of(mm: MmStruct, vma: VmArea) -> str:
    """What is behind a VMA: a file's name, the heap, or nothing but memory.

    Mirrors: fs/proc/task_mmu.c:get_vma_name, include/linux/mm.h:vma_is_initial_heap.
    """
    if vma.vm_file is not None:
        return vma.vm_file.filemap.name
    is_heap = vma.vm_start < mm.brk and vma.vm_end > mm.start_brk
    return "[heap]" if is_heap else "anon"
