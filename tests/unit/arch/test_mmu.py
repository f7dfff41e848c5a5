"""The MMU: what a load, a store and a fetch do, bit by bit, and what a stale entry lets through."""

import copy
import pickle
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.arch.i386 import I386
from vmalab.arch.i386_pae import I386_PAE
from vmalab.arch.mmu import (
    MAX_FAULTS,
    PF_INSTR,
    PF_PROT,
    PF_RSVD,
    PF_USER,
    PF_WRITE,
    Mmu,
    describe_error_code,
)
from vmalab.arch.pgtable import PageTable
from vmalab.arch.physmem import PhysicalMemory
from vmalab.arch.x86_64 import X86_64
from vmalab.arch.x86_64_v6 import X86_64_V6
from vmalab.records.events import PteSet, TlbFilled, TlbFlushed
from vmalab.uapi.errors import FaultLoop, SegmentationFault, VmalabSignal

READ, WRITE, EXEC, SHARED = 1, 2, 4, 8
ACCESSED, DIRTY, RW, USER = 0x20, 0x40, 0x2, 0x4

every = pytest.mark.parametrize("fmt", [I386, I386_PAE, X86_64, X86_64_V6], ids=lambda f: f.name)


class Machine:
    """Page tables and an MMU, with a kernel that refuses every fault and notes it."""

    def __init__(self, fmt=X86_64, tlb_entries=64, emit=None):
        self.frames = count(0x100)
        self.fmt = fmt
        self.memory = PhysicalMemory()
        self.table = self.new_table(emit)
        self.faults = []
        self.mmu = Mmu(self.table, self.handle_fault, tlb_entries=tlb_entries, emit=emit)

    def new_table(self, emit=None):
        return PageTable(self.fmt, self.memory, self.frames.__next__, lambda pfn: None, emit)

    def handle_fault(self, addr, error_code):
        self.faults.append((addr, error_code))
        raise SegmentationFault(addr, "read", 2, "the test's kernel says no")

    def map(self, vpn, pfn, index=SHARED | READ | WRITE):
        self.table.set(vpn, self.fmt.mk_pte(pfn, self.fmt.protection_map[index]) & ~ACCESSED)

    def refused(self, access, addr=0x5000):
        """The error code of a refused access."""
        with pytest.raises(SegmentationFault):
            self.mmu.translate(addr, access)
        return self.faults[-1][1]


# Error codes


@every
def test_the_error_code_of_a_page_that_is_not_there(fmt):
    machine = Machine(fmt)
    assert machine.refused("read") == PF_USER
    assert machine.refused("write") == PF_USER | PF_WRITE
    assert machine.refused("exec") == PF_USER | (PF_INSTR if fmt.nx else 0)


@every
def test_the_error_code_of_a_page_that_does_not_allow_it(fmt):
    machine = Machine(fmt)
    machine.map(5, 7, SHARED | READ)
    assert machine.refused("write") == PF_USER | PF_WRITE | PF_PROT
    if fmt.nx:
        assert machine.refused("exec") == PF_USER | PF_INSTR | PF_PROT
    else:
        assert machine.mmu.fetch(0x5000, 1) == b"\0"
    machine.table.set(5, machine.table.get(5) & ~USER)
    machine.mmu.flush_tlb_all()
    assert machine.refused("read") == PF_USER | PF_PROT


@every
def test_prot_none_has_a_page_and_the_hardware_does_not_see_it(fmt):
    machine = Machine(fmt)
    machine.map(5, 7, 0)
    assert machine.fmt.kind(machine.table.get(5)) == "protnone"
    assert machine.refused("read") == PF_USER


def test_a_reserved_bit_is_told_apart():
    machine = Machine(I386_PAE)
    machine.map(5, 7)
    machine.table.set(5, machine.table.get(5) | 1 << 40)
    assert machine.refused("write") == PF_USER | PF_WRITE | PF_PROT | PF_RSVD


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (PF_USER, "a load of a page that is not there"),
        (PF_USER | PF_INSTR | PF_PROT, "a fetch from a page that does not allow it"),
        (PF_USER | PF_RSVD | PF_PROT, "a load of a page whose entry has a reserved bit set"),
    ],
)
def test_an_error_code_has_words(code, words):
    assert describe_error_code(code) == words


# Bytes


@every
@given(
    writes=st.lists(st.tuples(st.integers(0, 3 * 4096 - 1), st.binary(max_size=5000)), max_size=8)
)
def test_what_is_loaded_is_what_was_last_stored(fmt, writes):
    """Four pages that follow each other, in frames that do not."""
    machine, oracle = Machine(fmt), bytearray(5 * 4096)
    for page, pfn in enumerate((9, 3, 40, 7, 2)):
        machine.map(0x50 + page, pfn, SHARED | READ | WRITE | EXEC)
    for start, data in writes:
        machine.mmu.store(0x50000 + start, data)
        oracle[start : start + len(data)] = data
    assert machine.mmu.load(0x50000, 5 * 4096) == oracle
    assert machine.mmu.fetch(0x50FF0, 0x20) == oracle[0xFF0:0x1010]
    assert machine.memory.read(40, 0, 4096) == oracle[0x2000:0x3000]


def test_no_bytes_are_no_access():
    machine = Machine()
    assert machine.mmu.load(0x5000, 0) == machine.mmu.fetch(0x5000, 0) == b""
    machine.mmu.store(0x5000, b"")
    assert not machine.faults


def test_a_store_across_pages_is_written_whole_or_not_at_all():
    machine = Machine()
    machine.map(5, 7)
    with pytest.raises(SegmentationFault):
        machine.mmu.store(0x5FFE, b"word")
    assert machine.faults == [(0x6000, PF_USER | PF_WRITE)], "the fault is in the second page"
    assert machine.memory.is_zero(7)


def test_a_long_store_is_many_instructions_and_may_end_half_done():
    machine = Machine()
    machine.map(5, 7)
    with pytest.raises(SegmentationFault):
        machine.mmu.store(0x5F00, b"x" * 512)
    assert machine.memory.read(7, 0xF00, 256) == b"x" * 256


# Faults


@every
def test_the_kernel_mends_and_the_access_goes_on(fmt):
    machine = Machine(fmt)

    def give(addr, error_code):
        machine.faults.append((addr, error_code))
        machine.map(addr >> 12, 7 + (addr >> 12))

    machine.mmu.handle_fault = give
    machine.mmu.store(0x5FFC, b"ABCDEFGH")
    assert [addr for addr, _ in machine.faults] == [0x5FFC, 0x6000]
    assert machine.memory.read(12, 0xFFC, 4) == b"ABCD"
    assert machine.memory.read(13, 0, 4) == b"EFGH"
    assert machine.mmu.nr_faults == 2


@pytest.mark.parametrize("access", ["read", "write", "exec"])
def test_a_fault_that_mends_nothing_is_a_loop_and_ends(access):
    machine = Machine()
    machine.mmu.handle_fault = lambda addr, code: machine.faults.append((addr, code))
    with pytest.raises(FaultLoop, match=f"LOOP without end: {access} at 0x5123") as caught:
        machine.mmu.translate(0x5123, access)
    assert len(machine.faults) == MAX_FAULTS
    assert isinstance(caught.value, VmalabSignal)
    assert pickle.loads(pickle.dumps(caught.value)).addr == 0x5123
    assert copy.copy(caught.value).signal == "LOOP"


def test_two_pages_that_are_never_there_together_are_a_loop():
    machine = Machine()

    def only_one(addr, error_code):
        for vpn in (5, 6):
            machine.table.clear(vpn)
        machine.mmu.flush_tlb_all()
        machine.map(addr >> 12, 7)

    machine.mmu.handle_fault = only_one
    with pytest.raises(FaultLoop, match="never there at the same time"):
        machine.mmu.store(0x5FFC, b"ABCDEFGH")
    assert machine.memory.is_zero(7)


# ACCESSED and DIRTY


@every
def test_the_hardware_notes_who_was_touched_and_who_was_written(fmt):
    machine = Machine(fmt)
    machine.map(5, 7)
    bare = machine.table.get(5)
    assert not bare & (ACCESSED | DIRTY)
    machine.mmu.load(0x5000, 1)
    assert machine.table.get(5) == bare | ACCESSED
    machine.mmu.store(0x5000, b"x")
    assert machine.table.get(5) == bare | ACCESSED | DIRTY
    assert machine.mmu.nr_walks == 2, "the first store walks again, to set DIRTY"
    machine.mmu.store(0x5000, b"y")
    machine.mmu.load(0x5000, 1)
    assert machine.mmu.nr_walks == 2


def test_a_refused_access_leaves_no_mark():
    machine = Machine()
    machine.map(5, 7, SHARED | READ)
    machine.refused("write")
    assert not machine.table.get(5) & (ACCESSED | DIRTY)


def test_clearing_accessed_without_a_flush_is_not_noticed_until_the_entry_leaves_the_tlb():
    machine = Machine()
    machine.map(5, 7)
    machine.mmu.load(0x5000, 1)
    machine.table.set(5, machine.table.get(5) & ~ACCESSED)
    machine.mmu.load(0x5000, 1)
    assert not machine.table.get(5) & ACCESSED, "a hit looks at no table"
    machine.mmu.flush_tlb_page(0x5000)
    machine.mmu.load(0x5000, 1)
    assert machine.table.get(5) & ACCESSED


# Stale entries


def test_a_forgotten_flush_lets_a_store_through_to_the_old_frame():
    """The page is given another frame; the TLB says it is where it was."""
    machine = Machine()
    machine.map(5, 7)
    machine.mmu.store(0x5000, b"old")
    machine.map(5, 8, SHARED | READ)
    assert [addr for addr, _, _ in machine.mmu.stale()] == [0x5000]
    machine.mmu.store(0x5000, b"bad")
    assert machine.memory.read(7, 0, 3) == b"bad"
    assert machine.memory.is_zero(8)
    assert not machine.table.get(5) & DIRTY, "and nobody will ever know it was written"
    machine.mmu.flush_tlb_page(0x5123)
    assert machine.mmu.stale() == ()
    assert machine.refused("write") == PF_USER | PF_WRITE | PF_PROT


def test_a_clean_stale_entry_is_found_out_by_the_first_store():
    machine = Machine()
    machine.map(5, 7)
    machine.mmu.load(0x5000, 1)
    machine.map(5, 7, SHARED | READ)
    assert machine.refused("write") == PF_USER | PF_WRITE | PF_PROT


def test_rights_given_need_no_flush_but_one_fault_for_nothing():
    machine = Machine()
    machine.map(5, 7, SHARED | READ)
    machine.mmu.load(0x5000, 1)
    machine.map(5, 7)
    machine.mmu.handle_fault = lambda addr, code: machine.faults.append((addr, code))
    machine.mmu.store(0x5000, b"x")
    assert machine.faults == [(0x5000, PF_USER | PF_WRITE | PF_PROT)]
    assert machine.memory.read(7, 0, 1) == b"x"


def test_marks_alone_do_not_make_an_entry_stale():
    machine = Machine()
    machine.map(5, 7)
    machine.mmu.load(0x5000, 1)
    machine.table.set(5, machine.table.get(5) & ~ACCESSED | DIRTY)
    assert machine.mmu.stale() == ()


# The TLB


def test_the_oldest_entry_is_pushed_out():
    machine = Machine(tlb_entries=3)
    for vpn in range(4):
        machine.map(vpn, 7 + vpn)
        machine.mmu.load(vpn * 4096, 1)
    machine.mmu.load(1 * 4096, 1)
    assert [addr for addr, _ in machine.mmu.tlb] == [0x1000, 0x2000, 0x3000]


def test_flushing_a_range_forgets_its_pages_only():
    machine = Machine()
    for vpn in range(5):
        machine.map(vpn, 7 + vpn)
        machine.mmu.load(vpn * 4096, 1)
    machine.mmu.flush_tlb_range(0x1000, 0x3000)
    assert [addr for addr, _ in machine.mmu.tlb] == [0, 0x3000, 0x4000]


def test_another_address_space_starts_with_an_empty_tlb():
    machine = Machine()
    machine.map(5, 7)
    machine.mmu.store(0x5000, b"mine")
    other = machine.new_table()
    other.set(5, machine.fmt.mk_pte(8, machine.fmt.protection_map[READ]))
    machine.mmu.switch_mm(other)
    assert machine.mmu.load(0x5000, 4) == bytes(4)


def test_a_listener_hears_what_the_hardware_does():
    heard = []
    machine = Machine(I386, emit=heard.append)
    machine.map(5, 7)
    heard.clear()
    machine.mmu.load(0x5123, 1)
    machine.mmu.load(0x5123, 1)
    machine.mmu.flush_tlb_page(0x5123)
    machine.mmu.flush_tlb_range(0x5000, 0x7000)
    machine.mmu.load(0x5000, 1)
    machine.mmu.flush_tlb_all()
    assert heard == [
        PteSet(0x5000, 0x7007, 0x7027, "mmu"),
        TlbFilled(0x5000, 0x7027),
        TlbFlushed(0x5000, 0x6000, 1),
        TlbFlushed(0x5000, 0x7000, 0),
        TlbFilled(0x5000, 0x7027),
        TlbFlushed(0, 0, 1, everything=True),
    ]


# Tables edited by hand


def test_what_an_upper_table_forbids_is_forbidden():
    machine = Machine()
    machine.map(5, 7, SHARED | READ | WRITE | EXEC)
    upper = machine.table.walk(0x5000).steps[1]
    machine.mmu.store(0x5000, b"x")
    machine.table.edit(upper.table_pfn, upper.index, upper.entry & ~RW)
    machine.mmu.flush_tlb_all()
    assert machine.mmu.load(0x5000, 1) == b"x"
    assert machine.refused("write") == PF_USER | PF_WRITE | PF_PROT
    machine.table.edit(upper.table_pfn, upper.index, upper.entry | 1 << 63)
    assert machine.refused("exec") == PF_USER | PF_INSTR | PF_PROT
    machine.table.edit(upper.table_pfn, upper.index, 0)
    machine.mmu.flush_tlb_all()
    assert machine.refused("read") == PF_USER


def test_the_top_table_of_pae_forbids_nothing():
    machine = Machine(I386_PAE)
    machine.map(5, 7)
    top = machine.table.walk(0x5000).steps[0]
    machine.table.edit(top.table_pfn, top.index, top.entry)
    assert top.set_bits == ("PRESENT", "pfn")
    machine.mmu.store(0x5000, b"x")
    assert machine.table.get(5) & (ACCESSED | DIRTY) == ACCESSED | DIRTY


def test_a_page_table_can_be_made_to_map_itself():
    """Its bytes are memory like any other: a program that may write them maps what it likes."""
    machine = Machine(I386)
    machine.map(5, 7)
    machine.memory.write(9, 0, b"secret")
    leaf_pfn = machine.table.walk(0x5000).steps[-1].table_pfn
    machine.map(6, leaf_pfn)
    machine.mmu.store(0x6000 + 4 * 8, (0x9007).to_bytes(4, "little"))
    assert machine.table.get(8) == 0x9007
    assert machine.mmu.load(0x8000, 6) == b"secret"
