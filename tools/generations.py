"""Write docs/generations.md: which kernels there are, where they differ, and what comes of it.

All of it is read from the code: docstrings of the policies, and the table of programs that end
differently. tests/house/test_generations_page.py tells when the page is no longer true.

Usage: python -m tools.generations
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from vmalab.generations import GENERATIONS
from vmalab.workloads.generation_table import (
    About,
    Answer,
    all_about,
    lineage,
    own_answers,
    policies,
    questions,
    syscall_homes,
)
from vmalab.workloads.known_changes import BASE, CHANGES, Change

PAGE = Path(__file__).resolve().parent.parent / "docs" / "generations.md"
TODAY = "linux-6"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page())
    print(f"{PAGE}: written")
    return 0


def page() -> str:
    """The whole page."""
    known = all_about()
    parts = [
        "# The kernels of history",
        (
            "This page is made from the code by `python -m tools.generations`. The names are those "
            "of every interface: `Kernel(NAME, arch=…)`, `vmalab run --on NAME`, the notebooks."
        ),
        overview(known),
        "## What differs, and where",
        (
            "A kernel is a policy: one class that answers the questions of `vmalab/mm/policy.py`. "
            "Everything that is not asked there is the same code for all of them. An answer names "
            "the kernel function that it mirrors."
        ),
        answers(),
        "Numbers, by machine:",
        machines(),
        *(patch(kind) for kind in patches()),
        "## Who handles which system call",
        system_calls(),
        "## Why one program ends differently",
        (
            "The smallest program of each kind, in a window of 16 pages: the result of its last "
            "operation, and how many VMAs there are then. Tests run every row on every kernel of "
            "the model, and the column of `linux-6` on a live kernel too."
        ),
        changes(CHANGES),
    ]
    return "\n\n".join(parts) + "\n"


def overview(known: list[About]) -> str:
    """Which kernels there are."""
    rows = [
        (
            f"`{one.name}`",
            one.what,
            one.evidence,
            "<br>".join(f"{arch}: {size}" for arch, size in one.sizeof_vma.items()),
        )
        for one in known
    ]
    return table(("name", "what it is", "how we know", "machines, bytes of a VMA"), rows)


def patches() -> list[type]:
    """The classes between the generations and the two that all others build on, oldest first."""
    base = {lineage(BASE)[0], lineage(TODAY)[0]}
    found = {kind: None for name in GENERATIONS for kind in reversed(lineage(name))}
    return [kind for kind in found if kind not in base]


def answers() -> str:
    """Every question, and what the plain kernels answer to it."""
    kinds = {name: lineage(name)[0] for name in (BASE, TODAY)}
    said = {name: {one.name: one for one in own_answers(kind)} for name, kind in kinds.items()}
    rows = [
        (f"`{name}`", asks, *(told(said[kernel].get(name)) for kernel in kinds))
        for name, asks in questions().items()
        if any(name in found for found in said.values())
    ]
    return table(("asked", "that is", *(f"`{name}`" for name in kinds)), rows)


def patch(kind: type) -> str:
    """What a patched kernel answers otherwise."""
    first = (kind.__doc__ or "").split("\n\n", 1)[0]
    asked = questions()
    rows = [(f"`{one.name}`", asked.get(one.name, ""), told(one)) for one in own_answers(kind)]
    head = f"### `{kind.__name__}`: {' '.join(first.split())}"
    if not rows:
        return f"{head}\n\nIt differs in a system call: see below."
    return f"{head}\n\n{table(('asked', 'that is', 'its answer'), rows)}"


def told(answer: Answer | None) -> str:
    """An answer in a cell of a table: what it is worth, and what it says of itself."""
    if answer is None:
        return ""
    value = "" if answer.is_function or not answer.value else f"`{answer.value}`"
    return " ".join(filter(None, (value and f"{value}." if answer.said else value, answer.said)))


def machines() -> str:
    """The numbers that a kernel owes to its machine."""
    rows = []
    for name in (BASE, TODAY):
        for arch, policy in policies(name).items():
            numbers = (
                f"{policy.word_mask.bit_length()}",
                f"`{policy.task_size:#x}`",
                f"`{policy.mmap_base:#x}`",
                f"{policy.max_map_count}",
                f"{policy.sizeof_vma}",
                policy.pte_format.name,
            )
            rows.append((f"`{name}`", arch, *numbers))
    heads = ("bits", "TASK_SIZE", "search from", "max_map_count", "VMA, bytes", "entries")
    return table(("kernel", "machine", *heads), rows)


def system_calls() -> str:
    """Which function a call ends in, on each kernel."""
    homes = {name: syscall_homes(name) for name in GENERATIONS}
    calls = sorted({call for found in homes.values() for call in found})
    rows = []
    for call in calls:
        by_home: dict[str, list[str]] = {}
        for name, found in homes.items():
            if name not in {BASE, TODAY} and found.get(call) != homes[BASE].get(call):
                by_home.setdefault(home(found.get(call)), []).append(short(name))
        patched = "<br>".join(f"{', '.join(names)}: {place}" for place, names in by_home.items())
        plain = (home(homes[name].get(call)) for name in (BASE, TODAY))
        rows.append((f"`{call}`", next(plain), patched, next(plain)))
    return table(("call", f"`{BASE}`", "patched", f"`{TODAY}`"), rows)


def home(place: str | None) -> str:
    """Where a call is written."""
    return f"`{place}`" if place else "ENOSYS"


def short(name: str) -> str:
    """A patched kernel's name, as a table says it."""
    return f"`{name.removeprefix(BASE + '-manyprots-')}`"


def changes(rows: tuple[Change, ...]) -> str:
    """The programs that end differently."""
    return table(
        ("asks", "program", f"`{BASE}`", "patched", f"`{TODAY}`", "because"),
        [
            (
                row.asks,
                "<br>".join(f"`{line}`" for line in row.lines.split("; ")),
                row.expected(BASE),
                patched(row),
                row.expected(TODAY) if runs_on(TODAY, row) else "(i386)",
                row.because,
            )
            for row in rows
        ],
    )


def patched(row: Change) -> str:
    """The outcomes on kernels that end otherwise than 2.6.18 itself, and are not today's."""
    others = [name for name in GENERATIONS if name not in {BASE, TODAY} and runs_on(name, row)]
    by_outcome: dict[str, list[str]] = {}
    for name in others:
        if row.expected(name) != row.expected(BASE):
            by_outcome.setdefault(row.expected(name), []).append(short(name))
    if [len(names) for names in by_outcome.values()] == [len(others)]:
        return next(iter(by_outcome))
    return "<br>".join(f"{', '.join(names)}: {end}" for end, names in by_outcome.items())


def runs_on(name: str, row: Change) -> bool:
    """Does a kernel run on the machine of a row?"""
    return row.arch in policies(name)


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table in Markdown; a cell that says nothing is left empty."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(cell, row))} |" for row in lines)


def cell(text: str) -> str:
    """A text that stays in its cell of a table.

    >>> cell("``may_map`` asks")
    '`may_map` asks'
    """
    return text.replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
