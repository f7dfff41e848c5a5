"""``vmalab fuzz``: what does it tell, and how does it end?"""

import json
from concurrent.futures.process import BrokenProcessPool

import pytest
from rich.console import Console

from vmalab import host
from vmalab.cli import fuzz as command
from vmalab.records.text import parse_program
from vmalab.workloads import fuzz as fuzzing
from vmalab.workloads.differential import Difference
from vmalab.workloads.fuzz import Found, FuzzReport


@pytest.fixture
def planted(monkeypatch):
    """The fuzzer finds the same difference in whatever it is given; its jobs are kept."""
    jobs = []
    monkeypatch.setattr(host, "unavailable", lambda: None)
    monkeypatch.setattr(host, "release_note", lambda: None)

    def fuzz(job, **options):
        jobs.append((job, options))
        options["progress"](job.programs, job.programs)
        small = parse_program("munmap 0 1")
        difference = Difference(1, small.ops[0], "results", "0", "-1 EINVAL")
        report = FuzzReport(job.profile, job.seed, job.programs, job.programs * job.nr_ops, 7, 0.5)
        report.counts.update({("munmap", "ok"): 7, ("munmap", "-1 EINVAL"): 3})
        report.skipped["a reason"] = 2
        name = f"{job.profile}-{job.seed}-{job.first}"
        large = parse_program(f"seq {name} 8 hole\nmunmap 0 1\nmunmap 2 1")
        report.found.append(Found(large, difference, small, difference))
        return report

    monkeypatch.setattr(fuzzing, "fuzz", fuzz)
    return jobs


def test_a_difference_ends_with_status_1_and_how_to_see_it_again(vmalab, planted):
    ended = vmalab("fuzz", "--programs", 10, "--profile", "anon", "--seed", 9, "--first", 4)
    assert ended.status == 1
    for line in (
        "munmap           7 ok  EINVAL 3",
        "skipped 2: a reason",
        "anon-9-4 differs; the smallest program that does:",
        "seq 1 24 hole\nmunmap 0 1",
        "operation 1, munmap 0 1: results differ\n  model 0\n  host  -1 EINVAL",
        "again: vmalab fuzz --profile anon --seed 9 --first 4 --programs 1",
    ):
        assert line in ended.out


def test_the_options_reach_the_job(vmalab, planted):
    vmalab("fuzz", "--programs", 12, "--ops", 7, "--profile", "ext", "-j", 3, "--stop-after", 2)
    ((job, options),) = planted
    assert (job.profile, job.programs, job.nr_ops) == ("ext", 12, 7)
    assert (options["jobs"], options["stop_after"]) == (3, 2)


def test_all_profiles_stop_at_the_first_difference(vmalab, planted):
    vmalab("fuzz", "--programs", 10)
    assert [job.profile for job, _ in planted] == ["mixed"]


def test_the_report_as_json(vmalab, planted):
    ended = vmalab("fuzz", "--programs", 10, "--profile", "anon", "--json")
    data = json.loads(ended.out)
    assert (ended.status, data["differences"], data["programs"]) == (1, 1, 10)
    (profile,) = data["profiles"]
    assert profile["counts"] == {"munmap": {"ok": 7, "-1 EINVAL": 3}}
    assert profile["found"][0]["smallest"] == "seq 1 24 hole\nmunmap 0 1\n"


def test_another_release_is_noted(vmalab, planted, monkeypatch):
    monkeypatch.setattr(host, "release_note", lambda: "this machine runs Linux 6.1")
    assert vmalab("fuzz", "--programs", 5).err == "note: this machine runs Linux 6.1\n"
    assert vmalab("fuzz", "--programs", 5, "--json").err == ""


def test_a_machine_that_cannot_is_status_3(vmalab, monkeypatch):
    monkeypatch.setattr(host, "unavailable", lambda: "this machine runs Plan9, not Linux")
    ended = vmalab("fuzz")
    assert ended.status == 3
    assert "Plan9, not Linux; the model alone needs no host" in ended.err


@pytest.mark.parametrize("error", [host.HostError("it hung"), BrokenProcessPool("gone")])
def test_a_host_that_breaks_is_status_3(vmalab, planted, monkeypatch, error):
    def fuzz(*_, **__):
        raise error

    monkeypatch.setattr(fuzzing, "fuzz", fuzz)
    ended = vmalab("fuzz", "--programs", 1)
    assert ended.status == 3
    assert "try again" in ended.err


def test_a_terminal_sees_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(command, "Console", lambda **_: Console(stderr=True, force_terminal=True))
    with command._bar(3, quiet=False) as advance:
        advance("anon", 3)
    assert "3/3" in capsys.readouterr().err


@pytest.mark.host
@pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable()))
def test_really(vmalab):
    ended = vmalab("fuzz", "--programs", 5, "--ops", 10, "--seed", 3)
    assert ended.status == 0
    assert ended.out.endswith("0 differences in 5 programs, 50 operations\n")


def test_pages_are_compared_on_request(vmalab, planted):
    vmalab("fuzz", "--programs", 10, "--profile", "anon", "--memory")
    assert planted[0][0].memory
