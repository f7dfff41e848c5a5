"""Is a guest's day the same whatever its host, and what does it cost under each policy?

same seed    mmap   reads a b c ...   1 VMA a page
             rfp    reads a b c ...   1 VMA
"""

import pytest

from tests.uml import rights, run_on
from vmalab.workloads.uml import Params, run

GUESTS = [
    Params(pages=300, processes=2, commands=2, mode="skas0"),
    Params(pages=300, processes=2, commands=2, mode="skas3", fragmentation=0.3),
    Params(pages=200, commands=1, read_first=1.0, file_share=0.5),
]


@pytest.mark.parametrize("params", GUESTS)
def test_programs_see_the_same_under_both_policies(params):
    mmap, mmap_host = run_on("linux-6", "mmap", params, watch=True)
    rfp, rfp_host = run_on("linux-6", "rfp", params, watch=True)
    assert mmap.seen == rfp.seen
    assert mmap.faults == rfp.faults
    assert rights(mmap_host, params) == rights(rfp_host, params)


@pytest.mark.parametrize("arch", ["i386", "x86_64"])
@pytest.mark.parametrize("params", GUESTS)
def test_on_a_kernel_with_the_patch_a_guest_is_one_vma_and_sees_the_same(params, arch):
    mmap, mmap_host = run_on("linux-6", "mmap", params, watch=True)
    rfp, rfp_host = run_on("linux-2.6-manyprots-v4", "rfp", params, arch, watch=True)
    assert mmap.seen == rfp.seen
    assert rights(mmap_host, params) == rights(rfp_host, params)
    stubs = 2 if params.mode == "skas0" else 0
    assert rfp.peak_vmas == 1 + stubs
    assert mmap.peak_vmas > 20 * rfp.peak_vmas
    assert rfp.calls["remap_file_pages"] == mmap.calls["mmap"]


def test_without_the_patch_remapping_still_costs_a_vma_for_each_change_of_rights():
    params = Params(pages=300, mode="skas3")
    mmap, _ = run_on("linux-2.6", "mmap", params)
    rfp, _ = run_on("linux-2.6", "rfp", params)
    assert 1 < rfp.peak_vmas < mmap.peak_vmas


def test_a_fragmented_guest_costs_its_host_a_vma_a_page():
    report = run(Params(pages=500, file_share=0, read_first=0, mode="skas3"))
    assert report.peak_vmas == report.samples[-1].vmas
    assert 500 <= report.peak_vmas <= 500 + 64
    assert report.table_bytes > 0
    assert not report.killed


def test_the_same_seed_is_the_same_guest():
    one, other = (run(GUESTS[0], watch=True) for _ in range(2))
    assert (one.seen, one.calls, one.samples) == (other.seen, other.calls, other.samples)
    another = run(Params(pages=300, processes=2, commands=2, seed=7), watch=True)
    assert another.seen != one.seen


def test_every_page_is_touched_and_progress_is_told():
    told = []
    report = run(Params(pages=200, file_share=0.25), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == report.touches >= 200


def test_at_the_limit_of_6_18_a_process_dies_with_65_531_vmas_or_here_fewer():
    params = Params(pages=400, mode="skas3", file_share=0)
    _, host = run_on("linux-6", "mmap", params)
    host.kernel.policy.max_map_count = 100
    report = run(params, "mmap", host.kernel)
    assert [killed.host_vmas for killed in report.killed] == [101]
    assert report.peak_vmas == 101
    assert "max_map_count" in report.killed[0].message


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        ({"pages": 0}, "choose between 1 and"),
        ({"fragmentation": 1.5}, "stay within 0 and 1"),
        ({"processes": 0}, "at least one process"),
        ({"pages": 450_000, "file_share": 1.0}, "take more of them"),
    ],
)
def test_impossible_guests_are_refused_with_a_cure(wrong, cure):
    with pytest.raises(ValueError, match=cure):
        Params(**wrong)
