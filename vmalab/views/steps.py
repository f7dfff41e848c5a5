"""One operation in one picture: the address space before and after it, and the kernel's reasons.

          ├──── mprotect ────┤        what the program asked for
before    ┌──────────────────────┐
          │ rw-p                 │
          └──────┬───────────────┘
                 ┆split               what the kernel did
after     ┌──────┼───────────────┐
          │ rw-p │ r--p          │
          └──────┴───────────────┘
                    now r--
Make 4 pages at page 2 read-only: done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vmalab.records.events import VmaMerged, VmaNotMerged
from vmalab.records.resolve import Window
from vmalab.records.run import Step
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.views import lanes, marks
from vmalab.views.axis import Strip
from vmalab.views.changes import Changes, compare
from vmalab.views.describe import describe_event, describe_step
from vmalab.views.describe_op import brief_op
from vmalab.views.drawing import Drawing
from vmalab.views.facts import describe_rows, table_of
from vmalab.views.reach import reach_of
from vmalab.views.scene import Label, Role, Scene, Shape


def before_after(
    before: Snapshot, step: Step, window: Window, *, title: str = "", reasons: bool = True
) -> Drawing:
    """Two lanes, before and after an operation, with what was done to the VMAs marked.

    Where the VMAs stayed as they were there is one lane. Under the picture stand the kernel's
    reasons (unless ``reasons`` is False, because the page tells them elsewhere): why it merged, why
    it did not, why it refused and whose check that was.

    >>> from vmalab.records.program import Munmap
    >>> row = VmaRow(0x10000, 0x14000, "rw-p", 0, "anon")
    >>> drawing = before_after(
    ...     Snapshot((row,)), Step(Munmap(0, 4), "0", Snapshot(())), Window(0x10000, 4))
    >>> drawing.scene.title, drawing.scene.description
    ('munmap 0 4 => 0', 'Unmap 4 pages at page 0: done. Before: VMA 0-4: 4 pages, read-write,
    private, anonymous. After: No VMA: nothing is mapped.')
    """
    return Drawing(_Page(before, step, window, title, reasons=reasons).scene())


@dataclass(slots=True)
class _Page:
    """A picture being laid out from top to bottom."""

    before: Snapshot
    step: Step
    window: Window
    title: str
    reasons: bool
    shapes: list[Shape] = field(default_factory=list)

    def scene(self) -> Scene:
        """Heading, lanes, reasons."""
        window, after = self.window, self.step.after
        changes = compare(self.before.vmas, after.vmas, self.step.events)
        both = lanes.near_rows(dict.fromkeys((*self.before.vmas, *after.vmas)), window)
        y = self._heading()
        for strip in lanes.near_strips(both, window, [*changes.cuts, *changes.apart]):
            y = self._strip(strip, changes, y) + 1
        for strip in lanes.far_lines(self._far_changes())[: lanes.MOST_FAR_LINES]:
            y = self._strip(strip, changes, y) + 1
        reasons = self._reasons()
        for reason, role in reasons if self.reasons else ():
            words = lanes.prose(reason, y, role)
            self.shapes += words
            y += len(words)
        if key := lanes.page_key([self.before, after], window, y + 1):
            self.shapes += key
            y += len(key) + 1
        old, new = (lanes.near_rows(state.vmas, window) for state in (self.before, after))
        then = f"Before: {describe_rows(old, window)}"
        now = f"After: {describe_rows(new, window)}"
        told = [reason.removeprefix("• ") for reason, _ in reasons]
        told += [f"Unchanged: {describe_rows(new, window)}"] if old == new else [then, now]
        return Scene(
            self.title or f"{brief_op(self.step.op)} => {self.step.result}",
            " ".join(told),
            lanes.WIDTH,
            y,
            tuple(self.shapes),
            table_of(new, window),
        )

    def _heading(self) -> float:
        words = self.title or brief_op(self.step.op)
        role: Role = "gone" if self.step.failed else "changed"
        verdict = f"=> {self.step.result}" if self.step.result else "=> done"
        self.shapes.append(Label(0, 0, words, "ink", "start", "strong"))
        self.shapes.append(Label(lanes.WIDTH, 0, verdict, role, "end", "strong"))
        return 2.0

    def _far_changes(self) -> list[VmaRow]:
        """VMAs outside the window that came or went; the others are of no interest here."""
        old, new = set(self.before.vmas), set(self.step.after.vmas)
        return lanes.far_rows(old ^ new, self.window)

    def _strip(self, strip: Strip, changes: Changes, y: float) -> float:
        """Lay out one line of address space; returns the row under it."""
        before, after = self.before, self.step.after
        height = lanes.box_height(strip, [*before.vmas, *after.vmas])
        reaches = reach_of(self.step.op, self.window)
        brackets, y = marks.asked(reaches, strip, self.window, y, lanes.WIDTH)
        self.shapes += brackets
        self.shapes += lanes.ruler(strip, self.window, y)
        y += 1
        if not marks.touches(strip, changes):
            foot = self._lane(strip, after, y, height, "same")
            foot = self._present(strip, after, before, foot)
            found, foot = marks.under(strip, changes, foot)
            self.shapes += found
            return foot
        veils = marks.veils(strip, changes, self.window, y, height)
        foot = self._lane(strip, before, y, height, "before", veils)
        self.shapes += veils
        foot = self._present(strip, before, None, foot)
        found, y = marks.between(strip, changes, self.window, y + height, foot)
        self.shapes += found
        foot = self._lane(strip, after, y, height, "after")
        self.shapes += marks.frames(strip, changes, self.window, y, height)
        foot = self._present(strip, after, before, foot)
        found, foot = marks.under(strip, changes, foot)
        self.shapes += found
        return foot

    def _lane(
        self,
        strip: Strip,
        state: Snapshot,
        y: float,
        height: float,
        name: str,
        veils: Sequence[Shape] = (),
    ) -> float:
        lane = lanes.lane(strip, state.vmas, self.window, y, height, name)
        self.shapes += marks.beside(lane, veils)
        return y + height + 1

    def _present(self, strip: Strip, state: Snapshot, was: Snapshot | None, y: float) -> float:
        """A row of pages, where there is one to show; what changed since ``was`` is framed."""
        cells = lanes.page_cells(strip, state, self.window, y, was)
        self.shapes += cells
        y += bool(cells)
        shown = lanes.shown_cells(strip, state, self.window, y)
        self.shapes += shown
        return y + lanes.nr_rows(shown)

    def _reasons(self) -> list[tuple[str, Role]]:
        """What was asked and what came of it, then the kernel's reasons."""
        step = self.step
        rule = f" [{step.rule}]" if step.rule else ""
        role: Role = "gone" if step.failed else "ink"
        found: list[tuple[str, Role]] = [(describe_step(step, self.window) + rule, role)]
        found += [
            ("• " + describe_event(event, self.window), "ink")
            for event in step.events
            if isinstance(event, VmaMerged | VmaNotMerged)
        ]
        return found
