"""What probes are written with: they run a learner's answer and print what it did.

A probe says what *is* and never what should be: the expected value is kept outside, so there is
nothing in the learner's process to find. A value that cannot be had is told as a sentence in its
place, so that a broken answer is a wrong one and not an accident.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from vmalab.grading.canonical import Plain, canonical, plain
from vmalab.records.program import Program
from vmalab.records.run import Run, format_transcript
from vmalab.records.text import ProgramError, format_op, parse_program
from vmalab.trace.film import film
from vmalab.workloads.questions import layout, parse_layout

__all__ = [
    "attempt",
    "attempts",
    "calls_of",
    "facts_of",
    "fingerprint",
    "read_layout",
    "read_words",
    "results_of",
    "run_of",
    "tell",
    "vmas_of",
]

MOST_OPS: Final = 60
MOST_PAGES: Final = 4096
"""What a program of an exercise may need at most: operations, and pages of its window."""


def tell(**facts: object) -> None:
    """Print facts as one line of canonical JSON: what a probe ends with."""
    print(canonical(facts))  # noqa: T201 - what is printed is judged


def run_of(text: object, on: str = "linux-6") -> Run | str:
    """A program's run with all that happened, or what is wrong with the text.

    >>> run_of("mmap 0 2 rwq shared,anon")
    "line 1, column 10: 'rwq' is not a protection; write none, letters of rwx, or 0x…"
    """
    program = _program_of(text)
    if isinstance(program, str):
        return program
    return film(program, on, validate=False).run  # the model's laws are tested elsewhere


def vmas_of(text: object, on: str = "linux-6") -> Plain:
    """The VMAs that a program leaves in its window: first page, page after the last, perms."""
    run = run_of(text, on)
    return run if isinstance(run, str) else [list(row) for row in layout(run)]


def facts_of(text: object, on: str = "linux-6") -> Plain:
    """The same, each with what is behind it and from which page on."""
    run = run_of(text, on)
    return run if isinstance(run, str) else facts_in(run)


def facts_in(run: Run) -> Plain:
    """The VMAs at the end of a run."""
    rows = run.state(len(run.steps)).near(run.window)
    return [[*where, row.backing, row.pgoff] for where, row in zip(layout(run), rows, strict=True)]


def calls_of(text: object) -> Plain:
    """The words that a program's operations begin with, each once, in order of the alphabet."""
    run = run_of(text)
    if isinstance(run, str):
        return run
    return sorted({format_op(step.op).split()[0] for step in run.steps})


def results_of(text: object, on: str = "linux-6") -> Plain:
    """What each operation of a program answered."""
    run = run_of(text, on)
    return run if isinstance(run, str) else [step.result for step in run.steps]


def read_program(text: object) -> Plain:
    """What is wrong with a program's text, before anything runs; None if it can be read.

    >>> read_program("mmap 0 6 rw private,anon,fixed")
    >>> read_program("mlock 2")
    'line 1, column 8: too few words for mlock; the form is: mlock ADDR LENGTH'
    """
    program = _program_of(text)
    return program if isinstance(program, str) else None


def _program_of(text: object) -> Program | str:
    if type(text) is not str:
        return f"a program is text, not {plain(text)}"
    try:
        program = parse_program(text)
    except ProgramError as error:
        return str(error)
    if len(program.ops) > MOST_OPS or program.pages > MOST_PAGES:
        return f"a program has at most {MOST_OPS} operations and {MOST_PAGES} pages here"
    return program


def read_layout(text: object) -> Plain:
    """VMAs as a learner writes them, ``0-2 rw, 2-4 r``: rows of first page, end and perms.

    The fourth letter may be left out, and is not kept.

    >>> read_layout("0-2 rw; 2-4 r--p")
    [[0, 2, 'rw-'], [2, 4, 'r--']]
    """
    if type(text) is not str:
        return f"an answer is text, not {plain(text)}"
    try:
        return [[start, end, perms[:3]] for start, end, perms in parse_layout(text)]
    except ValueError as error:
        return str(error)


def read_words(text: object) -> Plain:
    """Words of an answer, whatever stands between them, in small letters.

    >>> read_words("EINVAL, ok,ENOMEM")
    ['einval', 'ok', 'enomem']
    """
    if type(text) is not str:
        return f"an answer is text, not {plain(text)}"
    return text.replace(",", " ").replace(";", " ").casefold().split()


def attempt(function: Callable[..., Any], *args: object) -> Plain:
    """What a learner's function answers, or how it failed."""
    try:
        return plain(function(*args))
    except Exception as error:  # whatever a learner's code may raise
        return f"raised {type(error).__name__}"


def attempts(function: Callable[..., Any], cases: Iterable[tuple[Any, ...]]) -> Plain:
    """What a function answers in each of several cases."""
    return [attempt(function, *case) for case in cases]


def fingerprint(runs: Iterable[Run]) -> str:
    """A short name for exactly these runs: results, VMAs and contents of each step."""
    whole = hashlib.sha256()
    for run in runs:
        whole.update(format_transcript(run).encode())
    return whole.hexdigest()[:16]
