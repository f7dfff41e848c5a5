"""Page tables: a tree of frames that says, for each page of an address space, where it is.

                   pgd                pte tables               frames
    CR3 ──▶ +-----------+        +--------------+
            | pfn·flags |──────▶ | pfn·flags    |──────────▶ a page
            | 0         |        | 0            |  nothing
            | pfn·flags |──┐     | swap slot    |  in swap
            +-----------+  └──▶  +--------------+

A table is a frame of simulated memory, and an array whose bytes are that frame. Tables appear when
an entry is first set in them, so a gigabyte of address space costs memory only where it is touched.

The faithful way to an entry is :meth:`PageTable.walk`, from the top down, reading every table on
the way. The quick way is a directory of the lowest tables, as processors have one too (they call it
a paging-structure cache); a property test holds that both find the same entry.

Mirrors: mm/memory.c:pte_alloc_map, free_pgtables, arch/*/mm/pgtable.c (v2.6.18, v6.18).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from vmalab.arch.fields import fields
from vmalab.arch.physmem import PhysicalMemory
from vmalab.arch.pte import NONE, PFN_SHIFT, PRESENT, PROTNONE, TABLE, PteFormat
from vmalab.records.events import Event, PteSet
from vmalab.records.walk import Walk, WalkStep
from vmalab.uapi.errors import KernelBug, OutOfMemory
from vmalab.units import PAGE_SIZE, addr_to_vpn, offset_in_page, pages_to_bytes, vpn_to_addr

_CHUNK: Final = 32
"""So many entries are looked at in one go for whether there is anything in them."""


class Leaves(dict[int, "array[int]"]):
    """The lowest tables by number; one that is not there reads as an empty one, and stays away."""

    __slots__ = ("_empty",)

    def __init__(self, fmt: PteFormat) -> None:
        self._empty = array(fmt.typecode, bytes(PAGE_SIZE))

    def __missing__(self, number: int) -> array[int]:
        return self._empty


class PageTable:
    """The page tables of one address space.

    ``alloc_frame`` gives the frame for a new table (-1: there is none, which ends in OutOfMemory)
    and ``free_frame`` takes it back. Entries are plain ints; 0 is no entry. ``emit``, if somebody
    listens, hears of every entry set or cleared one at a time.

    >>> from itertools import count
    >>> from vmalab.arch.i386 import I386
    >>> table = PageTable(I386, PhysicalMemory(), count(100).__next__, lambda pfn: None)
    >>> table.set(0x50000, 0x7067)
    >>> hex(table.get(0x50000)), table.get(0x50001), table.nr_tables
    ('0x7067', 0, 2)
    >>> for step in table.walk(0x50000123).steps:
    ...     print(step.level, step.index, hex(step.entry), step.kind)
    pgd 320 0x65067 table
    pte 0 0x7067 present
    """

    __slots__ = (
        "_alloc_frame",
        "_free_frame",
        "_leaf_bits",
        "_leaf_mask",
        "_leaves",
        "_nothing",
        "edited",
        "emit",
        "fmt",
        "nr_tables",
        "pgd_pfn",
        "physmem",
    )

    def __init__(
        self,
        fmt: PteFormat,
        physmem: PhysicalMemory,
        alloc_frame: Callable[[], int],
        free_frame: Callable[[int], None],
        emit: Callable[[Event], None] | None = None,
    ) -> None:
        self.fmt = fmt
        self.physmem = physmem
        self.emit = emit
        self.nr_tables = 0
        self.edited = False
        """Has somebody written to an upper table by hand? Then only a walk tells the truth."""
        self._alloc_frame = alloc_frame
        self._free_frame = free_frame
        self._leaf_bits = fmt.leaf_bits
        self._leaf_mask = (1 << fmt.leaf_bits) - 1
        self._leaves = Leaves(fmt)
        self._nothing = array(fmt.typecode, bytes(_CHUNK * fmt.entry_bytes))
        self.pgd_pfn = self._new_table()

    @property
    def nr_bytes(self) -> int:
        """What the tables take of physical memory."""
        return pages_to_bytes(self.nr_tables)

    # One entry

    def get(self, vpn: int) -> int:
        """The entry of a virtual page; 0 where there is none."""
        return self._leaves[vpn >> self._leaf_bits][vpn & self._leaf_mask]

    def set(self, vpn: int, pte: int) -> None:
        """Put an entry at a virtual page, with the tables that lead there. Emits: PteSet."""
        if self.emit is not None:
            self.emit(PteSet(vpn_to_addr(vpn), self.get(vpn), pte, "kernel"))
        leaf = self._leaves.get(vpn >> self._leaf_bits)
        if leaf is None:
            leaf = self._add_leaf(vpn)
        leaf[vpn & self._leaf_mask] = pte

    def ensure(self, vpn: int) -> bool:
        """Make the tables that lead to an entry that is to be: False without frames for them.

        A table needs a frame, and getting one may put pages out: who is about to set an entry for
        a frame, or to carry entries, does this first. Mirrors: mm/memory.c:pte_alloc.
        """
        if vpn >> self._leaf_bits in self._leaves:
            return True
        try:
            self._add_leaf(vpn)
        except OutOfMemory:
            return False
        return True

    def clear(self, vpn: int) -> int:
        """Leave a virtual page without an entry, and say what was there. Emits: PteSet."""
        old = self.get(vpn)
        if old:
            self.set(vpn, 0)
        return old

    def mark(self, vpn: int, marks: int) -> None:
        """Set bits of an entry in memory, as only the hardware does. Emits: PteSet.

        Requires: a walk has just found the entry.
        """
        if self.edited:
            last = self.walk(vpn_to_addr(vpn)).steps[-1]
            old = last.entry
            self.edit(last.table_pfn, last.index, old | marks)
        else:
            leaf, index = self._leaves[vpn >> self._leaf_bits], vpn & self._leaf_mask
            old = leaf[index]
            leaf[index] = old | marks
        if self.emit is not None:
            self.emit(PteSet(vpn_to_addr(vpn), old, old | marks, "mmu"))

    # Many entries

    def leaf(self, vpn: int) -> array[int] | None:
        """The lowest table that has a page's entry, or None; for loops that must be quick."""
        return self._leaves.get(vpn >> self._leaf_bits)

    def leaves(self, first_vpn: int, last_vpn: int) -> Iterator[tuple[int, array[int], int, int]]:
        """The lowest tables of ``first_vpn <= vpn < last_vpn``, in order.

        Each is (page number of its entry 0, the table, first index, last index) and covers
        ``first <= index < last``. Tables that are not there are skipped, not looked for.
        """
        if first_vpn >= last_vpn:
            return
        bits, mask, leaves = self._leaf_bits, self._leaf_mask, self._leaves
        low, high = first_vpn >> bits, last_vpn - 1 >> bits
        if high - low < len(leaves):
            numbers = [number for number in range(low, high + 1) if number in leaves]
        else:
            numbers = sorted(number for number in leaves if low <= number <= high)
        for number in numbers:
            first = first_vpn & mask if number == low else 0
            last = (last_vpn - 1 & mask) + 1 if number == high else mask + 1
            yield number << bits, leaves[number], first, last

    def entries(self, first_vpn: int, last_vpn: int) -> Iterable[tuple[int, int]]:
        """The entries of ``first_vpn <= vpn < last_vpn`` that are not empty: (vpn, entry).

        Entries may be changed on the way; those of the chunk at hand are seen as they were.
        """
        if last_vpn - first_vpn != 1:
            return self._entries(first_vpn, last_vpn)
        leaf = self._leaves.get(first_vpn >> self._leaf_bits)
        if leaf is None:
            return ()
        pte = leaf[first_vpn & self._leaf_mask]
        return ((first_vpn, pte),) if pte else ()

    def _entries(self, first_vpn: int, last_vpn: int) -> Iterator[tuple[int, int]]:
        nothing = self._nothing
        for base, leaf, first, last in self.leaves(first_vpn, last_vpn):
            for start in range(first, last, _CHUNK):
                chunk = leaf[start : min(start + _CHUNK, last)]
                if chunk != nothing:
                    for vpn, pte in enumerate(chunk, base + start):
                        if pte:
                            yield vpn, pte

    def clear_range(self, first_vpn: int, last_vpn: int) -> list[tuple[int, int]]:
        """Empty ``first_vpn <= vpn < last_vpn``, and say what was there: (vpn, entry).

        The tables stay, as in Linux, until free_pgtables. Emits: PteSet.
        """
        found = list(self.entries(first_vpn, last_vpn))
        for vpn, _ in found:
            self.set(vpn, 0)
        return found

    def move(self, first_vpn: int, last_vpn: int, to_vpn: int) -> int:
        """Carry entries, as they are, to ``to_vpn`` and up; say how many there were.

        File and swap entries travel too, with all that is saved in them. Emits: PteSet.
        Mirrors: mm/mremap.c:move_ptes.

        Raises:
            OutOfMemory: no frame for a table at the new place; nothing has moved.
        """
        for vpn, _ in self.entries(first_vpn, last_vpn):
            if vpn - first_vpn + to_vpn >> self._leaf_bits not in self._leaves:
                self._add_leaf(vpn - first_vpn + to_vpn)
        found = self.clear_range(first_vpn, last_vpn)
        for vpn, pte in found:
            self.set(vpn - first_vpn + to_vpn, pte)
        return len(found)

    # Tables

    def free_pgtables(
        self, first_vpn: int, last_vpn: int, floor_vpn: int = 0, ceiling_vpn: int | None = None
    ) -> int:
        """Free the tables that served ``first_vpn <= vpn < last_vpn`` and nobody else.

        ``floor`` and ``ceiling`` are where the neighbouring VMAs end and begin: a table that
        reaches beyond them may be theirs, and stays. Says how many were freed.

            neighbour | floor … first [ unmapped ] last … ceiling | neighbour

        Raises:
            KernelBug: an entry was left in one of them.

        Mirrors: mm/memory.c:free_pgtables, free_pgd_range.
        """
        ceiling = 1 << self.fmt.vpn_bits if ceiling_vpn is None else ceiling_vpn
        bits = self._leaf_bits
        lowest = max(floor_vpn, first_vpn >> bits << bits)
        if lowest + self._leaf_mask >> bits >= ceiling >> bits:
            return 0  # most often: a neighbour uses the same table
        before = self.nr_tables
        self._free_below(self.pgd_pfn, 0, 0, (first_vpn, last_vpn, floor_vpn, ceiling))
        return before - self.nr_tables

    def destroy(self) -> None:
        """Free every table, the top one too. Mirrors: mm_struct's end, pgd_free."""
        self.free_pgtables(0, 1 << self.fmt.vpn_bits)
        self._drop_table(self.pgd_pfn)

    def _free_below(
        self, table_pfn: int, depth: int, base_vpn: int, limits: tuple[int, int, int, int]
    ) -> None:
        """Free the tables under one table that lie between floor and ceiling."""
        first, last, floor, ceiling = limits
        fmt, table = self.fmt, self.physmem.tables[table_pfn]
        shift = sum(level.index_bits for level in fmt.levels[depth + 1 :])
        low = max(first - base_vpn, 0) >> shift
        high = min((last - 1 - base_vpn >> shift) + 1, 1 << fmt.levels[depth].index_bits)
        for index in range(low, high):
            if not table[index]:
                continue
            start_vpn = base_vpn + (index << shift)
            child_pfn = fmt.pte_pfn(table[index])
            if child_pfn not in self.physmem.tables:
                raise KernelBug("an upper entry leads to a table", f"{table[index]:#x} does not")
            if shift > self._leaf_bits:
                self._free_below(child_pfn, depth + 1, start_vpn, limits)
            if floor <= start_vpn and start_vpn + (1 << shift) <= ceiling:
                if any(self.physmem.tables[child_pfn]):
                    raise KernelBug("a page table is empty when freed", f"at page {start_vpn:#x}")
                if shift == self._leaf_bits:
                    del self._leaves[start_vpn >> shift]
                table[index] = 0
                self._drop_table(child_pfn)

    def _add_leaf(self, vpn: int) -> array[int]:
        """The lowest table for a page, made with all the tables above it."""
        if vpn >> self.fmt.vpn_bits:
            msg = (
                f"page {vpn:#x} is beyond what {self.fmt.name} tables reach: "
                f"stay below page {1 << self.fmt.vpn_bits:#x}"
            )
            raise ValueError(msg)
        table, shift = self.physmem.tables[self.pgd_pfn], self.fmt.vpn_bits
        for level in self.fmt.levels[:-1]:
            shift -= level.index_bits
            index = vpn >> shift & ((1 << level.index_bits) - 1)
            if not table[index]:
                table[index] = self._new_table() << PFN_SHIFT | level.table_bits
            table = self.physmem.tables[self.fmt.pte_pfn(table[index])]
        self._leaves[vpn >> self._leaf_bits] = table
        return table

    def _new_table(self) -> int:
        pfn = self._alloc_frame()
        if pfn < 0:
            raise OutOfMemory(0, "write", 0, "no frame is free for a page table")
        self.physmem.add_table(pfn, array(self.fmt.typecode, bytes(PAGE_SIZE)))
        self.nr_tables += 1
        return pfn

    def _drop_table(self, pfn: int) -> None:
        self.physmem.remove_table(pfn)
        self._free_frame(pfn)
        self.nr_tables -= 1

    # The faithful way

    def walk(self, addr: int) -> Walk:
        """Look an address up as the hardware does, writing down every table read.

            addr    | pgd index | … | pte index | byte in page |
                         │              │
            CR3 ──▶ pgd[index] ──▶ … pte[index] ──▶ the page's entry

        The tables may have been edited by hand; what is read is what stands there.
        """
        fmt, steps = self.fmt, list[WalkStep]()
        vpn, shift, table_pfn = addr_to_vpn(addr), self.fmt.vpn_bits, self.pgd_pfn
        outcome, pfn = NONE, None
        for depth, level in enumerate(fmt.levels, 1):
            shift -= level.index_bits
            index = vpn >> shift & ((1 << level.index_bits) - 1)
            entry = self._read_entry(table_pfn, index)
            if depth == len(fmt.levels):
                kind = outcome = fmt.kind(entry)
            else:
                kind = outcome = TABLE if entry & fmt.present else NONE
            bits = fields(fmt, kind)
            steps.append(
                WalkStep(level.name, level.index_bits, index, table_pfn, entry, kind, bits)
            )
            if kind == NONE:
                outcome = NONE if depth == len(fmt.levels) else "no table"
                break
            table_pfn = fmt.pte_pfn(entry)
        if outcome in {PRESENT, PROTNONE}:
            pfn = table_pfn
        width = fmt.entry_bytes * 8
        unread = tuple((level.name, level.index_bits) for level in fmt.levels[len(steps) :])
        return Walk(addr, offset_in_page(addr), width, tuple(steps), outcome, pfn, unread)

    def edit(self, table_pfn: int, index: int, entry: int) -> None:
        """Write any entry of any level by hand, as a bug or a curious person would.

        Nothing is checked and no TLB hears of it: look what a walk, and the MMU, make of it.
        """
        size = self.fmt.entry_bytes
        self.physmem.write(table_pfn, index * size, entry.to_bytes(size, "little"))
        self.edited = True

    def _read_entry(self, table_pfn: int, index: int) -> int:
        """An entry as the bytes of physical memory have it, whatever the frame is used for."""
        size = self.fmt.entry_bytes
        return int.from_bytes(self.physmem.read(table_pfn, index * size, size), "little")
