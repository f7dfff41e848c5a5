"""Two kernels, one program: is there a difference?

The machine's own kernel is the judge. Results, errnos, VMA boundaries, permissions, offsets and
backing are compared after every operation; VmFlags after the last, and what the pages are (smaps,
pagemap) if both runs noted it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from vmalab.records import program as ops
from vmalab.records.run import Run, Step, format_rows
from vmalab.records.text import format_op
from vmalab.uapi.pagemap import PM_SOFT_DIRTY, format_pagemap_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmalab.records.snapshot import VmaRow

UNSUPPORTED: Final = "unsupported"
"""The result of an operation that a kernel's runner cannot make."""
_Key = tuple[int, int, str, int, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two runs of one program part: after operation ``number`` (from 1), in ``what``."""

    number: int
    op: ops.Op
    what: str
    model: str
    host: str

    def __str__(self) -> str:
        return self.told()

    def told(self, model: str = "model", host: str = "host") -> str:
        """The difference in words, with names for the two kernels."""
        width = max(len(model), len(host)) + 1
        lines = [f"operation {self.number}, {format_op(self.op)}: {self.what} differ"]
        for name, text in ((model, self.model), (host, self.host)):
            first, *rest = text.split("\n")
            lines += [f"  {name:<{width}}{first}", *(f"  {'':<{width}}{line}" for line in rest)]
        return "\n".join(lines)


def comparable(model: Run, host: Run) -> bool:
    """Could both kernels make every operation?"""
    return not any(step.result == UNSUPPORTED for run in (model, host) for step in run.steps)


def compare(
    model: Run, host: Run, *, sealed: bool = False, flags: bool = True
) -> Difference | None:
    """The first difference between two runs of one program, or None.

    Results are compared to the word: what a read found, what pages hold. Shared anonymous
    objects are equal if they were seen in the same order. Of a sealed run only the window is
    compared; what fills the address space around it is not the program's. Without ``flags``,
    VmFlags are not: kernels far apart have other ones.
    """
    near = _inside if sealed else _near
    names = _Names(), _Names()
    for number, (mine, real) in enumerate(zip(model.steps, host.steps, strict=True), 1):
        results = mine.result, real.result
        if results[0] != results[1]:
            return Difference(number, mine.op, "results", *results)
        rows = near(mine, model), near(real, host)
        if not _same(rows, names):
            texts = ("\n".join(format_rows(_bare(part), host.window)) for part in rows)
            return Difference(number, mine.op, "VMAs", *texts)
    by_flags = _compare_flags(model, host, near) if flags else None
    return by_flags or _compare_memory(model, host, near)


def _near(step: Step, run: Run) -> tuple[VmaRow, ...]:
    return step.after.near(run.window)


def _inside(step: Step, run: Run) -> tuple[VmaRow, ...]:
    window = run.window
    return tuple(r for r in step.after.vmas if r.start < window.end and r.end > window.start)


def _compare_flags(
    model: Run, host: Run, near: Callable[[Step, Run], tuple[VmaRow, ...]]
) -> Difference | None:
    if not host.steps:
        return None
    mine, real = model.steps[-1], host.steps[-1]
    rows = near(mine, model), near(real, host)
    if [row.flags for row in rows[0]] == [row.flags for row in rows[1]]:
        return None
    texts = ("\n".join(format_rows(part, host.window)) for part in rows)
    return Difference(len(host.steps), mine.op, "VmFlags", *texts)


def _compare_memory(
    model: Run, host: Run, near: Callable[[Step, Run], tuple[VmaRow, ...]]
) -> Difference | None:
    """What smaps says of each VMA, and pagemap of each page of the window.

    But for Referenced: a frame's part in it changes when a processor's list of pages happens to be
    full, and not only when a program does something.
    """
    if not host.steps or not (host.steps[-1].after.pagemap and model.steps[-1].after.pagemap):
        return None
    op, number = host.steps[-1].op, len(host.steps)
    texts = [_told_memory(run, near(run.steps[-1], run)) for run in (model, host)]
    if texts[0] != texts[1]:
        return Difference(number, op, "smaps", *texts)
    texts = [_told_pagemap(run.steps[-1].after.pagemap) for run in (model, host)]
    if texts[0] != texts[1]:
        return Difference(number, op, "pagemaps", *texts)
    return None


def _told_memory(run: Run, rows: tuple[VmaRow, ...]) -> str:
    by_start = {memory.start: memory for memory in run.steps[-1].after.memory}
    lines = []
    for row in rows:
        (line,) = format_rows(_bare((row,)), run.window)
        lines.append(f"{line}: {replace(by_start[row.start], referenced=0).told()}")
    return "\n".join(lines)


def _told_pagemap(entries: tuple[int, ...]) -> str:
    """Runs of equal entries, as ``from-to=bits``."""
    runs, page = [], 0
    for entry, group in groupby(entries):
        end = page + len(list(group))
        if entry & ~PM_SOFT_DIRTY:
            runs.append(f"{page}-{end}={format_pagemap_entry(entry & ~PM_SOFT_DIRTY)}")
        page = end
    return ", ".join(runs) or "nothing"


class _Names:
    """Shared anonymous objects by the order in which they are first seen."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def key(self, row: VmaRow) -> _Key:
        backing = row.backing
        if backing.startswith("shm"):
            backing = self._seen.setdefault(backing, f"shm{len(self._seen) + 1}")
        return row.start, row.end, row.perms, row.pgoff, backing


def _same(
    rows: tuple[tuple[VmaRow, ...], tuple[VmaRow, ...]], names: tuple[_Names, _Names]
) -> bool:
    keys = [[name.key(row) for row in part] for part, name in zip(rows, names, strict=True)]
    return keys[0] == keys[1]


def _bare(rows: tuple[VmaRow, ...]) -> tuple[VmaRow, ...]:
    return tuple(type(r)(r.start, r.end, r.perms, r.pgoff, r.backing) for r in rows)
