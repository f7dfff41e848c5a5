"""What becomes of a page's rights when it leaves memory and comes back: bit by bit, and in a grid.

A page-table entry is all that a nonlinear area knows of a page. While the page is out, the entry is
a note, and rights that the note has no bit for are not there when the page is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vmalab.records.trip import SwapTrip
from vmalab.records.walk import EntryField, WalkStep
from vmalab.views import bits
from vmalab.views.describe import brief_kernel
from vmalab.views.drawing import Drawing
from vmalab.views.lanes import GUTTER, WIDTH, prose
from vmalab.views.pte import (
    FATE_MARKS,
    NO_FIELD,
    EntryState,
    Fate,
    FieldFate,
    compare_entries,
    fate_marks,
    name_entry,
)
from vmalab.views.scene import Label, Line, Rect, Role, Scene, Shape, Table

RIGHTS: Final = ("PRESENT", "PROTNONE", "RW", "USER", "NX")
"""The fields of an entry that say who may do what."""
UNKNOWN: Final = "?"
"""Rights that a note does not tell: the VMA is asked."""


def rights(step: WalkStep) -> str:
    """What an entry allows, or will allow: letters, with ``x`` where the machine has a bit for it.

    >>> from vmalab.records.walk import EntryField
    >>> user, rw = EntryField("USER", 4, ""), EntryField("RW", 2, "")
    >>> rights(WalkStep("pte", 10, 0, 7, 0x5, "present", (rw, user)))
    'r-'
    """
    held = {field.name: field.is_set_in(step.entry) for field in step.bits}
    if step.kind == "file":
        if "saved RW" not in held:
            return UNKNOWN
        run = ("-" if held["saved NX"] else "x") if "saved NX" in held else ""
        if held["no access"]:
            return "--" + run.replace("x", "-")
        return ("rw" if held["saved RW"] else "r-") + run
    run = ("-" if held["NX"] else "x") if "NX" in held else ""
    if step.kind != "present":
        return "--" + run.replace("x", "-")
    return f"{'r' if held.get('USER') else '-'}{'w' if held.get('RW') else '-'}{run}"


def survives(trip: SwapTrip) -> bool:
    """Are the rights the same before and after?"""
    return not trip.outcome and rights(trip.before) == rights_back(trip)


def rights_back(trip: SwapTrip) -> str:
    """The rights in the end. A page that nobody may touch stays a note, and the VMA has them."""
    found = rights(trip.back)
    return rights(trip.before) if found == UNKNOWN else found


_KEY: Final = (
    "=_kept in the note",
    "~_not in the note, but made anew by rule",
    "✗_not in the note, and not as it was",
    "+_the note's own",
    "≠_not as before",
)
"""The marks under an entry's bits; no line ends between a mark and its word."""


def pte_trip(trip: SwapTrip, *, title: str = "") -> Drawing:
    """Three entries over each other: in memory, while out, and back, with every bit's fate.

    Under the first: what the note keeps (=), what it has no room for but is made anew (~), and
    what is not as it was when the page is back (✗). Under the third: the bits that differ (≠).
    """
    states = [_state(step) for step in (trip.before, trip.out, trip.back)]
    before, out, _back = states
    noted, returned = compare_entries(before, out), _fates(trip)
    title = title or f"{trip.kernel} on {trip.arch}: a page asked for with {trip.asked}"
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    y = 2.0
    changed: Fate = "changed"
    marks: tuple[list[tuple[EntryField | None, Fate]], ...] = (
        [(one.old, one.fate) for one in returned],
        [(one.new, one.fate) for one in noted],
        [(one.new, changed) for one in returned if one.fate in {"lost", "new"}],
    )
    starts = bits.strip_starts(trip.entry_bits)
    folded = _folded(trip) if len(starts) > 1 else ""
    if folded:
        starts = starts[1:]
        shapes += prose(folded, y, "gone" if folded[0] == "✗" else "ink")
        y += 2
    for first in starts:
        shapes += bits.numbers(first, y)
        for name, state, marked in zip(("before", "out", "back"), states, marks, strict=True):
            shapes += bits.cells(state.entry, state.fields, first, y + 1, initials=True)
            shapes.append(Label(0, y + 2, name, face="prose"))
            shapes += fate_marks(marked, first, y + 5)
            y += 5
        y += 2
    told = _verdicts(trip)
    told[:0] = [(folded, "ink")] if folded else []
    for words, role in told[bool(folded) :]:
        lines = prose(words, y, role)
        shapes += lines
        y += len(lines)
    key = prose(" · ".join(_KEY).replace("_", "\u00a0"), y + 0.5, "muted", "small")
    shapes += key
    y += len(key) + 0.5
    entries = [name_entry(one.entry, one.kind, trip.entry_bits) for one in states]
    words = " ".join([*(f"{entry}." for entry in entries), *(words for words, _ in told)])
    return Drawing(Scene(title, words, WIDTH, y, tuple(shapes), _trip_table(trip)))


def _folded(trip: SwapTrip) -> str:
    """The high half in a sentence, if NX is all that there is in it; else nothing."""
    steps = (trip.before, trip.out, trip.back)
    if any(step.entry >> bits.STRIP_BITS & ~(1 << bits.STRIP_BITS - 1) for step in steps):
        return ""
    held = [{one.name: str(one.value_in(step.entry)) for one in step.bits} for step in steps]
    noted = held[1].get("saved NX")
    between = f"noted in another bit as {noted}" if noted else "no bit for it in the note"
    before, back = (names.get("NX", "-") for names in (held[0], held[2]))
    mark = "=" if before == back else "✗"
    nx = f"{mark} Bit 63, NX: {before} before, {between}, {back} when back."
    return f"{nx} Bits 62-32: clear in all three."


def _state(step: WalkStep) -> EntryState:
    return EntryState(step.entry, step.bits, step.kind)


def _verdicts(trip: SwapTrip) -> list[tuple[str, Role]]:
    """What the note keeps, and what is different when the page is back."""
    before, note, after = rights(trip.before), rights(trip.out), rights_back(trip)
    if note == UNKNOWN:
        kept = "The note has no bit for rights: they are asked of the VMA when the page comes back."
    else:
        kept = f"The note says {note}."
        if len(before) > len(note):
            kept = f"The note says {note}, and has no bit for x."
    found: list[tuple[str, Role]] = [(kept, "ink")]
    if trip.outcome:
        found.append((f"✗ The page does not come back: {trip.outcome}.", "gone"))
    elif before == after:
        found.append((f"= The rights are {after} again.", "ink"))
    else:
        gained = "".join(one for one in after if one not in before and one != "-")
        words = f"✗ The rights were {before} and are {after} now"
        found.append((f"{words}: the page has gained {gained}." if gained else f"{words}.", "gone"))
    return found


def _fates(trip: SwapTrip) -> list[FieldFate]:
    """Every field before and when back, and how it got there: through the note or without it."""
    before, out, back = (_state(step) for step in (trip.before, trip.out, trip.back))
    noted = {one.old.name for one in compare_entries(before, out) if one.old and one.new}
    found = []
    for one in compare_entries(before, back):
        fate: Fate = one.fate if one.fate == "new" else "lost"
        if one.fate == "kept" and one.old is not None:
            fate = "kept" if one.old.name in noted else "made anew"
        found.append(FieldFate(one.old, one.new, fate))
    return found


def _trip_table(trip: SwapTrip) -> Table:
    """Every field by its name: its value before and when back, and how it got there."""
    rows = []
    for one in _fates(trip):
        old = bits.value_words(one.old, trip.before.entry) if one.old else "-"
        new = bits.value_words(one.new, trip.back.entry) if one.new else "-"
        name = (one.old or one.new or NO_FIELD).name
        rows.append((name, old, new, f"{FATE_MARKS[one.fate]} {one.fate}"))
    return Table(("field", "before", "back", "through the note"), tuple(rows))


# Many pages


ROW_HEIGHT: Final = 3


def rights_grid(trips: Sequence[SwapTrip], *, title: str = "") -> Drawing:
    """Rights before and after swap-out: a row for what was asked, a column for each kernel.

    In each cell: the rights before and when back, and what the note said in between.
    """
    title = title or "Rights before swap-out, and after"
    kernels = list(dict.fromkeys((one.kernel, one.arch) for one in trips))
    asked = list(dict.fromkeys(one.asked for one in trips))
    width = (WIDTH - 1 - GUTTER) // len(kernels)
    shapes: list[Shape] = [Label(0, 0, title, "ink", "start", "title")]
    top = 4 + any(":" in kernel for kernel, _ in kernels)
    shapes.append(Label(0, top - 1, "asked for", "muted", face="prose"))
    for column, names in enumerate(kernels):
        shapes += _column_head(names, GUTTER + (column + 0.5) * width)
    for trip in trips:
        x = GUTTER + kernels.index((trip.kernel, trip.arch)) * width
        shapes.append(_grid_cell(trip, x, top + asked.index(trip.asked) * ROW_HEIGHT, width))
    for row, letters in enumerate(asked):
        shapes.append(Label(0, top + row * ROW_HEIGHT + 1, letters))
    y = top + 1.0 + len(asked) * ROW_HEIGHT
    lines = prose(
        "before → back, and under it the note: ✗ marks rights that were lost or gained", y
    )
    shapes += lines
    words = " ".join(f"{one.kernel} on {one.arch}, {one.asked}: {_tell(one)}." for one in trips)
    rows = [
        (
            *(one.asked, one.kernel, one.arch),
            *(rights(one.before), rights(one.out), rights_back(one)),
            one.outcome or ("=" if survives(one) else "✗"),
        )
        for one in trips
    ]
    table = Table(("asked", "kernel", "machine", "before", "note", "back", ""), tuple(rows))
    return Drawing(Scene(title, words, WIDTH, y + len(lines), tuple(shapes), table))


def _column_head(names: tuple[str, str], middle: float) -> list[Label]:
    """A kernel, its machine, and the variant where there is one."""
    kernel, _, variant = names[0].partition(":")
    lines = (brief_kernel(kernel), names[1], variant)
    roles: tuple[Role, ...] = ("ink", "muted", "ink")
    return [
        Label(middle, 2 + row, text, role, "middle", "small")
        for row, (text, role) in enumerate(zip(lines, roles, strict=True))
        if text
    ]


def _grid_cell(trip: SwapTrip, x: float, y: float, width: float) -> Rect:
    kept = survives(trip)
    mark = "=" if kept else "✗"
    change = f"{rights(trip.before)} → {'…' if trip.outcome else rights_back(trip)}"
    note = f"note {rights(trip.out)}"
    lines: tuple[Line, ...] = ((f"{mark} {change}", change), (f"{note} {trip.out.entry:#x}", note))
    role: Role = "shmem" if kept else "gone"
    return Rect(x, y, width, ROW_HEIGHT, role, _tell(trip), lines)


def _tell(trip: SwapTrip) -> str:
    if trip.outcome:
        return f"the page never comes back, {trip.outcome}"
    before, note, back = rights(trip.before), rights(trip.out), rights_back(trip)
    noted = "no rights are noted" if note == UNKNOWN else f"{note} is noted"
    return f"{before} before, {noted}, {back} when back"
