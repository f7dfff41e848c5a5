"""One operation in one picture: the address space before and after it, and the kernel's reasons.

          ├──── mprotect ────┤        what the program asked for
before    ┌──────────────────────┐
          │ rw-p                 │
          └──────┆───────────────┘
               split                  what the kernel did
after     ┌──────┬───────────────┐
          │ rw-p │ r--p          │
          └──────┴───────────────┘
                    now r--
Not merged at page 2: the permissions differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vmalab.records.describe import describe_event, describe_step
from vmalab.records.events import SyscallRefused, VmaMerged, VmaNotMerged
from vmalab.records.resolve import Window
from vmalab.records.run import Step
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.records.text import format_op
from vmalab.records.words import name_addr, name_range
from vmalab.views import lanes
from vmalab.views.axis import Strip
from vmalab.views.changes import Changes, compare
from vmalab.views.drawing import Drawing
from vmalab.views.facts import table_of
from vmalab.views.reach import reach_of
from vmalab.views.scene import Arrow, Bracket, Label, Rect, Role, Scene, Shape
from vmalab.views.spaces import describe


def before_after(before: Snapshot, step: Step, window: Window, *, title: str = "") -> Drawing:
    """Two lanes, before and after an operation, with what was done to the VMAs marked.

    Where nothing changed there is one lane. Under the picture stand the kernel's reasons: why it
    merged, why it did not, why it refused and whose check that was.
    """
    return Drawing(_Page(before, step, window, title).scene())


@dataclass(slots=True)
class _Page:
    """A picture being laid out from top to bottom."""

    before: Snapshot
    step: Step
    window: Window
    title: str

    def scene(self) -> Scene:
        """Heading, lanes, reasons."""
        after = self.step.after
        changes = compare(self.before.vmas, after.vmas, self.step.events)
        shapes: list[Shape] = [*self._heading()]
        y = 2.0
        both = (*self.before.vmas, *after.vmas)
        edges = [*changes.cuts, *changes.apart]
        near = Snapshot(tuple(dict.fromkeys(both))).near(self.window)
        for strip in lanes.near_strips(near, self.window, edges):
            y = self._strip(shapes, strip, changes, y) + 1
        far = [
            row
            for row in lanes.far_rows(both, self.window)
            if (row in self.before.vmas) != (row in after.vmas)
        ]
        if far:
            for strip in lanes.far_lines(far[: lanes.MOST_FAR]):
                y = self._strip(shapes, strip, changes, y, far) + 1
        for reason, role in self._reasons():
            words = lanes.prose(reason, y, role)
            shapes += words
            y += len(words)
        said = describe_step(self.step, self.window)
        told = [said, *(reason for reason, _ in self._reasons())]
        told.append("Before: " + describe(self.before.near(self.window), self.window))
        told.append(
            "Nothing changed."
            if changes.nothing
            else "After: " + describe(after.near(self.window), self.window)
        )
        return Scene(
            self.title or f"{format_op(self.step.op)} => {self.step.result}",
            " ".join(told),
            lanes.WIDTH,
            y,
            tuple(shapes),
            table_of(after.near(self.window), self.window),
        )

    def _heading(self) -> Iterator[Label]:
        words = self.title or format_op(self.step.op)
        yield Label(0, 0, words, "ink", "start", "strong")
        role: Role = "gone" if self.step.failed else "changed"
        verdict = f"=> {self.step.result}" if self.step.result else "done"
        yield Label(lanes.WIDTH, 0, verdict, role, "end", "strong")

    def _strip(
        self,
        shapes: list[Shape],
        strip: Strip,
        changes: Changes,
        y: float,
        only: Sequence[VmaRow] | None = None,
    ) -> float:
        """Lay out one line of address space; returns the row under it."""
        before = self.before.vmas if only is None else only
        after = self.step.after.vmas if only is None else only
        before = [row for row in before if row in self.before.vmas]
        after = [row for row in after if row in self.step.after.vmas]
        height = lanes.box_height([*before, *after])
        if asked := self._asked(strip, y):
            shapes += asked
            y += 1
        shapes += lanes.ruler(strip, self.window, y)
        y += 1
        name = "same" if changes.nothing else "before"
        shapes += lanes.lane(strip, before, self.window, y, height, name)
        if changes.nothing:
            return self._under(shapes, strip, [], changes, y + height + 1)
        shapes += self._gone(strip, changes, y, height)
        y += height + 1
        y = self._between(shapes, strip, changes, y)
        shapes += lanes.lane(strip, after, self.window, y, height, "after")
        shapes += self._outlines(strip, changes, y, height)
        return self._under(shapes, strip, after, changes, y + height + 1)

    def _asked(self, strip: Strip, y: float) -> list[Shape]:
        found: list[Shape] = []
        for verb, start, end in reach_of(self.step.op, self.window):
            if columns := strip.clip(start, end):
                left, right = columns
                words = f"{verb}: {name_range(start, end, self.window)}"
                found.append(Bracket(left, y, right - left, "changed", words, verb, lanes.WIDTH))
        return found

    def _gone(self, strip: Strip, changes: Changes, y: float, height: float) -> Iterator[Rect]:
        for start, end in changes.gone:
            if columns := strip.clip(start, end):
                left, right = columns
                words = f"gone: {name_range(start, end, self.window)}"
                yield Rect(left, y, right - left, height, "gone", words, (), "back", outline="veil")

    def _outlines(self, strip: Strip, changes: Changes, y: float, height: float) -> Iterator[Rect]:
        for mark in changes.after:
            columns = strip.clip(mark.row.start, mark.row.end)
            if mark.tag and columns:
                left, right = columns
                place = name_range(mark.row.start, mark.row.end, self.window)
                yield Rect(
                    left,
                    y,
                    right - left,
                    height,
                    "changed",
                    f"{mark.tag}: {place}",
                    outline="frame",
                )

    def _between(self, shapes: list[Shape], strip: Strip, changes: Changes, y: float) -> float:
        """Cuts, removals and moves, in the rows between the lanes."""
        tags: list[Label] = []
        for addr in changes.cuts:
            if strip.start < addr < strip.end:
                tags.append(Label(strip.x(addr), y, "✂ split", "changed", "middle", "small"))
        for start, end in changes.gone:
            if columns := strip.clip(start, end):
                away = any(low < end and start < high for low, high, _ in changes.moved)
                word = "moved" if away else "gone"
                tags.append(Label(sum(columns) / 2, y, word, "gone", "middle", "small"))
        tags = stack(tags)
        shapes += tags
        y = max([y - 1, *(tag.y for tag in tags)]) + 1
        for start, end, new_start in changes.moved:
            source, target = strip.clip(start, end), strip.clip(new_start, new_start + end - start)
            if source and target:
                place = name_addr(new_start, self.window)
                words = f"{name_range(start, end, self.window)} moved to {place}"
                from_x, to_x = sum(source) / 2, sum(target) / 2
                path = ((from_x, y), (from_x, y + 1), (to_x, y + 1), (to_x, y + 2))
                shapes.append(Arrow(path, "changed", words))
                y += 2
        return y

    def _under(
        self,
        shapes: list[Shape],
        strip: Strip,
        after: Sequence[VmaRow],
        changes: Changes,
        y: float,
    ) -> float:
        """What became of each VMA, under it."""
        tags = [
            Label(sum(columns) / 2, y, mark.tag, "changed", "middle", "small")
            for mark in changes.after
            if mark.tag and mark.row in after
            if (columns := strip.clip(mark.row.start, mark.row.end))
        ]
        tags += [
            Label(strip.x(addr), y, "≠", "gone", "middle", "strong")
            for addr in changes.apart
            if strip.start <= addr <= strip.end
        ]
        tags = stack(tags)
        shapes += tags
        return max([y - 1, *(tag.y for tag in tags)]) + 1

    def _reasons(self) -> list[tuple[str, Role]]:
        """The kernel's reasons in words: refusals first."""
        step, found = self.step, list[tuple[str, Role]]()
        if step.failed:
            rule = f" [{step.rule}]" if step.rule else ""
            found.append((describe_step(step, self.window) + rule, "gone"))
        else:
            found.append((describe_step(step, self.window), "ink"))
        for event in step.events:
            match event:
                case VmaMerged() | VmaNotMerged():
                    found.append(("• " + describe_event(event, self.window), "ink"))
                case SyscallRefused() if not step.failed:
                    found.append(("• " + describe_event(event, self.window), "gone"))
                case _:
                    pass
        return found


def stack(labels: Sequence[Label]) -> list[Label]:
    """Move labels down until none covers another.

    >>> [label.y for label in stack([Label(0, 0, "split"), Label(3, 0, "split"), Label(9, 0, "x")])]
    [0, 1, 0]
    """
    placed: list[Label] = []
    for label in sorted(labels, key=lambda one: (one.x, one.text)):
        y = label.y
        while any(
            other.y == y and label.left < other.right + 1 and other.left < label.right + 1
            for other in placed
        ):
            y += 1
        placed.append(Label(label.x, y, label.text, label.role, label.anchor, label.face))
    return placed
