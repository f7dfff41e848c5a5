"""What did programs of 2006 pay for VMAs, and who pays today?

database window    mmap: a VMA a slot        rfp on 2.6: one      rfp today: a VMA a slot again
1,000 stacks       mprotect: 2,000 VMAs      guard markers: one
chunks             alternating rights: a VMA each, and the cache is of no use
"""

import pytest

from vmalab.kernel import Kernel
from vmalab.uapi.errors import KernelError
from vmalab.workloads.chunks import use_chunks
from vmalab.workloads.database import read_blocks
from vmalab.workloads.stacks import make_stacks


def test_a_window_is_one_vma_only_where_pages_move_inside_it():
    runs = {
        (name, policy): read_blocks(Kernel(name), policy, slots=32, blocks=256, reads=1500)
        for name in ("linux-2.6", "linux-6")
        for policy in ("mmap", "rfp")
    }
    assert all(run.wrong == 0 for run in runs.values())
    assert len({(run.reads, run.shown) for run in runs.values()}) == 1
    vmas = {key: run.vmas for key, run in runs.items()}
    assert vmas["linux-2.6", "rfp"] == 1
    assert vmas["linux-2.6", "mmap"] == vmas["linux-6", "mmap"] == vmas["linux-6", "rfp"] > 25


@pytest.mark.slow
def test_a_thousand_stacks_are_two_thousand_vmas_or_one():
    two, one = (make_stacks(Kernel("linux-6"), policy) for policy in ("mprotect", "guard"))
    assert (two.vmas, one.vmas) == (2000, 1)
    assert two.guarded == one.guarded == 1000
    assert make_stacks(Kernel("linux-2.6", "i386"), "mprotect").vmas == 2000


def test_guard_markers_are_not_older_than_they_are():
    with pytest.raises(KernelError) as refused:
        make_stacks(Kernel("linux-2.6"), "guard", 2)
    assert refused.value.errno == 22


def test_chunks_that_cannot_merge_make_lookups_long_and_the_cache_useless():
    apart, joined = (use_chunks(Kernel("linux-6"), alternate=way) for way in (True, False))
    assert (apart.vmas, joined.vmas) == (500, 1)
    assert apart.cache_hits < 0.05
    assert joined.cache_hits > 0.95
    steps = {row.structure: row.average for row in apart.steps}
    assert steps["linked list"] > 100 > 20 > steps["rb-tree"] > steps["maple tree"]


def test_who_works_through_neighbours_hits_the_cache():
    wandering = use_chunks(Kernel("linux-2.6"), neighbours=0.9)
    assert 0.4 < wandering.cache_hits < 0.95


@pytest.mark.parametrize("call", [read_blocks, make_stacks])
def test_an_unknown_policy_is_refused(call):
    with pytest.raises(ValueError, match="choose one of"):
        call(Kernel("linux-6"), "hope")
