"""Is a transcript read as it was written, and is what is none told as what it is?"""

import pytest

from vmalab.records.program import Mmap, Munmap, Read
from vmalab.records.run import format_transcript
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.trace.transcript import (
    Said,
    TranscriptError,
    at_start,
    parse_transcript,
    said_of,
    snapshot_of,
)

TEXT = """\
# replay on Linux 2.6.18; VmFlags no
@1 seq 16 hole
@1.1 mmap 0 16 w shared,fixed f0 0 => p0
 V 0-16 -w-s 0 f0
 T same
@1.2 remap 13 1 none 6 nonblock => 0
 V 0-16 -w-s 0 f0 nl
 T 13-14=Pw
@1.3 read 2 => .
 T same
@1.4 contents =>
 C 13-14=f0@6
 T -
@1.5 munmap 0 16 => 0
 V -
 T same
@2 seq 8 none
@2.1 munmap 9 1 => 0
 V same
 T same
@2.2 mincore 0 2 => 01
"""


#   1.1  V new, T same as the empty start        1.4  C, and T becomes empty
#   1.3  no V: nothing is known of the VMAs      2.1  same as a window that starts filled
def test_each_line_says_what_is_known_after_it():
    one, two = parse_transcript(TEXT).sequences
    assert one.program.ops[:3] == (
        Mmap(0, 16, "w", "shared,fixed", "f0", 0),
        one.program.ops[1],
        Read(2),
    )
    assert one.said == (
        Said("p0", ("0-16 -w-s 0 f0",), ""),
        Said("0", ("0-16 -w-s 0 f0 nl",), "13-14=Pw"),
        Said(".", None, "13-14=Pw"),
        Said("", None, "", "13-14=f0@6"),
        Said("0", (), ""),
    )
    assert two.said == (Said("0", ("0-8 ---p 0 anon",), ""), Said("01"))
    assert (two.program.pages, two.program.fill, two.program.name) == (8, "none", "2")
    assert two.program.ops[0] == Munmap(9, 1)


def test_a_kernel_of_2006_told_six_flags_and_ours_tell_more():
    assert not parse_transcript(TEXT).all_flags
    assert parse_transcript(TEXT.replace("f0 nl", "f0 nl rd")).all_flags
    assert parse_transcript(TEXT).nr_ops == 7


# Does what we print come back as what happened, whatever the lines?
def test_our_own_transcripts_are_read_back():
    program = parse_program(
        "seq own 8 none\nmmap 0 2 rw shared,anon,fixed\nwrite 1 7\nread 5\nread 0\nmincore 0 2\n"
        "probe 0 4\nfork\ntruncate f0 2\nmmap 2 2 r private,fixed f0 1\nread 3\ncontents\nevict"
    )
    run = run_program(program, entries=True)
    (read,) = parse_transcript(format_transcript(run)).sequences
    assert read.program.ops == program.ops
    assert read.said == tuple(said_of(step, run.window) for step in run.steps)
    assert [said.result for said in read.said[3:6]] == ["0", "11", "0-2=oo 2-4=aa"]


def test_the_start_is_what_a_run_starts_from():
    for fill in ("hole", "none"):
        program = parse_program(f"seq 1 8 {fill}\nmunmap 20 1")
        run = run_program(program, entries=True)
        quiet = said_of(run.steps[0], run.window, all_flags=False)
        assert quiet.rows == at_start(program).rows


def test_rows_become_records_to_draw():
    run = run_program(parse_program("seq 1 8 hole\nmmap 2 3 r shared,fixed f1 4\nmlock 2 3"))
    said = said_of(run.steps[-1], run.window)
    assert snapshot_of(said, run.window).vmas == run.steps[-1].after.near(run.window)


WRONG = {
    "": "line 1: there is no operation in it",
    "# only a comment\n@1 seq 8 hole\n": "there is no operation",
    "mmap 0 1 r private,anon\n": "is no line of a transcript",
    " V -\n": "a V line, but no operation before it",
    "@1 seq 8 hole\n T -\n": "a T line, but no operation before it",
    "@1 seq 0 hole\n": "is not a window of 1 to",
    "@1 seq 8 full\n": "is not a window",
    "@1.1 munmap 0 1 => 0\n": "of a sequence that has not begun",
    "@1 seq 8 hole\n@2.1 munmap 0 1 => 0\n": "of a sequence that has not begun",
    "@1 seq 8 hole\n@1.2 munmap 0 1 => 0\n": "operation 2 follows operation 0",
    "@1 seq 8 hole\n@1.1 unmap 0 1 => 0\n": "'unmap' is not an operation; write one of",
    "@1 seq 8 hole\n@1.1 munmap 0 1 => 0\n V 4-2 rw-p 0 anon\n": "line 3: '4-2 rw-p 0",
    "@1 seq 8 hole\n@1.1 munmap 0 1 => 0\n V 0-2 rwzp 0 anon\n": "is no VMA",
    "@1 seq 8 hole\n@1.1 munmap 0 1 => 0\n V -\n V 0-2 rw-p 0 anon\n": "stand alone",
    "@1 seq 8 hole\n@1.1 munmap 0 1 => 0\n T 0-1\n": "'0-1' is no run of pages",
    "@1 seq 8 hole\n@1.1 munmap 0 1 => 0\n X 0-1=Pr\n": "is no line of a transcript",
}


@pytest.mark.parametrize("text", WRONG, ids=list(WRONG.values()))
def test_what_is_no_transcript_is_told_by_its_line(text):
    with pytest.raises(TranscriptError, match=r"^line \d+: ") as found:
        parse_transcript(text)
    assert WRONG[text] in str(found.value)
    assert "\n" not in str(found.value)
