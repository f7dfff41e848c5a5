"""Whatever is wrong: one line, with a cure, and the right exit status."""

import os
import signal
import subprocess
import sys

import pytest

from vmalab import __version__
from vmalab.cli import app, fuzz, maps

WRONG = [
    (["nope"], 2, "No such command 'nope'"),
    (["run"], 2, "Missing argument"),
    (["run", "a", "b"], 2, "extra argument"),
    (["run", "/no/such/file"], 2, "No such file"),
    (["run", "/"], 2, "Is a directory"),
    (["run", sys.executable], 2, "not UTF-8 text"),
    (["run", os.devnull], 2, "the program is empty"),
    (["run", os.devnull, "--on", "linux-9"], 2, "choose one of linux-2.6"),
    (["fuzz", "--programs", "0"], 2, "--programs"),
    (["fuzz", "--programs", "many"], 2, "--programs"),
    (["fuzz", "--profile", "uml"], 2, "choose one of mixed, anon, file, ext, search, all"),
    (["fuzz", "--against", "linux-6"], 2, "--against takes host"),
    (["fuzz", "--nope"], 2, "--nope"),
    (["maps"], 2, "Missing argument"),
    (["maps", "init"], 2, "give a number"),
    (["maps", "-1"], 2, "-1"),
    (["maps", "٣"], 2, "give a number"),
    (["lab", "/no/such.ipynb"], 2, "there is no notebook"),
]


@pytest.mark.parametrize(("args", "status", "says"), WRONG, ids=lambda value: str(value)[:40])
def test_a_mistake_is_one_line_with_its_cure(vmalab, args, status, says):
    ended = vmalab(*args)
    assert ended.status == status
    assert ended.out == ""
    assert says in ended.err
    assert ended.err.startswith("vmalab: ")
    assert ended.err.count("\n") == 1
    assert "; " in ended.err


def test_no_command_is_wrong_usage_and_shows_them_all(vmalab):
    ended = vmalab()
    assert ended.status == 2
    for name in ("lab", "run", "fuzz", "maps", "doctor"):
        assert name in ended.out


def test_help_tells_the_exit_statuses(vmalab):
    for command in ([], ["run"], ["fuzz"], ["maps"], ["doctor"], ["lab"]):
        ended = vmalab(*command, "--help")
        assert ended.status == 0
        assert "3 not possible on this" in " ".join(ended.out.split())


def test_the_version(vmalab):
    ended = vmalab("--version")
    assert (ended.status, ended.out) == (0, f"vmalab {__version__}\n")


def test_our_own_mistakes_ask_to_be_reported(vmalab, monkeypatch):
    def break_down():
        msg = "two VMAs\noverlap"
        raise AssertionError(msg)

    monkeypatch.setattr(app, "app", lambda **_: break_down())
    ended = vmalab("doctor")
    assert ended.status == 4
    assert ended.err == (
        "vmalab: AssertionError: two VMAs overlap; please report it, with VMALAB_TRACEBACK=1 set\n"
    )
    monkeypatch.setenv(app.TRACEBACK, "1")
    monkeypatch.setattr(sys, "argv", ["vmalab"])
    with pytest.raises(AssertionError):
        app.main()


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "/x"), 2, "/x: Permission denied"),
        (OSError(28, "No space left on device"), 2, "the operating system: No space left"),
    ],
)
def test_what_no_command_foresees(vmalab, monkeypatch, error, status, says):
    def fail(**_):
        raise error

    monkeypatch.setattr(app, "app", fail)
    ended = vmalab("doctor")
    assert ended.status == status
    assert says in ended.err


# Does `vmalab … | head` end quietly?
def test_a_reader_that_leaves_early():
    maps = [sys.executable, "-m", "vmalab", "maps", "self", "--table"]
    with subprocess.Popen(maps, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() in {1, -signal.SIGPIPE}


def test_a_shared_job_is_shared_fairly():
    assert sum(count for _, count in fuzz.shares("all", 2003)) == 2003
    assert fuzz.shares("all", 1) == [("mixed", 1)]


def test_a_process_without_smaps_is_read_from_maps(tmp_path):
    (tmp_path / "maps").write_text("1000-2000 r--p 00000000 00:00 0\n")
    assert "1000-2000" in maps._read(tmp_path)
