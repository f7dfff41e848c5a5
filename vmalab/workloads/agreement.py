"""Programs on which every kernel agrees: each operation succeeds, so what pages hold is the same.

Kernels differ in what they refuse, in how much of a refused call they have done, and in how many
VMAs they need. Where nothing is refused, a program must find the same memory on all of them:

    candidate    mmap    munmap    mremap    mprotect    write       random operations
    linux-2.6     ok       ok        ok         ok         ok
    linux-6       ok       ok      EFAULT       ok         ok
    kept         mmap    munmap              mprotect    write       ... and run again

docs/generations.md has what is left out here: why a refusal or its effect differs.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vmalab.records import program as ops
from vmalab.records.program import Op, Program
from vmalab.records.resolve import to_bytes
from vmalab.trace.capture import Runner
from vmalab.workloads.profiles import Profile
from vmalab.workloads.random_programs import make_program

PAGES: Final = 16
AGREE: Final = Profile(
    "agree",
    PAGES,
    weights={
        "mmap": 20,
        "munmap": 5,
        "mprotect": 14,
        "mremap": 8,
        "remap": 18,
        "madvise": 5,
        "mlock": 1,
        "munlock": 1,
        "msync": 2,
        "truncate": 1,
        "probe": 2,
        "contents": 1,
        "write": 20,
        "read": 6,
    },
    kinds={"anon": 6, "shm": 3, "file": 9, "private-file": 4},
    prots={"rw": 10, "r": 5, "none": 2, "rx": 1, "rwx": 2},
    advice={"dontneed": 4, "dontfork": 1, "dofork": 2, "random": 1, "seq": 1, "normal": 1},
    extras={"populate": 2, "noreserve": 1, "locked": 1},
    bad=0.0,
    natural=0.3,
    fork=0.15,
)
"""Memory that may be written but not read is left out: 2.6 lets it be read only once written."""
FOUR_CALLS: Final = replace(
    AGREE,
    name="four-calls",
    weights={"mmap": 20, "mprotect": 20, "write": 24, "read": 12, "probe": 2},
    kinds={"anon": 8, "shm": 1, "file": 2, "private-file": 8},
    extras={},
    bad=0.03,
    fork=0.0,
)
"""mmap, mprotect, load and store, with wrong arguments now and then."""
LAST_LOOK: Final[tuple[Op, ...]] = (ops.Contents(), ops.Probe(0, PAGES), ops.Xprobe(0, PAGES))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended on one kernel.

    ``results`` are those of all operations; ``memory`` what the last look found: contents, and
    which pages can be read, written and executed; ``map_count`` how many VMAs there were.
    """

    results: tuple[str, ...]
    memory: tuple[str, ...]
    map_count: int

    @property
    def refused(self) -> tuple[int, ...]:
        """The numbers (from 0) of the operations that did not succeed."""
        bad = ("-1 ", "SIG", "LOOP", "unsupported")
        return tuple(at for at, result in enumerate(self.results) if result.startswith(bad))


def end_of(program: Program, generation: str, arch: str = "x86_64") -> Ending:
    """Run a program, and look at every page of its window."""
    runner = Runner(program, generation, events=False, arch=arch)
    results = tuple(runner.perform(op) for op in program.ops)
    memory = tuple(runner.perform(op) for op in LAST_LOOK)
    return Ending(results, memory, len(runner.task.mm.tree))


def candidate(seed: int, index: int, nr_ops: int = 24) -> Program:
    """A random program that may be refused something; some put pages out to swap now and then."""
    program = make_program(AGREE, seed, index, nr_ops)
    rng = random.Random(f"{seed}/evict/{index}")
    made = _without_growth(program.ops)
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        made.insert(rng.randrange(len(made)), ops.Evict())
    return replace(program, ops=tuple(made))


def _without_growth(made: Sequence[Op]) -> list[Op]:
    """The operations, less every mremap that grows or doubles an area after a remap or mprotect.

    It would show pages nobody asked for: those that follow in the file, with the area's rights; and
    which they are depends on whether the pages before are VMAs of their own.
    """
    cuts = (at for at, op in enumerate(made) if isinstance(op, ops.Remap | ops.Mprotect))
    first = next(cuts, len(made))
    return [op for at, op in enumerate(made) if at < first or not _grows(op)]


def _grows(op: Op) -> bool:
    return isinstance(op, ops.Mremap) and to_bytes(op.new_length) > to_bytes(op.old_length)


def agreed(
    program: Program, generations: Sequence[str], arch: str = "x86_64"
) -> tuple[Program, dict[str, Ending]]:
    """What is left of a program where every operation succeeds on all kernels, and its endings."""
    while True:
        endings = {}
        for name in generations:
            endings[name] = end_of(program, name, arch)
            if refused := endings[name].refused:
                program = without(program, refused)
                break
        else:
            return program, endings


def without(program: Program, numbers: Collection[int]) -> Program:
    """A program less some operations (from 0)."""
    kept = tuple(op for number, op in enumerate(program.ops) if number not in numbers)
    return replace(program, ops=kept)
