"""What does the soft TLB tell the host, and in how few calls?

entries   7w* 8w* 9r* 3r*      ->     map 2 rwx from 7 | map 1 r-x from 9 | map 1 r-x from 3
"""

from itertools import count, pairwise

from hypothesis import given
from hypothesis import strategies as st

from vmalab.arch.pgtable import PageTable
from vmalab.arch.physmem import PhysicalMemory
from vmalab.arch.uml import PAGE_NEWPAGE, PAGE_NEWPROT, UML
from vmalab.uapi.mman import PROT_EXEC, PROT_READ, PROT_WRITE
from vmalab.workloads.uml.flush import HostOp, flush_range, force_flush_all, host_prot

RX, RWX = PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC
WRITTEN = UML.mk_pte(0, UML.protection_map[0xB]) | UML.dirty
CLEAN = UML.mk_pte(0, UML.protection_map[0xB])


def table(entries):
    made = PageTable(UML, PhysicalMemory(), count(1).__next__, lambda _pfn: None)
    for vpn, pte in entries.items():
        made.set(vpn, pte)
    return made


def at(pfn, pte):
    return UML.mk_pte(pfn, 1) & UML.pfn_mask | pte


def test_neighbours_go_in_one_call_if_right_and_frame_follow():
    guest = table({4: at(7, WRITTEN), 5: at(8, WRITTEN), 6: at(9, CLEAN), 7: at(3, CLEAN)})
    assert flush_range(guest, 0, 64) == [
        HostOp("map", 4, 2, RWX, 7),
        HostOp("map", 6, 1, RX, 9),
        HostOp("map", 7, 1, RX, 3),
    ]


def test_what_is_told_once_is_not_told_again():
    guest = table({4: at(7, WRITTEN), 9: PAGE_NEWPAGE})
    assert flush_range(guest, 0, 64) == [HostOp("map", 4, 1, RWX, 7), HostOp("unmap", 9, 1)]
    assert flush_range(guest, 0, 64) == []
    assert not guest.get(4) & (PAGE_NEWPAGE | PAGE_NEWPROT)


def test_a_page_that_is_new_in_its_rights_only_is_protected():
    guest = table({4: at(7, CLEAN) & ~PAGE_NEWPAGE})
    assert flush_range(guest, 0, 64) == [HostOp("protect", 4, 1, RX)]


def test_faults_stand_in_for_the_bits_that_the_host_does_not_give():
    assert host_prot(WRITTEN) == RWX
    assert host_prot(CLEAN) == RX
    assert host_prot(WRITTEN & ~UML.accessed) == PROT_EXEC
    assert host_prot(WRITTEN & ~UML.rw) == RX


def test_a_new_address_space_hears_of_pages_and_of_holes():
    guest = table({2: at(7, WRITTEN), 3: at(8, WRITTEN), 6: at(3, CLEAN)})
    assert force_flush_all(guest, 0, 8, gaps=True) == [
        HostOp("unmap", 0, 2),
        HostOp("map", 2, 2, RWX, 7),
        HostOp("unmap", 4, 2),
        HostOp("map", 6, 1, RX, 3),
        HostOp("unmap", 7, 1),
    ]
    assert [op.kind for op in force_flush_all(guest, 0, 8, gaps=False)] == ["map", "map"]


@given(
    st.dictionaries(st.integers(0, 40), st.tuples(st.integers(0, 20), st.booleans()), max_size=30)
)
def test_the_calls_of_a_flush_say_page_by_page_what_the_entries_say(pages):
    entries = {vpn: at(pfn, WRITTEN if dirty else CLEAN) for vpn, (pfn, dirty) in pages.items()}
    told = {}
    ops = force_flush_all(table(entries), 0, 48, gaps=True)
    for op in ops:
        for step in range(op.nr_pages):
            mapped = op.kind == "map"
            told[op.vpn + step] = (op.pgoff + step, op.prot == RWX) if mapped else None
    assert told == {vpn: pages.get(vpn) for vpn in range(48)}
    for one, other in pairwise(ops):
        assert one.vpn + one.nr_pages == other.vpn
