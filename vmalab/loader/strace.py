"""Reads what strace wrote: one record a system call, whoever made it and however it was printed.

    1234  12:00:01 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, 3</lib/x.so>, 0x1000) = 0x7f12 <0.00002>
    ^pid  ^time    ^name ^arguments                                               ^result  ^took

Calls that strace split over two lines, because another process spoke in between, are joined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from vmalab.uapi import mman

_PID: Final = re.compile(r"(?:\[pid\s+(\d+)\]|(\d+))\s+(?=\S)")
_TIME: Final = re.compile(r"(?:\d+:\d+:\d+(?:\.\d+)?|\d+\.\d+)\s+")
_HEAD: Final = re.compile(r"([a-z_][a-z0-9_]*)\(")
_RESUMED: Final = re.compile(r"<\.\.\. ([a-z_][a-z0-9_]*) resumed>\s?,?\s?")
_UNFINISHED: Final = re.compile(r"\s*<unfinished \.\.\.>\s*\Z")
_TAIL: Final = re.compile(r"\)\s*=\s*(-?0x[0-9a-f]+|-?\d+|\?)(.*)\Z", re.S)
_FD: Final = re.compile(r"(-?\d+|AT_FDCWD)(?:<(.*)>)?\Z", re.S)
_OPENING, _CLOSING = "([{", ")]}"
MOST_LINE: Final = 1 << 20


class StraceError(ValueError):
    """A line that strace has not written: its number, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Traced:
    """One finished call. ``result`` is None where strace saw none; ``error`` names the errno."""

    pid: int
    name: str
    args: tuple[str, ...]
    result: int | None
    error: str = ""
    line: int = 0


def bounded_lines(file: IO[str]) -> Iterator[str]:
    """A file's lines, none of them read further than makes sense: it may be anything."""
    return iter(lambda: file.readline(MOST_LINE + 2), "")


def read_strace(lines: Iterable[str]) -> Iterator[Traced]:
    """Every finished call, in the order in which they ended.

    Raises:
        StraceError: a line of a kind that strace does not write.
    """
    begun: dict[int, tuple[str, str]] = {}
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\n")
        if len(text) > MOST_LINE:
            raise StraceError(f"line {number}: longer than {MOST_LINE:,} characters")
        pid, text = _prefix(text)
        if not text or text.startswith(("---", "+++", "strace: ")):
            continue
        if resumed := _RESUMED.match(text):
            _, start = begun.pop(pid, ("", f"{resumed[1]}("))
            text = start + text[resumed.end() :]
        if cut := _UNFINISHED.search(text):
            head = _HEAD.match(text)
            if head is None:
                raise StraceError(f"line {number}: not a line of strace: {text[:60]!r}")
            begun[pid] = (head[1], text[: cut.start()])
            continue
        yield _call(pid, text, number)


def _prefix(text: str) -> tuple[int, str]:
    """The process and the rest, without times."""
    text = text.strip()
    pid = 0
    if match := _PID.match(text):
        pid, text = int(match[1] or match[2]), text[match.end() :]
    if match := _TIME.match(text):
        text = text[match.end() :]
    return pid, text


def _call(pid: int, text: str, number: int) -> Traced:
    head = _HEAD.match(text)
    at = _end_of_args(text, head.end()) if head else -1
    tail = _TAIL.match(text, at) if at >= 0 else None
    if head is None or tail is None:
        raise StraceError(f"line {number}: not a line of strace: {text[:60]!r}")
    result = None if tail[1] == "?" else int(tail[1], 0)
    error = tail[2].split()[0] if result is not None and result < 0 and tail[2].strip() else ""
    return Traced(pid, head[1], tuple(_split(text[head.end() : at])), result, error, number)


def _end_of_args(text: str, start: int) -> int:
    """Where the parenthesis that ends the arguments stands, or -1."""
    depth = 0
    for at, letter in _outside(text, start):
        if letter in _CLOSING:
            if not depth:
                return at
            depth -= 1
        depth += letter in _OPENING
    return -1


def _outside(text: str, at: int = 0) -> Iterator[tuple[int, str]]:
    """Every letter that stands in no quotes and in no descriptor's name, and where."""
    quoted = False
    while at < len(text):
        letter = text[at]
        if quoted:
            at += letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter == "<" and (end := _end_of_name(text, at)) > 0:
            at = end
        else:
            yield at, letter
        at += 1


def _end_of_name(text: str, at: int) -> int:
    r"""Where ``3</some/path>`` ends; -1 where a ``<`` begins no such thing.

    strace writes a ``>`` of a name as ``\76``, so the first one ends it.
    """
    if not (text[at - 1].isdigit() or text[at - 1] == "D"):
        return -1
    return text.find(">", at)


def _split(text: str) -> list[str]:
    """Arguments, at the commas that are not inside anything."""
    parts, start, depth = [], 0, 0
    for at, letter in _outside(text):
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if letter == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return [*parts, last] if last or parts else []


def number_of(word: str) -> int:
    """A number, NULL, or flags by their names.

    >>> number_of("NULL"), number_of("0x10"), number_of("PROT_READ|PROT_WRITE"), number_of("-1")
    (0, 16, 3, -1)

    Raises:
        StraceError: a name that <sys/mman.h> does not have.
    """
    total = 0
    for part in word.split("|"):
        name = part.strip()
        if name in _NOTHING:
            continue
        if re.fullmatch(r"-?(0x[0-9a-fA-F]+|\d+)", name):
            total |= int(name, 8 if re.fullmatch(r"0[0-7]+", name) else 0)
        elif re.fullmatch(r"\d+<<\d+", name):
            base, shift = map(int, name.split("<<"))
            total |= base << shift
        elif isinstance(value := getattr(mman, name, None), int):
            total |= value
        else:
            raise StraceError(f"{name[:40]!r} is not a number or a flag of <sys/mman.h>")
    return total


_NOTHING: Final = {"NULL", "MAP_FILE"}


def fd_of(word: str) -> tuple[int, str]:
    """A descriptor and, where strace was asked for it (-y), what is behind it.

    >>> fd_of("3</lib/x.so>"), fd_of("-1")
    ((3, '/lib/x.so'), (-1, ''))
    """
    match = _FD.match(word)
    if match is None:
        raise StraceError(f"{word[:40]!r} is not a file descriptor")
    return (-100 if match[1] == "AT_FDCWD" else int(match[1])), unescape(match[2] or "")


_ESCAPE: Final = re.compile(r"\\(x[0-9a-f]{2}|[0-7]{1,3}|.)", re.S)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f"}


def unescape(text: str) -> str:
    r"""A name as it is, from the way strace quotes it.

    >>> unescape('a\\40b\\n\\x41')
    'a b\nA'
    """

    def one(match: re.Match[str]) -> str:
        word = match[1]
        if word[0] == "x" and len(word) == 3:
            return chr(int(word[1:], 16))
        return chr(int(word, 8)) if word[0].isdigit() else _LETTERS.get(word, word)

    return _ESCAPE.sub(one, text)


def path_of(word: str) -> str:
    """A quoted path; one that strace cut ends in dots, which are left out."""
    return unescape(word.removesuffix("...").strip('"'))
