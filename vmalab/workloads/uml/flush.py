"""The soft TLB: what the guest's page tables say, told to the host in as few calls as may be.

Every entry the guest sets is marked NEWPAGE. A flush walks a range, turns marked entries into
operations on the host, and joins neighbours that one call can do:

    entry     7w* 8w* 9r* 3r*  -            * NEWPAGE
    host ops  map 2 pages rwx from 7 | map 1 page r-x from 9 | map 1 page r-x from 3

Mirrors: arch/um/kernel/tlb.c:fix_range_common, add_mmap, update_pte_range (v2.6.18).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vmalab.arch.pgtable import PageTable
from vmalab.arch.uml import PAGE_NEWPAGE, PAGE_NEWPROT, UML
from vmalab.uapi.mman import PROT_EXEC, PROT_READ, PROT_WRITE

_MARKS: Final = PAGE_NEWPAGE | PAGE_NEWPROT
MAP: Final = "map"
UNMAP: Final = "unmap"
PROTECT: Final = "protect"


class HostOp(NamedTuple):
    """One thing to be done to the host's address space of a guest process; pages throughout.

    ``pgoff`` is the guest frame at ``vpn``: the page of the RAM file. Only MAP has one.
    """

    kind: str
    vpn: int
    nr_pages: int
    prot: int = 0
    pgoff: int = 0


def host_prot(pte: int) -> int:
    """The protection under which the host shows a guest page.

    The host has no ACCESSED and DIRTY bits to give, so faults stand in for them: a page that is
    not young may not be touched, one that is clean not be written. Execution stays as it is.

    >>> clean = UML.mk_pte(7, UML.protection_map[0xB])
    >>> host_prot(clean) == PROT_READ | PROT_EXEC, host_prot(clean | UML.dirty) & PROT_WRITE != 0
    (True, True)
    """
    prot = PROT_EXEC if UML.pte_exec(pte) else 0
    if UML.pte_young(pte):
        prot |= PROT_READ if UML.pte_read(pte) else 0
        prot |= PROT_WRITE if UML.pte_write(pte) and UML.pte_dirty(pte) else 0
    return prot


def flush_range(table: PageTable, first: int, last: int) -> list[HostOp]:
    """What the host has to hear about ``first <= vpn < last``; then nothing is marked any more."""
    ops: list[HostOp] = []
    for vpn, pte in list(table.entries(first, last)):
        if not pte & _MARKS:
            continue
        if not UML.pte_present(pte):
            _add(ops, HostOp(UNMAP, vpn, 1))
        elif pte & PAGE_NEWPAGE:
            _add(ops, HostOp(MAP, vpn, 1, host_prot(pte), UML.pte_pfn(pte)))
        else:
            _add(ops, HostOp(PROTECT, vpn, 1, host_prot(pte)))
        table.set(vpn, pte & ~_MARKS)
    return ops


def force_flush_all(table: PageTable, first: int, last: int, *, gaps: bool) -> list[HostOp]:
    """Tell the host everything: each page that is there and, with ``gaps``, each run that is not.

        table   - - 7w 8w - - 3r -        unmap 2 | map 2 from 7 | unmap 2 | map 1 from 3 | unmap 1

    Mirrors: arch/um/kernel/skas/tlb.c:force_flush_all.
    """
    ops: list[HostOp] = []
    reached = first
    for vpn, pte in list(table.entries(first, last)):
        if not UML.pte_present(pte):
            continue
        if gaps and reached < vpn:
            _add(ops, HostOp(UNMAP, reached, vpn - reached))
        _add(ops, HostOp(MAP, vpn, 1, host_prot(pte), UML.pte_pfn(pte)))
        table.set(vpn, pte & ~_MARKS)
        reached = vpn + 1
    if gaps and reached < last:
        _add(ops, HostOp(UNMAP, reached, last - reached))
    return ops


def _add(ops: list[HostOp], op: HostOp) -> None:
    """Let the last operation grow by this one, if one call can do both."""
    if ops:
        last = ops[-1]
        follows = last.kind == op.kind and last.vpn + last.nr_pages == op.vpn
        same_page_next = op.kind != MAP or last.pgoff + last.nr_pages == op.pgoff
        if follows and last.prot == op.prot and same_page_next:
            ops[-1] = last._replace(nr_pages=last.nr_pages + op.nr_pages)
            return
    ops.append(op)
