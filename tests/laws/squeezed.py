"""A program run twice: with memory for everything, and with so little that pages come and go.

    roomy      4096 frames, no swap
    squeezed     72 frames, the rest in swap; before each operation some pages are put out

The sum is the same, so that neither promises more than the other (overcommit).
"""

import random
from dataclasses import replace

from tests.laws.machine import check_kernel
from vmalab.kernel import Kernel
from vmalab.mm.vmscan import evict_page, is_evictable
from vmalab.records import program as ops
from vmalab.trace import capture
from vmalab.trace.touches import contents
from vmalab.units import PAGE_SIZE

ROOMY = 4096
FRAMES = 72


class Squeezed(capture.Runner):
    """A run in which pages are put out at random before each operation."""

    def __init__(self, program, **kwargs):
        self.random = random.Random(program.name)
        super().__init__(program, "linux-6", events=False, **kwargs)

    def step(self, op):
        machine = self.kernel.machine
        frames = len(machine.memory.count)
        much = self.random.choice([0, 0, 1, 3, 10, frames])
        hand = self.random.randrange(frames)
        for frame in range(hand, hand + much):
            if is_evictable(machine, frame % frames):
                evict_page(machine, frame % frames)
        return super().step(op)


def without_what_may_differ(program):
    """Reclaim may show in two calls: mincore says what is in memory, MADV_FREE lets go of it."""
    kept = [
        op
        for op in program.ops
        if not isinstance(op, ops.Mincore)
        and not (isinstance(op, ops.Madvise) and op.advice == "free")
    ]
    return replace(program, ops=tuple(kept))


def run(runner, *, checks=False):
    """A runner's run, and what every page holds for every task of it in the end."""
    steps = [runner._snapshot()]
    for op in runner.program.ops:
        step = runner.step(op)
        steps.append((step.result, step.after.vmas))
        if checks:
            check_kernel(runner.kernel)
    pages = range(runner.window.start, runner.window.end, PAGE_SIZE)
    held = [contents(task, pages) for task in [*runner.parents, runner.task]]
    return steps[1:], held


def exit_all(runner):
    """Every task ends: how many frames and slots are still in use, and how often swap was read."""
    for task in [*runner.parents, runner.task]:
        task.exit()
    machine = runner.kernel.machine
    swap = machine.swap
    return machine.memory.nr_used, swap.nr_slots - swap.nr_free, swap.reads


def with_much_swap(*args, **settings):
    """A kernel with a slot for every frame that the squeezed machine has not."""
    return Kernel(*args, **settings | {"swap_pages": ROOMY - FRAMES})


def both_runs(program, patch, *, sealed=False, checks=False):
    """The program's two runs: [roomy, squeezed], and what the squeezed one left behind."""
    program = without_what_may_differ(program)
    roomy = capture.Runner(program, "linux-6", events=False, sealed=sealed, ram_pages=ROOMY)
    with patch.context() as small:
        small.setattr(capture, "Kernel", with_much_swap)
        squeezed = Squeezed(program, sealed=sealed, ram_pages=FRAMES)
    return [run(roomy), run(squeezed, checks=checks)], exit_all(squeezed)
