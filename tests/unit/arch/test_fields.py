"""What each bit of an entry means: the tables that pictures are drawn from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.arch.fields import fields
from vmalab.arch.formats import FORMATS
from vmalab.arch.i386 import I386
from vmalab.arch.x86_64_v6 import X86_64_V6

KINDS = ["present", "protnone", "table", "swap", "file", "marker", "none"]
SHARED_READ_WRITE, SHARED_READ, SHARED_NONE = 11, 9, 8

every = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)


@every
def test_no_two_fields_of_an_entry_share_a_bit(fmt):
    for kind in KINDS:
        seen = 0
        for field in fields(fmt, kind):
            assert field.mask
            assert not seen & field.mask, (kind, field.name)
            assert field.mask < 1 << 8 * fmt.entry_bytes
            assert field.meaning
            seen |= field.mask


@every
def test_an_entry_made_here_has_no_bit_without_a_meaning(fmt):
    made = [fmt.mk_pte(5, prot) for prot in fmt.protection_map]
    prots = [fmt.protection_map[i] for i in (SHARED_READ_WRITE, SHARED_READ, SHARED_NONE)]
    made.append(fmt.swp_entry_to_pte(2, 77))
    if fmt.file_pgoff:
        made += [fmt.pgoff_prot_to_pte(0x154, prot) for prot in prots]
    for pte in made:
        known = sum(field.mask for field in fields(fmt, fmt.kind(pte)))
        looks_present = fmt.kind(pte) == "protnone" and fmt.pte_file(pte)
        assert looks_present or not pte & ~known, hex(pte)


@every
@given(number=st.integers(0, (1 << 20) - 1))
def test_a_field_holds_the_number_that_was_packed(fmt, number):
    """Pictures read numbers off the fields; they are those the kernel's own decoders find."""

    def value(pte, kind, name):
        field = next(field for field in fields(fmt, kind) if field.name == name)
        return field.value_in(pte)

    for prot in fmt.protection_map:
        pte = fmt.mk_pte(number, prot)
        assert value(pte, fmt.kind(pte), "pfn") == number
    assert value(fmt.swp_entry_to_pte(3, number), "swap", "swap offset") == number
    assert value(fmt.swp_entry_to_pte(3, number), "swap", "swap type") == 3
    if fmt.file_pgoff:
        assert value(fmt.pgoff_to_pte(number), "file", "page offset") == number


def test_the_same_bit_means_another_thing_in_another_kind_of_entry():
    def meaning(bit, kind):
        return next((field.name for field in fields(I386, kind) if field.mask & bit), "-")

    kinds = ("present", "protnone", "file", "swap")
    assert [meaning(0x40, kind) for kind in kinds] == ["DIRTY", "DIRTY", "FILE", "-"]
    assert [meaning(0x80, kind) for kind in kinds] == ["PAT", "PROTNONE", "-", "-"]
    assert fields(X86_64_V6, "file") == ()
