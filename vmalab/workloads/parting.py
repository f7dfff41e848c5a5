"""One program on several kernels: which of them go together, and where the first one leaves.

                        2.6    v4     6
mmap 0 4 rw …   1 VMA    A     A     A      one group: results, VMAs and pages are the same
remap 0 1 r 9            A     A     B      two: the kernels part here
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import Final, Literal

from vmalab.kernel import Task
from vmalab.records.pages import PageRow
from vmalab.records.program import Op, Program
from vmalab.records.run import Run, Step
from vmalab.records.snapshot import Snapshot
from vmalab.trace.capture import Runner
from vmalab.trace.transcript import FLAGS_OF_2006, said_of
from vmalab.uapi.errors import KernelBug

STOPPED: Final = "BUG"
"""The result of the operation at which a kernel itself stops."""
NOT_RUN: Final = "-"
"""The result of those that come after."""

What = Literal["", "results", "VMAs", "pages"]
_Vma = tuple[int, int, str, int, str, tuple[str, ...]]
_Parts = tuple[str, tuple[_Vma, ...], tuple[PageRow, ...]]


@dataclass(frozen=True)
class Parting:
    """A program's runs, a kernel each, all of the same length."""

    runs: tuple[Run, ...]
    _known: dict[int, tuple[_Parts, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def first(self) -> int | None:
        """The number (from 1) of the first operation after which the kernels differ, if any."""
        numbers = range(1, len(self.runs[0].steps) + 1)
        return next((number for number in numbers if self.what(number)), None)

    def _parts(self, number: int) -> tuple[_Parts, ...]:
        """What is compared after an operation, of each run; taken down once."""
        if number not in self._known:
            self._known[number] = tuple(_parts(run, number) for run in self.runs)
        return self._known[number]

    def groups(self, number: int) -> tuple[tuple[Run, ...], ...]:
        """The kernels that are alike after an operation, in the order of their first members.

        Alike are the result, the VMAs with what a kernel of 2006 tells of their flags, and what
        each page of a nonlinear area shows.
        """
        found: dict[_Parts, list[Run]] = {}
        for run, parts in zip(self.runs, self._parts(number), strict=True):
            found.setdefault(parts, []).append(run)
        return tuple(tuple(runs) for runs in found.values())

    def what(self, number: int) -> What:
        """What differs after an operation: the first of results, VMAs and pages that does."""
        results, vmas, pages = zip(*self._parts(number), strict=True)
        named: tuple[tuple[What, Sequence[object]], ...] = (
            ("results", results),
            ("VMAs", vmas),
            ("pages", pages),
        )
        return next((name for name, parts in named if len(set(parts)) > 1), "")


def _parts(run: Run, number: int) -> _Parts:
    step = run.steps[number - 1]
    rows = (
        (row.start, row.end, row.perms, row.pgoff, row.backing, _marks(row.flags))
        for row in step.after.near(run.window)
    )
    return step.result, tuple(rows), step.after.pages


@lru_cache(maxsize=256)
def _marks(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Those flags that a kernel of 2006 tells."""
    return tuple(flag for flag in FLAGS_OF_2006 if flag in flags)


def vmas_of(run: Run, number: int) -> tuple[str, ...]:
    """The VMAs after an operation, as a transcript of 2006 tells them."""
    return said_of(run.steps[number - 1], run.window, all_flags=False).rows or ()


def part(program: Program, kernels: Sequence[str], arch: str = "x86_64") -> Parting:
    r"""Run a program on each kernel.

    >>> from vmalab.records.text import parse_program
    >>> asked = parse_program("mmap 0 4 rw shared,fixed f0 0\nremap 0 1 none 9")
    >>> found = part(asked, ("linux-2.6", "linux-2.6-manyprots-v4", "linux-6"))
    >>> found.first, found.what(2), [len(group) for group in found.groups(2)]
    (2, 'VMAs', [2, 1])

    Raises:
        ValueError: no kernel has one of the names, or it does not run on that machine.
    """
    runs = Runs(program, kernels, arch)
    for op in program.ops:
        runs.step(op)
    return runs.parting


class Runs:
    """A program on several kernels that may still grow; each runs what it has not when it is asked.

    ``setting`` is a program for what it says before its operations, and for the files and the swap
    that these need; its operations are not run. A kernel's own end does not end the others' runs.

    Raises:
        ValueError: no kernel has one of the names, or it does not run on that machine.
    """

    def __init__(self, setting: Program, kernels: Sequence[str], arch: str = "x86_64") -> None:
        self.ops: list[Op] = []
        self._courses = {kernel: _begin(setting, kernel, arch) for kernel in kernels}

    @property
    def parting(self) -> Parting:
        """The runs so far."""
        return Parting(tuple(self.run(kernel) for kernel in self._courses))

    def run(self, kernel: str) -> Run:
        """The run so far on one kernel."""
        return self._courses[kernel].run(self.ops)

    def task(self, kernel: str) -> Task:
        """The process on one of the kernels, after the run so far."""
        return self._courses[kernel].caught_up(self.ops).task

    def rehearsal(self, kernel: str) -> Runs:
        """The same on one of the kernels, on a machine of its own, to go on otherwise there."""
        twin = copy(self)
        twin.ops = [*self.ops]
        twin._courses = {kernel: self._courses[kernel].rehearsal()}  # noqa: SLF001 - Runs as well
        return twin

    def step(self, op: Op) -> None:
        """One operation more."""
        self.ops.append(op)

    def undo(self) -> None:
        """Forget the last operation."""
        self.ops.pop()


@dataclass
class _Course:
    """One kernel's run. What was undone is forgotten: the rest is run again, in a fresh process."""

    fresh: Callable[[], Runner]
    setting: Program
    kernel: str
    runner: Runner
    before: Snapshot
    steps: list[Step] = field(default_factory=list)

    def rehearsal(self) -> _Course:
        """The same run so far, which may go on otherwise."""
        return replace(self, runner=self.runner.double(), steps=[*self.steps])

    def run(self, ops: Sequence[Op]) -> Run:
        """The run of some operations."""
        window = self.caught_up(ops).window
        program = replace(self.setting, ops=tuple(ops))
        return Run(self.kernel, program, window, self.before, tuple(self.steps))

    def caught_up(self, ops: Sequence[Op]) -> Runner:
        """The runner after all of them."""
        if len(self.steps) > len(ops):
            del self.steps[len(ops) :]
            self.runner = self.fresh()
            for step in self.steps:
                if step.result in {STOPPED, NOT_RUN}:
                    break
                self.runner.perform(step.op)
        for op in ops[len(self.steps) :]:
            self._step(op)
        return self.runner

    def _step(self, op: Op) -> None:
        now = self.steps[-1].after if self.steps else self.before
        if self.steps and self.steps[-1].result in {STOPPED, NOT_RUN}:
            self.steps.append(Step(op, NOT_RUN, now))
            return
        try:
            self.steps.append(self.runner.step(op))
        except KernelBug as bug:
            self.steps.append(Step(op, STOPPED, now, because=bug.law))


def _begin(setting: Program, kernel: str, arch: str) -> _Course:
    """A kernel's run before its first operation."""
    fresh = partial(Runner, setting, kernel, events=True, arch=arch)
    runner = fresh()
    return _Course(fresh, setting, kernel, runner, runner.task.snapshot())
