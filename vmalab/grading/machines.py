"""Probes of page tables and of memory under pressure: machines that a learner's answer drives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmalab.arch.i386 import I386
from vmalab.arch.x86_64_v6 import X86_64_V6
from vmalab.grading.canonical import Plain, plain
from vmalab.grading.probes import attempt, run_of
from vmalab.records.text import parse_program
from vmalab.trace.capture import Runner
from vmalab.trace.references import ReferenceStringError, Story, parse_references, play
from vmalab.workloads.small_process import small_process

__all__ = [
    "I386",
    "X86_64_V6",
    "small_process",
    "tables_of",
    "verdicts_of",
    "walks_of",
    "writes_of",
]


def tables_of(text: object) -> Plain:
    """How many page tables a program's process has in the end, all levels counted."""
    run = run_of(text)
    if isinstance(run, str):
        return run
    runner = Runner(parse_program(str(text)), "linux-6", events=False)
    runner.run(validate=False)
    return runner.task.mm.pgtable.nr_tables


def _story(text: object, ram_pages: int, swap_pages: int) -> Story | str:
    if type(text) is not str:
        return f"a reference string is text, not {plain(text)}"
    try:
        return play(parse_references(text), ram_pages=ram_pages, swap_pages=swap_pages)
    except ReferenceStringError as error:
        return str(error)


def verdicts_of(text: object, ram_pages: int = 24, swap_pages: int = 8) -> Plain:
    """How each reference of a string ends: hit, minor, major, out, kept."""
    story = _story(text, ram_pages, swap_pages)
    return story if isinstance(story, str) else [one.verdict for one in story.moments[1:]]


def writes_of(text: object, ram_pages: int = 24, swap_pages: int = 8) -> Plain:
    """How often a page is written to the swap device in the course of a string."""
    story = _story(text, ram_pages, swap_pages)
    return story if isinstance(story, str) else story.moments[-1].nr_swap_writes


def walks_of(walk: Callable[..., Any], addrs: list[int]) -> Plain:
    """What ``walk(read, top, addr)`` finds in the page tables of the small process.

    ``read(pfn, index)`` gives it an entry; it may read ten of them for one address.
    """
    table = small_process().mm.pgtable
    found = []
    for addr in addrs:
        left = 10

        def read(pfn: int, index: int) -> int:
            nonlocal left
            left -= 1
            if left < 0 or not 0 <= index < 512:
                raise ValueError
            return int.from_bytes(table.physmem.read(pfn, 8 * index, 8), "little")

        found.append(attempt(walk, read, table.pgd_pfn, addr))
    return found
