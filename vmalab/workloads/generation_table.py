"""Which kernels there are, and on which questions they differ: read from their own docstrings.

A policy answers each question of :class:`vmalab.mm.policy.Policy` by a method or an attribute, and
says in its docstring which kernel function that is. A patched kernel is a class that inherits from
the plain one: what it overrides is what the patch changes.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from vmalab.generations import GENERATIONS, generation
from vmalab.mm.policy import Policy
from vmalab.records.program import WINDOW_START

OF_A_MACHINE: Final = (
    "word_mask",
    "task_size",
    "mmap_base",
    "pte_format",
    "sizeof_vma",
    "max_map_count",
)
"""What a kernel owes to the machine it runs on, and limits: numbers."""
ELSEWHERE: Final = {"__init__", "name", "arch", "syscalls", *OF_A_MACHINE}
"""What is told in other tables, or says nothing of a kernel."""


@dataclass(frozen=True, slots=True)
class About:
    """A generation: its name, what it is, how we know, and its VMA's size (bytes) by machine."""

    name: str
    what: str
    evidence: str
    sizeof_vma: Mapping[str, int]

    @property
    def arches(self) -> tuple[str, ...]:
        """The machines it runs on."""
        return tuple(self.sizeof_vma)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one class says to one question: ``said`` is its docstring, ``value`` its expression."""

    name: str
    said: str
    value: str = ""

    @property
    def is_function(self) -> bool:
        """Is it a function that is written elsewhere?"""
        return self.value.startswith("staticmethod(")


def policies(name: str) -> dict[str, Policy]:
    """A generation on every machine that it runs on."""
    found = {}
    for arch in WINDOW_START:
        try:
            found[arch] = generation(name, arch)
        except ValueError:
            continue
    return found


def about(name: str) -> About:
    """What there is to say of a generation.

    The evidence is a paragraph of its policy's docstring that begins with ``Evidence:``, or, for a
    mended state of it, with ``Evidence as-intended:``.

    >>> about("linux-6").sizeof_vma
    {'x86_64': 192}
    """
    on = policies(name)
    policy = next(iter(on.values()))
    text = inspect.getdoc(policy) or ""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    _, _, state = name.partition(":")
    found = (
        part.removeprefix(mark)
        for mark in (f"Evidence {state}: ", "Evidence: ")
        for part in paragraphs
        if part.startswith(mark)
    )
    return About(
        name,
        paragraphs[0],
        next(found, ""),
        {arch: one.sizeof_vma for arch, one in on.items()},
    )


def all_about() -> list[About]:
    """Every generation, in the order in which they are listed everywhere."""
    return [about(name) for name in GENERATIONS]


def questions() -> dict[str, str]:
    """What a policy is asked: a name, and the question in words."""
    return {answer.name: answer.said for answer in class_body(Policy)}


def lineage(name: str) -> list[type]:
    """The classes of a generation, its own first, those it inherits from after it."""
    (policy, *_) = policies(name).values()
    return [one for one in type(policy).__mro__ if one is not object]


def own_answers(kind: type) -> list[Answer]:
    """What a class answers itself, in the order in which it does."""
    return [
        answer
        for answer in class_body(kind)
        if answer.name not in ELSEWHERE and not answer.name.startswith("_")
    ]


def class_body(kind: type) -> list[Answer]:
    """The methods and attributes of a class body, each with its docstring.

    An attribute's docstring is the string under it. Functions that are listed without a line
    between them share one.
    """
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    found: list[Answer] = []
    for node in tree.body if isinstance(tree, ast.ClassDef) else ():
        match node:
            case ast.FunctionDef(name=name):
                found.append(Answer(name, _one_line(ast.get_docstring(node) or "")))
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                found.append(Answer(name, "", ast.unparse(value) if value else ""))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.append(Answer(name, "", ast.unparse(value)))
            case ast.Expr(value=ast.Constant(value=str(text))) if found:
                last = found.pop()
                found.append(replace(last, said=last.said or _one_line(text)))
            case _:
                pass
    for index in range(len(found) - 2, -1, -1):
        one, following = found[index : index + 2]
        if not one.said and one.is_function and following.is_function:
            found[index] = replace(one, said=following.said)
    return found


def _one_line(text: str) -> str:
    """A docstring's sentences, less its tables: paragraphs with a gap inside a line."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return " ".join(" ".join(part.split()) for part in paragraphs if "  " not in part)


def syscall_homes(name: str) -> dict[str, str]:
    """A generation's system calls: where each is written, and what it is told there.

    >>> syscall_homes("linux-6")["munmap"]
    'mm.munmap:munmap'
    """
    (policy, *_) = policies(name).values()
    return {call: _home(handler) for call, handler in sorted(policy.syscalls.items())}


def _home(handler: Callable[..., object]) -> str:
    function = handler.func if isinstance(handler, partial) else handler
    place = f"{function.__module__.removeprefix('vmalab.')}:{function.__qualname__}"
    given = handler.keywords if isinstance(handler, partial) else {}
    told = [f"{key}={getattr(value, '__name__', value)}" for key, value in given.items()]
    return f"{place}({', '.join(told)})" if told else place
