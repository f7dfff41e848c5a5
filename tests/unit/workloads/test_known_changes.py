"""Do the smallest programs end on each kernel as docs/generations.md says they do?"""

import pytest

from vmalab import host
from vmalab.generations import GENERATIONS
from vmalab.workloads.generation_table import policies
from vmalab.workloads.known_changes import BASE, CHANGES, outcome, run_change

ROWS = [
    (change, name) for change in CHANGES for name in GENERATIONS if change.arch in policies(name)
]


@pytest.mark.parametrize(
    ("change", "name"), ROWS, ids=[f"{name}-{change.asks[:40]}" for change, name in ROWS]
)
def test_a_program_ends_on_each_kernel_as_the_table_says(change, name):
    assert run_change(change, name) == change.expected(name)


@pytest.mark.host
@pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable()))
@pytest.mark.parametrize(
    "change", [one for one in CHANGES if one.arch == "x86_64"], ids=lambda one: one.asks[:40]
)
def test_todays_column_is_what_a_live_kernel_answers(change):
    assert outcome(host.run_program(change.program)) == change.expected("linux-6")


# The second half of a pair may end alike, if the first did not: it says why.
def test_each_row_tells_kernels_apart_or_finishes_another():
    for change in CHANGES:
        apart = len({change.expected(name) for name in GENERATIONS}) > 1
        assert apart or change.because.startswith("... ")


def test_every_row_says_why_in_its_own_words_and_names_kernels_there_are():
    reasons = [change.because for change in CHANGES]
    assert all(reasons)
    assert len(set(reasons)) == len(reasons)
    for change in CHANGES:
        assert BASE in change.outcomes
        assert set(change.outcomes) <= set(GENERATIONS)
