"""Physical memory and the swap device: a cell a frame, a cell a slot.

What is in memory and what is not are one picture, because every page that leaves the one has to
enter the other, unless a file has it.
"""

from __future__ import annotations

from vmalab.records.memory import MemoryMap
from vmalab.views.drawing import Drawing
from vmalab.views.frames import HEADERS, memory_scene
from vmalab.views.lanes import WIDTH
from vmalab.views.scene import Scene, Table
from vmalab.views.slots import swap_scene


def physical_memory(memory: MemoryMap, *, title: str = "") -> Drawing:
    """Every page frame: what it holds, how often it is mapped, whether it is dirty or referenced.

    Over the frames a gauge shows how many are free beside the watermarks between which the
    reclaimer works; an arrow shows its clock hand. Rows of free frames are folded.

    >>> from vmalab.records.memory import FrameRow
    >>> memory = MemoryMap((FrameRow(0, "free"), FrameRow(1, "anon", count=1, mapcount=1)))
    >>> physical_memory(memory).scene.title
    'Physical memory: 2 frames, 1 free'
    """
    return Drawing(memory_scene(memory, title))


def swap_map(memory: MemoryMap, *, title: str = "") -> Drawing:
    """Every slot of the swap device: how many entries name it, and whether a frame caches it.

    >>> from vmalab.records.memory import SlotRow
    >>> swap_map(MemoryMap((), (SlotRow(0), SlotRow(1, 2)))).scene.title
    'Swap: 2 slots, 1 used'
    """
    return Drawing(swap_scene(memory, title))


def memory_and_swap(memory: MemoryMap, *, title: str = "") -> Drawing:
    """Both in one picture; one table tells of frames and slots."""
    above = memory_scene(memory, title)
    below = swap_scene(memory, "", above.height + 1)
    return Drawing(
        Scene(
            title or f"{above.title}. {below.title}",
            f"{above.description} {below.description}",
            WIDTH,
            below.height,
            (*above.shapes, *below.shapes),
            _joined(above.table, below.table),
        )
    )


def _joined(frames: Table | None, slots: Table | None) -> Table:
    """The frames, and then the slots as if they were frames."""
    rows = [] if frames is None else list(frames.rows)
    for slot, count, cached in () if slots is None else slots.rows:
        flags = "-" if cached == "-" else f"in frame {cached}"
        rows.append((f"slot {slot}", "swap", "-", "-", count, "-", flags, "-"))
    return Table(HEADERS, tuple(rows))
