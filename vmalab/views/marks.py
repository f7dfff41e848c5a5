"""The marks of a before-and-after picture: where VMAs were cut, joined, taken away and moved.

└───────┬───────┘
        ┆split    gone       between the lanes: boundaries that appear, ranges that go
├──── merged ───┤            and ranges that become one
┌───────┬───────┐
└───────┴───────┘
   new     now r--           under the second lane: what became of each VMA
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vmalab.records.resolve import Window
from vmalab.records.words import name_addr, name_range
from vmalab.views.axis import Strip
from vmalab.views.changes import Changes
from vmalab.views.reach import Reach
from vmalab.views.scene import Arrow, Bracket, Label, Rect, Shape, fit

MERGED = "merged"


def asked(
    reaches: Sequence[Reach], strip: Strip, window: Window, y: float, limit: float
) -> tuple[list[Bracket], float]:
    """Brackets over the ranges that the operation names, from row ``y``, and the row under them.

    Beside a bracket there is room for its word up to column ``limit``.
    """
    found: list[Bracket] = []
    for reach in reaches:
        if columns := strip.clip(reach.start, reach.end):
            left, right = columns
            words = f"{reach.word}: {name_range(reach.start, reach.end, window)}"
            bracket = Bracket(left, y, right - left, "changed", words, reach.word, limit)
            if any(_meet(bracket, other) for other in found):
                bracket = replace(bracket, y=y + 1)
            found.append(bracket)
    return found, max([y - 1, *(bracket.y for bracket in found)]) + 1


def _meet(one: Bracket, two: Bracket) -> bool:
    """Would two brackets of one row, with their words, touch?"""
    ends = []
    for bracket in (one, two):
        label = bracket.label
        low = min(bracket.x, label.left if label else bracket.x)
        high = max(bracket.x + bracket.width, label.right if label else 0)
        ends.append((low, high))
    (low_one, high_one), (low_two, high_two) = ends
    return low_one < high_two + 1 and low_two < high_one + 1


def touches(strip: Strip, changes: Changes) -> bool:
    """Did anything happen to the VMAs of this line?"""
    ranges = [(mark.row.start, mark.row.end) for mark in changes.after if mark.tag]
    ranges += [*changes.gone, *((addr, addr + 1) for addr in changes.cuts)]
    return any(strip.clip(start, end) for start, end in ranges)


def veils(strip: Strip, changes: Changes, window: Window, y: float, height: float) -> list[Shape]:
    """A veil over every range that is mapped no longer."""
    return [
        Rect(
            columns[0],
            y,
            columns[1] - columns[0],
            height,
            "gone",
            f"gone: {name_range(start, end, window)}",
            hatch="back",
            outline="veil",
        )
        for start, end in changes.gone
        if (columns := strip.clip(start, end))
    ]


def beside(boxes: Iterable[Shape], veiled: Sequence[Shape]) -> list[Shape]:
    """Boxes whose words step aside of veils that lie over a part of them, where there is room."""
    spans = [(one.x, one.x + one.width) for one in veiled if isinstance(one, Rect)]
    return [_stepped(box, spans) if isinstance(box, Rect) else box for box in boxes]


def _stepped(box: Rect, spans: Sequence[tuple[float, float]]) -> Rect:
    """A box with its words in the widest part that no span covers."""
    edges = [box.x]
    for low, high in sorted(spans):
        if low < box.x + box.width and high > box.x:
            edges += [low, high]
    edges.append(box.x + box.width)
    left, width = max(
        ((low, high - low) for low, high in zip(edges[::2], edges[1::2], strict=True)),
        key=lambda part: part[1],
    )
    roomy = all(fit(line, width - 1) for line in box.lines)
    return replace(box, clear=(left, width)) if width < box.width and roomy else box


def frames(strip: Strip, changes: Changes, window: Window, y: float, height: float) -> list[Shape]:
    """A frame around every VMA that is not what it was."""
    return [
        Rect(
            columns[0],
            y,
            columns[1] - columns[0],
            height,
            "changed",
            f"{mark.tag}: {name_range(mark.row.start, mark.row.end, window)}",
            outline="frame",
        )
        for mark in changes.after
        if mark.tag and (columns := strip.clip(mark.row.start, mark.row.end))
    ]


def between(
    strip: Strip, changes: Changes, window: Window, lane_foot: float, y: float
) -> tuple[list[Shape], float]:
    """What stands between the lanes, from row ``y``, and the row of the second lane's top.

    ``lane_foot`` is the row of the first lane's lower border, where cuts begin.
    """
    cuts = [addr for addr in changes.cuts if strip.start < addr < strip.end]
    labels = stack(_cut_labels([strip.x(addr) for addr in cuts], y))
    for start, end in changes.gone:
        if columns := strip.clip(start, end):
            away = any(low < end and start < high for low, high, _ in changes.moved)
            word = "moved" if away else "gone"
            label = Label(sum(columns) / 2, y, word, "gone", "middle", "small")
            labels = stack([label], labels)
    shapes: list[Shape] = []
    foot = _foot(labels, y)
    for start, end, new_start in changes.moved:
        source, target = strip.clip(start, end), strip.clip(new_start, new_start + end - start)
        if source and target:
            words = f"{name_range(start, end, window)} moved to {name_addr(new_start, window)}"
            from_x, to_x = sum(source) / 2, sum(target) / 2
            path = ((from_x, foot), (from_x, foot + 1), (to_x, foot + 1), (to_x, foot + 2))
            shapes.append(Arrow(path, "changed", words))
            foot += 2
    brackets = [
        Bracket(left, foot, right - left, "changed", f"{MERGED}: {place}", MERGED)
        for start, end in changes.merged
        if (columns := strip.clip(start, end))
        for left, right in [columns]
        for place in [name_range(start, end, window)]
        if right - left >= len(MERGED) + 5
    ]
    foot += bool(brackets)
    lines = [
        Arrow(
            ((strip.x(addr), lane_foot), (strip.x(addr), foot)),
            "changed",
            f"split at {name_addr(addr, window)}",
            head=False,
            dashed=True,
        )
        for addr in cuts
    ]
    return [*lines, *labels, *shapes, *brackets], foot


def under(strip: Strip, changes: Changes, y: float) -> tuple[list[Shape], float]:
    """What became of each VMA, from row ``y``, and the row under it."""
    labels = [
        Label(sum(columns) / 2, y, mark.tag, "changed", "middle", "small")
        for mark in changes.after
        if mark.tag and (columns := strip.clip(mark.row.start, mark.row.end))
        if mark.tag != MERGED or columns[1] - columns[0] < len(MERGED) + 5
    ]
    apart = [
        Label(strip.x(addr), y, "not merged", "gone", "middle", "small")
        for addr in changes.apart
        if strip.start <= addr <= strip.end
    ]
    labels = stack(apart, stack(labels))
    return [*labels], _foot(labels, y)


def _cut_labels(columns: Sequence[float], y: float) -> list[Label]:
    """A word beside each cut, on the side where no other cut runs through it."""
    labels = []
    for x in columns:
        right = Label(x + 1, y, "split", "changed", "start", "small")
        left = Label(x - 1, y, "split", "changed", "end", "small")
        crossed = any(right.left <= other <= right.right for other in columns)
        blocked = any(left.left <= other <= left.right for other in columns)
        labels.append(left if crossed and not blocked else right)
    return labels


def stack(labels: Sequence[Label], placed: Sequence[Label] = ()) -> list[Label]:
    """Move labels down until none covers another, nor one that was placed before.

    >>> [label.y for label in stack([Label(0, 0, "split"), Label(3, 0, "split"), Label(9, 0, "x")])]
    [0, 1, 0]
    """
    found = list(placed)
    for label in sorted(labels, key=lambda one: (one.left, one.text)):
        y = label.y
        while any(
            other.y == y and label.left < other.right + 1 and other.left < label.right + 1
            for other in found
        ):
            y += 1
        found.append(replace(label, y=y))
    return found


def _foot(labels: Sequence[Label], y: float) -> float:
    return max([y - 1, *(label.y for label in labels)]) + 1
