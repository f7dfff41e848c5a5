"""The slots of a swap device as cells: free, named by entries, or cached in a frame as well."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from vmalab.records.memory import MemoryMap, SlotRow
from vmalab.views.frames import MOST_ROWS, ROW_CELLS, SMALL_ROW, cut, key, ruler
from vmalab.views.lanes import GUTTER, WIDTH
from vmalab.views.scene import Hatch, Label, Outline, Rect, Role, Scene, Shape, Table


def swap_scene(memory: MemoryMap, title: str, top: float = 0) -> Scene:
    """Title, slots, key, from row ``top`` down."""
    slots = memory.slots
    used = sum(slot.count > 0 for slot in slots)
    count = "1 slot" if len(slots) == 1 else f"{len(slots)} slots"
    title = title or f"Swap: {count}, {used} used"
    shapes: list[Shape] = [Label(0, top, title, "ink", "start", "title")]
    y = top + 2
    if slots:
        shapes += ruler("slot", SMALL_ROW, y, (slot.slot for slot in slots))
        y += 1
    width = ROW_CELLS / SMALL_ROW
    rows = [list(row) for _, row in groupby(slots, lambda slot: slot.slot // SMALL_ROW)]
    for row in rows[:MOST_ROWS]:
        shapes.append(Label(0, y, f"{row[0].slot - row[0].slot % SMALL_ROW:#x}"))
        shapes += [
            _slot_cell(slot, GUTTER + slot.slot % SMALL_ROW * width, y, width) for slot in row
        ]
        y += 1
    if len(rows) > MOST_ROWS:
        more = sum(map(len, rows[MOST_ROWS:]))
        shapes.append(Label(GUTTER, y, f"{more} more slots are not drawn.", "muted", face="small"))
        y += 1
    if slots:
        words = ["· free", "n named by n entries", "c in memory too (swap cache)"]
        shapes += key("slots", words, y + 1)
        y += 2
    told = " ".join(
        [f"{title}.", *(f"Slot {slot.slot:#x}: {_tell(slot)}." for slot in slots if _busy(slot))]
    )
    return Scene(title, told, WIDTH, y, tuple(shapes), _slot_table(slots))


def _busy(slot: SlotRow) -> bool:
    return slot.count > 0 or slot.cached_in is not None


def _slot_cell(slot: SlotRow, x: float, y: float, width: float) -> Rect:
    cached = "c" if slot.cached_in is not None else ""
    text = f"{slot.count}{cached}" if _busy(slot) else "·"
    role: Role = "special" if _busy(slot) else "hole"
    outline: Outline = "plain" if _busy(slot) else "dashed"
    hatch: Hatch = "dots" if cached else "cross" if _busy(slot) else ""
    about = f"slot {slot.slot:#x}: {_tell(slot)}"
    return Rect(x, y, width, 0.8, role, about, ((text, "+"),), hatch, outline)


def _tell(slot: SlotRow) -> str:
    if not _busy(slot):
        return "free"
    names = "1 entry names it" if slot.count == 1 else f"{slot.count} entries name it"
    return names if slot.cached_in is None else f"{names}, frame {slot.cached_in:#x} has the page"


def _slot_table(slots: Sequence[SlotRow]) -> Table:
    rows = [
        (f"{one.slot:#x}", str(one.count), "-" if one.cached_in is None else f"{one.cached_in:#x}")
        for one in slots
        if _busy(one)
    ]
    return Table(("slot", "entries", "cached in frame"), cut(rows))
