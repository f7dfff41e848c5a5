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


V4, APRIL = "linux-2.6-manyprots-v4", "linux-2.6-manyprots-2006-04"


# What kernels built with the series stored: page 42, read-only, read-write, no access.
@pytest.mark.parametrize(
    ("kernel", "arch", "entries"),
    [
        (V4, "i386", (0x468, 0x46A, 0x568)),
        (APRIL, "i386", (0x268, 0x26A, 0x2E8)),
        (V4, "i386-pae", (0x2A_0000_0040, 0x2A_0000_0042, 0x2A_0000_0140)),
        (V4, "x86_64", (0x2A040, 0x2A042, 0x2A140)),
    ],
)
def test_the_patch_notes_rights_beside_the_number(kernel, arch, entries):
    found = [swap_trip(kernel, arch, asked).out.entry for asked in ("r", "rw", "none")]
    assert tuple(found) == entries


# NX  before, back     PAE forgets NX of shared writable pages from the start, as 2.6.18 did
@pytest.mark.parametrize(
    ("kernel", "arch", "asked", "nx"),
    [
        (V4, "x86_64", "r", (True, False)),
        (V4, "x86_64", "rw", (True, False)),
        (V4, "x86_64", "rx", (False, False)),
        (V4, "i386-pae", "r", (True, False)),
        (V4, "i386-pae", "rw", (False, False)),
        (V4 + ":as-intended", "x86_64", "rw", (True, True)),
        (APRIL + ":as-intended", "i386-pae", "r", (True, True)),
        (V4, "i386", "r", (False, False)),
    ],
)
def test_what_may_not_run_may_run_after_swap_out_as_posted(kernel, arch, asked, nx):
    trip = swap_trip(kernel, arch, asked)
    assert ("NX" in trip.before.set_bits, "NX" in trip.back.set_bits) == nx
    assert ("RW" in trip.before.set_bits) == ("RW" in trip.back.set_bits) == ("w" in asked)


@pytest.mark.parametrize(("letters", "prot"), [("none", 0), ("r", 1), ("rw", 3), ("rwx", 7)])
def test_rights_as_numbers(letters, prot):
    assert prot_of(letters) == prot
