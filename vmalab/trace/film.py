"""A run with its inside: the address space right after every event of every operation.

A :class:`~vmalab.records.run.Run` knows the state between operations. A film also knows it between
the events inside each, so that one can stop halfway through an mprotect and look.

    step 3   mprotect 2 2 r
      event 0   The program called mprotect(…)      |------------ 0-6 ------------|
      event 1   … was split at page 2, into 2 and 4 |--- 0-2 ---|------ 2-6 ------|
      event 2   … was split at page 4, into 2 and 2 |--- 0-2 ---|--- 2-4 ---|-4-6-|
"""

from __future__ import annotations

from dataclasses import dataclass

from vmalab.records.events import Event
from vmalab.records.program import Op, Program
from vmalab.records.run import Run, Step
from vmalab.records.snapshot import Snapshot
from vmalab.trace.capture import Runner


@dataclass(frozen=True, slots=True)
class Film:
    """A run, and for each of its steps the state right after each of its events."""

    run: Run
    moments: tuple[tuple[Snapshot, ...], ...]

    def state(self, step: int, event: int | None = None) -> Snapshot:
        """The address space after ``step`` operations, or after an event inside the last of them.

        ``event`` counts from 0; None is the end of the operation.
        """
        return self.run.state(step) if event is None else self.moments[step - 1][event]


class _Camera(Runner):
    """A runner that takes a snapshot whenever something happens."""

    def __init__(self, program: Program, generation: str) -> None:
        super().__init__(program, generation, events=True)
        self.task.mm.mmap_base = self.window.end
        self.task.mm.lowest_addr = self.window.start
        self.seen: list[Snapshot] = []
        self.moments: list[tuple[Snapshot, ...]] = []
        self.task.mm.listen(self._hear)

    def _hear(self, event: Event) -> None:
        self.heard.append(event)
        self.seen.append(self._snapshot())

    def step(self, op: Op) -> Step:
        """One operation; the last event's state is the operation's."""
        self.seen.clear()
        step = super().step(op)
        self.moments.append((*self.seen[:-1], step.after) if self.seen else ())
        return step


def film(program: Program, generation: str = "linux-6", *, validate: bool = True) -> Film:
    r"""Run a program and keep every moment of it.

    Room is looked for in the window only, so that mappings without a fixed address land where one
    can see them. ``validate`` checks the model's laws after each operation.

    Raises:
        ValueError: no such generation.
        KernelBug: a law of the model is broken.

    >>> from vmalab.records.text import parse_program
    >>> taken = film(parse_program("mmap 0 6 rw private,anon,fixed\nmprotect 2 2 r"))
    >>> [moment.map_count for moment in taken.moments[1]]
    [1, 2, 3, 3]
    """
    camera = _Camera(program, generation)
    run = camera.run(validate=validate)
    return Film(run, tuple(camera.moments))
