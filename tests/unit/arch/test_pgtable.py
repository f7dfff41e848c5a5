"""Page tables: entries, ranges of entries, the tables that hold them, and the walk."""

import time
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.arch.formats import FORMATS
from vmalab.arch.i386 import I386
from vmalab.arch.i386_pae import I386_PAE
from vmalab.arch.pgtable import PageTable
from vmalab.arch.physmem import PhysicalMemory
from vmalab.arch.uml import UML
from vmalab.arch.x86_64 import X86_64
from vmalab.arch.x86_64_v6 import X86_64_V6
from vmalab.records.events import PteSet
from vmalab.uapi.errors import KernelBug

GIB_OF_PAGES = 1 << 18

FORMATS_WITH_TABLES = [I386, I386_PAE, X86_64, X86_64_V6, UML]
every = pytest.mark.parametrize("fmt", FORMATS_WITH_TABLES, ids=lambda fmt: fmt.name)


class Frames:
    """Frames for tables, and what came back."""

    def __init__(self):
        self.numbers = count(0x100)
        self.used = set()

    def alloc(self):
        pfn = next(self.numbers)
        self.used.add(pfn)
        return pfn


def make(fmt=X86_64, emit=None):
    frames = Frames()
    table = PageTable(fmt, PhysicalMemory(), frames.alloc, frames.used.remove, emit)
    return table, frames


def present(fmt, pfn):
    return fmt.mk_pte(pfn, fmt.protection_map[3])


def test_a_new_address_space_has_one_table_and_no_entries():
    table, frames = make()
    assert table.nr_tables == 1
    assert table.nr_bytes == 4096
    assert table.get(0x12345) == table.clear(0x12345) == 0
    assert table.leaf(0x12345) is None
    assert list(table.entries(0, 1 << 36)) == []
    assert frames.used == {table.pgd_pfn}


@every
def test_an_entry_brings_its_tables_and_no_more(fmt):
    table, frames = make(fmt)
    table.set(0x50000, 0x7067)
    assert table.get(0x50000) == 0x7067
    assert table.nr_tables == len(fmt.levels) == len(frames.used)
    table.set(0x50001, 0x8067)
    assert table.nr_tables == len(fmt.levels)
    assert list(table.leaf(0x50000))[:2] == [0x7067, 0x8067]
    assert table.clear(0x50000) == 0x7067
    assert table.get(0x50000) == 0
    assert table.nr_tables == len(fmt.levels), "tables stay until free_pgtables"


def test_a_page_beyond_the_tables_is_refused():
    table, _ = make(I386)
    with pytest.raises(ValueError, match="stay below page 0x100000"):
        table.set(1 << 20, 1)
    assert table.get(1 << 20) == 0


def test_a_sparse_gigabyte_costs_memory_only_where_it_is_touched():
    table, _ = make()
    for vpn in range(0, GIB_OF_PAGES, GIB_OF_PAGES // 4):
        table.set(vpn, 0x1067)
    assert table.nr_tables == 1 + 1 + 1 + 4


def test_a_dense_gigabyte_takes_little_more_than_eight_bytes_a_page():
    table, _ = make()
    for vpn in range(GIB_OF_PAGES):
        table.set(vpn, 0x1067)
    assert 8 <= table.nr_bytes / GIB_OF_PAGES <= 8.1


# Many entries at once, against a dict

VPNS = st.one_of(st.integers(0, 4096), st.integers(0xFF000, 0xFFFFF))
RANGES = st.tuples(VPNS, VPNS).map(sorted)


@every
@given(pages=st.dictionaries(VPNS, st.integers(1, 0xFFFFFFFF), max_size=40), where=RANGES)
def test_entries_are_those_of_a_dict(fmt, pages, where):
    table, _ = make(fmt)
    for vpn, pte in pages.items():
        table.set(vpn, pte)
    first, last = where
    inside = sorted((vpn, pte) for vpn, pte in pages.items() if first <= vpn < last)
    assert list(table.entries(first, last)) == inside
    assert list(table.entries(0, 1 << fmt.vpn_bits)) == sorted(pages.items())
    covered = [(base + low, base + high) for base, _, low, high in table.leaves(first, last)]
    assert covered == sorted(covered)
    assert all(first <= low < high <= last for low, high in covered)
    assert all(any(low <= vpn < high for low, high in covered) for vpn, _ in inside)
    assert table.clear_range(first, last) == inside
    assert list(table.entries(first, last)) == []
    assert list(table.entries(0, 1 << fmt.vpn_bits)) == sorted(
        (vpn, pte) for vpn, pte in pages.items() if not first <= vpn < last
    )


@every
@given(
    pages=st.dictionaries(st.integers(0, 4096), st.integers(1, 0xFFFFFFFF), max_size=20),
    where=st.tuples(st.integers(0, 4096), st.integers(0, 4096)).map(sorted),
    to=st.integers(0x5000, 0x9000),
)
def test_moving_carries_entries_as_they_are(fmt, pages, where, to):
    table, _ = make(fmt)
    for vpn, pte in pages.items():
        table.set(vpn, pte)
    first, last = where
    moved = {vpn - first + to: pte for vpn, pte in pages.items() if first <= vpn < last}
    stayed = {vpn: pte for vpn, pte in pages.items() if not first <= vpn < last}
    assert table.move(first, last, to) == len(moved)
    assert dict(table.entries(0, 1 << 20)) == moved | stayed


def test_a_move_may_overlap_itself():
    table, _ = make(I386)
    for vpn in range(4):
        table.set(vpn, vpn + 1)
    table.move(0, 4, 2)
    assert list(table.entries(0, 16)) == [(2, 1), (3, 2), (4, 3), (5, 4)]


def test_what_is_not_there_is_not_looked_for():
    table, _ = make()
    table.set(7, 0x1067)
    table.set((1 << 35) + 5, 0x2067)
    began = time.perf_counter()
    for _ in range(200):
        assert len(list(table.entries(0, 1 << 36))) == 2
    assert time.perf_counter() - began < 0.2


# The tables themselves


def test_a_table_is_freed_when_it_lies_between_the_neighbours():
    """floor ............ [ unmapped ] ............ ceiling, each table 512 pages."""
    table, frames = make()
    for vpn in (0, 512, 1024):
        table.set(vpn, 0x1067)
    assert table.nr_tables == 6
    table.clear(512)
    assert table.free_pgtables(512, 513, 500, 1023) == 0, "a neighbour may need the same table"
    assert table.free_pgtables(512, 513, 1, 1024) == 1
    assert table.nr_tables == 5 == len(frames.used)
    assert table.leaf(512) is None
    assert table.get(0) == table.get(1024) == 0x1067


@every
def test_with_no_neighbours_all_but_the_top_table_go(fmt):
    table, frames = make(fmt)
    table.set(0x50000, 0x1067)
    table.clear_range(0x50000, 0x50001)
    assert table.free_pgtables(0x50000, 0x50001) == len(fmt.levels) - 1
    assert frames.used == {table.pgd_pfn}
    table.set(0x50000, 0x1067)
    assert table.get(0x50000) == 0x1067


@every
@given(vpns=st.lists(VPNS, max_size=20))
def test_nothing_is_left_after_the_end(fmt, vpns):
    table, frames = make(fmt)
    for vpn in vpns:
        table.set(vpn, 0x1067)
    table.clear_range(0, 1 << fmt.vpn_bits)
    table.destroy()
    assert not frames.used
    assert not table.physmem.tables
    assert table.nr_tables == 0


def test_freeing_a_table_with_an_entry_in_it_is_a_bug():
    table, _ = make()
    table.set(5, 0x1067)
    with pytest.raises(KernelBug, match="empty when freed"):
        table.free_pgtables(5, 6)


# The walk


@every
@given(pages=st.dictionaries(VPNS, st.integers(1, 0xFFFFFFFF), max_size=20), vpn=VPNS)
def test_the_walk_and_the_quick_way_find_the_same_entry(fmt, pages, vpn):
    table, _ = make(fmt)
    for page, pte in pages.items():
        table.set(page, pte)
    for page in [vpn, *pages]:
        walk = table.walk(page * 4096 + 17)
        assert walk.offset_bytes == 17
        found = walk.entry if walk.outcome != "no table" else 0
        assert found == table.get(page)
        if walk.outcome != "no table":
            assert walk.outcome == fmt.kind(found)
            assert len(walk.steps) == len(fmt.levels)


@every
def test_the_indexes_are_cut_out_of_the_address(fmt):
    table, _ = make(fmt)
    addr = 0x50123456 if fmt.vpn_bits == 20 else 0x7F12_3456_789A
    table.set(addr >> 12, present(fmt, 0x77))
    walk = table.walk(addr)
    rebuilt = 0
    for step, level in zip(walk.steps, fmt.levels, strict=True):
        assert (step.level, step.index_bits) == (level.name, level.index_bits)
        rebuilt = rebuilt << level.index_bits | step.index
    assert rebuilt << 12 | walk.offset_bytes == addr
    assert (walk.outcome, walk.pfn, walk.addr) == ("present", 0x77, addr)
    assert walk.entry_bits == 8 * fmt.entry_bytes


@every
def test_each_upper_entry_leads_to_the_next_table(fmt):
    table, _ = make(fmt)
    table.set(0x50000, present(fmt, 0x77))
    steps = table.walk(0x50000000).steps
    assert steps[0].table_pfn == table.pgd_pfn
    for step, below, level in zip(steps, steps[1:], fmt.levels, strict=False):
        assert step.entry == below.table_pfn << 12 | level.table_bits
        assert step.kind == "table"
        assert "PRESENT" in step.set_bits
        assert "pfn" in step.set_bits


def test_a_walk_ends_where_a_table_is_missing():
    table, _ = make()
    walk = table.walk(0x50000000)
    assert (walk.outcome, len(walk.steps), walk.pfn) == ("no table", 1, None)
    assert walk.unread == (("pud", 9), ("pmd", 9), ("pte", 9))
    table.set(0x50001, 0x1067)
    walk = table.walk(0x50000000)
    assert (walk.outcome, len(walk.steps), walk.pfn) == ("none", 4, None)
    assert walk.unread == ()
    assert walk.steps[-1].bits == ()


def test_a_walk_tells_what_kind_of_entry_it_ended_at():
    table, _ = make(I386)
    table.set(1, I386.pgoff_to_pte(9))
    table.set(2, I386.swp_entry_to_pte(1, 9))
    table.set(3, I386.mk_pte(9, I386.protection_map[0]))
    kinds = [(table.walk(vpn * 4096).outcome, table.walk(vpn * 4096).pfn) for vpn in (1, 2, 3)]
    assert kinds == [("file", None), ("swap", None), ("protnone", 9)]
    assert table.walk(4096).steps[-1].set_bits == ("page offset", "FILE")


def test_a_walk_reads_what_stands_in_memory():
    """Clear PRESENT in an upper entry by hand: the quick way is not told, the walk sees it."""
    table, _ = make(I386)
    table.set(1, present(I386, 0x77))
    top = table.walk(4096).steps[0]
    table.edit(top.table_pfn, top.index, top.entry & ~1)
    assert table.edited
    assert table.walk(4096).outcome == "no table"
    assert I386.kind(table.get(1)) == "present"


def test_an_upper_entry_that_leads_nowhere_is_a_bug_when_tables_are_freed():
    table, _ = make(I386)
    table.set(1, present(I386, 0x77))
    table.edit(table.pgd_pfn, 0, 0xFFFFF067)
    with pytest.raises(KernelBug, match="leads to a table"):
        table.destroy()


# Events


def test_a_listener_hears_of_every_entry():
    heard = []
    table, _ = make(I386, heard.append)
    table.set(1, 0x1067)
    table.set(1, 0x2067)
    table.clear(1)
    table.clear(1)
    table.set(2, 0x3067)
    table.clear_range(0, 10)
    assert heard == [
        PteSet(0x1000, 0, 0x1067, "kernel"),
        PteSet(0x1000, 0x1067, 0x2067, "kernel"),
        PteSet(0x1000, 0x2067, 0, "kernel"),
        PteSet(0x2000, 0, 0x3067, "kernel"),
        PteSet(0x2000, 0x3067, 0, "kernel"),
    ]


def test_every_variant_has_the_tables_of_its_machine():
    for (arch, _), fmt in FORMATS.items():
        assert fmt.vpn_bits == (36 if arch == "x86_64" else 20)


def test_an_empty_range_has_no_entries():
    table, _ = make()
    table.set(5, 0x1067)
    assert list(table.entries(5, 5)) == list(table.leaves(6, 5)) == table.clear_range(5, 5) == []


def test_one_page_is_asked_for_without_a_search():
    table, _ = make()
    table.set(5, 0x1067)
    assert list(table.entries(5, 6)) == [(5, 0x1067)]
    assert list(table.entries(6, 7)) == table.clear_range(6, 7) == []
    assert table.clear_range(5, 6) == [(5, 0x1067)]
