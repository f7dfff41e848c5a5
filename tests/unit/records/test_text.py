"""Is a program the same after it has been printed and read, and does bad text say what is wrong?"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.records.programs import OPS, PROGRAMS
from vmalab.records import program as ops
from vmalab.records.program import Abs, At, Bytes  # noqa: F401 - what a repr is written in
from vmalab.records.text import (
    GRAMMAR,
    ProgramError,
    format_op,
    format_program,
    parse_op,
    parse_program,
    parse_programs,
)


@given(OPS)
def test_an_operation_survives_its_line(op):
    assert parse_op(format_op(op)) == op


@given(OPS)
def test_an_operation_s_repr_is_python(op):
    assert eval(repr(op), vars(ops)) == op


@given(PROGRAMS)
def test_a_program_survives_its_text(program):
    assert parse_program(format_program(program)) == program


@given(st.lists(PROGRAMS, min_size=1, max_size=4))
def test_several_programs_survive_one_text(programs):
    assert parse_programs("\n".join(map(format_program, programs))) == programs


def test_comments_blank_lines_and_defaults():
    program = parse_program("""
        # what is this?
        mmap 0 4 rw private,anon,fixed   # a comment behind
        mremap 0 4 2

        remap 0 1 none 3
    """)
    assert (program.pages, program.fill, program.name) == (24, "hole", "1")
    assert program.ops[1:] == (ops.Mremap(0, 4, 2, "0", None), ops.Remap(0, 1, "none", 3, "-"))


# Line and column of the culprit, what is wrong with it, and what to write instead.
@pytest.mark.parametrize(
    ("text", "line", "column", "what", "cure"),
    [
        ("brk 1\nmmapp 0 1", 2, 1, "'mmapp' is not an operation", "write one of mmap"),
        ("munmap 0", 1, 9, "too few words", "munmap ADDR LENGTH"),
        ("  munmap 0 1 2", 1, 14, "too many words", "munmap ADDR LENGTH"),
        ("munmap 0 many", 1, 10, "'many' is not a length", "pages (4)"),
        ("munmap zero 1", 1, 8, "'zero' is not an address", "0x"),
        ("munmap -1 1", 1, 8, "'-1' is not an address", "window page"),
        ("mprotect 0 1 rwz", 1, 14, "'rwz' is not a protection", "letters of rwx"),
        ("mmap 0 1 rw shared,fixd f0 0", 1, 13, "'fixd' is not an mmap flag", "fixed"),
        ("mmap 0 1 rw shared f9x 0", 1, 20, "'f9x' is not a file", "f0"),
        ("truncate r0 1", 1, 10, "'r0' is not a program file", "f0"),
        ("mmap 0 1 rw shared f250 0", 1, 20, "'f250' is not a file", "f0"),
        ("truncate f250 1", 1, 10, "'f250' is not a program file", "f0"),
        ("probe 0 1048577", 1, 9, "'1048577' is not a count of pages", "1048576 at most"),
        ("truncate f0 -1", 1, 13, "'-1' is not a count of pages", "0 or more"),
        ("remap 0 1 none x", 1, 16, "'x' is not a number", "decimal or 0x"),
        ("remap 0 1 none 0 fast", 1, 18, "'fast' is not a remap_file_pages flag", "nonblock"),
        ("madvise 0 1 maybe", 1, 13, "'maybe' is not an advice", "dontneed"),
        ("mlock2 0 1 now", 1, 12, "'now' is not an mlock2 flag", "onfault"),
        ("msync 0 1 later", 1, 11, "'later' is not an msync flag", "async"),
        ("mremap 0 1 1 away", 1, 14, "'away' is not an mremap flag", "maymove"),
        ("limit time 1", 1, 7, "'time' is not a limit", "memlock"),
        ("seq 1 24", 1, 1, "seq takes three words", "seq ID PAGES"),
        ("seq 1 none hole", 1, 7, "'none' is not a window of 1 to 1048576 pages", "seq ID"),
        ("seq 1 0 hole", 1, 7, "'0' is not a window", "seq ID"),
        ("seq 1 1048577 hole", 1, 7, "'1048577' is not a window", "seq ID"),
        ("seq 1 24 full", 1, 10, "'full' is not a window", "hole|none"),
        ("", 1, 1, "the program is empty", "at least one operation"),
        ("# nothing\n\n", 1, 1, "the program is empty", "at least one operation"),
        ("brk 1\nbrk \0 2", 2, 1, "a NUL byte", "not a binary one"),
        ("seq 1 4 hole\nseq 2 4 hole", 1, 1, "holds 2 programs", "keep one seq line"),
    ],
)
def test_bad_text_is_answered_with_place_fault_and_cure(text, line, column, what, cure):
    with pytest.raises(ProgramError) as caught:
        parse_program(text)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert what in error.message
    assert cure in error.cure
    assert str(error).startswith(f"line {line}, column {column}: {error.message}; ")
    assert "\n" not in str(error)


def test_an_empty_line_alone_is_no_operation():
    with pytest.raises(ProgramError, match="an empty line; write one of") as caught:
        parse_op("   ")
    assert str(caught.value).startswith("an empty line")


def attempt(parse, text):
    """What it parses to, or the error: one of the two is None."""
    try:
        return parse(text), None
    except ProgramError as error:
        return None, error


@given(st.text())
def test_any_text_is_a_program_or_a_programerror(text):
    programs, error = attempt(parse_programs, text)
    assert bool(programs) != bool(error)
    assert error is None or (error.line >= 1 and error.cure)


@given(st.sampled_from(sorted(GRAMMAR)), st.lists(st.text("0123456789abfrwx+-,.", max_size=6)))
def test_any_words_behind_a_verb_are_an_operation_or_a_programerror(verb, rest):
    line = " ".join([verb, *rest])
    op, error = attempt(parse_op, line)
    if error is None:
        assert parse_op(format_op(op)) == op
    else:
        assert 1 <= error.column <= len(line) + 1


@given(PROGRAMS, st.data())
def test_a_truncated_program_is_a_program_or_a_programerror(program, data):
    text = format_program(program)
    cut = data.draw(st.integers(0, len(text)))
    shorter, error = attempt(parse_program, text[:cut])
    assert error is not None or len(shorter.ops) <= len(program.ops)


def test_a_huge_program_is_read_in_good_time():
    program = parse_program("mprotect 3 4 rw\n" * 20_000)
    assert len(program.ops) == 20_000


def test_a_huge_word_is_quoted_in_the_error_only_as_far_as_it_helps():
    for text in ("x" * 20_000, f"seq 1 {'9' * 20_000} hole", f"brk {'z' * 20_000}"):
        with pytest.raises(ProgramError, match="is not a") as caught:
            parse_program(text)
        assert len(str(caught.value)) < 500


def test_every_operation_has_its_line_in_the_grammar():
    records = {record.__name__ for record, _ in GRAMMAR.values()}
    assert records == {record.__name__ for record in ops.Op.__subclasses__()}
    assert all(re.fullmatch("[a-z0-9]+", verb) for verb in GRAMMAR)
