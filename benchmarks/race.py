"""One race: a size, two spaces, round after round, in a child of its own.

In a round both spaces do the same batches, turn about, and each goes first every other time. So
whatever else the machine is doing, it does to both, and their ratio survives a noisy neighbour.
"""

from __future__ import annotations

import gc
import multiprocessing
import random
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import thread_time_ns
from typing import Final

from benchmarks.spaces import LiveSpace, ModelSpace, Pages, Space, settled, spare
from vmalab.host import HostError
from vmalab.records.events import Event

OPS: Final = ("mmap", "mprotect", "find_vma", "munmap")
"""What is timed, in the order in which a page lives through it."""
MODEL: Final = "model"
LIVE: Final = "live"
HEARD: Final = "heard"
"""The model once more, in the same space, with every event recorded."""

Round = dict[str, dict[str, float]]
"""Microseconds a call, by contestant and operation."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a race is run over.

    ``vmas`` are there throughout; a batch adds ``batch`` more for a while, and there are
    ``batches`` of them in a round. ``gc_on`` leaves the garbage collector as Python starts it.
    """

    vmas: int
    batch: int
    batches: int
    generation: str = "linux-6"
    gc_on: bool = True
    seed: int = 2006

    @property
    def room(self) -> int:
        """The most VMAs there are at any time."""
        return self.vmas + self.batch

    @property
    def slots(self) -> int:
        """How many slots the window has: at least as many as a batch needs."""
        return max(self.vmas, self.batch)


def course(vmas: int, calls: int, *, generation: str = "linux-6", gc_on: bool = True) -> Course:
    """A course of about ``calls`` calls of each kind a round.

    A batch is an eighth of the space, so that the space stays about as large as it is said to be,
    but at least 16 calls, so that reading the clock does not count, and at most 1,000.

    >>> course(1, 1000).batch, course(1000, 1000).batch, course(60000, 500).batch
    (16, 125, 500)
    """
    batch = min(max(16, vmas // 8), 1000, calls)
    return Course(vmas, batch, max(1, calls // batch), generation, gc_on)


class Race:
    """Two spaces of one size; ``reason`` says why, if there is only the model's.

    The model runs twice in a round, in one space: with nobody listening, and recorded.
    """

    def __init__(self, over: Course) -> None:
        self._course = over
        self._random = random.Random(over.seed)
        self._turn = 0
        self.reason = ""
        self._events: list[Event] = []
        self._model = ModelSpace(over.generation, over.room)
        self.spaces: dict[str, Space] = {MODEL: self._model}
        try:
            self.spaces[LIVE] = LiveSpace(over.slots, over.room)
        except HostError as error:
            self.reason = str(error)
        order = [settled(slot) for slot in range(over.vmas)]
        self._random.shuffle(order)
        for space in self.spaces.values():
            space.fill(order)
        self.spaces[HEARD] = self._model

    def round(self) -> Round:
        """Time every operation of every contestant once more."""
        spent = {name: dict.fromkeys(OPS, 0) for name in self.spaces}
        for _ in range(self._course.batches):
            pages = self._pages()
            for name in self._order():
                self._events.clear()
                self._model.record(self._events if name == HEARD else None)
                for op in OPS:
                    spent[name][op] += time_call(getattr(self.spaces[name], op), pages)
        calls = self._course.batches * self._course.batch
        return {
            name: {op: nanoseconds / calls / 1000 for op, nanoseconds in by_op.items()}
            for name, by_op in spent.items()
        }

    def close(self) -> None:
        """Check that every space holds what it did at the start, and give it back.

        Raises:
            HostError: a call did something else than it was asked to.
        """
        for name, space in self.spaces.items():
            count = space.count()
            space.close()
            if count != self._course.vmas:
                msg = f"the {name} window held {count} VMAs at the end, not {self._course.vmas}"
                raise HostError(msg)

    def _pages(self) -> Pages:
        """The pages of a batch: spare ones, scattered over the space."""
        return [
            spare(n) for n in self._random.sample(range(self._course.slots), self._course.batch)
        ]

    def _order(self) -> list[str]:
        names = list(self.spaces)
        self._turn += 1
        return names[::-1] if self._turn % 2 else names


def time_call(call: Callable[[Pages], None], pages: Pages) -> int:
    """How many nanoseconds of processor time one batch takes, in Python and in the kernel.

    Neither contestant ever waits, so on an idle machine this is the time that passes; on a busy one
    it leaves out the time of others.
    """
    start = thread_time_ns()
    call(pages)
    return thread_time_ns() - start


@dataclass(frozen=True, slots=True)
class Result:
    """What a race gave: its rounds, and why the live kernel took no part (empty if it did)."""

    course: Course
    reason: str
    rounds: list[Round]


def run(courses: list[Course], rounds: int, progress: Callable[[], None]) -> list[Result]:
    """Run all races side by side, one round of each in turn; ``progress`` is called after each.

    Raises:
        HostError: a child ended early, or found its window changed.
    """
    children = [_Child(over) for over in courses]
    try:
        results = [Result(child.course, str(child.answer()), []) for child in children]
        for _ in range(rounds):
            for child, result in zip(children, results, strict=True):
                result.rounds.append(child.round())
                progress()
        for child in children:
            child.finish()
    finally:
        for child in children:
            child.end()
    return results


def serve(pipe: Connection, over: Course) -> None:
    """The child: build the spaces, warm up, run a round whenever asked, give everything back."""
    if not over.gc_on:
        gc.disable()
    try:
        race = Race(over)
        race.round()
        pipe.send(race.reason)
        while pipe.recv():
            pipe.send(race.round())
        race.close()
        pipe.send("")
    except HostError as error:
        pipe.send(str(error))


class _Child:
    """A child process that runs one race."""

    def __init__(self, over: Course) -> None:
        context = multiprocessing.get_context("fork")
        self.course = over
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, over), daemon=True)
        self._process.start()
        theirs.close()

    def answer(self) -> Round | str:
        try:
            answer: Round | str = self._pipe.recv()
        except EOFError:
            msg = f"the child with {self.course.vmas} VMAs ended early"
            raise HostError(msg) from None
        return answer

    def round(self) -> Round:
        self._pipe.send("once more")
        answer = self.answer()
        if isinstance(answer, str):
            raise HostError(answer)
        return answer

    def finish(self) -> None:
        self._pipe.send("")
        if complaint := self.answer():
            raise HostError(str(complaint))

    def end(self) -> None:
        self._pipe.close()
        self._process.join(timeout=5)
        if self._process.is_alive():
            self._process.kill()
