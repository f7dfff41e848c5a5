"""Hand-written programs on this machine's own kernel: is each answer read and spelled right?"""

import pytest

from vmalab import host
from vmalab.records.run import format_transcript
from vmalab.records.text import parse_program

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(host.unavailable() is not None, reason=str(host.unavailable())),
]


@pytest.fixture(scope="module")
def kernel():
    with host.Host() as running:
        yield running


def results(kernel, *lines):
    return [step.result for step in kernel.run(parse_program("\n".join(lines))).steps]


def rows(kernel, *lines):
    run = kernel.run(parse_program("\n".join(lines)))
    text = format_transcript(run).split("=>")[-1]
    return [" ".join(line.split()[1:5]) for line in text.splitlines()[1:]]


# Is a program's transcript in the form of docs/program-format.md?
#
#      0      2  3                16
#      |--f0--|f0|------f0--------|        page 2 of the window shows page 9 of the file
#
def test_a_program_gives_a_transcript(kernel):
    run = kernel.run(
        parse_program("seq 1 24 hole\nmmap 0 16 rw shared,fixed f0 0\nremap 2 1 none 9 -")
    )
    assert format_transcript(run).splitlines() == [
        "# run on host",
        "@1 seq 24 hole",
        "@1.1 mmap 0 16 rw shared,fixed f0 0 => p0",
        " V 0-16 rw-s 0 f0",
        "@1.2 remap 2 1 none 9 - => 0",
        " V 0-2 rw-s 0 f0 rd wr sh mr mw me ms",
        " V 2-3 rw-s 9 f0 rd wr sh mr mw me ms",
        " V 3-16 rw-s 3 f0 rd wr sh mr mw me ms",
    ]


# Does a touch say what it found, and which signal ended it?
#
#      0      4      6    10    12
#      |--rw--|  r   | .. |shared, file ends at 8
#
@pytest.mark.parametrize(
    ("touch", "answer"),
    [
        ("read 0", "f0@0"),
        ("write 0 9", "ok"),
        ("read 4", "f0@4"),
        ("write 4 9", "SIGSEGV"),
        ("read 12", "SIGSEGV"),
        ("read 9", "SIGBUS"),
        ("write 9 1", "SIGBUS"),
        ("read 3-2", "#196608"),
        ("read 0x8000000000000000", "SIGSEGV"),
        ("probe 3 7", "3-4=oo 4-6=oa 6-8=oo 8-10=bb"),
        ("wprobe 3 3", "3-4=oo 4-6=oa"),
        ("probe 9 2", "9-10=bb 10-11=mm"),
        ("xprobe 6 3", "6-8=oa 8-9=bb"),
        ("mincore 0 10", "1111111100"),
        ("contents", "0-8=f0@0 8-10=!"),
    ],
)
def test_a_touch_says_what_it_found(kernel, touch, answer):
    setting = ("mmap 0 10 rw shared,fixed f0 0", "mprotect 4 2 r", "truncate f0 8")
    assert results(kernel, *setting, touch)[-1] == answer


# Is what was stored found again, and zero where nothing was?
def test_stores_are_found_again(kernel):
    lines = ("mmap 0 3 rw private,anon,fixed - 0", "write 1 7", "read 1", "read 2", "contents")
    assert results(kernel, *lines)[2:] == ["#7", "0", "0-1=0 1-2=#7 2-3=0"]


# Can code be run where PROT_EXEC is, and only there?   (byte 8 of a file's page is a return)
def test_pages_are_executed(kernel):
    lines = ("mmap 0 2 rx shared,fixed f0 0", "mprotect 1 1 r", "xprobe 0 3")
    assert results(kernel, *lines)[-1] == "0-1=oo 1-2=oa 2-3=mm"
    lines = ("mmap 0 1 rwx private,anon,fixed - 0", "xprobe 0 1")
    assert results(kernel, *lines)[-1] == "0-1=oo"


def test_code_that_is_not_a_return_is_not_run(kernel):
    program = "mmap 0 1 rwx private,anon,fixed - 0\nwrite 0+8 0x12345678\nxprobe 0 1"
    with pytest.raises(host.HostError, match="not a return instruction"):
        kernel.run(parse_program(program))


# Has every descriptor a struct file of its own?   |-f0-|-r0-| stay apart, |-f0-|-f0-| merge
def test_two_opens_of_a_file_do_not_merge(kernel):
    first = "mmap 0 2 r shared,fixed f0 0"
    assert len(rows(kernel, first, "mmap 2 2 r shared,fixed f0 2")) == 1
    assert len(rows(kernel, first, "mmap 2 2 r shared,fixed r0 2")) == 2
    assert results(kernel, "mmap 0 2 r shared,fixed w0 0") == ["-1 EACCES"]
    assert results(kernel, "mmap 0 2 rw shared,fixed r0 0") == ["-1 EACCES"]
    assert results(kernel, "mmap 0 2 rw shared,fixed x 0") == ["-1 EBADF"]
    assert results(kernel, "mmap 0 2 rw shared,fixed - 0") == ["-1 EBADF"]


# Are shared anonymous objects told apart, in the order first seen?
def test_shared_anonymous_objects_are_numbered(kernel):
    two = ("mmap 4 2 rw shared,anon,fixed - 0", "mmap 0 2 rw shared,anon,fixed - 0")
    assert rows(kernel, *two) == ["0-2 rw-s 0 shm1", "4-6 rw-s 0 shm0"]


# What lands outside the window is removed, and said to be OUT.
def test_addresses_outside_the_window_are_out(kernel):
    lines = (
        "mmap - 2 rw private,anon - 0",
        "mmap 0 2 rw private,anon,fixed - 0",
        "mremap 0 2 900 maymove",
    )
    assert results(kernel, *lines) == ["OUT", "p0", "p0"]
    blocked = ("mmap 0 2 rw private,anon,fixed - 0", "mmap 2 1 r private,anon,fixed - 0")
    assert results(kernel, *blocked, "mremap 0 2 4 maymove")[-1] == "OUT"
    assert rows(kernel, *blocked, "mremap 0 2 4 maymove") == ["2-3 r--p 0 anon"]


# Does the program go on in the child, with shared memory shared and private memory copied?
def test_fork_goes_on_in_the_child(kernel):
    lines = (
        "mmap 0 1 rw private,anon,fixed - 0",
        "write 0 5",
        "mmap 4 1 rw private,anon,fixed - 0",
        "madvise 4 1 dontfork",
        "fork",
        "read 0",
        "read 4",
        "fork",
        "read 0",
    )
    assert results(kernel, *lines)[4:] == ["child", "#5", "SIGSEGV", "child", "#5"]


# The heap starts, empty, with the window:  |====heap====|
def test_the_heap_starts_with_the_window(kernel):
    lines = ("brk -", "brk 4", "brk 6+3", "write 6 1", "brk 2", "brk 3-1")
    assert results(kernel, *lines) == ["p0", "p4", "p6+3", "ok", "p2", "p2+4095"]
    assert rows(kernel, *lines) == ["0-3 rw-p 0 [heap]"]


# Limits count from what is in use; the next program starts without them.
def test_limits_bind_one_program_only(kernel):
    one = "mmap {} 2 rw private,anon,fixed - 0"
    lines = ("limit as 3", one.format(0), one.format(4))
    assert results(kernel, *lines) == ["0", "p0", "-1 ENOMEM"]
    assert results(kernel, one.format(0), one.format(4)) == ["p0", "p4"]
    locked = (one.format(0), "limit memlock 1", "mlock 0 2", "mlock 0 1")
    assert results(kernel, *locked)[2:] == ["-1 ENOMEM", "0"]


# Every program finds its files as they were, and its window empty.
def test_programs_leave_nothing_behind(kernel):
    spoil = parse_program("mmap 0 4 rw shared,fixed f0 0\nwrite 0 7\ntruncate f0 1")
    look = parse_program("mmap 0 4 rw shared,fixed f0 0\ncontents")
    runs = kernel.run_all([spoil, look, spoil, look])
    assert [run.before.vmas for run in runs] == [()] * 4
    assert runs[1].steps[-1].result == runs[3].steps[-1].result == "0-4=f0@0"


def test_a_reserved_window_is_one_inaccessible_mapping(kernel):
    run = kernel.run(parse_program("seq 1 8 none\nprobe 0 9"))
    (row,) = run.before.vmas
    assert (row.nr_pages, row.perms, row.backing) == (8, "---p", "anon")
    assert run.steps[0].result == "0-8=aa 8-9=mm"


# VmFlags: after the last operation, or after each on request.
def test_flags_are_read_at_the_end_or_each_time():
    program = parse_program("mmap 0 2 rw private,anon,fixed - 0\nmlock 0 1")
    last = ("rd", "wr", "mr", "mw", "me", "lo", "ac")
    ends = host.run_program(program)
    assert [bool(step.after.vmas[0].flags) for step in ends.steps] == [False, True]
    each = host.run_program(program, flags_each=True)
    assert [bool(step.after.vmas[0].flags) for step in each.steps] == [True, True]
    assert ends.steps[1].after.vmas[0].flags == each.steps[1].after.vmas[0].flags == last


def test_what_the_host_cannot_do_is_said(kernel):
    with pytest.raises(host.HostUnsupportedError, match="cannot be told to reclaim"):
        kernel.run(parse_program("evict"))
    assert "reclaim" in host.unavailable(parse_program("evict"))
    assert host.unavailable(parse_program("fork")) is None
    assert host.unavailable(parse_program("munmap 0x1000 1")) is None


def test_an_error_stands_where_a_run_would():
    good, bad = parse_program("munmap 0 1"), parse_program("munmap 0x400000 1")
    first, second, third = host.run_programs([good, bad, good])
    assert isinstance(second, host.HostError)
    assert first.steps[0].result == third.steps[0].result == "0"
