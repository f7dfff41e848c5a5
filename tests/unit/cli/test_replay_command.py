"""``vmalab replay``: what does it print of a difference, and what of a file that is none?"""

import gzip
import json

import pytest

TRANSCRIPT = """\
# replay on Linux 2.6.18; VmFlags no
@a seq 8 hole
@a.1 mmap 0 4 rw shared,fixed f0 0 => p0
 V 0-4 rw-s 0 f0
 T same
@a.2 write 1 7 => ok
 V same
 T 1-2=Pwd
@b seq 8 none
@b.1 mprotect 2 2 r => 0
 V 0-2 ---p 0 anon
 V 2-4 r--p 0 anon
 V 4-8 ---p 0 anon
 T same
"""


@pytest.fixture
def transcript(tmp_path):
    """A function: text to the path of a gzip file with it."""

    def write(text=TRANSCRIPT, name="mine.txt.gz"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()))
        return path

    return write


def test_a_transcript_that_holds_is_told_in_a_line(vmalab, transcript):
    ended = vmalab("replay", transcript(), "--on", "linux-2.6")
    assert ended.status == 0
    assert ended.out == (
        "mine.txt.gz on linux-2.6 (x86_64): operations 3/3 (100 %), sequences 2/2 (100 %)\n"
    )


def test_the_name_of_a_file_may_tell_the_machine_and_that_is_said(vmalab, transcript):
    ended = vmalab("replay", transcript(name="i386-pae-mine.txt.gz"), "--on", "linux-2.6")
    assert ended.out.splitlines()[0] == "i386-pae-mine.txt.gz: the name says i386-pae"
    assert "on linux-2.6 (i386-pae): " in ended.out
    path = transcript(name="i386-mine.txt.gz")
    said = vmalab("replay", path, "--on", "linux-2.6", "--arch", "x86_64")
    assert "the name says" not in said.out
    assert "(x86_64)" in said.out


def test_a_difference_is_told_with_both_sides_and_drawn(vmalab, transcript):
    wrong = TRANSCRIPT.replace(" V 2-4 r--p 0 anon\n V 4-8", " V 2-8")
    ended = vmalab("replay", transcript(wrong), "--on", "linux-2.6")
    assert ended.status == 1
    lines = ended.out.splitlines()
    assert lines[0].endswith("operations 2/3 (66.66 %), sequences 1/2 (50.00 %)")
    assert lines[2:7] == [
        "1 x @b.1 mprotect 2 2 r: VMAs",
        "  recorded  0-2 ---p 0 anon",
        "            2-8 ---p 0 anon",
        "  ours      0-2 ---p 0 anon",
        "            2-4 r--p 0 anon",
    ]
    for name in ("before: -", "recorded", "ours"):
        assert name in lines
    assert ended.out.count("┌") == 3
    short = vmalab("replay", transcript(wrong), "--on", "linux-2.6", "--limit", "0")
    assert short.out.splitlines()[-1].startswith("and 1 more kinds")


def test_one_sequence_side_by_side(vmalab, transcript):
    path = transcript(TRANSCRIPT.replace("write 1 7 => ok", "write 1 7 => SIGBUS"))
    ended = vmalab("replay", path, "--on", "linux-2.6", "--sequence", "a")
    assert ended.status == 1
    assert [line.split(maxsplit=1) for line in ended.out.splitlines()[1:]] == [
        ["1", "mmap 0 4 rw shared,fixed f0 0"],
        [">", f"{'p0':<24} | p0"],
        ["V", f"{'0-4 rw-s 0 f0':<24} | 0-4 rw-s 0 f0"],
        ["T", f"{'-':<24} | -"],
        ["2", "write 1 7   <-- the first difference: result"],
        [">", f"{'SIGBUS':<24} | ok   <--"],
        ["V", f"{'same':<24} | same"],
        ["T", f"{'1-2=Pwd':<24} | 1-2=Pwd"],
    ]
    assert vmalab("replay", path, "--on", "linux-2.6", "--sequence", "b").status == 0
    none = vmalab("replay", path, "--on", "linux-2.6", "--sequence", "c")
    assert (none.status, none.err.count("\n")) == (2, 1)
    assert "there is no sequence 'c'; it has a to b" in none.err


def test_the_report_as_data(vmalab, transcript):
    path = transcript(TRANSCRIPT.replace("write 1 7 => ok", "write 1 7 => SIGBUS"), "i386-x.txt.gz")
    ended = vmalab("replay", path, "--on", "linux-2.6", "--json")
    assert ended.status == 1
    (told,) = json.loads(ended.out)
    assert (told["operations"], told["operations_matched"], told["arch"]) == (3, 2, "i386")
    assert told["differences"] == [
        {
            "count": 1,
            "sequence": "a",
            "number": 2,
            "operation": "write 1 7",
            "what": "result",
            "recorded": "SIGBUS",
            "ours": "ok",
        }
    ]


# Our own transcripts, on either kernel: what `run` writes, `replay` finds again.
@pytest.mark.parametrize("generation", ["linux-6", "linux-2.6"])
def test_a_run_and_its_replay_agree(vmalab, program, tmp_path, generation):
    path = program("seq x 8 none", "mmap 0 4 rw shared,fixed f0 0", "write 1 7", "contents")
    out = tmp_path / "out.txt"
    assert vmalab("run", path, "--on", generation, "--transcript", out).status == 0
    assert " T 1-2=Pwd\n" in out.read_text()
    ended = vmalab("replay", out, "--on", generation)
    assert "operations 3/3 (100 %), sequences 1/1 (100 %)" in ended.out


def test_what_is_no_transcript_is_one_line(vmalab, transcript, tmp_path):
    whole = transcript().read_bytes()
    texts = {
        "short.gz": (whole[:-20], "the gzip data is damaged or cut short; copy the file again"),
        "broken.gz": (whole[:30] + b"\xff\xff" + whole[32:], "damaged or cut short"),
        "empty.txt": (b"", "line 1: there is no operation in it"),
        "program.txt": (
            b"mmap 0 1 r private,anon\n",
            "line 1: 'mmap 0 1 r private,anon' is no line",
        ),
        "binary.txt": (b"\xfe\xff\x00", "byte 0 is not UTF-8 text"),
    }
    for name, (data, says) in texts.items():
        path = tmp_path / name
        path.write_bytes(data)
        ended = vmalab("replay", path, "--on", "linux-2.6")
        assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1), name
        assert says in ended.err
        assert "; " in ended.err
    for path, says in ((tmp_path, "Is a directory"), (tmp_path / "no", "No such file")):
        ended = vmalab("replay", path, "--on", "linux-2.6")
        assert (ended.status, ended.err.count("\n")) == (2, 1)
        assert says in ended.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--on", "linux-9"], "no kernel is called 'linux-9'; choose one of"),
        (["--on", "linux-2.6", "--arch", "vax"], "'vax' is no architecture; choose one of x86_64"),
        (["--on", "linux-6", "--arch", "i386"], "x86_64"),
        ([], "--on"),
    ],
)
def test_a_kernel_that_is_none_is_one_line(vmalab, transcript, options, says):
    ended = vmalab("replay", transcript(), *options)
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert says in ended.err
