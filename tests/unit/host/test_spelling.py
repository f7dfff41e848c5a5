"""From the child's numbers to the words of a transcript."""

import pytest

from vmalab.host import seal
from vmalab.host.machine import file_image
from vmalab.host.maps import parse_maps_line, parse_smaps, snapshot_of
from vmalab.host.report import contents, fault_letter, make_run, spell
from vmalab.host.touch import FAULTED
from vmalab.records.program import WINDOW_START
from vmalab.records.resolve import Window
from vmalab.records.text import parse_op, parse_program

WINDOW = Window(WINDOW_START["x86_64"], 8)
MAPERR, ACCERR, BUS = (FAULTED | word for word in (0x10B, 0x20B, 0x207))


@pytest.mark.parametrize(
    ("line", "answer", "word"),
    [
        ("read 0", 0, "0"),
        ("read 0", 0xF0010007, "f1@7"),
        ("read 0", 0xF12C0007, "#4046192647"),
        ("read 0", BUS, "SIGBUS"),
        ("write 0 1", 0, "ok"),
        ("write 0 1", ACCERR, "SIGSEGV"),
        ("munmap 0 1", 0, "0"),
        ("munmap 0 1", -22, "-1 EINVAL"),
        ("mmap 0 1 r private,anon - 0", WINDOW.start + 0x2000, "p2"),
        ("mmap 0 1 r private,anon - 0", 0x7F0000000000, "OUT"),
        ("mremap 0 1 1", -14, "-1 EFAULT"),
        ("brk 3", WINDOW.start + 0x2001, "p2+1"),
        ("mincore 0 3", b"\0\1\1", "011"),
        ("mincore 0 3", -12, "-1 ENOMEM"),
        ("probe 2 2", (0, ACCERR, MAPERR, MAPERR), "2-3=oa 3-4=mm"),
        ("contents", (0xF0000000, 0xF0000001, 5), "0-2=f0@0 2-3=#5"),
        ("fork", None, "child"),
        ("truncate f0 1", 0, "0"),
    ],
)
def test_answers_become_words(line, answer, word):
    assert spell(parse_op(line), answer, WINDOW) == word


def test_probes_tell_four_outcomes():
    general_protection = FAULTED | 0x800B
    assert [fault_letter(w) for w in (0, ACCERR, MAPERR, BUS, general_protection)] == list("oambm")


def test_contents_make_runs_only_of_pages_that_follow_each_other():
    words = (0xF0000003, 0xF0000004, 0xF0000006, 0xF0010007, MAPERR, BUS, BUS)
    assert contents(words) == "0-2=f0@3 2-3=f0@6 3-4=f1@7 5-7=!"


def test_a_files_pages_say_which_they_are():
    image = file_image(2)
    assert len(image) == 64 * 4096
    assert int.from_bytes(image[4096 * 5 : 4096 * 5 + 4], "little") == 0xF0020005
    assert image[4096 * 5 + 8] == 0xC3


def test_the_same_rows_are_the_same_snapshot():
    program = parse_program("munmap 0 1\nmunmap 0 1\nmunmap 0 1")
    rows = ((WINDOW.start, WINDOW.end, 3, 0, 77, ""),)
    run = make_run(program, WINDOW, ((), [(0, rows, {}), (0, rows, {}), (0, (), {})], {}, None))
    assert run.steps[0].after is run.steps[1].after
    assert run.steps[0].after.vmas[0].backing == "shm0"
    assert run.steps[2].after.vmas == run.before.vmas == ()


@pytest.mark.parametrize("line", ["", "nonsense", "1000-2000 rwxp", "1000-2000 rq-p 0 0:0 0"])
def test_a_line_that_is_not_of_maps_is_refused(line):
    with pytest.raises(ValueError, match="not a line of /proc/PID/maps"):
        parse_maps_line(line)


def test_smaps_become_a_snapshot():
    text = (
        "1000-3000 rw-p 00000000 00:00 0 \nRss: 4 kB\nVmFlags: rd wr ac\n"
        "4000-5000 r--s 00002000 fe:01 9    /lib/with space (deleted)\nVmFlags: rd sh\n"
    )
    first, second = snapshot_of(parse_smaps(text)).vmas
    assert (first.start, first.perms, first.backing, first.flags) == (
        0x1000,
        "rw-p",
        "anon",
        ("rd", "wr", "ac"),
    )
    assert (second.pgoff, second.backing) == (2, "/lib/with space (deleted)")


def test_holes_are_what_is_left():
    assert seal.holes([], 1, 5) == [(1, 5)]
    assert seal.holes([(0, 9)], 1, 5) == []
    assert seal.holes([(2, 3), (3, 4), (8, 9)], 1, 5) == [(1, 2), (4, 5)]
    assert seal.holes([(1, 4), (2, 3)], 0, 5) == [(0, 1), (4, 5)]
