"""Recorded transcripts, run again on the model: is every line the same?

    recorded   @7.4 mprotect 2 2 r => 0          V 0-2 rw-s 0 f0 …       T 0-1=Pwd
    ours       @7.4 mprotect 2 2 r => -1 ENOMEM  …

A sequence is compared line by line up to its first difference: what comes after it ran from another
state and says nothing, so it counts as unmatched.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from vmalab.generations import generation
from vmalab.records.program import Program
from vmalab.records.text import GRAMMAR, format_op
from vmalab.records.tokens import FAULT_TOKENS
from vmalab.trace.capture import Boot, Runner
from vmalab.trace.transcript import Said, Sequence, at_start, said_of
from vmalab.uapi.errors import KernelBug

BATCH: Final = 10
"""Sequences that a worker is given at a time."""
_VERB: Final = {record: verb for verb, (record, _) in GRAMMAR.items()}
_GARBAGE: Final = re.compile(r"F\d{3,}:n")
"""An entry that reads as a file entry and is none: a dirty PROT_NONE page of April 2006 on i386."""
BROKE: Final = "model"


@dataclass(frozen=True, slots=True)
class Kernels:
    """Which kernel a transcript is held against."""

    generation: str
    arch: str = "x86_64"
    all_flags: bool = False
    validate: bool = True
    booted_each: bool = False
    """Was the kernel booted for each sequence?"""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a sequence first differs: at operation ``number`` (from 1), in ``what``.

    ``what`` is ``result``, ``V``, ``T``, ``C``, or ``model`` where the model broke down. Up to
    ``before``, both said the same.
    """

    sequence: str
    number: int
    op: str
    what: str
    recorded: Said
    ours: Said
    before: Said

    @property
    def sides(self) -> tuple[str, str]:
        """What was recorded and what the model said, of the part that differs."""
        return _part(self.recorded, self.what), _part(self.ours, self.what)

    @property
    def kind(self) -> tuple[str, ...]:
        """What differences have in common that probably have one cause."""
        verb = self.op.split()[0]
        if self.what not in {"result", BROKE} or verb in {"probe", "wprobe", "xprobe", "mincore"}:
            return self.what, verb
        return (self.what, verb, *(re.sub(r"\d+", "N", side) for side in self.sides))


def _part(said: Said, what: str) -> str:
    match what:
        case "V":
            return "\n".join(said.rows or ()) or "-"
        case "T":
            return said.entries or "-"
        case "C":
            return said.contents or "-"
        case _:
            return said.result


@dataclass(slots=True)
class Outcome:
    """How a transcript compared: operations and sequences matched, of how many."""

    ops: int = 0
    ops_matched: int = 0
    sequences: int = 0
    sequences_matched: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take another outcome's counts into this one."""
        self.ops += other.ops
        self.ops_matched += other.ops_matched
        self.sequences += other.sequences
        self.sequences_matched += other.sequences_matched
        self.mismatches += other.mismatches

    def kinds(self) -> list[tuple[int, Mismatch]]:
        """The first difference of each kind and how many there are, the most frequent first."""
        found: dict[tuple[str, ...], list[Mismatch]] = {}
        for mismatch in self.mismatches:
            found.setdefault(mismatch.kind, []).append(mismatch)
        return sorted(((len(all_), all_[0]) for all_ in found.values()), key=lambda item: -item[0])


def replay(
    sequences: tuple[Sequence, ...],
    kernels: Kernels,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Run sequences on the model and compare every line; ``progress`` hears how many are done.

    Each has a kernel of its own, but where a kernel loses frames: what one sequence has lost there
    the next ones miss, so they run one after the other on one boot, as they were recorded.

    Raises:
        ValueError: no such generation, or not on this architecture.
    """
    outcome = Outcome()
    boot = boot_of(kernels)
    parts: Iterator[Outcome]
    if boot is not None:
        parts = (replay_batch((sequence,), kernels, boot) for sequence in sequences)
    else:
        parts = _serial(sequences, kernels) if jobs <= 1 else _parallel(sequences, kernels, jobs)
    for part in parts:
        outcome.add(part)
        if progress is not None:
            progress(outcome.sequences)
    return outcome


def boot_of(kernels: Kernels) -> Boot | None:
    """The one boot on which all sequences of a transcript run, if what one loses others miss.

    Raises:
        ValueError: no such generation, or not on this architecture.
    """
    policy = generation(kernels.generation, kernels.arch)
    if kernels.booted_each or not policy.pte_format.loses_frames:
        return None
    return Boot(kernels.generation, kernels.arch)


def narrate_one(sequences: tuple[Sequence, ...], at: int, kernels: Kernels) -> Iterator[Said]:
    """What the model says to sequence number ``at`` of a transcript, as :func:`replay` runs it."""
    boot = boot_of(kernels)
    for sequence in sequences[:at] if boot is not None else ():
        for _ in narrate(sequence.program, kernels, boot):
            pass
    return narrate(sequences[at].program, kernels, boot)


def _serial(sequences: tuple[Sequence, ...], kernels: Kernels) -> Iterator[Outcome]:
    for sequence in sequences:
        yield replay_batch((sequence,), kernels)


def _parallel(sequences: tuple[Sequence, ...], kernels: Kernels, jobs: int) -> Iterator[Outcome]:
    batches = [sequences[at : at + BATCH] for at in range(0, len(sequences), BATCH)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield from pool.map(replay_batch, batches, [kernels] * len(batches))


def replay_batch(
    sequences: tuple[Sequence, ...], kernels: Kernels, boot: Boot | None = None
) -> Outcome:
    """A few sequences, one after the other."""
    outcome = Outcome()
    for sequence in sequences:
        mismatch = first_mismatch(sequence, kernels, boot)
        total = len(sequence.said)
        outcome.ops += total
        outcome.ops_matched += total if mismatch is None else mismatch.number - 1
        outcome.sequences += 1
        outcome.sequences_matched += mismatch is None
        outcome.mismatches += [mismatch] if mismatch else []
    return outcome


def first_mismatch(
    sequence: Sequence, kernels: Kernels, boot: Boot | None = None
) -> Mismatch | None:
    """Where a sequence on the model first differs from what was recorded."""
    told = narrate(sequence.program, kernels, boot)
    before = at_start(sequence.program)
    pairs = zip(sequence.program.ops, sequence.said, told, strict=False)
    for number, (op, recorded, ours) in enumerate(pairs, 1):
        what = difference(recorded, ours)
        if what:
            name = sequence.program.name
            return Mismatch(name, number, format_op(op), what, recorded, ours, before)
        before = ours
    return None


def narrate(program: Program, kernels: Kernels, boot: Boot | None = None) -> Iterator[Said]:
    """What the model says to each operation of a program; where it breaks down, that is the last.

    On a kernel that stays up, a program is run to its end even if nobody listens any more.

    Raises:
        ValueError: no such generation, or not on this architecture.
    """
    runner = Runner(
        program, kernels.generation, events=False, arch=kernels.arch, entries=True, boot=boot
    )
    rest = iter(program.ops)
    try:
        for op in rest:
            try:
                step = runner.step(op)
                if kernels.validate:
                    runner.validate()
            except (KernelBug, ArithmeticError, LookupError, TypeError, ValueError) as error:
                yield Said(f"{BROKE}: {type(error).__name__}: {str(error).splitlines()[0]}")
                return
            yield said_of(step, runner.window, all_flags=kernels.all_flags)
    finally:
        if boot is not None:
            for op in rest:
                runner.perform(op)
            runner.end()


def difference(recorded: Said, ours: Said) -> str:
    """In what two lines differ: ``result``, ``V``, ``T``, ``C``, ``model``; or nothing.

    >>> difference(Said("0", ("0-4 rw-s 0 f0",)), Said("0", (), "0-1=Pw"))
    'V'
    """
    if ours.result.startswith(f"{BROKE}: "):
        return BROKE
    if _result(recorded) != _result(ours):
        return "result"
    if recorded.rows is not None and recorded.rows != ours.rows:
        return "V"
    if recorded.contents is not None and recorded.contents != ours.contents:
        return "C"
    if recorded.entries is not None and _entries(recorded) != _entries(ours):
        return "T"
    return ""


def _result(said: Said) -> str:
    return FAULT_TOKENS.get(said.result, said.result)


def _entries(said: Said) -> str:
    return _GARBAGE.sub("F?:n", said.entries or "")
