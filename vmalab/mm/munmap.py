"""munmap(2): take a range out of the address space.

Mirrors: mm/vma.c:do_vmi_munmap, vms_gather_munmap_vmas (v6.18); mm/mmap.c:do_munmap (v2.6.18).
"""

from __future__ import annotations

from errno import EINVAL, ENOMEM

from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.modify import split_vma
from vmalab.mm.truncate import release_if_orphan
from vmalab.mm.vma import VmArea, vma_pages
from vmalab.mm.zap import zap_ptes
from vmalab.records.events import VmaRemoved
from vmalab.units import PAGE_SIZE, page_align


def munmap(mm: MmStruct, addr: int, length: int) -> int:
    """munmap(2): unmap every page of ``addr <= a < addr + length`` (bytes).

    Holes are no error. Returns 0.

    Raises (as a negative errno):
        EINVAL  addr is unaligned, length is 0, or the range leaves the task's addresses.
        ENOMEM  the middle of a VMA would go, and the process may have no more VMAs.
    """
    if addr % PAGE_SIZE:
        return mm.refuse(EINVAL, f"addr {addr:#x} is not page-aligned", _RULE)
    if addr > mm.task_size or length > mm.task_size - addr:
        reason = f"the range of {length:#x} bytes at {addr:#x} leaves the task's addresses"
        return mm.refuse(EINVAL, reason, _RULE)
    if not length:
        return mm.refuse(EINVAL, "there is nothing to unmap: length is 0", _RULE)
    return do_munmap(mm, addr, addr + (page_align(length) if length % PAGE_SIZE else length))


_RULE = "mm/vma.c:do_vmi_munmap"


def do_munmap(mm: MmStruct, start: int, end: int) -> int:
    """Unmap a page-aligned range; see :func:`munmap`."""
    vma = mm.tree.at(start)
    if vma is not None and vma.vm_start == start and vma.vm_end == end:
        remove(mm, [vma])  # a whole VMA, as most often: there is nothing to cut
        return 0
    victims = gather(mm, start, end)
    if isinstance(victims, int):
        return victims
    remove(mm, victims)
    return 0


def gather(mm: MmStruct, start: int, end: int) -> list[VmArea] | int:
    """Cut the VMAs at the edges of a range, so that whole ones lie inside; those, in order.

        before   |------ A ------|  |-- B --|    |----- C -----|
        range            [--------------------------------)
        after    |-- A --|-- a --|  |-- B --|    |--- c ---|C--|
        gathered          a          B            c

    Cutting one VMA at both ends leaves one more than before, so it is refused at the limit.
    Unmapping takes the middle out, but the tree is cut before it is thinned. Old kernels refused
    any cut at the limit, though a piece was about to go.
    """
    overlapping = mm.tree.overlapping(start, end)
    if not overlapping:
        return overlapping
    first, last = overlapping[0], overlapping[-1]
    if first.vm_start < start:
        counts = first.vm_end > end or mm.policy.every_cut_counts
        if counts and not mm.may_split():
            return _no_room_to_cut(mm, start, end)
        overlapping[0] = split_vma(mm, first, start)
        last = overlapping[-1]
    if last.vm_end > end:
        if mm.policy.every_cut_counts and not mm.may_split():
            return _no_room_to_cut(mm, start, end)
        split_vma(mm, last, end)
    return overlapping


def _no_room_to_cut(mm: MmStruct, start: int, end: int) -> int:
    return mm.refuse(
        ENOMEM,
        f"unmapping {start:#x}-{end:#x} would leave a VMA beside what goes, and the process has"
        f" {mm.map_count} VMAs of the {mm.policy.max_map_count} it may have",
        "mm/vma.c:vms_gather_munmap_vmas",
    )


def remove(mm: MmStruct, victims: list[VmArea]) -> None:
    """Zap the pages of whole VMAs and take them out of the tree.

    Emits: VmaRemoved for each.
    """
    if victims:
        start, end = victims[0].vm_start, victims[-1].vm_end
        if ptes := mm.pgtable.entries(start // PAGE_SIZE, end // PAGE_SIZE):
            zap_ptes(mm, start, end, ptes)
    for vma in victims:
        mm.erase_vma(vma)
        if vma.vm_file is not None and not vma.vm_file.filemap.i_mmap:
            release_if_orphan(mm.machine, vma.vm_file.filemap)
        mm.account_vm(vma.vm_flags, (vma.vm_start - vma.vm_end) // PAGE_SIZE)
        if mm.emit is not None:
            mm.emit(VmaRemoved(vma.vm_start, vma.vm_end))


def exit_mmap(mm: MmStruct) -> None:
    """The end of an address space: every page, table and swap slot is given back.

    Mirrors: mm/mmap.c:exit_mmap.
    """
    mm.listen(None)
    do_munmap(mm, 0, mm.task_size)
    mm.pgtable.destroy()


def nr_pages_of(victims: list[VmArea]) -> int:
    """How many pages whole VMAs span together."""
    nr_pages = 0
    for vma in victims:
        nr_pages += vma_pages(vma)
    return nr_pages
