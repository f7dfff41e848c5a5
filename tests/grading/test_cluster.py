"""Does a cluster give the same results as this machine?

this process --> scheduler --> two workers, each with a judge and a sandbox of its own
"""

import json

import pytest

from vmalab.grading.cluster import grade_on_cluster
from vmalab.grading.pool import grade_all
from vmalab.grading.results import Job

pytestmark = pytest.mark.slow
distributed = pytest.importorskip("distributed")


@pytest.mark.filterwarnings("ignore")
def test_two_workers_give_the_results_of_the_local_pool(setting, worked, stubs):
    whole = json.dumps(worked("04")).encode()
    part = stubs("04", ex4_q3='string = "1w 1! 1 1! 1 1!"')
    jobs = [Job(f"learner{n}", "04", part if n % 3 else whole) for n in range(3)]
    local, remote = {}, {}
    grade_all(jobs, setting, lambda one: local.update({one["learner"]: one}), 2)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        grade_on_cluster(
            jobs,
            setting,
            lambda one: remote.update({one["learner"]: one}),
            cluster.scheduler_address,
        )
    assert remote == local
    assert {one["points"] for one in local.values()} == {3, 14}


def test_a_scheduler_that_does_not_answer_is_an_error_of_the_network(setting, monkeypatch):
    monkeypatch.setattr(
        distributed, "Client", lambda *_, **__: (_ for _ in ()).throw(OSError("nobody"))
    )
    with pytest.raises(OSError, match="nobody"):
        grade_on_cluster([], setting, print, "tcp://127.0.0.1:1")
