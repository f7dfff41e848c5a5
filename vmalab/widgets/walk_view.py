"""What a walk explorer shows: plain data, computed from an experiment.

Nothing here knows of a browser, so it is tested without one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from vmalab.mm.page_alloc import ZERO_PFN
from vmalab.mm.vma import AnonVma
from vmalab.records.snapshot import VmaRow
from vmalab.records.walk import Walk, WalkStep
from vmalab.trace.experiment import Experiment, Told
from vmalab.units import PAGE_SIZE, page_align_down
from vmalab.views import bits, walk
from vmalab.views.drawing import Drawing
from vmalab.views.pte import field_table, name_entry
from vmalab.views.scene import Arrow, Label, Scene, Shape

MOST_PAGES: Final = 16
"""So many pages of a VMA get a button; any other is looked up by its address."""
MOST_VMAS: Final = 24
WIDE: Final = 6
"""A piece of so many bits has its name written along it; a narrower one, up along the bit."""

KINDS: Final = {
    "anon": ("A", "the process's own page"),
    "file": ("F", "a page of a file"),
    "zero": ("Z", "the shared page of zeros"),
    "swap": ("S", "in swap"),
    "marker": ("G", "a guard marker"),
    "protnone": ("N", "a page that nobody may touch"),
    "none": ("·", "no page yet"),
    "strange": ("?", "an entry that makes no sense"),
}
"""What a page's entry can be: its letter and its words."""


def show(trial: Experiment, told: Told, key: str = "") -> dict[str, Any]:
    """Everything that the page needs to show an experiment."""
    found = trial.walk()
    depth = min(trial.depth, len(found.steps) - 1)
    step = found.steps[depth]
    return {
        "addr": f"{trial.addr:#x}",
        "sentence": told.sentence,
        "failed": told.failed,
        "vmas": vma_rows(trial),
        "legend": "; ".join(f"{letter} {words}" for letter, words in KINDS.values()),
        "picture": picture(found, refused(trial, found)).live(key),
        "levels": [
            {"name": f"{one.level} entry {one.index}", "depth": number, "shown": number == depth}
            for number, one in enumerate(found.steps)
        ],
        "entry": name_entry(step.entry, step.kind, found.entry_bits),
        "strips": strips(trial, step, found.entry_bits),
        "fields": [list(row) for row in field_table(step.entry, step.bits).rows],
        "tlb": tlb_words(trial),
        "stale": trial.stale,
        "broken": bool(trial.flipped),
    }


def vma_rows(trial: Experiment) -> list[dict[str, Any]]:
    """The VMAs with their first pages, each page with what its entry is."""
    return [
        {
            "name": f"{row.start:x}-{row.end:x}",
            "perms": row.perms,
            "backing": row.backing,
            "pages": [page(trial, addr) for addr in _pages(row)],
            "more": max(0, (row.end - row.start) // PAGE_SIZE - MOST_PAGES),
        }
        for row in trial.vmas()[:MOST_VMAS]
    ]


def _pages(row: VmaRow) -> range:
    return range(row.start, min(row.end, row.start + MOST_PAGES * PAGE_SIZE), PAGE_SIZE)


def page(trial: Experiment, addr: int) -> dict[str, Any]:
    """One page: its address, and what its entry is in a letter and in words."""
    kind = kind_of(trial, addr)
    letter, words = KINDS[kind]
    return {
        "addr": f"{addr:#x}",
        "kind": kind,
        "letter": letter,
        "words": f"Page {addr:#x}: {words}",
        "current": page_align_down(trial.addr) == addr,
    }


def kind_of(trial: Experiment, addr: int) -> str:
    """What the entry of a page is, as one of :data:`KINDS`; it may have been broken by hand."""
    found = trial.task.mm.pgtable.walk(addr)
    memory = trial.task.kernel.machine.memory
    match found.outcome:
        case "present" if found.pfn == ZERO_PFN:
            return "zero"
        case "present" if found.pfn is not None and found.pfn < len(memory.mapping):
            return "anon" if isinstance(memory.mapping[found.pfn], AnonVma) else "file"
        case "no table" | "none":
            return "none"
        case other:
            return other if other in KINDS else "strange"


def refused(trial: Experiment, found: Walk) -> str:
    """Why a page that is there cannot be reached by the program; empty if it can."""
    fmt = trial.task.mm.fmt
    if found.outcome == "present" and not found.entry & fmt.user:
        return "USER is clear, so the page is the kernel's"
    return ""


def picture(found: Walk, barred: str = "") -> Drawing:
    """The walk without its heading and its list of bits, which the page shows itself."""
    return Drawing(only_tables(walk.page_table_walk(found, refused=barred).scene))


def only_tables(scene: Scene) -> Scene:
    """The address and the tables of a walk: the rows between its heading and the entry's bits."""
    top = 2
    starts = (
        shape.y
        for shape in scene.shapes
        if isinstance(shape, Label) and shape.face == "strong" and " entry 0x" in shape.text
    )
    end = next(starts, scene.height + 1) - 1
    shapes: list[Shape] = []
    for shape in scene.shapes:
        if isinstance(shape, Arrow):
            up = tuple((x, y - top) for x, y in shape.points)
            shapes.append(replace(shape, points=up))
        elif top <= shape.y < end:
            shapes.append(replace(shape, y=shape.y - top))
    return replace(scene, height=end - top, shapes=tuple(shapes))


def strips(trial: Experiment, step: WalkStep, entry_bits: int) -> list[dict[str, Any]]:
    """The entry's bits in rows of 32, the highest first, and the names of the fields under them."""
    return [
        {
            "bits": [
                _bit(trial, step, bit) for bit in range(first + bits.STRIP_BITS - 1, first - 1, -1)
            ],
            "pieces": [
                {
                    "name": piece.name,
                    "from": bits.STRIP_BITS - (piece.high - first),
                    "width": piece.nr_bits,
                    "wide": piece.nr_bits >= WIDE,
                    "on": piece.field.is_set_in(step.entry),
                }
                for piece in bits.pieces(step.bits, first)
            ],
        }
        for first in bits.strip_starts(entry_bits)
    ]


def _bit(trial: Experiment, step: WalkStep, bit: int) -> dict[str, Any]:
    names = [field.name for field in step.bits if field.mask >> bit & 1]
    return {
        "bit": bit,
        "on": bool(step.entry >> bit & 1),
        "named": bool(names),
        "flipped": (step.table_pfn, step.index, bit) in trial.flipped,
        "name": f"bit {bit}, {names[0] if names else 'unused'}",
    }


def tlb_words(trial: Experiment) -> str:
    """What the TLB has of the page, and whether that is still true."""
    known, count = trial.remembered, len(trial.task.mmu.tlb)
    pages = "1 page" if count == 1 else f"{count} pages"
    if known is None:
        return f"The TLB remembers {pages}, and not this one."
    stale = ": stale, for the tables say otherwise now" if trial.stale else ""
    return f"The TLB remembers {pages}, and this one as {known:#x}{stale}."


def text_twin(trial: Experiment, told: Told) -> str:
    """All of it in text, for everything that shows no widgets."""
    lines = [f"Walk explorer at {trial.addr:#x}", told.sentence, "", "Address space:"]
    for row in vma_rows(trial):
        letters = " ".join(one["letter"] for one in row["pages"])
        more = f" and {row['more']} more" if row["more"] else ""
        lines.append(f"  {row['name']} {row['perms']} {row['backing']:6} {letters}{more}")
    lines.append("")
    for step in trial.walk().steps:
        named = " ".join(step.set_bits) or "no bit is set"
        lines.append(f"  {step.level} entry {step.index:3}: {step.entry:#018x} {named}")
    return "\n".join([*lines, tlb_words(trial)])
