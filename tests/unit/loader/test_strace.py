"""Is what strace wrote read as it was meant, whoever was interrupted, whatever files are called?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.loader.strace import (
    StraceError,
    Traced,
    fd_of,
    number_of,
    path_of,
    read_strace,
    unescape,
)
from vmalab.loader.trace_import import import_trace
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program


def read(*lines):
    return list(read_strace(lines))


# One call, in every dress that strace has for it.
@pytest.mark.parametrize(
    "line",
    [
        "munmap(0x7f00, 4096) = 0",
        "munmap(0x7f00, 4096)                    = 0",
        "1234  munmap(0x7f00, 4096) = 0",
        "[pid  1234] munmap(0x7f00, 4096) = 0",
        "1234  12:34:56 munmap(0x7f00, 4096) = 0",
        "1234  12:34:56.789012 munmap(0x7f00, 4096) = 0 <0.000012>",
        "1234  1700000000.123456 munmap(0x7f00, 4096) = 0",
        "     0.000123 munmap(0x7f00, 4096) = 0 <0.000012>",
    ],
)
def test_one_call_however_it_is_printed(line):
    (call,) = read(line)
    assert (call.name, call.args, call.result) == ("munmap", ("0x7f00", "4096"), 0)
    assert call.pid == (1234 if "1234" in line else 0)


def test_what_is_no_call_is_passed_over():
    assert not read(
        "",
        "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---",
        "+++ exited with 0 +++",
        "1234 +++ killed by SIGKILL +++",
        "strace: Process 1234 attached",
    )


# Two processes speak at once: halves are joined by who said them.
def test_interrupted_calls_are_joined():
    calls = read(
        "1 mmap(NULL, 8192, PROT_READ, <unfinished ...>",
        "2 munmap(0x1000, 4096) = 0",
        "1 <... mmap resumed>MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000",
    )
    assert [call.pid for call in calls] == [2, 1]
    assert calls[1].args[3] == "MAP_PRIVATE|MAP_ANONYMOUS"
    assert calls[1].result == 0x7F0000
    (rest,) = read("3 <... brk resumed>) = 0x1000")
    assert (rest.name, rest.args, rest.result) == ("brk", (), 0x1000)


def test_commas_that_are_inside_something():
    (call,) = read('openat(AT_FDCWD, "/a, \\"b\\" (c)", O_RDONLY, {x=1, y=[2, 3]}) = 3</a, b)>')
    assert call.args[1] == '"/a, \\"b\\" (c)"'
    assert call.args[3] == "{x=1, y=[2, 3]}"
    (call,) = read("mmap(NULL, 1, PROT_READ, MAP_PRIVATE, 3</a, b)c>, 0) = 0x1000")
    assert fd_of(call.args[4]) == (3, "/a, b)c")


def test_errors_and_results_that_are_not_known():
    failed, gone = read("mmap(NULL, 0) = -1 EINVAL (Invalid argument)", "exit_group(0) = ?")
    assert (failed.result, failed.error) == (-1, "EINVAL")
    assert gone.result is None


@pytest.mark.parametrize(
    "line", ["hello", "mmap(NULL", "mmap(NULL) 3", "x <unfinished ...>", "a" * (1 << 21)]
)
def test_what_strace_never_wrote(line):
    with pytest.raises(StraceError, match="line 1: ") as refusal:
        read(line)
    assert len(str(refusal.value)) < 200


def test_words():
    assert number_of("PROT_READ|PROT_EXEC") == 5
    assert number_of("MAP_PRIVATE|0x800|21<<26") == 0x802 | 21 << 26
    assert number_of("MAP_FILE|MAP_SHARED") == 1
    assert unescape(r"a\tb\57c\\") == "a\tb/c\\"
    assert path_of('"/tmp/a\\nb"...') == "/tmp/a\nb"
    for bad in ("PROT_WHAT", "{x}"):
        with pytest.raises(StraceError, match="is not a number or a flag"):
            number_of(bad)
    with pytest.raises(StraceError, match="is not a file descriptor"):
        fd_of("three")
    assert fd_of("AT_FDCWD</home>") == (-100, "/home")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        read(*text.split("\n"))
    except StraceError as error:
        assert str(error).startswith("line ")  # noqa: PT017 - a text may also be read


# ---- and as a program

LOG = """\
1 execve("/no/such/program", ["x"], 0x7ffd /* 3 vars */) = 0
1 brk(NULL) = 0x5000000
1 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000010000
1 openat(AT_FDCWD, "/lib/a.so", O_RDONLY|O_CLOEXEC) = 3
1 mmap(NULL, 16384, PROT_READ, MAP_PRIVATE|MAP_DENYWRITE, 3, 0) = 0x7f000000c000
2 munmap(0x1000, 4096) = 0
1 mmap(0x7f000000e000, 4096, PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0x100000) = 0x7f000000e000
1 dup(3) = 4
1 close(3) = 0
1 mmap(NULL, 100, PROT_READ, MAP_SHARED, 4</lib/a.so>, 0x2000) = 0x7f0000012000
1 mmap(NULL, 0, PROT_READ, MAP_SHARED, 4, 0) = -1 EINVAL (Invalid argument)
1 mprotect(0x7f000000e000, 4096, PROT_READ) = 0
1 brk(0x5021000) = 0x5021000
1 mremap(0x7f0000010000, 8192, 4096, MREMAP_MAYMOVE) = 0x7f0000010000
1 mremap(0x7f0000010000, 4096, 8192, MREMAP_MAYMOVE) = 0x7f0000020000
1 madvise(0x7f0000020000, 4096, MADV_DONTNEED) = 0
1 mlock(0x7f0000020000, 4096) = 0
1 mlock2(0x7f0000020000, 4096, MLOCK_ONFAULT) = 0
1 munlock(0x7f0000020000, 4096) = 0
1 msync(0x7f0000020000, 4096, MS_ASYNC) = 0
1 munmap(0x7f0000012000, 100) = 0
1 mmap(NULL, 4096, PROT_NONE, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000040000
1 remap_file_pages(0x7f0000040000, 4096, 0, 0, 0) = 0
1 mmap(NULL, 2097152, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0) = 0x7f0010000000
1 brk(0x5000000) = 0x5000000
"""


def imported(text=LOG, **how):
    return import_trace(read_strace(text.splitlines()), **how)


# A program that parses again, runs, is refused nothing, and ends as the process did.
def test_a_trace_becomes_a_program():
    found = imported()
    program = parse_program(found.text())
    assert program == found.program
    run = run_program(program)
    assert not [step for step in run.steps if step.failed]
    assert found.files == ("/lib/a.so",)
    assert dict(found.left_out) == {
        "call of another process": 1,
        "mmap of huge pages": 1,
        "mmap that was refused": 1,
        "program that can no longer be read: what execve mapped": 1,
    }
    pages = [
        found.addr_of((row.start - run.window.start) // 4096) for row in run.steps[-1].after.vmas
    ]
    assert pages == [0x7F000000C000, 0x7F000000E000, 0x7F000000F000, 0x7F0000020000, 0x7F0000040000]
    assert found.addr_of(program.pages - 1) == -1
    assert "left out: 1 times mmap of huge pages" in found.text()


# What lay together stays together, and wide gaps become narrow.
def test_places_keep_what_touches():
    places = imported().places
    assert places[0] == (0x5000000, 0x5021000, 0)
    assert [place[2] for place in places[1:]] == sorted(place[2] for place in places[1:])
    assert imported().program.pages < 300


# The heap grows and is touched where it grew, and merges with itself only.
def test_the_heap_is_the_programs_own():
    text = LOG.splitlines()
    run = run_program(imported("\n".join(text[: text.index(text[12]) + 1])).program)
    assert run.steps[-1].after.vmas[0].backing == "[heap]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("getpid() = 3", "no memory call of a process is in it"),
        ("1 munmap(0x1000) = 0", "line 1: munmap: "),
        ("1 munmap(what, 1) = 0", "line 1: munmap: 'what' is not a number"),
        (
            "1 mmap(0, 0x100000000000, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x1000",
            "the process took",
        ),
    ],
)
def test_what_cannot_be_a_program(text, words):
    with pytest.raises(StraceError, match=words.replace("the process took", "the process took")):
        imported(text)


def test_too_many_files():
    lines = []
    for number in range(252):
        lines.append(f'openat(AT_FDCWD, "/f{number}", O_RDWR) = {number + 3}')
        lines.append(
            f"mmap(0, 1, PROT_READ, MAP_SHARED, {number + 3}, 0) = {0x10000 + number * 4096:#x}"
        )
    with pytest.raises(StraceError, match="more than 250 files are mapped"):
        imported("\n".join(lines))
    assert len(imported("\n".join(lines[:400])).files) == 200


def test_descriptors_that_were_open_before_and_other_ways_to_open():
    found = imported(
        "mmap(NULL, 4096, PROT_READ, MAP_SHARED, 9, 0) = 0x10000\n"
        'memfd_create("m", 0) = 5\n'
        "fcntl(5, F_DUPFD_CLOEXEC, 6) = 6\n"
        "fcntl(5, F_GETFD) = 1\n"
        "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 6, 0) = 0x11000\n"
        'open("/w", O_WRONLY) = 7\n'
        "close(7) = 0\n"
    )
    assert found.files == ("descriptor 9, opened unseen", "m")
    assert [op.file for op in found.program.ops] == ["r0", "f1"]


def test_traced_calls_are_plain_data():
    assert Traced(1, "brk", (), None) == Traced(1, "brk", (), None)
