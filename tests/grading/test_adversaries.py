"""Can a submission get points without an answer, leave its sandbox, or harm its neighbours?

corpus.py  -->  one class, honest submissions in between  -->  nobody gets what is not theirs
"""

import dataclasses
import json
import os
import socket
import threading
from pathlib import Path

import pytest

from tests.grading import corpus, corpus_of_sets
from tests.grading.conftest import IMPATIENT
from tools import exercises
from vmalab.grading.results import Job

pytestmark = pytest.mark.slow
ALL = {**corpus.FORGERIES, **corpus.READERS, **corpus.BREAKERS}
NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
CASES = {name: text for name, text in ALL.items() if NIGHT or name not in corpus.NIGHT}
ELSEWHERE = {
    name: case for name, case in corpus_of_sets.CASES.items() if NIGHT or name not in corpus.NIGHT
}
HONEST = 4


def paths(tmp_path_factory, port):
    """Real paths and a real port, which an attacker may know."""
    folder = tmp_path_factory.mktemp("outside")
    for name in ("file", "other.ipynb"):
        (folder / name).write_bytes((exercises.SOLUTIONS / "01_address_spaces.ipynb").read_bytes())
    (folder / "results").mkdir()
    (folder / "results" / "ada.01.json").write_text("{}")
    folder.chmod(0o777)
    return folder, {
        "sealed": str(exercises.SEALED / "01.json"),
        "solution": str(exercises.SOLUTIONS / "01_address_spaces.py"),
        "other": str(folder / "other.ipynb"),
        "out": str(folder / "results"),
        "canary": str(folder),
        "host": "127.0.0.1",
        "port": port,
    }


def graded(tmp_path_factory, grade_many, stubs, worked, setting):
    """Every case and some honest submissions in one class; and what was touched outside."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        folder, known = paths(tmp_path_factory, server.getsockname()[1])
        before = {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()}
        over = threading.Event()

        def listen():
            while not over.is_set():
                try:
                    heard.append(server.accept()[1])
                except TimeoutError:
                    continue

        listener = threading.Thread(target=listen)
        listener.start()
        jobs, breakers = [], []
        for number, (name, text) in enumerate(CASES.items()):
            source = text.format(**known) if name in corpus.READERS else text
            job = Job(name, "01", stubs("01", ex1_q5=source))
            (breakers if name in corpus.BREAKERS else jobs).append(job)
            if number % (len(corpus.FORGERIES) // HONEST) == 1:
                jobs.append(Job(f"honest {number}", "01", json.dumps(worked("01")).encode()))
        for name, (number, cell, text) in ELSEWHERE.items():
            known["sealed"] = str(exercises.SEALED / f"{number}.json")
            source = text.format(**known) if "{sealed" in text or "{other" in text else text
            breakers.append(Job(name, number, stubs(number, **{cell: source})))
        hurried = dataclasses.replace(setting, limits=IMPATIENT)
        found = grade_many(jobs) | grade_many(breakers, hurried)
        over.set()
        listener.join()
    after = {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    return found, before == after, heard


def test_the_corpus_is_large_enough():
    assert len(CASES) >= 40
    assert {*ALL, *corpus_of_sets.CASES} > corpus.NIGHT


def test_the_truth_would_earn_three_points(grade_many, stubs):
    found = grade_many([Job("ada", "01", stubs("01", ex1_q5=corpus.TRUTH))])
    assert found["ada"]["points"] == 3


def test_a_class_of_adversaries(tmp_path_factory, grade_many, stubs, worked, setting):
    """One test, so that the class is graded once however tests are spread over processes."""
    found, same, heard = graded(tmp_path_factory, grade_many, stubs, worked, setting)
    cases = {name: found[name] for name in (*CASES, *ELSEWHERE)}
    assert not {name: one["points"] for name, one in cases.items() if one["points"]}
    assert not [name for name, one in cases.items() if one.get("fault")], "a judge was lost"
    honest = [one["points"] for name, one in found.items() if name.startswith("honest")]
    assert len(honest) >= HONEST
    assert set(honest) == {12}, "a neighbour was harmed"
    assert same, "something was written outside"
    assert not heard, "somebody called"
    assert not [one for one in ("/PWNED", "~/PWNED") if Path(one).expanduser().exists()]
    tell_how_it_ended(
        {name: found[name]["items"][4]["stopped"] for name in corpus.BREAKERS if name in found}
    )


def tell_how_it_ended(said):
    """Those who break their kernel are told how. (A flood is stopped, or dropped unread.)"""
    assert "too long" in said["a loop without end"]
    assert "too long" in said["a sleep past the limit"]
    assert "ended by signal" in said["SIGKILL"]
    assert "by itself" in said["os._exit"]
