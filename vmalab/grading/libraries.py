"""Probes of loaders: libraries for a learner's ld.so to lay out, and the VMAs that it makes.

A library is plain data, in bytes: a dict for each segment, and where its RELRO lies. A loader
answers with lines of a program. The model carries them out in a window that begins where the
library begins, with ``f0`` for its file; no file of the machine is ever looked at::

    ([{"vaddr": 0, "offset": 0, "filesz": 0x3a10, "memsz": 0x3a10, "prot": "rx"}], None)
        -->  ["mmap 0 4 rx private,fixed f0 0"]  -->  0-4 r-xp f0 0
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from vmalab.grading.canonical import Plain, plain
from vmalab.grading.probes import MOST_OPS, facts_in, facts_of, run_of
from vmalab.records.text import format_op
from vmalab.records.words import prot_letters
from vmalab.units import PAGE_SIZE, bytes_to_pages, page_align

Segments = list[dict[str, Any]]
Case = tuple[Segments, tuple[int, int] | None]
Planner = Callable[[Segments, tuple[int, int] | None], Any]

__all__ = ["library", "random_cases", "reserved_by", "vmas_by"]


def library(*rows: tuple[int, int, int, int, str], relro: tuple[int, int] | None = None) -> Case:
    """A library from rows of vaddr, offset, filesz, memsz (bytes) and rights."""
    names = ("vaddr", "offset", "filesz", "memsz", "prot")
    return [dict(zip(names, row, strict=True)) for row in rows], relro


def random_cases(first: int, count: int) -> Iterator[Case]:
    """Of the libraries that ``vmalab ld --random`` makes, those that calls alone can lay out.

    Left out is what ld.so refuses, and what it aligns to more than a page or relocates in its text.
    """
    # not loaded by every kernel that judges another set
    from vmalab.loader.elf import parse_elf  # noqa: PLC0415
    from vmalab.loader.errors import ElfError  # noqa: PLC0415
    from vmalab.loader.library import check_library  # noqa: PLC0415
    from vmalab.loader.writer import write_elf  # noqa: PLC0415
    from vmalab.workloads.random_libraries import random_library  # noqa: PLC0415

    index = first
    while count:
        made, index = random_library(7, index), index + 1
        data = write_elf(made)
        elf = parse_elf(io.BytesIO(data), len(data), made.name)
        try:
            check_library(elf)
        except ElfError:
            continue
        if elf.max_align <= PAGE_SIZE and not elf.textrel:
            base = elf.loads[0].mapstart
            rows = [
                (one.vaddr - base, one.offset_bytes, one.filesz, one.memsz, prot_letters(one.prot))
                for one in elf.loads
            ]
            relro = (elf.relro.vaddr - base, elf.relro.memsz) if elf.relro else None
            yield library(*rows, relro=relro)
            count -= 1


def _lines(plan: Planner, case: Case) -> list[str] | str:
    """What a learner's loader answers, or what is wrong with it."""
    segments, relro = case
    try:
        lines = plain(plan([dict(one) for one in segments], relro))
    except Exception as error:  # whatever a learner's code may raise
        return f"raised {type(error).__name__}"
    if not isinstance(lines, list) or not all(type(line) is str for line in lines):
        return "a plan is a list of lines of text"
    if not 0 < len(lines) <= MOST_OPS:
        return f"a plan of {len(lines)} lines: 1 to {MOST_OPS} are carried out"
    return [str(line) for line in lines]


def _program(lines: Sequence[str], case: Case) -> str:
    """The lines in a window that is as long as the library."""
    last = case[0][-1]
    pages = bytes_to_pages(page_align(last["vaddr"] + last["memsz"]))
    return "\n".join([f"seq 1 {pages} hole", *lines])


def vmas_by(plan: Planner, case: Case) -> Plain:
    """The VMAs that a loader's calls leave, or the first call that the kernel refuses."""
    lines = _lines(plan, case)
    if isinstance(lines, str):
        return lines
    run = run_of(_program(lines, case))
    if isinstance(run, str):
        return run
    refused = next((step for step in run.steps if step.failed), None)
    return f"{format_op(refused.op)}: {refused.result}" if refused else facts_in(run)


def reserved_by(plan: Planner, case: Case) -> Plain:
    """The VMAs after a loader's first call alone: is there room for all that follows?"""
    lines = _lines(plan, case)
    return lines if isinstance(lines, str) else facts_of(_program(lines[:1], case))
