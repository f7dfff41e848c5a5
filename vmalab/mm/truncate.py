"""ftruncate(2) and hole punching as mappings feel them: pages go, VMAs stay.

Mirrors: mm/truncate.c:truncate_pagecache, mm/shmem.c:shmem_undo_range.
"""

from __future__ import annotations

from vmalab.mm.filemap import Filemap
from vmalab.mm.mm_struct import Machine
from vmalab.mm.page_cache import remove_from_page_cache, write_back
from vmalab.mm.zap import unmap_mapping_range
from vmalab.units import PAGE_SIZE, bytes_to_pages, offset_in_page

_LAST = (1 << 52) - 1


def truncate(machine: Machine, filemap: Filemap, size: int) -> None:
    """Give a file another size (bytes) and forget what lies beyond it.

    Private copies of pages beyond the end go too. Touching there is SIGBUS until the file grows,
    and then it reads zeroes; so does the rest of the last page.
    """
    shrinks = size < filemap.size
    filemap.size = size
    if not shrinks:
        return
    end = filemap.nr_pages
    unmap_mapping_range(filemap, end, _LAST, even_cows=True)
    _drop(machine, filemap, end, _LAST)
    filemap.cut()
    _zero_the_rest(machine, filemap, bytes_to_pages(size), offset_in_page(size))


def _zero_the_rest(machine: Machine, filemap: Filemap, index: int, rest: int) -> None:
    """Zero a page from a byte on, wherever the page is: in a frame, or in a swap slot.

    Mirrors: truncate_inode_partial_folio; shmem_get_partial_folio, which swaps it in.
    """
    if not rest:
        return
    pfn, slot = filemap.frame(index), filemap.slot(index)
    if pfn >= 0:
        machine.memory.physmem.write(pfn, rest, bytes(PAGE_SIZE - rest))
    elif slot:
        machine.swap.write(slot, machine.swap.read(slot)[:rest].ljust(PAGE_SIZE, b"\0"))


def punch_hole(machine: Machine, filemap: Filemap, first: int, last: int) -> None:
    """Forget pages ``first`` to ``last`` of a file; they read as zeroes from now on.

    Private copies stay.
    """
    unmap_mapping_range(filemap, first, last, even_cows=False)
    _drop(machine, filemap, first, last)
    if not filemap.is_shmem:
        filemap.written.update(dict.fromkeys(range(first, min(last + 1, filemap.nr_pages)), b""))


def release_if_orphan(machine: Machine, filemap: Filemap) -> None:
    """Forget an object that nobody maps or has open: its frames and slots are free again.

    What was written to a file on disk is there when it is opened again.

    Mirrors: fs/inode.c:iput, mm/shmem.c:shmem_evict_inode.
    """
    if filemap.is_orphan:
        for index, _ in filemap.i_pages.items():
            write_back(machine, filemap, index)
        _drop(machine, filemap, 0, _LAST)


def _drop(machine: Machine, filemap: Filemap, first: int, last: int) -> None:
    for index, _ in list(filemap.i_pages.items(first, last + 1)):
        remove_from_page_cache(machine, filemap, index)
