"""Plans made on the model: any generation loads any library, and every moment is kept.

loaded = load_library(read_elf("libc.so.6"), era="2.4", kernel="linux-6")
loaded.rows                  the VMAs of the library, in the end
loaded.moments               each step, and the VMAs after it
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from vmalab.kernel import Kernel, Task
from vmalab.loader.elf import ElfFile
from vmalab.loader.eras import NEWEST, exec_era_of
from vmalab.loader.errors import ElfError
from vmalab.loader.library import base_of, check_library, library_plan, reserve
from vmalab.loader.program import pie_base, program_plan
from vmalab.loader.relocations import Read, written_pages
from vmalab.loader.steps import FILE_FD, Stage, Step
from vmalab.mm.filemap import Filemap, Source
from vmalab.proc.snapshot import vma_row
from vmalab.records.snapshot import VmaRow
from vmalab.uapi.errors import VmalabSignal, errno_name
from vmalab.units import PAGE_SIZE, WORD_MASK, page_align, pages_to_bytes


@dataclass(frozen=True, slots=True)
class Moment:
    """One step, what the kernel answered, and the VMAs of the file's addresses after it.

    ``refused`` says why, where the kernel refused the call; then nothing follows.
    """

    step: Step
    answer: int
    rows: tuple[VmaRow, ...]
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file in memory: where its first page is, and how it came there."""

    elf: ElfFile
    kernel: str
    base: int
    moments: tuple[Moment, ...]

    @property
    def rows(self) -> tuple[VmaRow, ...]:
        """The VMAs inside the file's span, in the end."""
        return self.moments[-1].rows

    @property
    def refused(self) -> str:
        """Why it was not loaded to the end, or nothing."""
        return self.moments[-1].refused

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that were made."""
        return tuple(moment.step for moment in self.moments)


def disk_source(path: str) -> Source:
    """Where a file on disk has its bytes; it is opened for each page, and read as it then is."""

    def read(index: int) -> bytes:
        with Path(path).open("rb") as file:
            return os.pread(file.fileno(), PAGE_SIZE, pages_to_bytes(index))

    return read


def reader_of(source: Source) -> Read:
    """Any bytes of a file whose pages can be had; fewer where it ends."""

    def read(at: int, count: int) -> bytes:
        first, skipped = divmod(at, PAGE_SIZE)
        pages = range(first, first + (skipped + count + PAGE_SIZE - 1) // PAGE_SIZE)
        return b"".join(map(source, pages))[skipped : skipped + count]

    return read


class Loader:
    """Makes steps in one task. Each file has one ``struct file``, as if opened once."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._fds: dict[str, int] = {}

    def open(self, elf: ElfFile, source: Source | None = None) -> int:
        """A descriptor for a file, read-only as loaders open it."""
        if elf.path not in self._fds:
            filemap = Filemap(elf.path, elf.size, source=source or disk_source(elf.path))
            self._fds[elf.path] = self.task.open(filemap, writable=False)
        return self._fds[elf.path]

    def make(self, step: Step, fd: int) -> int:
        """Make one step: the call's answer (a negative errno where it is refused), else 0.

        Raises:
            ElfError: the loader itself dies of a signal, as where a file ends too early.
        """
        if step.call is not None:
            args = step.call.args
            if step.call.name == "mmap" and args[4] == FILE_FD:
                args = (*args[:4], fd, args[5])
            answer = self.task.syscall(step.call.name, *(arg & WORD_MASK for arg in args))
            return int(answer)
        start, end = step.wipe
        try:
            if start < end:
                self.task.store(start, bytes(end - start))
            for page in step.written:
                self.task.touch_for_write(page)
        except VmalabSignal as signal:
            if not step.wipe_may_fail:
                raise ElfError(f"the loader would die: {signal}") from None
        return 0

    def rows(self, start: int, end: int) -> tuple[VmaRow, ...]:
        """The VMAs between two addresses; what reaches beyond them is cut off."""
        mm = self.task.mm
        return tuple(clip(vma_row(mm, vma), start, end) for vma in mm.tree.overlapping(start, end))

    def run(self, steps: Iterable[Step], fd: int, span: tuple[int, int]) -> list[Moment]:
        """Make steps until one is refused."""
        moments: list[Moment] = []
        for step in steps:
            answer = self.make(step, fd)
            refused = self.refusal(answer) if step.call is not None else ""
            moments.append(Moment(step, answer, self.rows(*span), refused))
            if refused:
                break
        return moments

    def refusal(self, answer: int) -> str:
        """Why the kernel refused the last call, if its answer was a negative errno."""
        if answer >= 0:
            return ""
        refusal = self.task.mm.refusal
        because = f": {refusal.because} [{refusal.rule}]" if refusal else ""
        return f"{errno_name(-answer)}{because}"


def clip(row: VmaRow, start: int, end: int) -> VmaRow:
    """The part of a VMA between two addresses.

    >>> clip(VmaRow(0x1000, 0x9000, "r--p", 4, "f"), 0x3000, 0x5000).line
    '00003000-00005000 r--p 00006000 f'
    """
    low, high = max(row.start, start), min(row.end, end)
    skipped = (low - row.start) // PAGE_SIZE if row.backing != "anon" else 0
    return replace(row, start=low, end=high, pgoff=row.pgoff + skipped)


def load_library(
    elf: ElfFile,
    *,
    era: str = NEWEST,
    kernel: str = "linux-6",
    task: Task | None = None,
    omit: Collection[Stage] = (),
    source: Source | None = None,
) -> Loaded:
    """Load a library as ld.so of an era does, on a kernel of vmalab.

    ``task`` is a process that there is already; without one there is a new one with nothing else
    in it. ``omit`` leaves out the stages named, to see what they are for. ``source`` is where the
    file's bytes are, if not on disk.

    Raises:
        ElfError: that ld.so would refuse the file, or die of it.
        ValueError: there is no such era, or kernel.
    """
    check_library(elf, era)
    loader = Loader(task or Kernel(kernel).spawn())
    fd = loader.open(elf, source)
    first = reserve(elf, era)
    at = loader.make(first, fd)
    if refused := loader.refusal(at):
        return Loaded(elf, loader.task.kernel.name, 0, (Moment(first, at, (), refused),))
    base = base_of(elf, at, era)
    span = (base, base + page_align(elf.span))
    begun = Moment(first, at, loader.rows(*span))
    written = written_pages(elf, reader_of(source or disk_source(elf.path)))
    rest = library_plan(elf, at, era, written=written)[1:]
    moments = [begun, *loader.run((s for s in rest if s.stage not in omit), fd, span)]
    return Loaded(elf, loader.task.kernel.name, base, tuple(moments))


def map_program(
    loader: Loader, elf: ElfFile, at: int | None, *, whole: bool, source: Source | None = None
) -> Loaded:
    """One file mapped by execve, in a process that there is; None: the kernel chooses where."""
    kernel = loader.task.kernel.name
    era, fd = exec_era_of(kernel), loader.open(elf, source)
    if at is None:
        # The kernel chooses once; what it chose is mapped again, with the rest, in the same place.
        (first,) = program_plan(elf, era, None, whole=True)
        at = loader.make(first, fd)
        if refused := loader.refusal(at):
            return Loaded(elf, kernel, 0, (Moment(first, at, (), refused),))
    end = at + page_align(max(one.allocend for one in elf.loads) - elf.loads[0].mapstart)
    steps = program_plan(elf, era, at, whole=whole)
    return Loaded(elf, kernel, at, tuple(loader.run(steps, fd, (at, end))))


def run_program(
    elf: ElfFile, interp: ElfFile | None = None, *, kernel: str = "linux-6"
) -> tuple[Task, Loaded, Loaded | None]:
    """A new process as execve leaves it: its task, the executable, the interpreter.

    Nothing is randomised; the stack and what the kernel maps besides come last, as in execve.

    Raises:
        ElfError: that execve would refuse a file.
    """
    task = Kernel(kernel).spawn()
    loader, era = Loader(task), exec_era_of(kernel)
    at: int | None = elf.loads[0].mapstart
    whole = elf.kind == "dyn" and (era.reserves_pie or interp is None)
    if elf.kind == "dyn":
        at = pie_base(elf) if interp or not era.reserves_pie else None
    program = map_program(loader, elf, at, whole=whole)
    helper = map_program(loader, interp, None, whole=True) if interp is not None else None
    return task, program, helper
