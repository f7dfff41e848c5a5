"""What happened at a reference, in one sentence for the touch and one for each event inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vmalab.records.events import Event, PageFaulted, PageReclaimed, PteSet, SwappedOut
from vmalab.records.memory import MemoryMap
from vmalab.trace.references import Moment, PageEntry, Story, page_name

VERDICTS: Final = {
    "start": "the machine as it starts",
    "hit": "a hit",
    "minor": "a minor fault",
    "major": "a major fault",
    "out": "put out",
    "kept": "not put out",
    "SIGKILL": "out of memory",
}
LETTERS: Final = {"hit": "hit", "minor": "min", "major": "MAJ", "SIGKILL": "OOM"}
"""How a verdict is written under its reference."""


def tell_moment(story: Story, number: int) -> str:
    """One sentence: which page, what it cost, and who had to go for it."""
    moment = story.moments[number]
    if moment.reference is None:
        taken = len(moment.memory.frames) - moment.memory.nr_free
        return (
            f"Nothing has been touched yet. Of {story.ram_pages} frames {taken} are taken: "
            "by the zero page and by page tables."
        )
    page = f"Page {moment.reference.name}"
    if moment.reference.does == "evict":
        return f"{page} {_tell_eviction(moment, story.moments[number - 1])}."
    did = f"{page} was {'written' if moment.reference.does == 'write' else 'read'}"
    if moment.verdict == "hit":
        return f"{did}: a hit. Its entry shows a frame, so the processor asked nobody."
    if moment.verdict == "SIGKILL":
        return f"{did}, and no frame could be had. {why_killed(story)}"
    faults = [event for event in moment.events if isinstance(event, PageFaulted)]
    outcome = faults[-1].outcome if faults else ""
    where = _where(moment.entries.get(moment.reference.name))
    gone = [_left(event, story.moments[number - 1].memory) for event in moment.events]
    for_it = " and ".join(filter(None, gone))
    room = f" To make room, {for_it}." if for_it else ""
    return f"{did}: {VERDICTS.get(moment.verdict, moment.verdict)}, {outcome}{where}.{room}"


def why_killed(story: Story) -> str:
    """The verdict on a machine that ran out of memory, with its numbers."""
    last = story.moments[-1]
    busy = sum(slot.count > 0 for slot in last.memory.slots)
    swap = f"all {busy} swap slots are taken" if story.swap_pages else "there is no swap"
    done = len(story.moments) - 1
    return (
        f"Out of memory: {last.memory.nr_free} of {story.ram_pages} frames are free, and {swap}, "
        f"so no private page can go. The kernel kills the process at reference {done} "
        f"of {len(story.references)}."
    )


def _where(entry: PageEntry | None) -> str:
    return "" if entry is None or entry.kind == "zero" else f", in frame {entry.number:#x}"


def _tell_eviction(moment: Moment, before: Moment) -> str:
    assert moment.reference is not None
    old = before.entries.get(moment.reference.name)
    new = moment.entries.get(moment.reference.name)
    if moment.verdict == "out":
        if new is not None and new.kind == "swap":
            return f"was put out to swap slot {new.number}, and its entry names the slot now"
        return "was dropped from memory, for the file has it, and its entry is empty now"
    if old is None or old.kind == "swap":
        return "is not in memory, so there is nothing to put out"
    if old.kind == "zero":
        return "shows the shared zero page, which is never put out"
    return "stays: no swap slot is free"


def tell_events(story: Story, number: int) -> list[str]:
    """What happened inside a reference, event by event."""
    if number == 0:
        return []
    before = story.moments[number - 1].memory
    told = (_tell_event(event, before) for event in story.moments[number].events)
    return [sentence for sentence in told if sentence]


def _tell_event(event: Event, before: MemoryMap) -> str:
    match event:
        case PageFaulted(addr, access, outcome, verdict):
            kind = VERDICTS.get(verdict, verdict)
            return f"The {access} of page {page_name(addr)} was answered: {kind}, {outcome}."
        case SwappedOut() | PageReclaimed():
            left = _left(event, before)
            return f"{left[0].upper()}{left[1:]}."
        case PteSet(addr, old, new, by):
            return _tell_entry(page_name(addr), old, new, by)
        case _:
            return ""


def _tell_entry(page: str, old: int, new: int, by: str) -> str:
    """An entry's change; those that other events tell of are passed over."""
    lost, gained = old & ~new, new & ~old
    if by == "mmu":
        return f"The processor noted in page {page}'s entry that it was used."
    if old and new and not gained and lost.bit_count() == 1:
        return f"The hand passed page {page}: used since last time, so it has a second chance."
    return ""


def _left(event: Event, before: MemoryMap) -> str:
    """Who left memory, and where to."""
    match event:
        case SwappedOut(addr, pfn, slot):
            return f"page {page_name(addr)} went from frame {pfn:#x} to swap slot {slot}"
        case PageReclaimed(pfn, _):
            rows: Iterator[str] = (
                f"page f{row.index}" for row in before.frames if row.pfn == pfn and row.backing
            )
            return f"{next(rows, 'a page')} of the file was dropped from frame {pfn:#x}"
        case _:
            return ""
