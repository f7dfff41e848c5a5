"""Which page of its file each page of a window shows, and with which rights: asked of the table.

VMA      rw-s  f0 from page 0          what the VMA would say
entries  F9:r  Pw  -   S               what the table says
pages     9 r  1 w  2 w                what pictures are drawn from
"""

from __future__ import annotations

from dataclasses import replace

from vmalab.arch import pte as kinds
from vmalab.arch.pte import PteFormat
from vmalab.kernel import Task
from vmalab.mm.filemap import Filemap
from vmalab.mm.mm_struct import MmStruct
from vmalab.records.pages import PageRow
from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot
from vmalab.units import PAGE_SIZE, addr_to_vpn, bytes_to_pages

_PROT_BITS = 0xF
"""READ, WRITE, EXEC and SHARED of vm_flags choose a protection."""


def snapshot_with_pages(task: Task, window: Window) -> Snapshot:
    """The address space, and what each page of the window's files shows."""
    return replace(task.snapshot(), pages=page_rows(task.mm, window))


def page_rows(mm: MmStruct, window: Window) -> tuple[PageRow, ...]:
    """Every page of the window that a VMA with a file holds, touched or not."""
    found: list[PageRow] = []
    for vma in mm.tree.overlapping(window.start, window.end):
        if vma.vm_file is not None:
            first, last = max(vma.vm_start, window.start), min(vma.vm_end, window.end)
            entries = dict(mm.pgtable.entries(addr_to_vpn(first), addr_to_vpn(last)))
            default = letters(mm.fmt, mm.fmt.protection_map[vma.vm_flags & _PROT_BITS])
            linear = vma.vm_pgoff + bytes_to_pages(first - vma.vm_start)
            for pgoff, addr in enumerate(range(first, last, PAGE_SIZE), linear):
                pte = entries.get(addr_to_vpn(addr), 0)
                if mm.fmt.pte_none(pte):
                    found.append(PageRow(addr, kinds.NONE, pgoff, default))
                else:
                    found.append(_page(mm, addr, pte, pgoff, default))
    return tuple(found)


def _page(mm: MmStruct, addr: int, pte: int, pgoff: int, default: str) -> PageRow:
    """A page that has an entry; ``pgoff`` and ``default`` are what its VMA says."""
    fmt = mm.fmt
    kind, perms = fmt.kind(pte), default
    if kind in {kinds.PRESENT, kinds.PROTNONE}:
        perms, pfn = letters(fmt, pte), fmt.pte_pfn(pte)
        if isinstance(mm.machine.memory.mapping[pfn], Filemap):
            pgoff = mm.machine.memory.index[pfn]
    elif kind == kinds.FILE:
        pgoff = fmt.pte_to_pgoff(pte)
        perms = default if fmt.saved is None else letters(fmt, fmt.pte_to_pgprot(pte))
    return PageRow(addr, kind, pgoff, perms, own=perms != default)


def letters(fmt: PteFormat, prot: int) -> str:
    """A page protection as letters; ``x`` only where the machine has a bit for it.

    >>> from vmalab.arch.formats import pte_format
    >>> fmt = pte_format("i386")
    >>> [letters(fmt, fmt.protection_map[8 | flags]) for flags in (0, 1, 2, 5, 7)]
    ['--', 'r-', 'rw', 'r-', 'rw']
    """
    if not prot & fmt.present:
        return "---" if fmt.nx else "--"
    may_run = ("x" if fmt.pte_exec(prot) else "-") if fmt.nx else ""
    return f"{'r' if fmt.pte_read(prot) else '-'}{'w' if fmt.pte_write(prot) else '-'}{may_run}"
