"""One program on several kernels: which of them go together, and where the first one leaves.

                        2.6    v4     6
mmap 0 4 rw …   1 VMA    A     A     A      one group: results, VMAs and pages are the same
remap 0 1 r 9            A     A     B      two: the kernels part here
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from vmalab.records.pages import PageRow
from vmalab.records.program import Program
from vmalab.records.run import Run, Step
from vmalab.trace.capture import Runner
from vmalab.trace.transcript import said_of
from vmalab.uapi.errors import KernelBug

STOPPED: Final = "BUG"
"""The result of the operation at which a kernel itself stops."""
NOT_RUN: Final = "-"
"""The result of those that come after."""

What = Literal["", "results", "VMAs", "pages"]
_Parts = tuple[str, tuple[str, ...], tuple[PageRow, ...]]


@dataclass(frozen=True, slots=True)
class Parting:
    """A program's runs, a kernel each, all of the same length."""

    runs: tuple[Run, ...]

    @property
    def first(self) -> int | None:
        """The number (from 1) of the first operation after which the kernels differ, if any."""
        numbers = range(1, len(self.runs[0].steps) + 1)
        return next((number for number in numbers if self.what(number)), None)

    def groups(self, number: int) -> tuple[tuple[Run, ...], ...]:
        """The kernels that are alike after an operation, in the order of their first members.

        Alike are the result, the VMAs with what a kernel of 2006 tells of their flags, and what
        each page of a nonlinear area shows.
        """
        found: dict[_Parts, list[Run]] = {}
        for run in self.runs:
            found.setdefault(_parts(run, number), []).append(run)
        return tuple(tuple(runs) for runs in found.values())

    def what(self, number: int) -> What:
        """What differs after an operation: the first of results, VMAs and pages that does."""
        results, vmas, pages = zip(*(_parts(run, number) for run in self.runs), strict=True)
        named: tuple[tuple[What, Sequence[object]], ...] = (
            ("results", results),
            ("VMAs", vmas),
            ("pages", pages),
        )
        return next((name for name, parts in named if len(set(parts)) > 1), "")


def _parts(run: Run, number: int) -> _Parts:
    step = run.steps[number - 1]
    return step.result, vmas_of(run, number), step.after.pages


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
    return Parting(tuple(_run(program, kernel, arch) for kernel in kernels))


def _run(program: Program, kernel: str, arch: str) -> Run:
    """A run that a kernel's own end does not end: the operations after it are not run."""
    runner = Runner(program, kernel, events=True, arch=arch)
    before = now = runner.task.snapshot()
    steps: list[Step] = []
    for op in program.ops:
        if steps and steps[-1].result in {STOPPED, NOT_RUN}:
            steps.append(Step(op, NOT_RUN, now))
            continue
        try:
            steps.append(runner.step(op))
            now = steps[-1].after
        except KernelBug as bug:
            steps.append(Step(op, STOPPED, now, because=bug.law))
    return Run(kernel, program, runner.window, before, tuple(steps))
