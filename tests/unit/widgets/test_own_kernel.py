"""Does the lesson on one's own kernel go on where there is none, and say so where it differs?"""

import dataclasses
import errno
import sys

import pytest

from vmalab.host import HostError, unavailable
from vmalab.widgets import own_kernel
from vmalab.workloads.experiments import EXPERIMENTS, recorded

HERE = unavailable()


@pytest.fixture
def no_linux(monkeypatch):
    """A machine whose kernel cannot be asked."""
    monkeypatch.setattr(own_kernel, "unavailable", lambda *_: "this machine runs Plan 9, not Linux")


def test_without_linux_the_recorded_answers_are_shown_as_such(no_linux):
    assert "Plan 9" in repr(own_kernel.which_kernel())
    told = repr(own_kernel.ask_kernel("hole"))
    assert "=> ENOMEM" in told
    assert "4-6 rw-p 0 anon" in told
    assert "The model agrees." in told
    assert told.endswith("(Recorded on Linux 6.18.44; here: this machine runs Plan 9, not Linux.)")
    assert "no difference" in repr(own_kernel.try_random())
    assert repr(own_kernel.what_calls_take()).splitlines()[1].split() == ["floor", "-", "-"]


def test_what_was_not_recorded_is_said(no_linux):
    assert "was not recorded" in repr(own_kernel.ask_kernel("munmap 0 1"))


def test_the_table_is_the_same_with_linux_and_without(no_linux, monkeypatch):
    without = repr(own_kernel.any_linux_6())
    assert len(without.splitlines()) == 1 + sum(not one.since for one in EXPERIMENTS.values())
    monkeypatch.undo()
    if HERE is None:
        assert repr(own_kernel.any_linux_6()) == without


def test_another_answer_is_pointed_at(monkeypatch):
    said = list(recorded(EXPERIMENTS["together"].program))
    said[-1] = dataclasses.replace(said[-1], result="-1 EFAULT")
    monkeypatch.setattr(own_kernel, "real_answers", lambda _: ([tuple(said)], ""))
    assert "The model differs at operation 3." in repr(own_kernel.ask_kernel("together"))


def test_a_kernel_that_does_not_answer_is_no_crash(monkeypatch):
    def fail(**_):
        raise HostError("the worker died")

    monkeypatch.setattr(own_kernel, "unavailable", lambda *_: None)
    monkeypatch.setattr(own_kernel, "Host", fail)
    assert "here: the worker died" in repr(own_kernel.ask_kernel("nothing"))


@pytest.mark.host
def test_a_random_program_and_the_clock_on_this_kernel():
    if HERE:
        pytest.skip(HERE)
    assert "5 programs, 200 operations" in repr(own_kernel.try_random(programs=5))
    rows = dict(line.split()[:2] for line in repr(own_kernel.what_calls_take()).splitlines()[1:])
    assert all(float(rows[name]) > 0 for name in ("floor", "mmap", "mprotect"))


@pytest.mark.skipif(sys.platform != "linux", reason="counts faults of a Linux process")
def test_touching_pages_is_counted_in_faults():
    words = repr(own_kernel.tell_faults(pages=64)).split()
    assert words[0] == "64"
    assert int(words[3]) >= 1


def test_elsewhere_faults_are_not_counted(monkeypatch):
    monkeypatch.setattr(own_kernel.sys, "platform", "emscripten")
    assert "not counted here" in repr(own_kernel.tell_faults())


def test_the_doctor_of_a_shell_is_asked():
    assert "/proc" in repr(own_kernel.tell_doctor())


def test_where_no_program_can_be_started_a_sentence_says_so(monkeypatch):
    def refuse(*_args, **_options):
        raise OSError(errno.ENOTSUP, "Not available")

    monkeypatch.setattr(own_kernel.subprocess, "run", refuse)
    assert repr(own_kernel.tell_doctor()).endswith("In a shell: vmalab doctor")
