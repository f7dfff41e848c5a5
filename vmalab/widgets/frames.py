"""What a stepper shows at each moment: plain data, computed from a film.

A frame is a place to stop: before the first operation, after each event inside an operation, and
at the end of each operation. Nothing here knows of a browser, so it is tested without one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from vmalab.records.events import VmaMerged, VmaNotMerged
from vmalab.records.resolve import Window
from vmalab.records.run import Step
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.words import FLAG_WORDS, count_pages, in_window, name_addr
from vmalab.trace.film import Film
from vmalab.views import Drawing, address_space, before_after
from vmalab.views.describe import describe_event, describe_op, describe_step, errno_words
from vmalab.views.describe_op import brief_op
from vmalab.views.facts import flags_of
from vmalab.views.scene import Arrow, Label, Scene, Shape

UNDER_WAY: Final = "…"
"""The result of an operation that one is inside of."""
MOVES: Final = (
    "first",
    "previous operation",
    "previous event",
    "next event",
    "next operation",
    "last",
)
"""The ways to go from a frame to another by name."""

LEAST_CELLS: Final = 80
"""A picture is drawn so wide at least, so that it stays as wide from step to step."""
PROSE_CELL: Final = 0.85
"""How wide a letter of prose is at most, on average, where one of a program is 1."""


@dataclass(frozen=True, slots=True)
class Frame:
    """After ``step`` operations (event None), or after an event inside the last of them."""

    step: int
    event: int | None = None


def frames_of(film: Film) -> tuple[Frame, ...]:
    """Every place to stop, in order of time."""
    found = [Frame(0)]
    for number, step in enumerate(film.run.steps, 1):
        found += [Frame(number, event) for event in range(len(step.events))]
        found.append(Frame(number))
    return tuple(found)


def move(frames: tuple[Frame, ...], at: int, to: str) -> int:
    """The index of the frame that a move leads to; at either end it stays.

    >>> move((Frame(0), Frame(1, 0), Frame(1), Frame(2, 0), Frame(2)), 1, "next operation")
    2
    """
    match to:
        case "first":
            return 0
        case "last":
            return len(frames) - 1
        case "next event":
            return min(at + 1, len(frames) - 1)
        case "previous event":
            return max(at - 1, 0)
        case "next operation":
            ahead = (i for i in range(at + 1, len(frames)) if frames[i].event is None)
            return next(ahead, len(frames) - 1)
        case "previous operation":
            behind = (i for i in range(at - 1, -1, -1) if frames[i].event is None)
            return next(behind, 0)
        case _:
            msg = f"no move is called {to!r}; choose one of: {', '.join(MOVES)}"
            raise ValueError(msg)


def show(film: Film, frames: tuple[Frame, ...], at: int, key: str = "") -> dict[str, Any]:
    """Everything that the page needs to show one frame."""
    frame = frames[at]
    run = film.run
    step = run.steps[frame.step - 1] if frame.step else None
    ended = frame.event is None
    before, now = run.state(max(frame.step - 1, 0)), film.state(frame.step, frame.event)
    return {
        "where": where(film, frame),
        "line": brief_op(step.op) if step else "",
        "sentence": sentence(film, frame),
        "refused": step is not None and step.failed and ended,
        "why": why(step, run.window) if step is not None and ended else [],
        "picture": picture(film, frame).live(key),
        "maps": maps_rows(before, now),
        "totals": totals(now),
        "legend": legend(now),
        "ops": operations(film, frames, at),
    }


def where(film: Film, frame: Frame) -> str:
    """The place in words: how far one has come."""
    count = len(film.run.steps)
    if not frame.step:
        return f"before the first of {count_of(count, 'operation')}"
    place = f"operation {frame.step} of {count}"
    if frame.event is None:
        return f"{place}, done"
    return f"{place}, event {frame.event + 1} of {len(film.moments[frame.step - 1])}"


def count_of(count: int, noun: str) -> str:
    """A count with its noun.

    >>> count_of(1, "event"), count_of(3, "event")
    ('1 event', '3 events')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def sentence(film: Film, frame: Frame) -> str:
    """What just happened, in one English sentence."""
    run = film.run
    if not frame.step:
        if not run.steps:
            return "There is nothing to run."
        asked = describe_op(run.steps[0].op)
        return f"Nothing has happened yet. First: {asked}."
    step = run.steps[frame.step - 1]
    if frame.event is None:
        if step.failed:
            asked = describe_op(step.op)
            end = "refused" if step.result.startswith("-1 ") else "ended by a signal"
            return f"{asked[0].upper()}{asked[1:]}: {end}."
        return describe_step(step, run.window)
    return describe_event(step.events[frame.event], run.window)


def why(step: Step, window: Window) -> list[list[str]]:
    """The kernel's reasons: for a refusal with its error, and for what merged and what did not."""
    if not step.failed:
        return [
            ["merged" if isinstance(event, VmaMerged) else "not merged", _reason(event, window)]
            for event in step.events
            if isinstance(event, VmaMerged | VmaNotMerged)
        ]
    error = step.result.removeprefix("-1 ")
    told = [["error" if step.result.startswith("-1 ") else "signal", errno_words(error)]]
    if step.because:
        told.append(["because", in_window(step.because, window)])
    if step.rule:
        told.append(["checked in", step.rule])
    return told


def _reason(event: VmaMerged | VmaNotMerged, window: Window) -> str:
    return f"at {_place(event, window)}: {in_window(event.because, window)}"


def _place(event: VmaMerged | VmaNotMerged, window: Window) -> str:
    if isinstance(event, VmaNotMerged):
        return name_addr(event.addr, window)
    edges = [start for start, _ in event.joined[1:]]
    return " and ".join(name_addr(addr, window) for addr in edges)


def picture(film: Film, frame: Frame) -> Drawing:
    """The address space before and after the operation, or as far as it has come."""
    run = film.run
    if not frame.step:
        drawing = address_space(run.before, run.window, title="Before the first operation")
        return Drawing(without_heading(drawing.scene))
    step = run.steps[frame.step - 1]
    if frame.event is not None:
        step = Step(
            step.op,
            UNDER_WAY,
            film.state(frame.step, frame.event),
            step.events[: frame.event + 1],
        )
    drawing = before_after(run.state(frame.step - 1), step, run.window, reasons=False)
    return Drawing(without_heading(drawing.scene))


def without_heading(scene: Scene) -> Scene:
    """A scene without its first two rows, which the page tells in words."""
    rows = 2
    shapes: list[Shape] = []
    for shape in scene.shapes:
        match shape:
            case Arrow(points):
                up = tuple((x, y - rows) for x, y in points)
                shapes.append(replace(shape, points=up))
            case Label(y=0):
                pass
            case _:
                shapes.append(replace(shape, y=shape.y - rows))
    return replace(scene, height=scene.height - rows, shapes=tuple(shapes))


def snug(scene: Scene) -> Scene:
    """A scene without the empty columns on its right, if it has any beyond the eightieth."""
    rights = [LEAST_CELLS - 1.0]
    for shape in scene.shapes:
        match shape:
            case Label(face="prose" | "small"):
                rights.append(shape.left + PROSE_CELL * len(shape.text))
            case Label():
                rights.append(shape.right)
            case Arrow(points):
                rights += [x for x, _ in points]
            case _:
                rights.append(shape.x + shape.width)
    return replace(scene, width=min(scene.width, max(rights) + 1))


def maps_rows(before: Snapshot, now: Snapshot) -> list[dict[str, str]]:
    """The lines of /proc/PID/maps, with what this operation added, removed and changed marked."""
    stay = set(before.vmas) & set(now.vmas)
    old_lines = {row.line: row for row in before.vmas if row not in stay}
    new_lines = {row.line for row in now.vmas if row not in stay}
    gone = [row for line, row in old_lines.items() if line not in new_lines]
    rows = [(row.start, 0, _gone(row)) for row in gone]
    rows += [
        (row.start, 1, _here(row, row if row in stay else old_lines.get(row.line)))
        for row in now.vmas
    ]
    return [shown for *_, shown in sorted(rows, key=lambda one: one[:2])]


@lru_cache(maxsize=4096)
def _here(row: VmaRow, old: VmaRow | None) -> dict[str, str]:
    if old is None:
        sign, mark, about = "+", "new", "new line:"
    elif hidden(old) != hidden(row):
        sign, mark, about = "~", "flags", "same line, other flags:"
    else:
        sign, mark, about = "", "same", ""
    return {"sign": sign, "mark": mark, "about": about, "line": row.line, "hidden": hidden(row)}


def _gone(row: VmaRow) -> dict[str, str]:
    about = "line that is gone:"
    return {"sign": "−", "mark": "gone", "about": about, "line": row.line, "hidden": ""}  # noqa: RUF001 - a minus


def hidden(row: VmaRow) -> str:
    """What decides about a VMA and is in no line of maps: its other flags and its anon_vma.

    >>> hidden(VmaRow(0, 4096, "rw-p", 0, "anon", ("rd", "wr", "mr", "ac"), 1))
    'ac · anon_vma 1'
    """
    parts = [" ".join(flags_of(row)), f"anon_vma {row.anon_vma}" if row.anon_vma else ""]
    return " · ".join(filter(None, parts))


def totals(now: Snapshot) -> str:
    """How many VMAs and pages there are."""
    locked = f", {count_pages(now.locked_vm)} locked" if now.locked_vm else ""
    present = f", {len(now.present)} present" if now.present else ""
    return f"{count_of(now.map_count, 'VMA')}, {count_pages(now.total_vm)}{present}{locked}."


def legend(now: Snapshot) -> str:
    """What the two-letter codes on display mean.

    >>> legend(Snapshot((VmaRow(0, 4096, "rw-p", 0, "anon", ("rd", "lo", "ac")),)))
    'lo: locked in memory; ac: accounted'
    """
    codes = dict.fromkeys(code for row in now.vmas for code in flags_of(row))
    return "; ".join(f"{code}: {FLAG_WORDS[code]}" for code in codes if code in FLAG_WORDS)


def operations(film: Film, frames: tuple[Frame, ...], at: int) -> list[dict[str, Any]]:
    """The program's lines: results where one has been, events where one is."""
    here, found, end = frames[at], [], 0
    for number, step in enumerate(film.run.steps, 1):
        done = number < here.step or (number == here.step and here.event is None)
        current = number == here.step
        reached = 0
        if current:
            reached = len(step.events) if here.event is None else here.event + 1
        first, end = end + 1, end + 1 + len(step.events)
        events = [
            {
                "sentence": describe_event(event, film.run.window),
                "frame": first + index,
                "current": index == here.event,
            }
            for index, event in enumerate(step.events[:reached])
        ]
        found.append(
            {
                "number": number,
                "line": brief_op(step.op),
                "result": f"→ {step.result.removeprefix('-1 ')}" if done else "",
                "failed": step.failed and done,
                "reached": number <= here.step,
                "current": current,
                "frame": end,
                "events": events,
                "more": len(step.events) - reached if current else 0,
            }
        )
    return found
