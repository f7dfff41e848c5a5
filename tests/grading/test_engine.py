"""Does grading a class go on whatever happens to a submission, a judge, or the grader?

submissions --> pool of judges --> a result each, whole; cached; resumed; by two graders at once
"""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys

import pytest

from tests.toy_set import RIGHT, cell, notebook
from tools import exercises
from vmalab.grading.grade import grade
from vmalab.grading.pool import Worker, grade_all
from vmalab.grading.results import Job
from vmalab.grading.sandbox import Limits, NoSandboxError, best_way

pytestmark = pytest.mark.slow


@pytest.fixture
def graded(toy, setting, tmp_path):
    """Grade one notebook of the toy set in this process, so that the judge can be looked at."""

    def run(data, *, exercise=toy, way=setting.way, image=setting.image, **limits):
        wanted = Limits(**{"cell_seconds": 5.0, **limits})
        return grade(Job("ada", "01", data), exercise, way, image, wanted, tmp_path)

    return run


def points(result):
    return [item["points"] for item in result["items"]]


def test_right_answers_get_all_points(graded, answered):
    result = graded(answered())
    assert points(result) == [2, 4]
    assert "bubblewrap" in result["sandbox"]


def test_partial_credit_by_probe(graded, answered):
    result = graded(answered(ex1_q2="def double(n):\n    return abs(2 * n)"))
    assert points(result) == [2, 2]


def test_an_answer_that_ends_its_kernel_costs_no_other_item_anything(graded, toy):
    first, last = toy.items[1], dataclasses.replace(toy.items[1], name="ex1.q3", answer="twice")
    probes = tuple(
        dataclasses.replace(one, source=one.source.replace("double", "twice"))
        for one in last.probes
    )
    three = dataclasses.replace(
        toy, items=(toy.items[0], first, dataclasses.replace(last, probes=probes))
    )
    data = notebook(
        cell(RIGHT["ex1_q1"], "ex1_q1"),
        cell("import os\nos._exit(3)\ndef double(n): return 2 * n", "ex1_q2"),
        cell("def twice(n):\n    return 2 * n", "ex1_q3"),
    )
    result = graded(data, exercise=three)
    assert points(result) == [2, 0, 4]
    assert result["items"][1]["stopped"] == "its process ended by itself, with status 3"


def test_a_calculated_prediction_is_not_run(graded, answered):
    result = graded(answered(ex1_q1="number = 1 + len('ab')"))
    assert points(result) == [0, 4]
    assert any("read, not run" in note for note in result["notes"])


def test_the_time_of_a_whole_submission_is_limited(graded, answered):
    slow = "import time\ndef double(n):\n    time.sleep(1.5)\n    return 2 * n"
    result = graded(answered(ex1_q2=slow), total_seconds=2.5)
    assert points(result)[0] == 2
    assert points(result)[1] < 4


def test_a_kernel_that_cannot_start_is_noticed_at_once(graded, answered, tmp_path):
    result = graded(answered(), image=tmp_path / "nothing")
    assert points(result) == [0, 0]
    assert all("process ended" in item["stopped"] for item in result["items"])


@pytest.mark.parametrize("way", ["unshare", "trust"])
def test_other_ways_judge_the_same_and_say_what_they_are(graded, answered, way):
    result = graded(answered(), way=way)
    assert points(result) == [2, 4]
    assert {"unshare": "could be read", "trust": "NOT SANDBOXED"}[way] in result["sandbox"]


def test_without_a_sandbox_it_refuses_unless_it_is_trusted(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    best_way.cache_clear()
    try:
        with pytest.raises(NoSandboxError, match="bubblewrap"):
            best_way()
        assert best_way(trust=True) == "trust"
    finally:
        best_way.cache_clear()


def test_an_ordinary_user_has_the_sandbox_too():
    if os.geteuid() != 0:
        pytest.skip("an ordinary user runs all of these tests as one")
    code = (
        "from vmalab.grading import sandbox as s; s.os.geteuid = lambda: 1000; print(*s._bwrap())"
    )
    words = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "--unshare-user" in words
    as_nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    done = subprocess.run(
        [*as_nobody, *words, "/usr/bin/id", "-u"], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "65534"


def test_a_judge_that_dies_is_replaced_and_its_submission_tried_again(setting, worked):
    worker = Worker(setting)
    data = json.dumps(worked("01")).encode()
    assert worker.grade(Job("ada", "01", data))["points"] == 12
    worker._process.kill()
    worker._process.wait()
    assert worker.grade(Job("ada", "01", data))["points"] == 12
    worker.close()


def test_a_submission_that_kills_every_judge_gets_nothing_and_is_marked(setting, monkeypatch):
    monkeypatch.setattr("vmalab.grading.pool.sys.executable", "/bin/false")
    found = []
    grade_all([Job("ada", "01", b"{}")], setting, found.append, 1)
    assert found[0]["points"] == 0
    assert found[0]["fault"]


NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
CLASS, KILLS = (36, 20) if NIGHT else (4, 2)


@pytest.fixture
def a_class(tmp_path, worked, stubs):
    """Submissions in a folder: some whole, some half done; by night, of several sets."""
    folder = tmp_path / "submitted"
    half = stubs("01", ex1_q1='maps_1 = "0-2 rw, 2-4 r, 4-5 rw, 6-8 rw"')
    for number in range(CLASS):
        name = ("01_address_spaces", "06_glibc_library_layouts")[number >= 4 and number % 2]
        one = folder / f"learner{number}" / f"{name}.ipynb"
        one.parent.mkdir(parents=True)
        whole = number % 3 == 0 or not name.startswith("01")
        one.write_bytes(json.dumps(worked(name[:2])).encode() if whole else half)
    return folder


def command(*words):
    return [sys.executable, "-m", "vmalab", "grade", *map(str, words)]


def bundle():
    return ("--bundle", exercises.SEALED)


def results(out):
    return {path.name: path.read_bytes() for path in sorted((out / "results").glob("*.json"))}


def written(out):
    """Every file of a finished grading but those of the grader's own."""
    return {
        path.relative_to(out): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(out).parts)
    }


def killed(words, seconds):
    """A grader that is killed after some seconds; False if it was done before."""
    process = subprocess.Popen(
        command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def test_killed_at_any_moment_and_resumed_the_results_are_the_same(tmp_path, a_class):
    whole = tmp_path / "whole"
    subprocess.run(command(a_class, "--out", whole, *bundle()), check=True, capture_output=True)
    expected = results(whole)
    assert len(expected) == CLASS
    out, rng, kills, midway = tmp_path / "out", random.Random(2006), 0, 0
    words = (a_class, "--out", out, *bundle())
    for _ in range(KILLS):
        was_killed = killed(words, rng.uniform(0.5, 6.0))
        known = results(out)
        assert known.items() <= expected.items(), "a finished grade is whole and the same"
        kills, midway = kills + was_killed, midway + (was_killed and len(known) < CLASS)
        if (out / "run.json").exists():
            words = ("--resume", "--out", out)
    subprocess.run(command(*words), check=True, capture_output=True)
    ours, theirs = written(out), written(whole)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert kills >= midway >= KILLS / 2, "most were killed over their work"


def test_two_graders_in_one_folder_do_not_harm_it_and_only_what_changed_is_graded_again(
    tmp_path, a_class
):
    words = command(a_class, "--out", tmp_path / "out", "-j", 1, *bundle())
    both = [subprocess.Popen(words, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    found = results(tmp_path / "out")
    assert len(found) == CLASS
    assert {json.loads(one)["points"] for one in found.values()} == {2, 12}
    changed = a_class / "learner0" / "01_address_spaces.ipynb"
    changed.write_bytes(changed.read_bytes() + b" ")
    again = subprocess.run(words, check=True, capture_output=True, text=True)
    assert f"{CLASS} submissions, 1 to grade" in again.stdout
