"""Page-table entries: every vector recorded from the kernels, and round trips over whole ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.arch.formats import FORMATS, pte_format
from vmalab.arch.i386 import I386, I386_2006_04, I386_2006_04_BEFORE_11, I386_V4
from vmalab.arch.i386_pae import I386_PAE, I386_PAE_2006_04, I386_PAE_V4
from vmalab.arch.uml import UML, UML_2006_04, UML_2006_04_BEFORE_11, UML_V4
from vmalab.arch.x86_64 import X86_64, X86_64_2006_04, X86_64_2006_04_MENDED, X86_64_V4
from vmalab.arch.x86_64_v6 import PTE_MARKER_GUARD, PTE_MARKER_UFFD_WP, X86_64_V6

ALL = list(FORMATS.values())
WITH_FILE = [fmt for fmt in ALL if fmt.file_pgoff]
SAVING = [fmt for fmt in ALL if fmt.saved]

READ, WRITE, EXEC, SHARED = 1, 2, 4, 8
NX = 1 << 63


def names(fmt):
    return fmt.name


every = pytest.mark.parametrize("fmt", ALL, ids=names)
with_file = pytest.mark.parametrize("fmt", WITH_FILE, ids=names)
saving = pytest.mark.parametrize("fmt", SAVING, ids=names)


def prots(fmt):
    """Read-write, read-only and no access, as a shared mapping of the format has them."""
    table = fmt.protection_map
    return table[SHARED | READ | WRITE], table[SHARED | READ], table[SHARED]


# Recorded vectors


@pytest.mark.parametrize(
    ("fmt", "pgoff", "pte"),
    [
        (I386, 0x12345, 0x00091A4A),
        (I386, 0x1F, 0x7E),
        (I386, 0x20, 0x140),
        (X86_64, 0x12345, 0x12345040),
        (I386_PAE, 0x12345, 0x12345_00000040),
        (UML, 0x12344, 0x123448),
    ],
)
def test_a_file_entry_holds_the_page_offset(fmt, pgoff, pte):
    assert fmt.pgoff_to_pte(pgoff) == pte
    assert fmt.pte_to_pgoff(pte) == pgoff
    assert fmt.kind(pte) == "file"


@pytest.mark.parametrize(
    ("fmt", "pte"),
    [(I386, 0x00123402), (I386_PAE, 0x00024681_00000000), (X86_64, 0x123402), (UML, 0x91A010)],
)
def test_a_swap_entry_holds_type_and_offset(fmt, pte):
    assert fmt.swp_entry_to_pte(1, 0x1234) == pte
    assert fmt.pte_to_swp_entry(pte) == (1, 0x1234)


@pytest.mark.parametrize(
    ("fmt", "pgoff", "rw", "ro", "none"),
    [
        (I386_2006_04, 0x12345, 0x00123456, 0x00123454, 0x001234D4),
        (I386_V4, 0x12345, 0x00246856, 0x00246854, 0x00246954),
        (I386_2006_04, 1, 0x46, 0x44, 0xC4),
        (I386_V4, 1, 0x46, 0x44, 0x144),
        (I386_V4, 0x7FFFFFF, 0xFFFFFE7E, 0xFFFFFE7C, 0xFFFFFF7C),
        (X86_64_2006_04, 0x12345, 0x12345042, 0x12345040, 0x123450C0),
        (X86_64_V4, 0x12345, 0x12345042, 0x12345040, 0x12345140),
        (I386_PAE_2006_04, 0, 0x42, 0x40, 0xC0),
        (I386_PAE_V4, 0, 0x42, 0x40, 0x140),
        (I386_PAE_V4, 0x12345, 0x12345_00000042, 0x12345_00000040, 0x12345_00000140),
        (UML_2006_04, 3, 0x40 | 0x4 | 0x8 | 0x20, 0x4C, 0x5C),
        (UML_V4, 0xF, 0x200 | 0xC0 | 0x4 | 0x8 | 0x20, 0x2CC, 0x3CC),
    ],
)
def test_a_file_entry_of_the_patch_holds_the_protection_too(fmt, pgoff, rw, ro, none):
    expected = dict(zip(prots(fmt), (rw, ro, none), strict=True))
    for prot, pte in expected.items():
        assert fmt.pgoff_prot_to_pte(pgoff, prot) == pte
        assert fmt.pte_to_pgoff(pte) == pgoff


@pytest.mark.parametrize(
    ("fmt", "bits"),
    [
        *[(I386, 29), (I386_2006_04, 28), (I386_V4, 27)],
        *[(I386_PAE, 32), (I386_PAE_2006_04, 32), (I386_PAE_V4, 32)],
        *[(X86_64, 46), (X86_64_2006_04, 46), (X86_64_V4, 46), (X86_64_V6, 0)],
        *[(UML, 28), (UML_2006_04, 27), (UML_V4, 26)],
    ],
)
def test_how_many_bits_a_page_offset_may_have(fmt, bits):
    assert fmt.file_max_bits == bits


# Levels


def test_an_upper_entry_of_pae_has_no_rights_in_the_top_table():
    assert I386_PAE.levels[0].table_bits == 1
    assert [level.name for level in X86_64.levels] == ["pgd", "pud", "pmd", "pte"]
    assert (I386.vpn_bits, I386_PAE.vpn_bits, X86_64.vpn_bits) == (20, 20, 36)
    assert (I386.entry_bytes, I386_PAE.entry_bytes) == (4, 8)


# protection_map


@pytest.mark.parametrize(
    ("fmt", "nx", "nx_shared"),
    [(I386, 0, 0), (I386_PAE, NX, 0), (X86_64, NX, NX), (X86_64_V6, NX, NX)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_each_protection_becomes(fmt, nx, nx_shared):
    user, none = 0x25, fmt.protnone | 0x20
    table = fmt.protection_map
    assert table[0] == table[SHARED] == none
    assert table[READ] == table[WRITE] == table[READ | WRITE] == table[SHARED | READ] == user | nx
    assert table[EXEC] == table[EXEC | WRITE] == table[SHARED | EXEC] == user
    assert table[SHARED | WRITE] == table[SHARED | READ | WRITE] == user | 2 | nx_shared
    assert table[SHARED | WRITE | EXEC] == user | 2


def test_uml_has_the_same_table_in_its_own_bits():
    table = UML.protection_map
    assert (table[0], table[READ], table[SHARED | WRITE]) == (0x90, 0xC1, 0xE1)
    assert set(table[1:8]) == {0xC1}


# Present entries


@every
@pytest.mark.parametrize("index", range(16))
def test_mk_pte_keeps_frame_and_protection(fmt, index):
    prot = fmt.protection_map[index]
    for pfn in (0, 1, 0x12345, 0xFFFFF):
        pte = fmt.mk_pte(pfn, prot)
        assert fmt.pte_pfn(pte) == pfn
        assert fmt.pte_present(pte)
        assert not fmt.pte_none(pte)
        assert fmt.kind(pte) == ("present" if index & 7 else "protnone")
        assert fmt.pte_write(pte) == (index & (SHARED | WRITE) == SHARED | WRITE)
        assert fmt.pte_read(pte) == bool(index & 7)
        assert fmt.pte_young(pte)
        assert not fmt.pte_dirty(pte)


def test_execution_is_a_right_of_its_own_only_with_nx():
    for fmt, without_exec in [(I386, True), (I386_PAE, False), (X86_64, False), (UML, True)]:
        assert fmt.pte_exec(fmt.mk_pte(1, fmt.protection_map[READ])) is without_exec
        assert fmt.pte_exec(fmt.mk_pte(1, fmt.protection_map[READ | EXEC]))
    pae_write = I386_PAE.mk_pte(1, I386_PAE.protection_map[SHARED | WRITE])
    assert I386_PAE.pte_exec(pae_write), "2.6 with PAE forgot NX here"


@every
@given(
    old=st.integers(0, 15),
    new=st.integers(0, 15),
    pfn=st.integers(0, 0xFFFFF),
    touched=st.booleans(),
    written=st.booleans(),
)
def test_pte_modify_changes_the_protection_and_nothing_else(fmt, old, new, pfn, touched, written):
    pte = fmt.mk_pte(pfn, fmt.protection_map[old]) & ~fmt.accessed
    pte |= (fmt.accessed if touched else 0) | (fmt.dirty if written else 0)
    prot = fmt.protection_map[new]
    changed = fmt.pte_modify(pte, prot)
    assert fmt.pte_pfn(changed) == pfn
    assert fmt.pte_dirty(changed) == written
    assert changed & ~(fmt.pfn_mask | fmt.dirty | fmt.accessed) == prot & ~fmt.accessed
    assert fmt.pte_young(changed) == (touched or not fmt.modify_keeps_age)


def test_uml_notes_that_the_host_has_not_heard_of_a_page():
    assert UML.mk_pte(1, UML.protection_map[READ]) & 0x6 == 0x6
    assert UML.pte_none(0x2), "a cleared entry the host still has to unmap"
    assert UML.kind(0x2) == "none"
    assert not I386.pte_none(0x2)


# Round trips


@every
@given(data=st.data())
def test_every_swap_entry_survives_its_journey_through_an_entry(fmt, data):
    swap_type = data.draw(st.integers(0, (1 << fmt.swap_type.width) - 1))
    slot = data.draw(st.integers(0, (1 << fmt.swap_offset.width) - 1))
    pte = fmt.swp_entry_to_pte(swap_type, slot)
    assert pte < 1 << 8 * fmt.entry_bytes
    assert fmt.pte_to_swp_entry(pte) == (swap_type, slot)
    assert not fmt.pte_file(pte), "a swap entry must not look like a file entry"
    assert not pte & fmt.present
    if pte and fmt.protnone != UML.protnone:
        assert fmt.kind(pte) in {"swap", "marker"}


def test_on_uml_a_second_swap_device_and_odd_file_pages_look_present():
    assert UML.kind(UML.swp_entry_to_pte(0, 9)) == "swap"
    assert UML.kind(UML.swp_entry_to_pte(1, 9)) == "protnone"
    assert [UML.kind(UML.pgoff_to_pte(pgoff)) for pgoff in (8, 9)] == ["file", "protnone"]
    assert UML_V4.kind(UML_V4.pgoff_to_pte(9)) == "file", "the patch moved the offset"


@with_file
@given(data=st.data())
def test_every_page_offset_survives_its_journey_through_an_entry(fmt, data):
    bits = fmt.file_pgoff.survive or fmt.file_max_bits
    pgoff = data.draw(st.integers(0, (1 << bits) - 1))
    for prot in prots(fmt):
        pte = fmt.pgoff_prot_to_pte(pgoff, prot)
        assert pte < 1 << 8 * fmt.entry_bytes
        assert fmt.pte_to_pgoff(pte) == pgoff
        assert fmt.pte_file(pte)
        assert not pte & fmt.present


@with_file
def test_the_largest_page_offset_fits_and_the_next_does_not(fmt):
    largest = (1 << fmt.file_max_bits) - 1
    assert fmt.pgoff_to_pte(largest) < 1 << 8 * fmt.entry_bytes
    with pytest.raises(ValueError, match=f"stay below {largest + 1:#x}"):
        fmt.pgoff_to_pte(largest + 1)
    with pytest.raises(ValueError, match="does not fit"):
        fmt.pgoff_to_pte(-1)


@every
def test_the_largest_swap_slot_fits_and_the_next_does_not(fmt):
    last_type, last_slot = (1 << fmt.swap_type.width) - 1, (1 << fmt.swap_offset.width) - 1
    assert fmt.pte_to_swp_entry(fmt.swp_entry_to_pte(last_type, last_slot)) == (
        last_type,
        last_slot,
    )
    with pytest.raises(ValueError, match="swap offset"):
        fmt.swp_entry_to_pte(0, last_slot + 1)
    with pytest.raises(ValueError, match="swap type"):
        fmt.swp_entry_to_pte(last_type + 1, 0)


@pytest.mark.parametrize("fmt", [X86_64, X86_64_2006_04, X86_64_V4], ids=names)
def test_of_46_bits_only_34_survive_on_x86_64(fmt):
    assert fmt.pte_to_pgoff(fmt.pgoff_to_pte((1 << 34) - 1)) == (1 << 34) - 1
    assert fmt.pte_to_pgoff(fmt.pgoff_to_pte((1 << 34) + 5)) == 5


# The protection that is saved


@saving
def test_read_write_and_no_access_come_back(fmt):
    rw, ro, none = prots(fmt)
    for prot in (rw, ro, none):
        back = fmt.pte_to_pgprot(fmt.pgoff_prot_to_pte(9, prot))
        assert back == (prot if fmt.saved.nx else prot & ~fmt.nx)


@saving
def test_what_is_lost_is_the_difference_between_read_and_execute(fmt):
    """But for the mended formats, which have a bit for it where the hardware has."""
    read, execute = fmt.protection_map[SHARED | READ], fmt.protection_map[SHARED | EXEC]
    if fmt.saved.nx:
        assert fmt.pte_to_pgprot(fmt.pgoff_prot_to_pte(9, read)) == read
        assert fmt.pte_to_pgprot(fmt.pgoff_prot_to_pte(9, execute)) == execute
        return
    assert fmt.pgoff_prot_to_pte(9, read) == fmt.pgoff_prot_to_pte(9, execute)
    back = fmt.mk_pte(1, fmt.pte_to_pgprot(fmt.pgoff_prot_to_pte(9, read)))
    assert fmt.pte_exec(back), "NX has no bit: what comes back can be executed"


def test_a_plain_kernel_saves_nothing_and_denies():
    pte = I386.pgoff_prot_to_pte(9, I386.protection_map[SHARED | READ | WRITE])
    assert pte == I386.pgoff_to_pte(9)
    assert I386.pte_to_pgprot(pte) == I386.protection_map[0]


def test_how_a_present_entry_compares_with_its_vma():
    """April leaves default pages alone at swap-out; August saves practically every page."""
    rw, ro, none = prots(I386)
    for prot in (rw, ro, none):
        assert I386_2006_04.pte_to_pgprot(I386.mk_pte(7, prot)) == prot
    assert I386_V4.pte_to_pgprot(I386.mk_pte(7, rw)) == 0x2
    assert I386_V4.pte_to_pgprot(I386.mk_pte(7, ro)) == 0
    hidden = I386_V4.pte_to_pgprot(I386.mk_pte(7, none))
    assert I386_V4.pgoff_prot_to_pte(1, hidden) == 0x144


@pytest.mark.parametrize(
    "fmt", [I386_2006_04_BEFORE_11, UML_2006_04_BEFORE_11, X86_64_2006_04], ids=names
)
def test_no_access_saved_as_protnone_looks_like_a_page(fmt):
    none = fmt.pgoff_prot_to_pte(9, fmt.protection_map[0])
    assert fmt.pte_present(none)
    assert fmt.kind(none) == "protnone"
    assert fmt.kind(fmt.pgoff_prot_to_pte(9, fmt.protection_map[READ])) == "file"


@pytest.mark.parametrize(
    "fmt",
    [I386_2006_04, I386_PAE_2006_04, UML_2006_04, X86_64_2006_04_MENDED, I386_V4, UML_V4],
    ids=names,
)
def test_patch_11_or_a_bit_of_its_own_tells_them_apart(fmt):
    none = fmt.pgoff_prot_to_pte(9, fmt.protection_map[0])
    assert not fmt.pte_present(none)
    assert fmt.kind(none) == "file"
    assert fmt.kind(fmt.mk_pte(9, fmt.protection_map[0])) == "protnone"


def test_but_then_a_dirty_page_without_access_looks_like_a_file_entry():
    for fmt, kind in [(I386, "protnone"), (I386_2006_04, "file"), (I386_V4, "protnone")]:
        dirty = fmt.mk_pte(9, fmt.protection_map[READ]) | fmt.dirty
        assert fmt.kind(fmt.pte_modify(dirty, fmt.protection_map[0])) == kind
    dirty = UML_2006_04.mk_pte(9, UML.protection_map[READ]) | UML.dirty
    assert UML_2006_04.kind(UML_2006_04.pte_modify(dirty, UML.protection_map[0])) == "protnone"


# Linux 6


def test_linux_6_stores_swap_offsets_inverted():
    word = (1 << 64) - 1
    for swap_type, slot in [(0, 0), (1, 0x1234), (3, (1 << 50) - 1)]:
        expected = (((~slot << 14) & word) >> 5) | swap_type << 59
        assert X86_64_V6.swp_entry_to_pte(swap_type, slot) == expected


def test_linux_6_inverts_the_frame_of_a_page_nobody_may_touch():
    none = X86_64_V6.mk_pte(0x1234, X86_64_V6.protection_map[0])
    assert none & X86_64_V6.pfn_mask == X86_64_V6.pfn_mask ^ 0x1234000
    assert X86_64_V6.pte_pfn(none) == 0x1234


def test_a_guard_is_a_swap_entry_of_a_device_that_cannot_be():
    guard = X86_64_V6.make_pte_marker(PTE_MARKER_GUARD)
    assert X86_64_V6.kind(guard) == "marker"
    assert X86_64_V6.pte_marker(guard) == PTE_MARKER_GUARD
    assert X86_64_V6.pte_to_swp_entry(guard) == (31, PTE_MARKER_GUARD)
    assert not X86_64_V6.pte_present(guard)
    both = X86_64_V6.make_pte_marker(PTE_MARKER_GUARD | PTE_MARKER_UFFD_WP)
    assert X86_64_V6.pte_marker(both) == PTE_MARKER_GUARD | PTE_MARKER_UFFD_WP


def test_other_entries_are_no_markers():
    assert X86_64_V6.pte_marker(0) == 0
    assert X86_64_V6.pte_marker(X86_64_V6.mk_pte(1, X86_64_V6.protection_map[READ])) == 0
    assert X86_64_V6.pte_marker(X86_64_V6.swp_entry_to_pte(0, 4)) == 0
    assert I386.pte_marker(I386.swp_entry_to_pte(31, 4)) == 0


@pytest.mark.parametrize(("fmt", "bits"), [(X86_64_V6, 8), (X86_64_V6, 0), (I386, 4)])
def test_a_marker_nobody_knows_is_refused(fmt, bits):
    with pytest.raises(ValueError, match="choose from"):
        fmt.make_pte_marker(bits)


def test_linux_6_has_no_file_entries():
    with pytest.raises(ValueError, match=r"use a format of the 2\.6 years"):
        X86_64_V6.pgoff_to_pte(1)
    assert not X86_64_V6.pte_file(0x40)


def test_a_format_is_found_by_name():
    assert pte_format("i386-pae", "v4") is I386_PAE_V4
    with pytest.raises(ValueError, match="choose one of i386 plain"):
        pte_format("vax")
