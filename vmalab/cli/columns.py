"""Several kernels' answers to one program, beside one another.

2 remap 0 1 none 9   <-- the first difference: VMAs
  > 0                          | 0
  V 0-4 rw-s 0 f0 nl           | 0-1 rw-s 9 f0   <--
  V                            | 1-4 rw-s 1 f0   <--
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

from vmalab.records.program import Op
from vmalab.records.text import format_op
from vmalab.trace.transcript import Said

MARK: Final = "   <--"
LEAST_WIDTH, MOST_WIDTH = 24, 56


def columns(
    ops: Sequence[Op],
    told: Sequence[Sequence[Said]],
    firsts: dict[int, str],
    notes: Sequence[Iterable[str]] = (),
) -> list[str]:
    """A program's lines, and under each what every kernel said.

    ``told`` has a row an operation and a column a kernel; ``firsts`` says of an operation's number
    (from 1) what differs there for the first time; ``notes`` are comments to an operation.
    """
    longest = max([LEAST_WIDTH, *(len(text) for row in told for text in _texts(row[:-1]))])
    width = min(longest, MOST_WIDTH)
    lines = []
    last: Sequence[Said] = ()
    for number, (op, row) in enumerate(zip(ops, told, strict=False), 1):
        first = f"{MARK} the first difference: {firsts[number]}" if number in firsts else ""
        lines.append(f"{number} {format_op(op)}{first}")
        lines += [
            text for letter, parts in _parts(row, last) for text in told_as(letter, parts, width)
        ]
        lines += [f"  # {note}" for note in (notes[number - 1] if notes else ())]
        last = row
    return lines


def told_as(letter: str, parts: Sequence[str], width: int) -> list[str]:
    """What all kernels say of one thing, marked if they do not agree.

    A text that is too wide for its column is told once, or each has a line.

    >>> told_as("V", ("0-4 rw-p", "0-2 rw-p"), 10)
    ['  V 0-4 rw-p   | 0-2 rw-p   <--']
    >>> told_as("T", ("0-1=Pw 3-4=Pr", "0-1=Pw 3-4=Pr"), 10)
    ['  T 0-1=Pw 3-4=Pr   (all)']
    """
    apart = len(set(parts)) > 1
    if max(map(len, parts[:-1])) <= width:
        row = " | ".join(part.ljust(width) for part in parts).rstrip()
        return [f"  {letter} {row}{MARK if apart else ''}"]
    if not apart:
        return [f"  {letter} {parts[0]}   (all)"]
    return [f"  {letter} {part}{MARK}" for part in parts]


def _parts(row: Sequence[Said], last: Sequence[Said]) -> list[tuple[str, tuple[str, ...]]]:
    """What all kernels tell of: the result, VMAs, contents, entries; ``same`` where they stayed."""
    lines = [(">", tuple(said.result for said in row))]
    rows = [said.rows for said in row]
    if last and rows == [said.rows for said in last] and None not in rows:
        lines.append(("V", ("same",) * len(row)))
    else:
        known = [told or ("-",) for told in rows if told is not None]
        if len(known) == len(row):
            lines += [("V", parts) for parts in zip_longest(*known, fillvalue="")]
    for letter, texts in (
        ("C", [said.contents for said in row]),
        ("T", [said.entries for said in row]),
    ):
        if None not in texts:
            lines.append((letter, tuple(text or "-" for text in texts)))
    return lines


def _texts(row: Sequence[Said]) -> list[str]:
    return [
        text
        for said in row
        for text in (said.result, *(said.rows or ()), said.contents or "", said.entries or "")
    ]
