"""Verdicts: how are they reached, told, chosen and kept? Without asking this machine anything."""

import io
import json
from dataclasses import replace

import pytest

from vmalab.loader import live, verify
from vmalab.loader.elf import DT_RELR, DT_RELRSZ, parse_elf
from vmalab.loader.live import Live
from vmalab.loader.relocations import written_pages
from vmalab.loader.verify import Verdict, difference, kind_of
from vmalab.loader.writer import DT_RELA, drepper, write_elf, write_library
from vmalab.records.snapshot import VmaRow

AREA = (0x1000, 0x2000, "r--p", 3, True)
OTHER = (0x1000, 0x2000, "r--p", 3, False)


def test_differences_in_words():
    assert difference([AREA], [AREA]) == ""
    assert difference([AREA], [OTHER]) == (
        "predicted +0x1000 0x2000 r--p page 3 ac; live +0x1000 0x2000 r--p page 3"
    )
    assert difference([AREA, OTHER], [OTHER, AREA]) == "the same areas in another order"


def test_a_sample_is_always_the_same():
    paths = [f"/{n}" for n in range(100)]
    assert verify.choose(paths, 5, 1) == verify.choose(paths, 5, 1)
    assert verify.choose(paths, 5, 1) != verify.choose(paths, 5, 2)
    assert verify.choose(paths, 1000, 1) == verify.choose(paths, None, 1) == paths


# Each file once, whatever else it is called; only what is named like a library.
def test_finding_libraries(tmp_path):
    real = write_library(drepper(name="libx.so.1.2"), tmp_path)
    (tmp_path / "libx.so").symlink_to(real)
    (tmp_path / "hard.so").hardlink_to(real)
    (tmp_path / "broken.so").symlink_to(tmp_path / "nowhere")
    (tmp_path / "libx.sock").write_text("")
    assert len(verify.find_libraries([tmp_path])) == 1
    assert verify.find_libraries([real]) == [str(real)]


def test_finding_programs(tmp_path):
    good = write_library(drepper(name="good"), tmp_path)
    plain = write_library(drepper(name="plain"), tmp_path)
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"\x7fELF\x01\x01" + bytes(14))
    for path in (good, foreign):
        path.chmod(0o755)
    plain.chmod(0o644)
    assert verify.find_programs([tmp_path]) == [str(good)]


# A run that was stopped goes on: what is in the log is not asked again, unless it differed.
def test_verdicts_are_kept(tmp_path):
    library = write_library(drepper(), tmp_path)
    log = tmp_path / "log"
    good = Verdict(str(library), "matched", "", 5)
    assert verify.read_log(log) == {}
    assert list(verify.logged([good], log)) == [good]
    assert verify.read_log(log) == {verify.identity(str(library)): good}
    with log.open("a") as lines:
        lines.write('{"torn": ')
    assert len(verify.read_log(log)) == 1
    library.write_bytes(library.read_bytes() + b"x")
    assert verify.identity(str(library)) not in verify.read_log(log), "the file is another one now"
    log.write_text("")
    list(verify.logged([Verdict(str(library), "differs", "x")], log))
    assert verify.read_log(log) == {}


class Oracle:
    """Answers as it was told to."""

    def __init__(self, answer):
        self.answer = answer

    def dlopen(self, _):
        return self.answer

    execve = dlopen


def test_judging_a_library(tmp_path):
    path = str(write_library(drepper(), tmp_path))
    empty = verify.verify_library(path, Oracle(Live(())))
    assert empty.outcome == "differs"
    assert empty.because.count("predicted ") == 5
    gone = verify.verify_library(path, Oracle(Live((), error=f"{path}: undefined symbol: x")))
    assert (gone.outcome, gone.because) == ("not loaded", "undefined symbol: x")
    wrong = verify.verify_library("/no/such", Oracle(Live(())))
    assert wrong.outcome == "differs"
    assert verify.reasons([gone, empty]) == {"undefined symbol": 1}


# Something in the address space that nobody predicted is a difference too.
def test_judging_a_program(tmp_path):
    path = str(write_library(drepper(), tmp_path))
    verdict = verify.verify_program(path, Oracle(Live((), error="no")))
    assert (verdict.outcome, verdict.because) == ("refused", "a library, not a program")
    stranger = VmaRow(0x1000, 0x2000, "rw-p", 0, "anon")
    assert "besides: predicted" in verify._judge_rest([stranger], verify.read_elf(path))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("x: version `GLIBC_2.99' not found", "a version of a library that it needs is missing"),
        ("cannot allocate memory in static TLS block", "no room in static TLS"),
        ("killed by SIGSEGV", "it ended its process"),
        ("no answer within 10 s: ended", "it took too long"),
        ("something new", "something new"),
    ],
)
def test_kinds_of_failure(words, kind):
    assert kind_of(words) == kind


def test_answers_become_records():
    answer = {
        "maps": "1000-2000 r-xp 00000000 08:01 7 /x\nVmFlags: rd ex\n",
        "base": 4096,
        "pid": 3,
    }
    found = live._live(json.loads(json.dumps(answer)))
    assert (found.bias, found.pid, found.rows[0].flags) == (4096, 3, ("rd", "ex"))
    assert live._live({"error": "no"}).error == "no"


# Relocations: RELA rows, the bitmap of RELR, a writable dynamic section; nothing out of bounds.
def test_which_pages_relocation_writes(tmp_path):
    plan = drepper(text=1, gap=0, relro=2, data=2, bss=0)
    loads = plan.loads
    relocated = tuple(loads[1].vaddr + at for at in (0, 8, 0x1008))
    path = write_library(type(plan)(loads, relocated=relocated), tmp_path)
    elf = verify.read_elf(path)
    data = path.read_bytes()
    assert written_pages(elf, lambda at, n: data[at : at + n]) == (0x1000, 0x2000)
    assert written_pages(elf, lambda *_: b"") == ()
    assert elf.tag(DT_RELA) is not None
    assert elf.tag(12345) is None


@pytest.mark.parametrize(
    ("words", "pages"),
    [
        ([0x1000], (0x1000,)),
        ([0x1FF8, 0b11], (0x1000, 0x2000)),
        ([0x1000, 1 << 63 | 1], (0x1000,)),
        ([0x1000, 1, 0b11], (0x1000,)),
    ],
)
def test_a_bitmap_of_relocations(words, pages):
    data = bytearray(write_elf(drepper(text=1, gap=0, relro=2, data=2, bss=0)))
    table = b"".join(word.to_bytes(8, "little") for word in words)
    data[0x900 : 0x900 + len(table)] = table
    elf = parse_elf(io.BytesIO(bytes(data)), len(data), "x")
    elf = replace(elf, tags=((DT_RELR, 0x900), (DT_RELRSZ, len(table))))
    assert written_pages(elf, lambda at, n: bytes(data[at : at + n])) == pages
