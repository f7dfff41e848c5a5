"""Words that the house does not use, and where; `make check` looks for them.

Names carry their unit (docs/decisions/0001-units-as-newtypes.md), shifts by a page live in one
place, and nothing but a generation knows which kernel it is.

Usage: python tools/vocabulary.py
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ("units", "ranges", "uapi", "records", "arch", "mm", "generations", "kernel", "proc")

BETTER_NAMES = {
    "address": "addr (bytes, virtual) or paddr (bytes, physical)",
    "frame": "pfn",
    "off": "pgoff (pages) or offset_bytes",
    "offset": "pgoff (pages) or offset_bytes",
    "ppn": "pfn",
    "ptr": "addr",
}
"""Names without a unit, and what to say instead: in the model only."""

KERNEL_NAME = re.compile(r"linux-\d")
"""The name of a generation, which mm and arch may not ask for."""

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b|/root/|/work/")
"""Marks of unfinished work, and paths that exist on one machine only: nowhere in the tree."""

SKIPPED = {"build", "dist", "__pycache__", "requirements.lock", Path(__file__).name}
TEXTS = {"", ".cfg", ".ipynb", ".js", ".css", ".md", ".py", ".sh", ".toml", ".txt", ".vma"}


@dataclass(frozen=True)
class Finding:
    """One word too many."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.text}"


def main() -> int:
    """Print every finding; 1 when there is one."""
    found = list(findings())
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def findings() -> Iterator[Finding]:
    """Everything in the tree that breaks a rule of this file."""
    for path in texts():
        yield from unfinished(path)
    for path in sorted((ROOT / "vmalab").rglob("*.py")):
        tree = ast.parse(path.read_text())
        floor = path.relative_to(ROOT / "vmalab").parts[0].removesuffix(".py")
        if floor in MODEL:
            yield from names_without_unit(path, tree)
        if floor in MODEL and floor not in {"units", "ranges", "arch"}:
            yield from page_shifts(path, tree)
        if floor in {"mm", "arch"}:
            yield from kernel_names(path, tree)


def texts() -> Iterator[Path]:
    """Every text file of the project: what git would list, on a machine that may have no git."""
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name not in {".ci", ".gitignore"}
            if hidden or path.name in SKIPPED:
                continue
            if path.is_dir():
                folders.append(path)
            elif path.suffix in TEXTS:
                yield path


def unfinished(path: Path) -> Iterator[Finding]:
    """Marks of unfinished work in one file."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if mark := UNFINISHED.search(line):
            yield Finding(path, number, f"{mark[0]} is not for a finished tree")


def names_without_unit(path: Path, tree: ast.AST) -> Iterator[Finding]:
    """Arguments, fields and variables whose name does not say their unit."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) if name in BETTER_NAMES:
                yield Finding(path, node.lineno, f"{name}: say {BETTER_NAMES[name]}")
            case _:
                pass


def page_shifts(path: Path, tree: ast.AST) -> Iterator[Finding]:
    """Arithmetic between bytes and pages outside units and ranges."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.BinOp(
                    op=ast.LShift() | ast.RShift(),
                    right=ast.Constant(value=12) | ast.Name(id="PAGE_SHIFT"),
                )
                | ast.BinOp(op=ast.BitAnd(), right=ast.Name(id="PAGE_MASK" | "OFFSET_MASK"))
            ):
                yield Finding(path, node.lineno, "bytes and pages meet in units.py and ranges.py")
            case _:
                pass


def kernel_names(path: Path, tree: ast.AST) -> Iterator[Finding]:
    """Code that asks which kernel it is; a docstring may tell."""
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in told and KERNEL_NAME.search(text):
                yield Finding(path, node.lineno, "which kernel it is, only generations/ knows")
            case _:
                pass


if __name__ == "__main__":
    sys.exit(main())
