"""Does the patch's own test count as many SIGSEGVs on the model as its author asked for?"""

import pytest

from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.workloads import the_test_of_2006 as historical

PROTS = [prot for prots in historical.CONFIGURATIONS.values() for prot in prots]
PATCHED = [
    f"linux-2.6-manyprots-{variant}{form}"
    for variant in ("2006-04", "v4")
    for form in ("", ":as-intended")
]


# Step by step: 1 the page nobody remapped, 2 always one, 3 six pages, 4 thirty-two.
@pytest.mark.parametrize(
    ("prot", "count"),
    [
        ("none", 2 + 1 + 6 * 2 + 32 * 2),
        ("x", 1 + 1 + 6 + 32),
        ("r", 1 + 1 + 6 + 32),
        ("w", 0 + 1 + 0 + 0),
        ("rw", 0 + 1 + 0 + 0),
    ],
)
def test_what_is_wanted_follows_from_the_rights(prot, count):
    assert historical.wanted(prot) == count


@pytest.mark.parametrize("kernel", PATCHED)
@pytest.mark.parametrize("prot", PROTS)
def test_both_series_pass_as_posted_and_as_intended(kernel, prot):
    run = run_program(historical.program(prot), kernel, arch="i386", events=False, validate=False)
    assert historical.counted(run) == historical.wanted(prot)
    shown = "" if prot == "none" else historical.contents_wanted()
    assert run.steps[-1].result == shown


@pytest.mark.parametrize("arch", ["i386-pae", "x86_64"])
@pytest.mark.parametrize("prot", PROTS)
def test_v4_passes_on_the_larger_machines_too(arch, prot):
    program = historical.program(prot)
    run = run_program(program, PATCHED[2], arch=arch, events=False, validate=False)
    assert historical.counted(run) == historical.wanted(prot)


# The plain kernel refuses every remap with rights: of 32 pages none shows what it should.
def test_the_plain_kernel_fails_it():
    for prot in ("r", "rw"):
        program = historical.program(prot)
        run = run_program(program, "linux-2.6", arch="i386", events=False, validate=False)
        assert historical.counted(run) > historical.wanted(prot)
        assert run.steps[-1].result != historical.contents_wanted()


def test_every_sigsegv_is_counted_and_nothing_else():
    run = run_program(parse_program("mmap 0 3 r shared,fixed f0 62\nread 4\nwprobe 0 4\nread 2"))
    assert run.steps[2].result == "0-2=oa 2-3=ba 3-4=mm"
    assert historical.counted(run) == 1 + 3 + 2
