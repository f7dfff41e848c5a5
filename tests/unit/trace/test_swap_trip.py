"""Does a page that went out come back, and is its entry kept each time?"""

import pytest

from vmalab.trace.swap_trip import PGOFF, prot_of, swap_trip


@pytest.mark.parametrize("arch", ["i386", "i386-pae", "x86_64"])
@pytest.mark.parametrize("asked", ["r", "rw", "rwx"])
def test_on_the_plain_kernel_the_note_is_a_number_and_the_vma_has_the_rights(arch, asked):
    trip = swap_trip("linux-2.6", arch, asked)
    kinds = [step.kind for step in (trip.before, trip.out, trip.back)]
    assert kinds == ["present", "file", "present"]
    noted = {field.name: field.value_in(trip.out.entry) for field in trip.out.bits}
    assert noted == {"page offset": PGOFF, "FILE": 1}
    assert trip.outcome == ""
    held = [set(step.set_bits) - {"pfn", "DIRTY"} for step in (trip.before, trip.back)]
    assert held[0] == held[1]


def test_the_frame_is_another_one_and_the_page_is_clean_again():
    trip = swap_trip("linux-2.6", "i386", "rw")
    assert trip.before.entry >> 12 != trip.back.entry >> 12
    assert "DIRTY" in trip.before.set_bits
    assert "DIRTY" not in trip.back.set_bits


def test_a_page_that_nobody_may_touch_goes_out_and_stays():
    trip = swap_trip("linux-2.6", "i386", "none")
    assert trip.before.kind == "protnone"
    assert trip.out.kind == "file"
    assert trip.outcome == ""


@pytest.mark.parametrize(("letters", "prot"), [("none", 0), ("r", 1), ("rw", 3), ("rwx", 7)])
def test_rights_as_numbers(letters, prot):
    assert prot_of(letters) == prot
