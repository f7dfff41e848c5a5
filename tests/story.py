"""Programs with what should happen written beside each line.

    mmap 0 2 rw private,anon,fixed
    mmap 4 2 rw private,anon,fixed
    mprotect 0 6 r                  => -1 ENOMEM | 0-2 r--p | 4-6 rw-p

After ``=>`` comes the result, then the VMAs near the window (``| -`` for none); either may be left
out. A line without ``=>`` must merely not fail. A VMA is given by the first words of its transcript
line (``0-2 rw-s 4 f0``), and may end in VmFlags that it must have (``+lo``) or not have (``-ac``).
"""

import re
from dataclasses import dataclass

from vmalab.records.program import Program
from vmalab.records.run import Run, Step, format_rows
from vmalab.records.text import format_op, parse_program


@dataclass(frozen=True)
class Expected:
    """What one line promises: a result, rows of VMAs, or (None) nothing of the kind."""

    result: str | None
    rows: list[str] | None


def tell(text: str, *, pages: int = 24) -> tuple[Program, list[Expected | None]]:
    """A program and what each of its operations should lead to."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    operations = [line for line in lines if not line.startswith(("#", "seq"))]
    head = [line for line in lines if line.startswith("seq")] or [f"seq 1 {pages} hole"]
    split = [line.partition("=>") for line in operations]
    program = parse_program("\n".join([*head, *(op for op, _, _ in split)]))
    return program, [_expected(promise) if arrow else None for _, arrow, promise in split]


def _expected(promise: str) -> Expected:
    result, *rows = (part.strip() for part in promise.split("|"))
    return Expected(result or None, [row for row in rows if row != "-"] if rows else None)


def check(run: Run, expected: list[Expected | None], *, sealed: bool = False) -> None:
    """Every line came out as it should; of a sealed run only the window counts."""
    for number, (step, wanted) in enumerate(zip(run.steps, expected, strict=True), 1):
        place = f"line {number}, {format_op(step.op)}, on {run.kernel}"
        if wanted is None:
            assert not step.failed, f"{place}: {step.result}: {step.because}"
            continue
        if wanted.result is not None:
            assert step.result == wanted.result, f"{place}: {step.because}"
        if wanted.rows is not None:
            found = rows_of(run, step, sealed=sealed)
            told = f"{place}:\n  expected {wanted.rows}\n  found    {found}"
            assert len(found) == len(wanted.rows), told
            assert all(map(_row_matches, found, wanted.rows)), told


def rows_of(run: Run, step: Step, *, sealed: bool = False) -> list[str]:
    """The VMAs after a step, as transcript lines without their margin."""
    rows = step.after.near(run.window)
    if sealed:
        rows = tuple(row for row in rows if row.start < run.window.end)
    return [line.removeprefix(" V ") for line in format_rows(rows, run.window)] if rows else []


def _row_matches(found: str, wanted: str) -> bool:
    words = wanted.split()
    flags = [word for word in words if re.fullmatch(r"[+-][a-z]{2}", word)]
    plain = words[: len(words) - len(flags)]
    have = found.split()
    return have[: len(plain)] == plain and all(
        (flag[1:] in have[4:]) == (flag[0] == "+") for flag in flags
    )
