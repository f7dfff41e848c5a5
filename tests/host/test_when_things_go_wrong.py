"""The child dies, hangs, or never starts: is it said in a sentence, and does the rest go on?"""

import dataclasses
import os
import time

import pytest

from vmalab import host
from vmalab.host import client, libc, process
from vmalab.host.compile import make_plan
from vmalab.records.text import parse_program

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable())),
]

GOOD = parse_program("munmap 0 1")
EXIT_GROUP, PAUSE, KILL = 231, 34, 62


@pytest.fixture
def planted(monkeypatch):
    """Programs named by a number make that system call instead of their own."""

    def planted_plan(program, **options):
        plan = make_plan(program, **options)
        if program.name == "1":
            return plan
        words = tuple(map(int, program.name.split(",")))
        return dataclasses.replace(plan, instructions=(("s", -1, *words),))

    monkeypatch.setattr(client, "make_plan", planted_plan)
    return lambda name: dataclasses.replace(GOOD, name=name)


def test_a_child_that_dies_costs_one_program(planted):
    programs = [GOOD, planted(f"{EXIT_GROUP},7"), GOOD, planted(f"{KILL},0,9"), GOOD]
    with host.Host() as kernel:
        runs = kernel.run_all(programs[:3])
        assert str(runs[1]) == "the child ended with status 7 in operation 1"
        assert [run.steps[0].result for run in (runs[0], runs[2])] == ["0", "0"]


def test_a_forked_child_that_dies_is_noticed(planted):
    fork = parse_program("fork\nmunmap 0 1")
    assert [step.result for step in host.run_program(fork).steps] == ["child", "0"]
    with pytest.MonkeyPatch.context() as patch:
        dying = (("f",), ("s", -1, EXIT_GROUP, 5))
        patch.setattr(
            client,
            "make_plan",
            lambda program, **options: dataclasses.replace(
                make_plan(program, **options), instructions=dying
            ),
        )
        with pytest.raises(host.HostError, match="ended with status 5 in operation 2"):
            host.run_program(fork)


def test_a_child_that_hangs_is_ended(planted):
    began = time.monotonic()
    with host.Host(timeout=3) as kernel:
        with pytest.raises(host.HostError, match=r"no answer within 3 seconds"):
            kernel.run(planted(str(PAUSE)))
        assert time.monotonic() - began < 20
        assert kernel.run(GOOD).steps[0].result == "0"


def test_a_worker_that_cannot_start_says_its_last_words(monkeypatch):
    monkeypatch.setattr(client, "_WORKER", "raise SystemExit('no such thing')")
    with pytest.raises(host.HostError, match="no such thing"):
        host.run_program(GOOD)


def test_a_batch_that_is_given_up_leaves_nothing_behind():
    other = parse_program("munmap 0+1 1")
    with host.Host() as kernel:
        assert next(kernel.start([GOOD] * 5)).steps[0].result == "0"
        assert [run.steps[0].result for run in kernel.run_all([other] * 3)] == ["-1 EINVAL"] * 3


def test_a_python_that_cannot_be_started(monkeypatch):
    monkeypatch.setattr(client.sys, "executable", "/no/such/python")
    with pytest.raises(host.HostError, match=r"no worker could be started: .*No such file"):
        host.run_program(GOOD)


def test_a_worker_that_is_gone_is_noticed():
    with host.Host() as kernel:
        kernel.run(GOOD)
        kernel._process.kill()
        kernel._process.wait()
        with pytest.raises(host.HostError, match="the worker ended"):
            kernel.run(GOOD)


def test_what_the_kernel_refuses_at_set_up_is_named():
    with pytest.raises(
        host.HostError, match=r"this kernel refused munmap\(0x1\): Invalid argument"
    ):
        libc.must("munmap", 1)


def test_a_limit_above_the_hard_limit_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(process.resource, "getrlimit", lambda _: (4096, 4096))
    with pytest.raises(host.HostUnsupportedError, match="above this user's hard limit"):
        process.set_limit("as", 1)


def test_exits_in_words():
    assert process.describe_exit(9) == "was ended by SIGKILL"
    assert process.describe_exit(139 << 8) == "was ended by SIGSEGV"
    assert process.describe_exit(127 << 8) == "ended with status 127"
    assert process.describe_exit(255 << 8) == "was ended by signal 127"


def test_capabilities_are_a_mask():
    assert (process.effective_capabilities() != 0) == (os.geteuid() == 0)
