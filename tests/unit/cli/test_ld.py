"""``vmalab ld``: what it shows, what it finds, and what it says when it cannot."""

import pytest

from vmalab.loader import live, verify
from vmalab.loader.verify import Verdict
from vmalab.loader.writer import drepper, write_library

LIVE = pytest.mark.skipif(live.unavailable() is not None, reason=str(live.unavailable()))


@pytest.fixture
def library(tmp_path):
    return write_library(drepper(), tmp_path)


def test_a_library_step_by_step(vmalab, library):
    ended = vmalab("ld", library)
    assert ended.status == 0
    assert "mapped by ld.so of glibc 2.36 on linux-6" in ended.out
    assert "  2 seal      mprotect(" in ended.out
    assert "5 VMAs, from 0x" in ended.out
    assert ended.out.count(" ac") == 3


def test_another_era_on_another_kernel(vmalab, library):
    ended = vmalab("ld", library, "--era", "2.3.3", "--on", "linux-2.6")
    assert "glibc 2.3.3 on linux-2.6" in ended.out
    assert "4 VMAs" in ended.out
    assert "relro" not in ended.out


@LIVE
@pytest.mark.host
def test_a_program_and_its_interpreter(vmalab):
    ended = vmalab("ld", "/bin/true")
    assert ended.out.count("mapped by execve on linux-6") == 2
    assert "munmap(" in ended.out
    assert "mapped by ld.so" in vmalab("ld", "/lib/x86_64-linux-gnu/libc.so.6").out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "one library or program is needed"),
        (("a", "b"), "one library or program is needed"),
        (("{}", "--era", "1"), "choose one of 2.3.3, 2.3.4, 2.4, 2.36"),
        (("{}", "--on", "linux-7"), "choose one of linux-2.6"),
        (("/no/such.so",), "/no/such.so: No such file or directory; give an ELF file"),
        ((__file__,), "not an ELF file"),
        (("--verify", "/no/such"), "/no/such: there is no such file"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(vmalab, library, tmp_path, args, words):
    library.rename(tmp_path / "renamed")
    ended = vmalab("ld", *(arg.format(tmp_path / "renamed") for arg in args))
    if "--verify" in args and live.unavailable():
        pytest.skip(live.unavailable())
    assert ended.status == 2
    assert words in ended.err
    assert ended.err.count("\n") == 1


@LIVE
def test_a_folder_without_libraries(vmalab, tmp_path):
    assert "there are no libraries to verify" in vmalab("ld", "--verify", tmp_path).err


@LIVE
@pytest.mark.host
def test_verifying(vmalab, library, tmp_path, tasks):
    assert vmalab("ld", "--verify", tmp_path).out == "1 of 1 libraries match, 5 VMAs\n"
    (tmp_path / "text.so").write_text("INPUT(-lx)")
    out = vmalab("ld", "--verify", tmp_path).out
    assert out.endswith("1 are refused, as predicted:\n      1 not an ELF file\n")
    out = vmalab("ld", "--random", 3, "--seed", 4, "-j", 2).out
    assert out.startswith("3 of 3 random libraries of seed 4 match, ")
    tasks.clear()  # the random files are gone, and cannot be compared with what is in memory
    assert vmalab("ld", "--programs", "/bin/true").out.startswith("1 of 1 programs match, ")


@LIVE
def test_a_difference_ends_in_status_1(vmalab, library, tmp_path, monkeypatch):
    found = [Verdict(f"/lib/{n}.so", "differs", "predicted a; live b") for n in range(30)]
    found += [Verdict("/x.so", "not loaded", "/x.so: undefined symbol: y")]
    monkeypatch.setattr(verify, "verify", lambda *_: iter(found))
    ended = vmalab("ld", "--verify", tmp_path)
    assert ended.status == 1
    assert ended.out.startswith("0 of 30 libraries match\n1 could not be loaded here (3.2%):\n")
    assert "1 undefined symbol" in ended.out
    assert ended.err.startswith("/lib/0.so differs: predicted a; live b\n")
    assert ended.err.endswith("and 10 more differ\n")


def test_where_there_is_no_such_ld_so(vmalab, monkeypatch):
    monkeypatch.setattr(live.sys, "platform", "darwin")
    assert vmalab("ld", "--verify").status == 3
    monkeypatch.undo()
    monkeypatch.setattr(live.platform, "libc_ver", lambda: ("", ""))
    assert "GNU C library" in (live.unavailable() or "GNU C library")
    monkeypatch.setattr(live.platform, "libc_ver", lambda: ("glibc", "2.31"))
    assert "2.36 or newer" in (live.unavailable() or "2.36 or newer")
