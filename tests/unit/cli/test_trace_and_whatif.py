"""``vmalab trace``, ``trace-import`` and ``whatif``: files, processes, and what goes wrong."""

import io
import json
import os
import shutil
import subprocess
import sys

import pytest

from vmalab.cli import trace_import
from vmalab.loader import processes
from vmalab.loader.processes import Process
from vmalab.loader.recorded import FEDORA_CORE_5, areas_of, files
from vmalab.loader.writer import drepper, write_library

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/PID/maps")
STRACE = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
LOG = "mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "strace.log"
    path.write_text(LOG)
    return path


def test_importing_a_trace(vmalab, log, tmp_path, monkeypatch):
    ended = vmalab("trace-import", log)
    assert ended.status == 0
    assert "mmap 0 2 r private,fixed,anon - 0" in ended.out
    program = tmp_path / "p.vma"
    assert vmalab("trace-import", log, "--out", program).out.startswith(f"{program}: written")
    assert vmalab("run", program, "--on", "linux-2.6").status == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(LOG))
    assert vmalab("trace-import", "-", "--without-exec").out == ended.out


@pytest.mark.parametrize(
    ("text", "words"),
    [("hello\n", "line 1: not a line of strace"), ("", "no memory call"), (None, "No such file")],
)
def test_what_is_no_trace(vmalab, tmp_path, text, words):
    path = tmp_path / "log"
    if text is not None:
        path.write_text(text)
    ended = vmalab("trace-import", path)
    assert (ended.status, words in ended.err, ended.err.count("\n")) == (2, True, 1)


@STRACE
@pytest.mark.host
def test_tracing_a_command(vmalab):
    ended = vmalab("trace", "--", "/bin/true")
    assert ended.status == 0
    assert "# f0 /bin/true\n" in ended.out
    assert vmalab("trace", "--", "/no/such/command").status == 2


def test_tracing_where_it_cannot_be_done(vmalab, monkeypatch):
    which = shutil.which
    monkeypatch.setattr(trace_import.shutil, "which", lambda _: None)
    assert "apt-get install strace" in vmalab("trace", "--", "true").err
    monkeypatch.setattr(trace_import.shutil, "which", lambda name: which("true"))
    ended = vmalab("trace", "--", "true")
    assert (ended.status, "saw nothing of true" in ended.err) == (3, True)


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "saved maps"
    path.write_bytes(files("vmalab.loader.recorded").joinpath(FEDORA_CORE_5).read_bytes())
    return path


def test_a_saved_listing(vmalab, recorded):
    ended = vmalab("whatif", "--maps", recorded)
    assert ended.status == 0
    assert "48 VMAs, 43 of them of 12 libraries" in ended.out
    assert "Counterfactual" in ended.out
    data = json.loads(vmalab("whatif", "--maps", recorded, "--json").out)
    assert data["counterfactual"] is True
    assert [one["vmas"] for one in data["scenarios"]] == [29, 29, 16]
    assert data["libraries"][0]["name"] == "/lib64/libc-2.4.so"
    both = json.loads(vmalab("whatif", "--maps", recorded, "--maps", recorded, "--json").out)
    assert both["vmas"] == 96
    assert both["libraries"][0]["instances"] == 2


def test_names_stay_in_their_line(vmalab, tmp_path):
    path = tmp_path / "maps"
    path.write_bytes(b"1000-2000 r-xp 00000000 08:01 7 /a\\012b\xff.so (deleted)\n")
    assert "/a\\nb\\udcff.so (deleted)" in vmalab("whatif", "--maps", path).out
    assert json.loads(vmalab("whatif", "--maps", path, "--json").out)["vmas"] == 1


def test_many_libraries(vmalab, tmp_path):
    path = tmp_path / "maps"
    rows = [f"{n:x}000-{n + 1:x}000 r-xp 00000000 08:01 {n} /{n}.so" for n in range(1, 51)]
    path.write_text("\n".join(rows))
    assert "and 10 libraries more" in vmalab("whatif", "--maps", path).out


@pytest.mark.parametrize(
    ("text", "words"),
    [(b"hello", "line 1: not a line of"), (b"\n", "no VMA is in it"), (None, "No such file")],
)
def test_what_is_no_listing(vmalab, tmp_path, text, words):
    path = tmp_path / "maps"
    if text is not None:
        path.write_bytes(text)
    ended = vmalab("whatif", "--maps", path)
    assert (ended.status, words in ended.err, ended.err.count("\n")) == (2, True, 1)


# Whatever somebody points at, little of it is read.
@LINUX
def test_endless_files(vmalab):
    assert "longer than 1,048,576 characters" in vmalab("trace-import", "/dev/zero").err
    assert "more than 64 MiB" in vmalab("whatif", "--maps", "/dev/zero").err
    assert "not a regular file" in vmalab("ld", "/dev/zero").err


@LINUX
def test_processes_of_this_machine(vmalab):
    ended = vmalab("whatif", "--pid", os.getpid())
    assert ended.status == 0
    assert "python" in ended.out
    data = json.loads(vmalab("whatif", "--all", "--json").out)
    mine = next(one for one in data["processes"] if one["pid"] == os.getpid())
    assert mine["fate"] == "read"
    assert vmalab("whatif").status == 2
    assert "is not there, or has ended" in vmalab("whatif", "--pid", 99999999).err


# Several instances, blanks and newlines in names, a file that is deleted while it is mapped.
@LINUX
@pytest.mark.host
def test_a_process_with_odd_libraries(vmalab, tmp_path):
    odd = write_library(drepper(name="odd \n name.so"), tmp_path)
    gone = write_library(drepper(name="gone.so"), tmp_path)
    code = (
        "import ctypes, os, sys; a = ctypes.CDLL(sys.argv[1]); b = ctypes.CDLL(sys.argv[2]);"
        "os.unlink(sys.argv[2]); print('ready', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(odd), str(gone)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        process.stdout.readline()
        data = json.loads(vmalab("whatif", "--pid", process.pid, "--json").out)
        process.stdin.close()
    found = {one["name"].rsplit("/", 1)[-1]: one for one in data["libraries"]}
    for name in ("odd \\n name.so", "gone.so (deleted)"):
        assert found[name]["today"] == 5
        assert found[name]["scenarios"] == [3, 3, 2]


def test_those_that_could_not_be_read_are_named(vmalab, monkeypatch):
    fates = {
        1: Process(1, "init", "not ours"),
        2: Process(2, "kthreadd", "kernel thread"),
        3: Process(3, "", "ended"),
        4: Process(4, "mount", "read", areas_of()),
        **{n: Process(n, "x", "not ours") for n in range(5, 50)},
    }
    monkeypatch.setattr(processes, "all_pids", lambda: list(fates))
    monkeypatch.setattr(processes, "read_process", fates.__getitem__)
    monkeypatch.setattr(processes, "sizeof_vma", lambda: (192, False))
    out = vmalab("whatif", "--all").out
    assert "process 4 (mount): 48 VMAs" in out
    assert "46 not counted, because they belong to somebody else: 1 (init), 5 (x)" in out
    assert "and 6 more" in out
    assert "1 not counted, because they ended while they were read: 3\n" in out
    assert "1 without an address space, because they are kernel threads: 2 (kthreadd)" in out
    assert "slabinfo is root's" in out
    for pid, status, words in ((1, 3, "belongs to somebody else"), (2, 2, "is a kernel thread")):
        ended = vmalab("whatif", "--pid", pid)
        assert (ended.status, words in ended.err) == (status, True)


def test_without_linux_only_saved_listings(vmalab, monkeypatch, recorded):
    monkeypatch.setattr("vmalab.cli.whatif.sys.platform", "darwin")
    assert vmalab("whatif", "--all").status == 3
    assert vmalab("whatif", "--maps", recorded).status == 0
