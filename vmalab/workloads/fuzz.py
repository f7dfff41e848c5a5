"""Random programs by the thousand on the model and on the machine's own kernel.

Program ``i`` of a seed and profile is always the same, whoever runs it, so that a report's seed,
profile and number are enough to see a difference again.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from vmalab.host import Host, HostError, HostUnsupportedError
from vmalab.records.program import Program
from vmalab.records.run import Run
from vmalab.records.text import GRAMMAR
from vmalab.trace.capture import run_program
from vmalab.workloads.differential import Difference, comparable, compare
from vmalab.workloads.profiles import PROFILES
from vmalab.workloads.random_programs import DEFAULT_OPS, random_program
from vmalab.workloads.shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    Model = Callable[[Program], Run]
    Progress = Callable[[int, int], None]

BATCH: Final = 50
"""Programs that a worker is given at a time."""
_VERB: Final = {record: verb for verb, (record, _) in GRAMMAR.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """A program on which the kernels differ, and the smallest one that still shows it."""

    program: Program
    difference: Difference
    shrunk: Program
    shrunk_difference: Difference


@dataclass(slots=True)
class FuzzReport:
    """What a fuzz run did. ``counts`` is by operation and outcome (``ok`` or the refusal)."""

    profile: str
    seed: int
    programs: int = 0
    ops: int = 0
    ok: int = 0
    seconds: float = 0.0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)
    memory: bool = False

    @property
    def share_ok(self) -> float:
        """Which share of the operations succeeded."""
        return self.ok / self.ops if self.ops else 0.0

    def count(self, run: Run) -> None:
        """Take a real run into the counts."""
        self.programs += 1
        for step in run.steps:
            self.ops += 1
            self.ok += not step.failed
            outcome = step.result if step.failed else "ok"
            self.counts[_VERB[type(step.op)], outcome] += 1

    def add(self, other: FuzzReport) -> None:
        """Take another report's counts into this one."""
        self.programs += other.programs
        self.ops += other.ops
        self.ok += other.ok
        self.counts.update(other.counts)
        self.skipped.update(other.skipped)


@dataclass(frozen=True, slots=True)
class Job:
    """Which programs to try: ``programs`` of them, from number ``first``.

    ``memory`` compares what their pages are in the end, too.
    """

    profile: str
    seed: int
    programs: int
    nr_ops: int = DEFAULT_OPS
    first: int = 0
    memory: bool = False

    def host(self) -> Host:
        """The machine's own kernel, as the job needs it."""
        return Host(sealed=PROFILES[self.profile].sealed, memory=self.memory)

    def make(self) -> list[Program]:
        """The programs."""
        numbers = range(self.first, self.first + self.programs)
        return [random_program(self.seed, i, self.profile, self.nr_ops) for i in numbers]

    def split(self) -> Iterator[Self]:
        """The same job in batches."""
        end = self.first + self.programs
        for first in range(self.first, end, BATCH):
            count = min(BATCH, end - first)
            yield replace(self, programs=count, first=first)


def default_model(program: Program, *, sealed: bool = False, memory: bool = False) -> Run:
    """The program on the generation that mirrors the machine's own kernel, as fast as it goes."""
    ram_pages = os.sysconf("SC_PHYS_PAGES")
    return run_program(
        program, events=False, validate=False, sealed=sealed, ram_pages=ram_pages, memory=memory
    )


def model_for(profile: str, *, memory: bool = False) -> Model:
    """The model as a profile needs it."""
    return partial(default_model, sealed=PROFILES[profile].sealed, memory=memory)


def fuzz(
    job: Job,
    *,
    model: Model | None = None,
    jobs: int = 1,
    stop_after: int = 1,
    progress: Progress | None = None,
) -> FuzzReport:
    """Run a job's programs on both kernels until ``stop_after`` differences are found.

    ``progress`` is called with the number of programs done and to do. ``jobs`` > 1 uses that many
    processes (then ``model`` must be one that they can import). Differences are shrunk.

    Raises:
        HostUnsupportedError: programs cannot run on this machine.
        ValueError: no such profile.
    """
    if job.profile not in PROFILES:
        msg = f"{job.profile!r} is not a profile; choose one of {', '.join(PROFILES)}"
        raise ValueError(msg)
    report = FuzzReport(job.profile, job.seed, memory=job.memory)
    model = model or model_for(job.profile, memory=job.memory)
    began = time.monotonic()
    differing: list[Program] = []
    batches = _serial(job, model) if jobs <= 1 else _parallel(job, model, jobs)
    for part, programs in batches:
        report.add(part)
        differing += programs
        if progress is not None:
            progress(report.programs + sum(report.skipped.values()), job.programs)
        if len(differing) >= stop_after:
            break
    batches.close()
    with job.host() as host:
        for program in differing[:stop_after]:
            report.found.append(_minimise(program, model, host))
    report.seconds = time.monotonic() - began
    return report


def _serial(job: Job, model: Model) -> Generator[tuple[FuzzReport, list[Program]], None, None]:
    with job.host() as host:
        for batch in job.split():
            yield _batch(batch, model, host)


def _parallel(
    job: Job, model: Model, jobs: int
) -> Generator[tuple[FuzzReport, list[Program]], None, None]:
    context = multiprocessing.get_context("spawn")
    batches = job.split()
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        running: set[Future[tuple[FuzzReport, list[Program]]]] = set()
        try:
            while True:
                while len(running) < 2 * jobs and (batch := next(batches, None)) is not None:
                    running.add(pool.submit(_batch_alone, batch, model))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            for future in running:
                future.cancel()


def _batch_alone(batch: Job, model: Model) -> tuple[FuzzReport, list[Program]]:
    """A batch in a process of its own, which keeps its host from one batch to the next."""
    kind = (PROFILES[batch.profile].sealed, batch.memory)
    host = _HOSTS.get(kind)
    if host is None:
        host = _HOSTS[kind] = batch.host()
    return _batch(batch, model, host)


_HOSTS: Final[dict[tuple[bool, bool], Host]] = {}
"""The hosts of this process, by whether they are sealed and whether they note pages."""


def _batch(batch: Job, model: Model, host: Host) -> tuple[FuzzReport, list[Program]]:
    """The counts of a batch, and the programs on which the kernels differ."""
    report = FuzzReport(batch.profile, batch.seed)
    differing = []
    programs = batch.make()
    real_runs = host.start(programs)
    for mine, real in zip(map(model, programs), real_runs, strict=True):
        if isinstance(real, HostUnsupportedError):
            report.skipped[str(real)] += 1
        elif isinstance(real, HostError):
            raise real
        elif not comparable(mine, real):
            report.skipped["an operation that one side cannot make"] += 1
        else:
            report.count(real)
            if compare(mine, real, sealed=host.sealed) is not None:
                differing.append(mine.program)
    return report, differing


def _minimise(program: Program, model: Model, host: Host) -> Found:
    def difference(candidate: Program) -> Difference | None:
        try:
            return compare(model(candidate), host.run(candidate), sealed=host.sealed)
        except HostError:
            return None

    first = difference(program)
    if first is None:
        msg = f"program {program.name} differed once, but not again: something outside disturbed it"
        raise HostError(msg)
    shrunk = shrink(program, lambda candidate: difference(candidate) is not None)
    return Found(program, first, shrunk, difference(shrunk) or first)
