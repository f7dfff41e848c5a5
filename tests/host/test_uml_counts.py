"""Given the same calls, has a guest of User-mode Linux the same VMAs on this machine's kernel?

model   the guest's calls, logged  ->  its VMAs
live    the same calls             ->  its VMAs      equal, row by row
"""

import pytest

from tests.live import not_live
from tests.uml import run_on
from vmalab.host import HostError
from vmalab.workloads.uml import Params
from vmalab.workloads.uml.hosts import Call, guest_rows
from vmalab.workloads.uml.live import replay, why_not

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(not_live() is not None, reason=str(not_live())),
]


@pytest.mark.parametrize("mode", ["skas0", "skas3"])
@pytest.mark.parametrize("policy", ["mmap", "rfp"])
def test_forks_and_commands_leave_the_same_vmas(policy, mode):
    params = Params(pages=800, processes=2, commands=2, mode=mode, fragmentation=0.5)
    _, host = run_on("linux-6", policy, params, logged=True)
    model, live = host.last_rows(), replay(host.log, params.ram_pages)
    assert live == model
    assert max(map(len, live.values())) > 200


@pytest.mark.slow
def test_sixty_thousand_mappings(tasks):
    params = Params(pages=60_000, mode="skas3", read_first=0.1, file_share=0.05)
    if reason := why_not(60_100):
        pytest.skip(reason)
    report, host = run_on("linux-6", "mmap", params, logged=True)
    model, live = host.last_rows(), replay(host.log, params.ram_pages)
    assert not report.killed
    assert live == model
    assert len(guest_rows(live[1])) == report.peak_vmas > 59_000
    tasks.clear()  # to look for each page's VMA among so many of one file would take minutes


def test_a_call_that_this_kernel_refuses_is_told():
    with pytest.raises(HostError, match="refused munmap"):
        replay({1: [Call("munmap", (0, 0))]}, 1)


def test_too_many_vmas_are_known_beforehand():
    assert why_not(100) is None
    assert "too few for 9,999,999 VMAs" in why_not(9_999_999)
