"""The operations of a program that touch memory: loads, stores, probes, what pages hold."""

from __future__ import annotations

from collections.abc import Iterable

from vmalab.kernel import Task
from vmalab.records.resolve import Window
from vmalab.records.tokens import FAULT_TOKENS, content_runs, probe_runs, token
from vmalab.uapi.errors import SEGV_MAPERR, FaultLoop, SegmentationFault, VmalabSignal
from vmalab.units import PAGE_SIZE, WORD_MASK

WORD_BYTES = 4
EXEC_BYTE = 8
"""Where a page of a program's file holds a return instruction."""
RETURN = b"\xc3"


def load_word(task: Task, addr: int) -> int:
    """The 32-bit word at an address."""
    return int.from_bytes(task.load(addr, WORD_BYTES), "little")


def store_word(task: Task, addr: int, value: int) -> None:
    """Store a 32-bit word at an address."""
    task.store(addr, (value & 0xFFFF_FFFF).to_bytes(WORD_BYTES, "little"))


def probe(
    task: Task, window: Window, addr: int, pages: int, ways: str, *, apart: bool = False
) -> str:
    """For each page, try two ways of touching it; the answers, the read's first.

    ``ways`` are letters of ``rwx`` in the order in which they are tried. A write that changes
    nothing is one instruction; or, ``apart``, a load and then a store, as the recorder of the 2.6
    transcripts did it, which never wrote what it could not read, nor ran what is no return.
    """
    answers = []
    for page in range(pages):
        at = (addr + page * PAGE_SIZE) & WORD_MASK
        found = {way: _try(task, at, way, apart=apart) for way in ways}
        answers.append("".join(found[way] for way in sorted(ways)))
    return probe_runs(answers, (addr - window.start) // PAGE_SIZE)


def _try(task: Task, addr: int, way: str, *, apart: bool) -> str:
    """One touch that changes nothing: ``o`` fine, ``a``, ``m``, ``b``, ``L`` how it ended."""
    try:
        if way == "r" or (way == "w" and apart):
            load_word(task, addr)
        if way == "w":
            task.touch_for_write(addr)
        elif way == "x":
            if apart and task.load(addr + EXEC_BYTE) != RETURN:
                return "-"
            task.fetch(addr + EXEC_BYTE)
    except SegmentationFault as fault:
        return "m" if fault.si_code == SEGV_MAPERR else "a"
    except FaultLoop:
        return "L"
    except VmalabSignal:
        return "b"
    return "o"


def contents(task: Task, pages: Iterable[int]) -> str:
    """What each page of the window holds; reading it, so pages are faulted in."""
    tokens = []
    for addr in pages:
        try:
            tokens.append(token(load_word(task, addr)))
        except VmalabSignal as signal:
            tokens.append(FAULT_TOKENS[signal.signal])
    return content_runs(tokens)
