"""What a page holds and what may be done with it, as transcripts spell it.

``fI@J`` is page J of file fI, ``0`` zeroes, ``#K`` a value that ``write`` stored; equal or
consecutive neighbours make one run.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from vmalab.records.program import FILE_PAGES, NR_FILES
from vmalab.uapi import signals

UNREADABLE = "."
"""The token of a page that SIGSEGVs; C lines leave it out."""
FAULT_TOKENS: Final = {
    signals.SIGSEGV: UNREADABLE,
    signals.SIGBUS: "!",
    signals.LOOP: signals.LOOP,
    "SIGKILL": "SIGKILL",
}
"""What a read prints instead of a token, by the signal it ended in."""


def token(word: int) -> str:
    """What a page's first word says.

    >>> token(0), token(0xF0020009), token(7)
    ('0', 'f2@9', '#7')
    """
    if word == 0:
        return "0"
    file, page = word >> 16 & 0xFFF, word & 0xFFFF
    if word >> 28 == 0xF and file < NR_FILES and page < FILE_PAGES:
        return f"f{file}@{page}"
    return f"#{word}"


def first_word(file: int, page: int) -> bytes:
    """How a page of a program's file begins: its number, and a return instruction at byte 8.

    >>> token(int.from_bytes(first_word(2, 9)[:4], "little"))
    'f2@9'
    """
    return (0xF0000000 | file << 16 | page).to_bytes(4, "little") + b"\0\0\0\0\xc3"


def content_runs(tokens: Sequence[str]) -> str:
    """The runs of a C line, from a token for each page of the window.

    >>> content_runs(["f1@3", "f1@4", "0", "0", ".", "#9"])
    '0-2=f1@3 2-4=0 5-6=#9'
    """
    marked = []
    for page, name in enumerate(tokens):
        # Pages of a file that follow one another make one run: what they share is file - page.
        file, _, at = name.partition("@")
        marked.append((f"{file}@{int(at) - page}" if at else name, page, name))
    runs = []
    for _, group in groupby(marked, key=lambda item: item[0]):
        run = list(group)
        if run[0][2] != UNREADABLE:
            runs.append(f"{run[0][1]}-{run[-1][1] + 1}={run[0][2]}")
    return " ".join(runs)


def probe_runs(pairs: Sequence[str], first: int) -> str:
    """The runs of a probe, from an answer for each page beginning at window page ``first``.

    >>> probe_runs(["oo", "oa", "oa"], 4)
    '4-5=oo 5-7=oa'
    """
    runs = []
    for pair, group in groupby(enumerate(pairs, first), key=lambda item: item[1]):
        pages = [page for page, _ in group]
        runs.append(f"{pages[0]}-{pages[-1] + 1}={pair}")
    return " ".join(runs)
