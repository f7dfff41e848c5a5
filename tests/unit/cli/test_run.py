"""``vmalab run``: what does it print, and when does it fail?"""

import dataclasses
import io
import sys

import pytest

from vmalab import host
from vmalab.cli import run as command

ONLY_HERE = [
    pytest.mark.host,
    pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable())),
]
LINES = ("seq demo 8 hole", "mmap 0 4 rw private,anon,fixed", "munmap 1+1 3", "mprotect 1 1 r")


def test_a_transcript_is_printed(vmalab, program):
    ended = vmalab("run", program(*LINES))
    assert ended.status == 0
    assert ended.out.splitlines()[:3] == [
        "# run on linux-6",
        "@demo seq 8 hole",
        "@demo.1 mmap 0 4 rw private,anon,fixed - 0 => p0",
    ]
    assert "@demo.2 munmap 1+1 3 => -1 EINVAL" in ended.out


def test_a_program_comes_from_standard_input(vmalab, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b"munmap 0 1\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert "munmap 0 1 => 0" in vmalab("run", "-").out


def test_refusals_are_explained_on_request(vmalab, program):
    plain, told = vmalab("run", program(*LINES)), vmalab("run", program(*LINES), "--why")
    comments = [line for line in told.out.splitlines() if line.startswith("#   ")]
    assert len(comments) == 1
    assert comments[0].startswith("#   because ")
    assert "EINVAL" not in comments[0]
    assert [line for line in told.out.splitlines() if line not in comments] == (
        plain.out.splitlines()
    )


def test_events_are_told_on_request(vmalab, program):
    told = vmalab("run", program(*LINES), "--events").out
    assert told.count("#   ") > 4
    assert "split" in told


def test_several_programs_make_several_transcripts(vmalab, program, tmp_path):
    path = program("seq a 4 hole", "munmap 0 1", "seq b 4 none", "munmap 0 1")
    out = tmp_path / "out.txt"
    ended = vmalab("run", path, "--transcript", out)
    assert ended.out == f"{out}: 2 transcripts written\n"
    assert out.read_text().count("# run on linux-6") == 2


def test_a_transcript_that_cannot_be_written(vmalab, program, tmp_path):
    ended = vmalab("run", program(*LINES), "--transcript", tmp_path / "no" / "out")
    assert ended.status == 2
    assert "choose another file" in ended.err


def test_a_line_that_is_wrong_is_found(vmalab, program):
    path = program("munmap 0 1", "mmap 0 1 rw prviate,anon")
    ended = vmalab("run", path)
    assert ended.status == 2
    assert f"{path}: line 2, column 13: 'prviate' is not an mmap flag; write one of" in ended.err


def test_a_file_that_programs_do_not_have(vmalab, program):
    ended = vmalab("run", program("mmap 0 1 r shared f999"))
    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert "line 1, column 19: 'f999' is not a file" in ended.err


class TestOnTheHost:
    pytestmark = ONLY_HERE

    def test_two_kernels_agree(self, vmalab, program):
        ended = vmalab("run", program(*LINES), "--on", "linux-6", "--on", "host")
        assert (ended.status, ended.err) == (0, "")
        sides = [line.split(" | ") for line in ended.out.splitlines() if line.startswith("  ")]
        assert len(sides) > len(LINES)
        assert all(mine[4:].strip() == real for mine, real in sides)

    def test_a_difference_is_told_and_counts(self, vmalab, program, monkeypatch):
        real = command.run_program

        def wrong(*args, **kwargs):
            run = real(*args, **kwargs)
            steps = (dataclasses.replace(run.steps[0], result="OUT"), *run.steps[1:])
            return dataclasses.replace(run, steps=steps)

        monkeypatch.setattr(command, "run_program", wrong)
        ended = vmalab("run", program(*LINES), "--on", "host", "--on", "linux-6")
        assert ended.status == 1
        assert ended.err.splitlines() == [
            f"host and linux-6 differ in operation 1, {LINES[1]} - 0: results differ",
            "  host    p0",
            "  linux-6 OUT",
        ]

    def test_what_one_side_cannot_do_is_not_compared(self, vmalab, program):
        ended = vmalab("run", program("evict"), "--on", "linux-6", "--on", "host")
        assert ended.status == 3
        assert "try --on linux-6" in ended.err

    def test_what_is_not_the_programs_is_refused(self, vmalab, program):
        ended = vmalab("run", program("munmap 0x400000 1"), "--on", "host")
        assert ended.status == 2
        assert "where the interpreter lives" in ended.err

    def test_a_sealed_run_chooses_inside(self, vmalab, program):
        path = program("seq 1 8 hole", "mmap - 2 r private,anon")
        ended = vmalab("run", path, "--sealed", "--on", "linux-6", "--on", "host")
        assert ended.status == 0
        assert ended.out.splitlines()[2:4] == [
            "  > p6                          | p6",
            "  V 6-8 r--p 0 anon rd mr mw me | 6-8 r--p 0 anon rd mr mw me",
        ]


def test_unsupported_operations_are_not_compared(monkeypatch):
    monkeypatch.setattr(command, "comparable", lambda *_: False)
    assert not command.find_differences(["one", "two"], sealed=False)


# Two kernels of history: nonlinear mappings for real, and emulated by one VMA a run of pages.
def test_generations_stand_beside_one_another(vmalab, program):
    path = program("seq 1 8 hole", "mmap 0 4 rw shared,fixed f0 0", "remap 1 1 none 9", "read 1")
    ended = vmalab("run", path, "--on", "linux-2.6", "--on", "linux-6", "--why")
    assert ended.status == 1
    assert ended.out.splitlines() == [
        "seq 1 8 hole: linux-2.6 | linux-6",
        "1 mmap 0 4 rw shared,fixed f0 0",
        "  > p0                       | p0",
        "  V 0-4 rw-s 0 f0            | 0-4 rw-s 0 f0",
        "  T -                        | -",
        "2 remap 1 1 none 9 -   <-- the first difference: VMAs",
        "  > 0                        | 0",
        "  V 0-4 rw-s 0 f0 nl         | 0-1 rw-s 0 f0   <--",
        "  V                          | 1-2 rw-s 9 f0   <--",
        "  V                          | 2-4 rw-s 2 f0   <--",
        "  T 1-2=Pw                   | 1-2=Pw",
        "3 read 1",
        "  > f0@9                     | f0@9",
        "  V same                     | same",
        "  T 1-2=Pw                   | 1-2=Pw",
    ]
    assert ended.err.startswith("linux-2.6 and linux-6 differ in operation 2, remap 1 1 none 9 -")


def test_a_refusal_of_either_kernel_is_explained(vmalab, program):
    path = program("munmap 0+1 1", "mmap 0 1 r shared,fixed x 0")
    ended = vmalab("run", path, "--on", "linux-2.6", "--on", "linux-6", "--why")
    assert ended.out.count("  # linux-2.6: because ") == 2
    assert ended.out.count("  # linux-6: because ") == 2


def test_a_kernel_runs_on_its_own_machines(vmalab, program):
    path = program("seq 1 8 hole", "mmap 0x50001000 1 r private,anon,fixed")
    ended = vmalab("run", path, "--on", "linux-2.6", "--arch", "i386")
    assert "=> p1\n" in ended.out
    for options, says in (
        (["--on", "linux-6", "--arch", "i386"], "x86_64"),
        (["--on", "linux-6", "--arch", "vax"], "'vax' is no architecture"),
        (["--on", "host", "--arch", "i386"], "leave out --arch"),
    ):
        ended = vmalab("run", path, *options)
        assert (ended.status, ended.err.count("\n")) == (2, 1)
        assert says in ended.err


# A kernel with its own words for flags is not told to differ in them.
def test_flags_are_shown_among_kernels_of_today_only(vmalab, program):
    path = program("seq 1 8 hole", "mmap 0 4 rw private,anon,fixed")
    plain = vmalab("run", path, "--on", "linux-6", "--on", "linux-6")
    assert "  V 0-4 rw-p 0 anon rd wr mr mw me ac | 0-4 rw-p 0 anon rd wr mr mw me ac" in plain.out
    mixed = vmalab("run", path, "--on", "linux-6", "--on", "linux-2.6")
    assert f"  V {'0-4 rw-p 0 anon':<24} | 0-4 rw-p 0 anon\n" in mixed.out
    assert mixed.status == 0
