"""Delta debugging: the smallest program that still shows what is wrong.

Operations are dropped in halves, quarters … one by one; then every argument is made simpler; until
nothing can be left out. Every candidate is really run.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from vmalab.records.program import Abs, At, Bytes, Op, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Fails = Callable[[Program], bool]

MAX_RUNS: Final = 3000
"""After so many candidates the smallest so far is good enough."""


def shrink(program: Program, fails: Fails, max_runs: int = MAX_RUNS) -> Program:
    r"""The smallest program found for which ``fails`` still holds; it must hold for ``program``.

    >>> from vmalab.records.text import parse_program
    >>> long = parse_program("brk 1\nbrk 2\nbrk 3\nmunmap 7 5")
    >>> shrink(long, lambda p: any(type(op).__name__ == "Munmap" for op in p.ops)).ops
    (Munmap(addr=0, length=1),)
    """
    left = max_runs

    def attempt(candidate: Program) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(candidate)

    while True:
        smaller = _simplify(_drop(program, attempt), attempt)
        if smaller == program or left <= 0:
            return smaller
        program = smaller


def _drop(program: Program, fails: Fails) -> Program:
    """Leave operations out, many at a time and then fewer."""
    chunk = max(1, len(program.ops) // 2)
    while True:
        start = 0
        while start < len(program.ops):
            rest = program.ops[:start] + program.ops[start + chunk :]
            candidate = dataclasses.replace(program, ops=rest)
            if rest and fails(candidate):
                program = candidate
            else:
                start += chunk
        if chunk == 1:
            return program
        chunk //= 2


def _simplify(program: Program, fails: Fails) -> Program:
    """Make arguments simpler, one at a time."""
    if program.fill != "hole":
        candidate = dataclasses.replace(program, fill="hole")
        program = candidate if fails(candidate) else program
    for index in range(len(program.ops)):
        simpler = True
        while simpler:
            simpler = False
            for op in _simpler_ops(program.ops[index]):
                changed = (*program.ops[:index], op, *program.ops[index + 1 :])
                candidate = dataclasses.replace(program, ops=changed)
                if fails(candidate):
                    program, simpler = candidate, True
                    break
    return program


def _simpler_ops(op: Op) -> Iterator[Op]:
    for field in dataclasses.fields(op):
        for value in _simpler(field.name, getattr(op, field.name)):
            yield dataclasses.replace(op, **{field.name: value})


def _simpler(name: str, value: object) -> Iterator[object]:
    """Simpler values for a field, the simplest first."""
    match value:
        case Abs() | None if name != "new_addr":
            yield 0
        case At(page, _):
            yield page
        case Bytes(None, _):
            yield 1
        case Bytes(pages, _):
            yield pages
        case bool():
            return
        case int():
            yield from _smaller(name, value)
        case str():
            yield from _fewer_words(name, value)
        case _:
            return


def _smaller(name: str, value: int) -> Iterator[int]:
    least = 1 if name in {"length", "old_length", "new_length", "value"} else 0
    for candidate in (least, value // 2, value - 1):
        if least <= candidate < value:
            yield candidate


def _fewer_words(name: str, value: str) -> Iterator[str]:
    if name == "file" and value in {"f1", "f2", "f3"}:
        yield "f0"
    elif name == "prot" and set(value) <= set("rwx"):
        yield from (
            word for word in ("none", "r", "rw") if len(word) < len(value) or word == "none"
        )
    elif name == "flags" and "," in value:
        words = value.split(",")
        for index in range(len(words)):
            yield ",".join(words[:index] + words[index + 1 :])
