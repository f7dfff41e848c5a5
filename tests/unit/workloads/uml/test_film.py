"""Does a film keep what happened, and nothing that did not?

touch   1 ... 33 fork 37 exec 61 exit 64 ...... 88
mmap    3     34      34      34      36        66 VMAs
rfp     3      3       3       3       3         3
"""

import pytest

from vmalab.workloads.uml import Params, run
from vmalab.workloads.uml.film import SHOWN_PAGES, film
from vmalab.workloads.uml.guest import FLUSH_FAILED, HINT

PATCHED = "linux-2.6-manyprots-v4"
DAY = Params(pages=96, commands=1)


@pytest.fixture(scope="module")
def films():
    return {policy: film(DAY, policy, PATCHED) for policy in ("mmap", "rfp")}


def kinds(shown):
    return [one.kind for one in shown.moments if one.kind != "work"]


# The same guest does the same at the same touch, whatever its host does about it.
def test_both_policies_have_the_same_moments(films):
    mmap, rfp = (
        [(one.kind, one.touches, one.faults, one.pages, one.nr_present) for one in shown.moments]
        for shown in films.values()
    )
    assert mmap == rfp
    assert [one.touches for one in films["mmap"].moments] == sorted({one[1] for one in mmap})


def test_a_film_ends_with_the_bill_of_the_run(films):
    for policy, shown in films.items():
        report, last = run(DAY, policy), shown.moments[-1]
        assert (last.touches, last.faults) == (report.touches, report.faults)
        if policy == "mmap":
            assert (last.stops, last.vmas_copied) == (report.stops, report.vmas_copied)
            assert last.vmas == report.peak_vmas


def test_processes_come_and_go_once(films):
    assert kinds(films["mmap"])[:4] == ["start", "fork", "exec", "exit"]
    fork, exec_, exit_ = (
        one for one in films["mmap"].moments if one.kind in {"fork", "exec", "exit"}
    )
    assert fork.other_vmas > exec_.other_vmas > exit_.other_vmas == 0
    assert fork.in_all == fork.vmas + fork.other_vmas


def test_a_vma_a_page_and_two_stubs_against_one_window(films):
    for one in films["mmap"].moments:
        assert one.vmas == one.nr_present + 2
    assert {one.vmas for one in films["rfp"].moments} == {3}


def test_what_is_written_can_be_written_and_what_was_read_only_read(films):
    last = films["mmap"].moments[-1]
    assert len(last.pages) == SHOWN_PAGES
    assert {page.prot for page in last.pages if page} <= {5, 7}
    by_vpn = {row.vpn: (row.prot, row.pgoff) for row in last.rows}
    shown = [(page.prot, page.pgoff) for page in last.pages if page]
    assert set(shown) <= set(by_vpn.values())


def test_the_host_refuses_at_its_limit_and_the_film_ends_there():
    shown = film(DAY, "mmap", PATCHED, 40)
    last = shown.moments[-1]
    assert shown.was_killed
    assert (last.vmas, last.killed.message) == (41, f"{FLUSH_FAILED}\n{HINT}")
    assert last.nr_present == shown.moments[-2].nr_present > 0
    assert last.touches > shown.moments[-2].touches
    assert not film(DAY, "rfp", PATCHED, 40).was_killed


# Without MAP_CHGPROT the window has to be cut by mprotect, and the emulation cuts it as well.
@pytest.mark.parametrize("host", ["linux-2.6", "linux-6"])
def test_on_other_hosts_the_window_is_cut(host):
    shown = film(DAY, "rfp", host)
    assert shown.arch == ("i386" if host == "linux-2.6" else "x86_64")
    assert shown.moments[-1].vmas > 20


def test_skas3_copies_no_vma():
    shown = film(Params(pages=96, commands=1, mode="skas3"), "mmap", PATCHED)
    assert kinds(shown)[:4] == ["start", "fork", "exec", "exit"]
    assert shown.moments[-1].vmas_copied == 0


def test_an_unknown_kernel_is_named():
    with pytest.raises(ValueError, match="linux-7"):
        film(DAY, "mmap", "linux-7")
