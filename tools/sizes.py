"""How big the house is, room by room; `make check` keeps its ceilings (tests/house/test_sizes.py).

A physical line is a line. A line of code is one that holds something else than a comment, a
docstring or blanks: what a reader has to follow, not what helps to follow it.

Usage: python tools/sizes.py
"""

import ast
import io
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FILE_CEILING = 400
"""Physical lines in one file."""
AFTERNOON_CEILING = 3000
"""Lines of code on the afternoon path: what one reads top-down to know how it works."""
MODEL_CEILING = 6000
"""Lines of code in the model, units to proc. Past it, features are cut before rooms are split."""
WHAT_IF_CEILING = 300
"""Lines of code for what no kernel did; the afternoon path counts them all the same."""

WATCHED = ("vmalab", "tests", "tools", "benchmarks")
AFTERNOON = (
    "kernel",
    "mm/mmap",
    "mm/vma",
    "mm/vma_tree",
    "mm/munmap",
    "mm/memory",
    "arch/pgtable",
    "arch/i386",
    "mm/fremap",
    "generations",
)


def main() -> int:
    """Print each file of the package, longest first, and the two totals."""
    for path in sorted(files("vmalab"), key=code_lines, reverse=True):
        print(f"{code_lines(path):6} of {physical_lines(path):4}  {path.relative_to(ROOT)}")
    for name, rooms, ceiling in budgets():
        print(f"{total(rooms):6} of {ceiling:4}  {name}")
    return 0


def budgets() -> tuple[tuple[str, tuple[str, ...], int], ...]:
    """The promises about whole paths: name, rooms, ceiling."""
    return (
        ("the afternoon path", AFTERNOON, AFTERNOON_CEILING),
        ("the model, units to proc", MODEL, MODEL_CEILING),
        ("kernels that never were", WHAT_IF, WHAT_IF_CEILING),
    )


def files(*tops: str) -> Iterator[Path]:
    """Every Python file below the given top-level folders."""
    for top in tops:
        yield from sorted((ROOT / top).rglob("*.py"))


def room(name: str) -> Iterator[Path]:
    """The files of one room of the package: a module, or all of a folder."""
    path = ROOT / "vmalab" / name
    return files(f"vmalab/{name}") if path.is_dir() else iter([path.with_suffix(".py")])


WHAT_IF = ("generations/manyprots_private", "generations/what_if", "arch/own_rights")
"""Kernels that never were."""
MODEL = (
    *("units", "ranges", "uapi", "mm", "kernel", "proc"),
    *(f"arch/{path.stem}" for path in files("vmalab/arch") if path.stem != "own_rights"),
    *(f"generations/{name}" for name in ("__init__", "v6", "v2_6", "manyprots")),
)
"""All rooms that know a rule of a real kernel; see docs/decisions/0013 for what counts."""


def total(rooms: Iterable[str]) -> int:
    """Lines of code in several rooms; one that is not built yet counts nothing."""
    return sum(code_lines(path) for name in rooms for path in room(name) if path.exists())


def physical_lines(path: Path) -> int:
    """Lines in a file, of whatever kind."""
    return len(path.read_text().splitlines())


def code_lines(path: Path) -> int:
    """Lines that hold code: no comment, docstring or blank line.

    A statement of three lines counts three.
    """
    text = path.read_text()
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    held = {
        line
        for token in tokens
        if token.type not in NOT_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(held - set(docstring_lines(ast.parse(text))))


NOT_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def docstring_lines(tree: ast.Module) -> Iterator[int]:
    """The lines of every string that stands alone as a statement."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str()), lineno=first, end_lineno=int(last)):
                yield from range(first, last + 1)
            case _:
                pass


if __name__ == "__main__":
    sys.exit(main())
