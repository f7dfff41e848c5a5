"""``vmalab maps``, ``doctor`` and ``lab``: what do they do on this machine, and on a poorer one?"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vmalab import host
from vmalab.cli import checks, lab, maps
from vmalab.cli.status import CannotError
from vmalab.grading import sandbox

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/PID/maps")


@LINUX
def test_a_process_is_drawn(vmalab):
    ended = vmalab("maps", "self")
    assert ended.status == 0
    assert ended.out.startswith("Process self: ")
    assert "[stack]" in ended.out


@LINUX
def test_a_table_and_files(vmalab, tmp_path):
    assert vmalab("maps", os.getpid(), "--table").out.startswith("addresses ")
    picture = tmp_path / "p.svg"
    assert vmalab("maps", "self", "--save", picture).out == f"{picture}: written\n"
    assert picture.read_text().startswith("<svg")
    ended = vmalab("maps", "self", "--save", tmp_path / "no" / "p.svg")
    assert (ended.status, "choose a .svg" in ended.err) == (2, True)


@LINUX
def test_processes_that_cannot_be_drawn(vmalab, monkeypatch):
    ended = vmalab("maps", 99999999)
    assert (ended.status, ended.err) == (
        2,
        "vmalab: there is no process 99999999, or it has ended; ps -e lists those there are\n",
    )

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(maps, "_read", refuse)
    assert vmalab("maps", "self").status == 3
    monkeypatch.setattr(maps, "_read", lambda _: "")
    assert "has no address space" in vmalab("maps", "self").err


# Its /proc entry is still there, its address space is not.
@LINUX
def test_a_process_that_has_just_ended(vmalab):
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        for _ in range(500):
            stat = Path("/proc", str(process.pid), "stat").read_text()
            if stat.rsplit(")", 1)[1].split()[0] == "Z":
                break
            time.sleep(0.01)
        ended = vmalab("maps", process.pid)
    assert ended.status == 2
    assert ended.err.count("\n") == 1


def test_without_linux_there_is_nothing_to_draw(vmalab, monkeypatch):
    monkeypatch.setattr(maps.sys, "platform", "darwin")
    assert vmalab("maps", "self").status == 3


def test_the_doctor_answers_every_question(vmalab):
    ended = vmalab("doctor")
    assert ended.status == 0
    assert "Python" in ended.out
    findings = json.loads(vmalab("doctor", "--json").out)
    assert len(findings) == len(checks.CHECKS)
    assert all(finding["cure"] for finding in findings if finding["state"] != "ok")


def test_the_doctor_says_which_sandbox_is_used_and_why_not_a_better_one(monkeypatch):
    closed = {"bwrap": "bwrap: No permissions to create new namespace", "unshare": ""}
    monkeypatch.setattr(sandbox, "obstacle", closed.get)
    found = checks.sandbox()
    assert found.state == "note"
    assert "could be read" in found.found
    assert "No permissions" in found.found
    assert "bubblewrap" in found.cure
    closed["unshare"] = "unshare is not installed"
    assert checks.sandbox().found.endswith("new namespace; unshare is not installed")
    closed["bwrap"] = ""
    assert checks.sandbox().state == "ok"


def test_what_everything_needs_is_missing(vmalab, monkeypatch):
    monkeypatch.setattr(checks, "PYTHON_NEEDED", (4, 0))
    assert checks.python().state == "missing"
    monkeypatch.setattr("vmalab.cli.doctor.CHECKS", (checks.python,))
    ended = vmalab("doctor")
    assert ended.status == 3
    assert "install Python 3.11 or newer" in ended.out


def test_a_poorer_machine_gets_a_cure_for_each(monkeypatch):
    assert checks.package("no-such-package", "note").cure.startswith("make setup")
    monkeypatch.setattr(checks.shutil, "which", lambda _: None)
    monkeypatch.setattr(checks.Path, "exists", lambda _: False)
    monkeypatch.setattr(checks, "find_notebook", _no_notebook)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(checks.live, "unavailable", lambda: "no glibc")
    poor = [checks.browser(), checks.fonts(), checks.procfs(), checks.notebooks(), checks.user()]
    poor += [checks.own_ld_so(), checks.strace()]
    assert [finding.state for finding in poor] == ["note"] * 7
    assert all(finding.cure for finding in poor)
    monkeypatch.delattr(os, "geteuid")
    assert checks.user().state == "ok"


def _no_notebook(_):
    raise CannotError("no lessons", "clone them")


def test_a_terminal_that_cannot_draw(monkeypatch):
    class Plain:
        encoding = "latin-1"

    monkeypatch.setattr(checks.sys, "stdout", Plain())
    assert checks.terminal().state == "note"


def test_a_kernel_that_is_not_ours(monkeypatch):
    monkeypatch.setattr(host, "release_note", lambda: "another")
    monkeypatch.setattr(checks.sys, "platform", "linux")
    assert checks.kernel().state == "note"
    monkeypatch.setattr(checks.sys, "platform", "darwin")
    assert "use Linux" in checks.kernel().cure


def test_a_host_that_cannot(monkeypatch):
    monkeypatch.setattr(host, "unavailable", lambda: "no /proc")
    assert checks.programs("host", "fork") == checks.Finding(
        "host", "note", "no /proc", "run programs on the model: vmalab run"
    )
    assert checks.procmap_query().state == "note"
    monkeypatch.setattr(host, "unavailable", lambda: None)
    monkeypatch.setattr(host, "run_program", _broken)
    assert checks.programs("host", "fork").found == "it died"


def _broken(*_, **__):
    raise host.HostError("it died")


@pytest.mark.host
@pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable()))
def test_a_refusal_points_at_a_filter(monkeypatch):
    assert checks.programs("host", "munmap 0+1 1").found == "refused: -1 EINVAL"
    monkeypatch.setattr(checks.maps.WindowReader, "_query_works", lambda _: False)
    assert "6.11" in checks.procmap_query().cure


def test_the_lab_serves_loopback_only(tmp_path, monkeypatch):
    notebook = tmp_path / "notebooks" / "00_start_here.ipynb"
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    command = lab.lab_command(notebook, port=9999, browser=False)
    assert command[1:] == [
        "-m",
        "jupyterlab",
        str(notebook),
        "--ip=127.0.0.1",
        "--port=9999",
        f"--ServerApp.root_dir={tmp_path}",
        "--no-browser",
    ]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert lab.lab_command(tmp_path / "x.ipynb", port=1, browser=True)[-1] == "--allow-root"


def test_the_lab_ends_as_jupyter_does(vmalab, monkeypatch, tmp_path):
    called = []
    monkeypatch.setattr(lab.subprocess, "call", lambda command, env: called.append(command) or 5)
    notebook = tmp_path / "mine.ipynb"
    notebook.write_text("{}")
    assert vmalab("lab", notebook, "--no-browser").status == 5
    assert str(notebook) in called[0]


def test_the_lab_without_jupyter(vmalab, monkeypatch):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda _: None)
    ended = vmalab("lab")
    assert ended.status == 3
    assert "make lab" in ended.err


def test_the_first_lesson_is_looked_for_here_too(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotError, match="is not here"):
        lab.find_notebook(None)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / lab.FIRST_NOTEBOOK).write_text("{}")
    assert lab.find_notebook(None) == tmp_path / lab.FIRST_NOTEBOOK
