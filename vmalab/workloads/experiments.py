"""Questions for the kernel that you are sitting at, and what one Linux 6.18 answered to them.

Each is a small program whose last result tells. Every Linux 6 answers it alike, but for those that
say since when. The answers of Linux 6.18.44, recorded, stand in for a kernel that cannot be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from vmalab.records.program import Program
from vmalab.records.run import Run
from vmalab.records.text import format_op, parse_program
from vmalab.records.tokens import FAULT_TOKENS
from vmalab.trace.transcript import Said, parse_transcript, said_of

_SIGNALS: Final = {token: signal for signal, token in FAULT_TOKENS.items()}
RECORDED: Final = "Linux 6.18.44"
"""The kernel that answered, on x86-64."""
FILE: Final = Path(__file__).parent / "lessons" / "10_recorded.txt"
"""Its answers; ``python -m tools.recorded`` asks this machine's kernel anew."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question in words, the program that puts it, and since which Linux the answer is so."""

    asks: str
    lines: str
    since: str = ""

    @property
    def program(self) -> Program:
        """The program, in a window of 16 pages."""
        return parse_program(f"seq 1 16 hole\n{self.lines}")


EXPERIMENTS: Final[Mapping[str, Experiment]] = {
    "nothing": Experiment("munmap where nothing is", "munmap 3 4"),
    "hole": Experiment(
        "mprotect over a hole",
        "mmap 0 2 rw private,anon,fixed\nmmap 4 2 rw private,anon,fixed\nmprotect 0 6 r",
    ),
    "noreplace": Experiment(
        "MAP_FIXED_NOREPLACE on a mapping",
        "mmap 0 4 r private,anon,fixed\nmmap 2 1 rw private,anon,fixed_noreplace",
    ),
    "noreserve": Experiment(
        "neighbours that differ in VM_ACCOUNT",
        "mmap 0 2 rw private,anon,fixed\nmmap 2 2 rw private,anon,fixed,noreserve",
    ),
    "filler": Experiment(
        "a filler between two that were written to",
        "mmap 0 2 rw private,anon,fixed\nwrite 0 1\nmmap 4 2 rw private,anon,fixed\nwrite 4 1\n"
        "mmap 2 2 rw private,anon,fixed",
    ),
    "beyond": Experiment(
        "a read beyond the end of the file",
        "mmap 0 4 r shared,fixed f0 0\ntruncate f0 2\nread 3",
    ),
    "rights": Experiment(
        "remap_file_pages with rights",
        "mmap 0 4 rw shared,fixed f0 0\nremap 1 1 r 9",
    ),
    "emulated": Experiment(
        "remap_file_pages without",
        "mmap 0 4 rw shared,fixed f0 0\nremap 1 1 none 9",
    ),
    "guards": Experiment(
        "guard markers",
        "mmap 0 12 rw private,anon,fixed\nmadvise 0 1 guard_install\nmadvise 4 1 guard_install\n"
        "madvise 8 1 guard_install\nprobe 0 12",
        since="6.13",
    ),
    "together": Experiment(
        "mremap of two VMAs at once",
        "mmap 0 2 rw private,anon,fixed\nmmap 2 2 r private,anon,fixed\n"
        "mremap 0 4 4 maymove,fixed 8",
        since="6.17",
    ),
}
"""By name, in the order of the lesson."""


def answer(said: Said) -> str:
    """The end of a program in a few words: its last result, and how many VMAs there are.

    >>> answer(recorded(EXPERIMENTS["hole"].program)[-1])
    'ENOMEM, 2 VMAs'
    """
    count = len(said.rows or ())
    return f"{result(said)}, {count} VMA{'s' * (count != 1)}"


def result(said: Said) -> str:
    """A result in the words of a lesson: an errno by its name, a fault as its signal."""
    return _SIGNALS.get(said.result, said.result.removeprefix("-1 "))


def told(run: Run) -> tuple[Said, ...]:
    """A run in the words of a transcript."""
    return tuple(said_of(step, run.window) for step in run.steps)


@cache
def _all_recorded() -> Mapping[tuple[str, ...], tuple[Said, ...]]:
    found = parse_transcript(FILE.read_text(encoding="utf-8")).sequences
    return {_key(one.program): one.said for one in found}


def recorded(program: Program) -> tuple[Said, ...]:
    """What was recorded of a program, operation by operation; empty if nothing was."""
    return _all_recorded().get(_key(program), ())


def _key(program: Program) -> tuple[str, ...]:
    """What makes two programs the same one, whatever they are called."""
    return (str(program.pages), program.fill, *map(format_op, program.ops))
