"""The page-table entries of a window, in the words of a transcript's T line.

T 0-4=Pw 4-5=S 6-7=F9:r     four writable pages, one in swap, one that names page 9 of the file
"""

from __future__ import annotations

from itertools import groupby

from vmalab.arch import pte as kinds
from vmalab.arch.pte import PteFormat
from vmalab.mm.mm_struct import MmStruct
from vmalab.records.resolve import Window
from vmalab.units import addr_to_vpn


def entry_runs(mm: MmStruct, window: Window) -> str:
    """The runs of a T line: equal neighbours together, empty entries left out."""
    first, last = addr_to_vpn(window.start), addr_to_vpn(window.end)
    told = [(vpn - first, entry_word(mm.fmt, pte)) for vpn, pte in mm.pgtable.entries(first, last)]
    runs = []
    # Neighbours have the same difference between their page and their place in the list.
    numbered = enumerate(told)
    for (_, word), group in groupby(numbered, key=lambda item: (item[1][0] - item[0], item[1][1])):
        pages = [page for _, (page, _) in group]
        runs.append(f"{pages[0]}-{pages[-1] + 1}={word}")
    return " ".join(runs)


def entry_word(fmt: PteFormat, pte: int) -> str:
    """One entry.

    >>> from vmalab.arch.formats import pte_format
    >>> fmt = pte_format("i386", "v4")
    >>> entry_word(fmt, fmt.mk_pte(5, fmt.protection_map[3])), entry_word(fmt, 0x5180)
    ('Pr', 'Pno')
    >>> entry_word(fmt, fmt.pgoff_prot_to_pte(9, fmt.protection_map[9]))
    'F9:r'
    """
    kind = fmt.kind(pte)
    if kind in {kinds.PRESENT, kinds.PROTNONE}:
        return _present(fmt, pte, hidden=kind == kinds.PROTNONE)
    if kind == kinds.FILE:
        return _file(fmt, pte)
    return {kinds.SWAP: "S", kinds.MARKER: "G"}[kind]


def _present(fmt: PteFormat, pte: int, *, hidden: bool) -> str:
    may = "n" if hidden else "w" if fmt.pte_write(pte) else "r"
    code = "x" if fmt.nx and not hidden and fmt.pte_exec(pte) else ""
    return f"P{may}{code}{'d' * fmt.pte_dirty(pte)}{'o' * (not fmt.pte_young(pte))}"


def _file(fmt: PteFormat, pte: int) -> str:
    word = f"F{fmt.pte_to_pgoff(pte)}"
    if fmt.saved is None:
        return word
    no_access, may_write = pte & fmt.saved.no_access, pte & fmt.saved.rw
    return f"{word}:{'n' if no_access else 'w' if may_write else 'r'}"
