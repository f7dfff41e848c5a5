"""What one operation did to the VMAs: the two snapshots compared, the events asked for reasons.

The comparison alone finds what is new, gone, cut, grown or joined, so a run of a real kernel,
which tells no events, can be drawn as well. Events add what no snapshot shows: that equal ranges
are different VMAs, where pages were moved, and where the kernel chose not to merge.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from vmalab.records.events import Event, VmaCreated, VmaMerged, VmaMoved, VmaNotMerged, VmaSplit
from vmalab.records.snapshot import VmaRow
from vmalab.units import bytes_to_pages
from vmalab.views.facts import flags_of, is_file


@dataclass(frozen=True, slots=True)
class Marked:
    """A VMA and, in a word or two, what became of it; nothing if nothing did."""

    row: VmaRow
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """Both sides of an operation; addresses are bytes.

    ``cuts`` are where VMAs were split, ``gone`` the ranges that are mapped no longer (or by
    something new), ``merged`` the ranges of VMAs made of several, ``moved`` are (start, end, new
    start), ``apart`` where neighbours stayed two.
    """

    after: tuple[Marked, ...]
    cuts: tuple[int, ...]
    gone: tuple[tuple[int, int], ...]
    merged: tuple[tuple[int, int], ...]
    moved: tuple[tuple[int, int, int], ...]
    apart: tuple[int, ...]

    @property
    def nothing(self) -> bool:
        """Did the operation leave every VMA as it was?"""
        return not (any(mark.tag for mark in self.after) or self.cuts or self.gone)


def compare(
    before: Sequence[VmaRow], after: Sequence[VmaRow], events: Sequence[Event] = ()
) -> Changes:
    """Find what changed between two lists of VMAs, each in address order.

    >>> one, two = VmaRow(0, 0x4000, "rw-p", 0, "anon"), VmaRow(0, 0x2000, "rw-p", 0, "anon")
    >>> changes = compare([one], [two])
    >>> changes.after[0].tag, changes.gone
    ('shrunk', ((8192, 16384),))
    """
    fresh = {(event.start, event.end) for event in events if isinstance(event, VmaCreated)}
    moved = tuple(
        (event.start, event.end, event.new_start) for event in events if isinstance(event, VmaMoved)
    )
    told_merges = [(e.start, e.end) for e in events if isinstance(e, VmaMerged)]
    starts = [old.start for old in before]
    parents: dict[VmaRow, list[VmaRow]] = {}
    children: dict[VmaRow, list[VmaRow]] = {old: [] for old in before}
    for row in after:
        known = (row.start, row.end) not in fresh
        parents[row] = [
            old for old in _under(before, starts, row) if known and _continues(old, row)
        ]
        for old in parents[row]:
            children[old].append(row)
    merged = tuple(
        (row.start, row.end)
        for row in after
        if len(parents[row]) > 1 or ((row.start, row.end) in told_merges and row not in before)
    )
    marks = tuple(
        Marked(row, _tag(row, parents[row], children, merged, [new for *_, new in moved]))
        for row in after
    )
    return Changes(
        marks,
        _cuts(before, children, events),
        tuple(hole for old in before for hole in _uncovered(old, children[old])),
        merged,
        moved,
        tuple(event.addr for event in events if isinstance(event, VmaNotMerged)),
    )


def _under(before: Sequence[VmaRow], starts: list[int], row: VmaRow) -> Iterator[VmaRow]:
    """Those of the VMAs before, in address order, that may overlap one."""
    first = max(bisect_right(starts, row.start) - 1, 0)
    return takewhile(lambda old: old.start < row.end, islice(before, first, None))


def _continues(old: VmaRow, new: VmaRow) -> bool:
    """May ``new`` hold what ``old`` held: same backing, and the same page of it at each address?"""
    if old.backing != new.backing or old.start >= new.end or new.start >= old.end:
        return False
    if (old.perms[3:], is_file(old)) != (new.perms[3:], is_file(new)):
        return False
    shift = new.start - old.start
    step = bytes_to_pages(shift) if shift >= 0 else -bytes_to_pages(-shift)
    return not is_file(old) or new.pgoff - old.pgoff == step


def _tag(
    row: VmaRow,
    parents: list[VmaRow],
    children: dict[VmaRow, list[VmaRow]],
    merged: tuple[tuple[int, int], ...],
    arrivals: list[int],
) -> str:
    if (row.start, row.end) in merged:
        return "merged"
    if any(row.start <= addr < row.end for addr in arrivals) and not parents:
        return "moved here"
    if not parents:
        return "new"
    (old,) = parents
    if row == old:
        return ""
    if (row.start, row.end) != (old.start, old.end) and len(children[old]) == 1:
        inside = old.start <= row.start and row.end <= old.end
        around = row.start <= old.start and old.end <= row.end
        return "shrunk" if inside else "grown" if around else "shifted"
    if row.perms != old.perms:
        return f"now {row.perms[:3]}"
    gained = [f"+{flag}" for flag in flags_of(row) if flag not in old.flags]
    lost = [f"-{flag}" for flag in flags_of(old) if flag not in row.flags]
    if gained or lost:
        return " ".join([*gained, *lost])
    if row.anon_vma == old.anon_vma:
        return ""
    return "no anon_vma" if row.anon_vma is None else f"anon_vma {row.anon_vma}"


def _cuts(
    before: Sequence[VmaRow], children: dict[VmaRow, list[VmaRow]], events: Sequence[Event]
) -> tuple[int, ...]:
    told = {event.addr for event in events if isinstance(event, VmaSplit)}
    seen = {
        edge
        for old in before
        if len(children[old]) > 1
        for row in children[old]
        for edge in (row.start, row.end)
    }
    inner = {addr for addr in told | seen if any(old.start < addr < old.end for old in before)}
    return tuple(sorted(inner))


def _uncovered(old: VmaRow, kept: list[VmaRow]) -> list[tuple[int, int]]:
    """The parts of a VMA that no successor covers."""
    holes, at = [], old.start
    for row in kept:
        if row.start > at:
            holes.append((at, row.start))
        at = max(at, row.end)
    return [*holes, (at, old.end)] if at < old.end else holes
