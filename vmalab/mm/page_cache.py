"""Getting a file's page into a frame: from the page cache, from swap, from disk, or new.

Mirrors: mm/filemap.c:filemap_fault, mm/shmem.c:shmem_get_folio (v6.18); shmem_getpage (v2.6.18).
"""

from __future__ import annotations

from vmalab.mm.fault_result import FAULT_MAJOR, FAULT_MINOR
from vmalab.mm.filemap import Filemap, swap_value
from vmalab.mm.mm_struct import Machine
from vmalab.mm.page_alloc import PG_DIRTY, PG_REFERENCED, PG_SWAPCACHE
from vmalab.mm.radix import EMPTY
from vmalab.units import PAGE_SIZE

OUT_OF_MEMORY = -1


def filemap_get_page(machine: Machine, filemap: Filemap, index: int) -> tuple[int, int]:
    """The frame of a file's page, and FAULT_MAJOR if a device had to be read, else FAULT_MINOR.

    The frame is held by the page cache; the caller takes hold of it for itself. The number is
    ``OUT_OF_MEMORY`` where no frame could be had.

    Requires: the page lies within the file.
    """
    memory = machine.memory
    pfn = filemap.i_pages.get(index)
    if pfn >= 0:
        memory.flags[pfn] |= PG_REFERENCED
        return pfn, FAULT_MINOR
    if pfn != EMPTY:
        return _swap_in(machine, filemap, index, swap_value(pfn))
    pfn = memory.alloc_page(PG_REFERENCED)
    if pfn < 0:
        return OUT_OF_MEMORY, FAULT_MINOR
    add_to_page_cache(machine, filemap, index, pfn)
    if filemap.source is None:
        return pfn, FAULT_MINOR
    memory.physmem.write(pfn, 0, filemap.read_page(index))
    return pfn, FAULT_MAJOR


def add_to_page_cache(machine: Machine, filemap: Filemap, index: int, pfn: int) -> None:
    """Let the page cache hold a new frame; the frame's one reference becomes the cache's."""
    machine.memory.mapping[pfn] = filemap
    machine.memory.index[pfn] = index
    filemap.i_pages.set(index, pfn)


def remove_from_page_cache(machine: Machine, filemap: Filemap, index: int) -> None:
    """Let go of a page: of its frame, or of the swap slot that holds it."""
    slot = filemap.slot(index)
    pfn = filemap.frame(index)
    filemap.i_pages.set(index, EMPTY)
    if slot:
        machine.swap.free(slot)
    elif pfn >= 0:
        machine.memory.mapping[pfn] = None
        machine.memory.put_page(pfn)


def write_back(machine: Machine, filemap: Filemap, index: int) -> None:
    """Let the disk have what a dirty page of a file holds. Mirrors: mm/vmscan.c:pageout."""
    memory, pfn = machine.memory, filemap.frame(index)
    if not filemap.is_shmem and pfn >= 0 and memory.flags[pfn] & PG_DIRTY:
        filemap.write_page(index, memory.physmem.image(pfn))
        memory.flags[pfn] &= ~PG_DIRTY


def _swap_in(machine: Machine, filemap: Filemap, index: int, slot: int) -> tuple[int, int]:
    """A shmem page that was written out: back into a frame, and the slot is free.

    Mirrors: shmem_swapin_folio.
    """
    pfn = machine.memory.alloc_page(PG_REFERENCED | PG_DIRTY)
    if pfn < 0:
        return OUT_OF_MEMORY, FAULT_MINOR
    machine.memory.physmem.write(pfn, 0, machine.swap.read(slot))
    machine.swap.free(slot)
    add_to_page_cache(machine, filemap, index, pfn)
    return pfn, FAULT_MAJOR


def drop_swap_cache(machine: Machine, slot: int) -> None:
    """The frame in front of a slot stops being its cache.

    Mirrors: delete_from_swap_cache.
    """
    pfn = machine.swap.drop_cache(slot)
    machine.memory.flags[pfn] &= ~PG_SWAPCACHE
    machine.memory.put_page(pfn)


def forget_slot(machine: Machine, pfn: int) -> None:
    """Give up the swap slot behind a frame, if no entry names it: the frame alone holds the bytes.

    Mirrors: folio_free_swap.
    """
    slot = machine.swap.frames[pfn]
    if not machine.swap.map[slot]:
        machine.memory.flags[pfn] |= PG_DIRTY
        drop_swap_cache(machine, slot)


def shmem_write_out(machine: Machine, filemap: Filemap, index: int) -> bool:
    """Move an unmapped shmem page from its frame to a swap slot; False where none is free.

    Mirrors: shmem_writeout.
    """
    slot = machine.swap.alloc_slot()
    if not slot:
        return False
    pfn = filemap.frame(index)
    machine.swap.duplicate(slot)
    machine.swap.write(slot, machine.memory.physmem.read(pfn, 0, PAGE_SIZE))
    filemap.i_pages.set(index, swap_value(slot))
    machine.memory.mapping[pfn] = None
    machine.memory.put_page(pfn)
    return True
