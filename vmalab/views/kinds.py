"""Bars: how many VMAs of which kind a process has.

libraries: code r-x         48 ████████████████
libraries: read-only r--    96 ████████████████████████████████
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from vmalab.records.snapshot import VmaRow
from vmalab.units import format_bytes
from vmalab.views.drawing import Drawing
from vmalab.views.lanes import WIDTH
from vmalab.views.palette import PALETTE
from vmalab.views.scene import Label, Rect, Role, Scene, Shape, Table

NAME_CELLS: Final = 38
COUNT_CELLS: Final = 44
BAR_CELLS: Final = WIDTH - COUNT_CELLS - 2
_OF_FILE: Final = {
    "r-x": "files: code (r-x)",
    "r--": "files: read-only (r--)",
    "rw-": "files: data (rw-)",
    "---": "files: holes that nobody may touch (---)",
}
_ROLES: Final[dict[str, Role]] = {
    "[heap]": "heap",
    "[stack]": "stack",
    "anonymous memory": "anon",
    "anonymous: guards (---)": "guard",
    _OF_FILE["---"]: "none",
    "shared memory": "shmem",
    "of the kernel: [vdso] and its like": "special",
}


def kind_of(row: VmaRow) -> str:
    """What kind of VMA it is, in a few words.

    >>> kind_of(VmaRow(0, 4096, "r-xp", 0, "/lib/libc.so.6"))
    'files: code (r-x)'
    """
    if row.backing in {"[heap]", "[stack]"}:
        return row.backing
    if row.backing.startswith("["):
        return "of the kernel: [vdso] and its like"
    if row.perms.endswith("s"):
        return "shared memory"
    if row.backing == "anon":
        return "anonymous: guards (---)" if row.perms.startswith("---") else "anonymous memory"
    return _OF_FILE.get(row.perms[:3], f"files: other ({row.perms[:3]})")


def vma_kinds(rows: Iterable[VmaRow], *, title: str = "") -> Drawing:
    """A bar for each kind of VMA that there is, the longest first."""
    found = list(rows)
    counts = Counter(map(kind_of, found))
    sizes: Counter[str] = Counter()
    for row in found:
        sizes[kind_of(row)] += row.end - row.start
    title = title or f"{len(found)} VMAs by kind"
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    ordered = sorted(counts, key=lambda kind: (-counts[kind], kind))
    most = max(counts.values(), default=1)
    for y, kind in enumerate(ordered, 2):
        role = _ROLES.get(kind, "file")
        width = max(BAR_CELLS * counts[kind] / most, 0.5)
        words = f"{kind}: {counts[kind]} VMAs, {format_bytes(sizes[kind])}"
        shapes += [
            Label(0, y, kind),
            Label(COUNT_CELLS - 1, y, str(counts[kind]), "ink", "end"),
            Rect(COUNT_CELLS, y + 0.12, width, 0.76, role, words, (), PALETTE[role].hatch),
        ]
    table = Table(
        ("kind", "VMAs", "bytes"),
        tuple((kind, str(counts[kind]), str(sizes[kind])) for kind in ordered),
    )
    told = "; ".join(f"{kind}: {counts[kind]}" for kind in ordered) or "no VMA"
    return Drawing(Scene(title, f"{told}.", WIDTH, len(ordered) + 2.0, tuple(shapes), table))
