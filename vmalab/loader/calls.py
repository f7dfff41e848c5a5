"""Plans held against strace: the very system calls that ld.so makes, one by one, with arguments."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vmalab.loader.elf import ElfFile, read_elf
from vmalab.loader.errors import ElfError
from vmalab.loader.library import base_of, library_plan, reserve
from vmalab.loader.live import Live, Prober
from vmalab.loader.steps import Step
from vmalab.loader.strace import Traced, number_of, read_strace
from vmalab.loader.verify import Verdict
from vmalab.units import WORD_MASK

SEEN = {"mmap", "munmap", "mprotect"}
Call = tuple[str, tuple[int, ...]]
"""Name and arguments; the descriptor of an mmap is left out."""
IN_MEMORY = "it was in memory already: the probing process needs it"
Planner = Callable[[ElfFile, int], Sequence[Step]]


def unavailable() -> str | None:
    """Why calls cannot be watched here, or None if they can."""
    return None if shutil.which("strace") else "strace is not installed: apt-get install strace"


def verify_calls(paths: Sequence[str], planner: Planner = library_plan) -> Iterator[Verdict]:
    """A verdict for each library: does ld.so make the calls of the plan, and no others there?"""
    with tempfile.TemporaryDirectory() as folder:
        log = str(Path(folder) / "log")
        under = ["strace", "-ff", "-qq", "-o", log, "-e", f"trace={','.join(sorted(SEEN))}"]
        with Prober(under) as prober:
            asked = [(path, prober.dlopen(path)) for path in paths]
        for path, live in asked:
            yield _verdict(path, live, f"{log}.{live.pid}", planner)


def _verdict(path: str, live: Live, log: str, planner: Planner) -> Verdict:
    try:
        elf = read_elf(path)
        planner(elf, 0)
    except (ElfError, OSError) as error:
        return Verdict(path, "refused", str(error).removeprefix(f"{path}: "))
    if live.error:
        return Verdict(path, "not loaded", live.error)
    with Path(log).open(errors="replace") as lines:
        calls = [call for call in read_strace(lines) if call.name in SEEN and call.result != -1]
    base = live.bias + elf.loads[0].mapstart
    if not any(base <= (call.result or 0) < base + elf.span for call in calls):
        return Verdict(path, "not loaded", IN_MEMORY)
    found = _difference(elf, calls, live.bias, planner)
    return Verdict(path, "differs" if found else "matched", found)


def _difference(elf: ElfFile, calls: Sequence[Traced], bias: int, planner: Planner) -> str:
    """Where plan and trace part, or nothing."""
    for number, call in enumerate(calls):
        at = call.result or 0
        begins = base_of(elf, at) == bias + elf.loads[0].mapstart
        if call.name == "mmap" and begins and _spelt(call) == _planned(reserve(elf)):
            plan = [_planned(step) for step in planner(elf, at) if step.call is not None]
            end = at + number_of(call.args[1])
            made = [_spelt(one) for one in calls[number:] if one is call or _in(one, at, end)]
            return _parting(plan, made[: len(plan)])
    return f"no reservation that begins it at {bias:#x} was seen"


def _in(call: Traced, start: int, end: int) -> bool:
    """Is a call about addresses between two?"""
    addr, length = number_of(call.args[0]), number_of(call.args[1])
    return addr < end and addr + length > start


def _parting(plan: Sequence[Call], made: Sequence[Call]) -> str:
    for number, (ours, theirs) in enumerate(zip(plan, made, strict=False), 1):
        if ours != theirs:
            return f"call {number}: planned {_told(ours)}, seen {_told(theirs)}"
    return "" if len(plan) == len(made) else f"planned {len(plan)} calls, seen {len(made)}"


def _told(call: Call) -> str:
    return f"{call[0]}({', '.join(map(hex, call[1]))})"


def _spelt(call: Traced) -> Call:
    """What strace saw, as numbers."""
    words = call.args[:4] + call.args[5:] if call.name == "mmap" else call.args
    return call.name, tuple(number_of(word) & WORD_MASK for word in words)


def _planned(step: Step) -> Call:
    """What a step does, in the same form."""
    if step.call is None:
        return "", ()
    args = step.call.args
    return step.call.name, args[:4] + args[5:] if step.call.name == "mmap" else args
