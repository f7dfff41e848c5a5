"""Does a judge's process take lines and give lines, and a cluster's task the same?

{"sets": ...}\\n{"learner": "ada", ...}\\n   -->   {"points": 6, ...}\\n
"""

import io
import json

import pytest

from vmalab.grading import cluster
from vmalab.grading.bundle import dump
from vmalab.grading.results import Job
from vmalab.grading.sandbox import Limits, best_way
from vmalab.grading.store import Store
from vmalab.grading.worker import job_line, serve, setup_line

pytestmark = pytest.mark.slow


def test_a_line_in_is_a_line_out(tmp_path, toy, answered):
    way, image = best_way(trust=True), Store(tmp_path).image()
    jobs = [
        Job("ada", "01", answered()),
        Job("bob", "01", b"no notebook"),
        Job("cleo", "01", answered(ex1_q1="number = 4", ex1_q2="def double(n): return n")),
    ]
    lines = [setup_line({"01": toy}, way, image, Limits()), *map(job_line, jobs)]
    results = io.StringIO()
    serve(io.StringIO("\n".join(lines) + "\n"), results)
    told = [json.loads(line) for line in results.getvalue().splitlines()]
    assert [(one["learner"], one["points"]) for one in told] == [
        ("ada", 6),
        ("bob", 0),
        ("cleo", 1),
    ]
    assert told[1]["notes"][0] == "the file is not a notebook"


def test_a_task_of_a_cluster_grades_where_it_lands(toy, answered):
    limits = {name: getattr(Limits(), name) for name in Limits.__slots__}
    (told,) = cluster.grade_batch(
        [job_line(Job("ada", "01", answered()))], {"01": dump(toy)}, limits
    )
    assert json.loads(told)["points"] == 6
