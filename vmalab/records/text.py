"""The text form of programs: parsing it, printing it, and saying what is wrong with it.

docs/program-format.md specifies the form. ``parse_program(format_program(p)) == p``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from vmalab.records import program as ops
from vmalab.records.program import Abs, At, Bytes, Op, Program
from vmalab.uapi import mman


class ProgramError(ValueError):
    """A program's text is wrong: where, what, and the cure."""

    def __init__(self, message: str, cure: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message, cure, line, column)
        self.message = message
        self.cure = cure
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{place}{self.message}; {self.cure}"


MAX_QUOTED: Final = 60
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]{1,16}\Z")
_DECIMAL: Final = re.compile(r"[0-9]{1,20}\Z")
_NUMBER: Final = re.compile(r"-?(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20})\Z")
_PAGES_AND_BYTES: Final = re.compile(r"([0-9]{1,20})([+-][0-9]{1,20})\Z")
_FILE: Final = re.compile(r"[frw](0|[1-9][0-9]{0,2})\Z")


def _quote(word: str) -> str:
    """A word in quotes, in an error that must stay a line: a long one is cut."""
    return repr(word) if len(word) <= MAX_QUOTED else repr(f"{word[:MAX_QUOTED]}...")


def _bad(word: str, what: str, cure: str) -> NoReturn:
    raise ProgramError(f"{_quote(word)} is not {what}", cure)


def _addr(word: str) -> ops.Addr:
    if word == "-":
        return None
    if _HEX.match(word):
        return Abs(int(word, 16))
    if match := _PAGES_AND_BYTES.match(word):
        return At(int(match[1]), int(match[2]))
    if _DECIMAL.match(word):
        return int(word)
    return _bad(word, "an address", "write a window page (3), a byte in it (3+17, 3-1), 0x… or -")


def _length(word: str) -> ops.Len:
    if _HEX.match(word):
        return Bytes(None, int(word, 16))
    if match := _PAGES_AND_BYTES.match(word):
        return Bytes(int(match[1]), int(match[2]))
    if _DECIMAL.match(word):
        return int(word)
    return _bad(word, "a length", "write pages (4), pages and bytes (4+1, 4-1) or 0x… bytes")


def _number(word: str) -> int:
    if _NUMBER.match(word):
        return int(word, 0 if "x" in word.lower() else 10)
    return _bad(word, "a number", "write a decimal or 0x… number")


def _page_count(word: str) -> int:
    number = _number(word)
    return number if number >= 0 else _bad(word, "a count of pages", "write a number of 0 or more")


def _few_pages(word: str) -> int:
    number = _page_count(word)
    most = MAX_WINDOW_PAGES
    return number if number <= most else _bad(word, "a count of pages", f"write {most} at most")


def _prot(word: str) -> str:
    if word == "none" or _NUMBER.match(word) or (word and not word.strip("rwx")):
        return word
    return _bad(word, "a protection", "write none, letters of rwx, or 0x…")


def _words_of(table: Mapping[str, int], what: str) -> Callable[[str], str]:
    def read(word: str) -> str:
        if word == "-" or _NUMBER.match(word):
            return word
        for name in word.split(","):
            if name not in table and not _NUMBER.match(name):
                _bad(name, what, f"write one of {', '.join(table)}, or a number")
        return word

    return read


def _file(word: str) -> str:
    if word in {"-", "x"} or _is_file(word):
        return word
    return _bad(word, "a file", "write f0 (read-write), r0, w0, - (fd -1) or x (a bad fd)")


def _own_file(word: str) -> str:
    own = _is_file(word) and word[0] == "f"
    last = ops.NR_FILES - 1
    return word if own else _bad(word, "a program file", f"write f0 … f{last}")


def _is_file(word: str) -> bool:
    match = _FILE.match(word)
    return match is not None and int(match[1]) < ops.NR_FILES


def _limit(word: str) -> str:
    return word if word in {"as", "memlock"} else _bad(word, "a limit", "write as or memlock")


_Reader = Callable[[str], object]
_MMAP_FLAGS = _words_of(mman.MMAP_FLAGS, "an mmap flag")
_REMAP_FLAGS = _words_of(mman.REMAP_FLAGS, "a remap_file_pages flag")
_MREMAP_FLAGS = _words_of(mman.MREMAP_FLAGS, "an mremap flag")
_MLOCK_FLAGS = _words_of(mman.MLOCK_FLAGS, "an mlock2 flag")
_MSYNC_FLAGS = _words_of(mman.MSYNC_FLAGS, "an msync flag")
_ADVICE = _words_of(mman.MADVICE, "an advice")

GRAMMAR: Final[Mapping[str, tuple[type[Op], tuple[_Reader, ...]]]] = {
    "mmap": (ops.Mmap, (_addr, _length, _prot, _MMAP_FLAGS, _file, _length)),
    "munmap": (ops.Munmap, (_addr, _length)),
    "mprotect": (ops.Mprotect, (_addr, _length, _prot)),
    "mremap": (ops.Mremap, (_addr, _length, _length, _MREMAP_FLAGS, _addr)),
    "remap": (ops.Remap, (_addr, _length, _prot, _page_count, _REMAP_FLAGS)),
    "madvise": (ops.Madvise, (_addr, _length, _ADVICE)),
    "mlock": (ops.Mlock, (_addr, _length)),
    "mlock2": (ops.Mlock2, (_addr, _length, _MLOCK_FLAGS)),
    "munlock": (ops.Munlock, (_addr, _length)),
    "msync": (ops.Msync, (_addr, _length, _MSYNC_FLAGS)),
    "mincore": (ops.Mincore, (_addr, _length)),
    "brk": (ops.Brk, (_addr,)),
    "limit": (ops.Limit, (_limit, _page_count)),
    "read": (ops.Read, (_addr,)),
    "write": (ops.Write, (_addr, _number)),
    "probe": (ops.Probe, (_addr, _few_pages)),
    "wprobe": (ops.Wprobe, (_addr, _few_pages)),
    "xprobe": (ops.Xprobe, (_addr, _few_pages)),
    "evict": (ops.Evict, ()),
    "contents": (ops.Contents, ()),
    "truncate": (ops.Truncate, (_own_file, _page_count)),
    "fork": (ops.Fork, ()),
}
"""The first word of a line, the record it makes, and how each further word is read."""

_VERBS: Final = {record: verb for verb, (record, _) in GRAMMAR.items()}


def parse_op(line: str) -> Op:
    """One line of a program to its record.

    >>> parse_op("mmap 0 16 rw shared,fixed f0 0")
    Mmap(addr=0, length=16, prot='rw', flags='shared,fixed', file='f0', pgoff=0)

    Raises:
        ProgramError: the line is not an operation; it names the column and the cure.
    """
    tokens = [(m.start() + 1, m.group()) for m in re.finditer(r"\S+", line)]
    if not tokens:
        raise ProgramError("an empty line", f"write one of {', '.join(GRAMMAR)}", 0, 1)
    verb_column, verb = tokens[0]
    if verb not in GRAMMAR:
        raise ProgramError(
            f"{_quote(verb)} is not an operation",
            f"write one of {', '.join(GRAMMAR)}",
            0,
            verb_column,
        )
    record, readers = GRAMMAR[verb]
    fields = dataclasses.fields(record)
    needed = sum(f.default is dataclasses.MISSING for f in fields)
    given = len(tokens) - 1
    if not needed <= given <= len(readers):
        form = " ".join([verb, *(f.name.upper() for f in fields)])
        column = tokens[-1][0] if given > len(readers) else len(line.rstrip()) + 1
        many = "too many" if given > len(readers) else "too few"
        raise ProgramError(f"{many} words for {verb}", f"the form is: {form}", 0, column)
    values = []
    for (column, word), read in zip(tokens[1:], readers, strict=False):
        try:
            values.append(read(word))
        except ProgramError as error:
            raise ProgramError(error.message, error.cure, 0, column) from None
    return record(*values)


def format_op(op: Op) -> str:
    """An operation as its line.

    >>> format_op(ops.Mremap(At(3, -1), 2, ops.Bytes(None, 0x5000), "maymove"))
    'mremap 3-1 2 0x5000 maymove -'
    """
    words = [getattr(op, field.name) for field in dataclasses.fields(op)]
    return " ".join([_VERBS[type(op)], *map(_format_word, words)])


def _format_word(value: object) -> str:
    match value:
        case None:
            return "-"
        case At(page, byte):
            return f"{page}{byte:+d}"
        case Abs(addr):
            return f"{addr:#x}"
        case Bytes(None, byte):
            return f"{byte:#x}"
        case Bytes(pages, byte):
            return f"{pages}{byte:+d}"
        case _:
            return str(value)


def parse_program(text: str) -> Program:
    """One program: an optional ``seq`` line, then a line an operation; ``#`` starts a comment.

    Raises:
        ProgramError: with line, column and cure. A text with several ``seq`` lines is refused;
            read it with :func:`parse_programs`.
    """
    programs = parse_programs(text)
    if len(programs) != 1:
        msg = f"the text holds {len(programs)} programs where one is expected"
        raise ProgramError(msg, "keep one seq line and its operations", 1, 1)
    return programs[0]


def parse_programs(text: str) -> list[Program]:
    """Every program of a text, in order; see :func:`parse_program`."""
    if "\0" in text:
        at = text[: text.index("\0")].count("\n") + 1
        raise ProgramError("the text holds a NUL byte", "give a text file, not a binary one", at, 1)
    found: list[tuple[int, str, str, list[Op]]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#", 1)[0]
        if not line.strip():
            continue
        try:
            if line.split()[0] == "seq":
                found.append((*_parse_seq(line), []))
            else:
                if not found:
                    found.append((DEFAULT_PAGES, "hole", "1", []))
                found[-1][3].append(parse_op(line))
        except ProgramError as error:
            raise ProgramError(error.message, error.cure, number, error.column) from None
    if not found:
        raise ProgramError("the program is empty", "write at least one operation", 1, 1)
    return [
        Program(pages, tuple(body), "none" if fill == "none" else "hole", name)
        for pages, fill, name, body in found
    ]


DEFAULT_PAGES: Final = 24
"""The window of a program that does not say ``seq``, in pages."""
MAX_WINDOW_PAGES: Final = 1 << 20


def _parse_seq(line: str) -> tuple[int, str, str]:
    form = "the form is: seq ID PAGES hole|none"
    words = line.split()
    if len(words) != 4:
        raise ProgramError("seq takes three words", form, 0, 1)
    _, name, pages, fill = words
    if not _DECIMAL.match(pages) or not 0 < int(pages) <= MAX_WINDOW_PAGES:
        what = f"{_quote(pages)} is not a window of 1 to {MAX_WINDOW_PAGES} pages"
        raise ProgramError(what, form, 0, line.index(pages) + 1)
    if fill not in {"hole", "none"}:
        raise ProgramError(f"{_quote(fill)} is not a window", form, 0, line.rindex(fill) + 1)
    return int(pages), fill, name


def format_program(program: Program) -> str:
    """A program as its text, one operation a line, ending in a newline."""
    head = f"seq {program.name} {program.pages} {program.fill}"
    return "\n".join([head, *map(format_op, program.ops)]) + "\n"
