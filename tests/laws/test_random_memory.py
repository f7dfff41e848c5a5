"""Does it matter to a program whether there is memory enough?

The same random programs, with plenty of frames and with pages put out at random points: they must
get the same answers and read the same bytes. ``make full`` tries 10,000 of them.
"""

import os

import pytest

from tests.laws.squeezed import both_runs
from vmalab.arch import mmu
from vmalab.workloads.random_programs import random_program

pytestmark = pytest.mark.slow

SEED = 1973
PROFILES = ["mixed", "anon", "file", "ext", "search"]
PROGRAMS = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "night" else 300
CHECKED = 5
"""In every so many programs the laws are checked after each operation; in all, at the end."""


def no_loop(addr, access, *_):
    raise AssertionError(f"every fault of linux-6 is answered once: {access} at {addr:#x}")


@pytest.mark.parametrize("profile", PROFILES)
def test_reclaim_never_shows(profile, monkeypatch, tasks):
    monkeypatch.setattr(mmu, "FaultLoop", no_loop)
    sealed, reads = profile == "search", 0
    for number in range(PROGRAMS // len(PROFILES)):
        program = random_program(SEED, number, profile)
        checks = number % CHECKED == 0
        (roomy, squeezed), left = both_runs(program, monkeypatch, sealed=sealed, checks=checks)
        for place, (mine, other) in enumerate(zip(roomy[0], squeezed[0], strict=True)):
            assert mine == other, f"{program.name}, operation {place + 1}: {program.ops[place]}"
        assert roomy[1] == squeezed[1], f"{program.name}: contents at the end"
        assert left[:2] == (1, 0), f"{program.name} left frames or slots behind"
        reads += left[2]
        tasks.clear()
    assert reads > PROGRAMS // 10, "pages went out and came back"
