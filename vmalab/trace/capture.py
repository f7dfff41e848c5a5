"""Run a program on the model and record every step: the bridge from the kernel to the views."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from vmalab import proc
from vmalab.kernel import Kernel, Task
from vmalab.mm.filemap import Filemap
from vmalab.mm.validate import validate_machine, validate_mm
from vmalab.mm.vma import VmArea
from vmalab.mm.vmscan import evict_file
from vmalab.records import program as ops
from vmalab.records.events import Event
from vmalab.records.program import FILE_PAGES, WINDOW_START, Op, Program
from vmalab.records.resolve import Call, Window, resolve
from vmalab.records.run import Run, Step
from vmalab.records.snapshot import NEAR_PAGES, Snapshot, VmaRow
from vmalab.records.tokens import first_word, token
from vmalab.trace.double import double
from vmalab.trace.entries import entry_runs
from vmalab.trace.pages import page_rows
from vmalab.trace.touches import contents, load_word, probe, store_word
from vmalab.uapi import signals
from vmalab.uapi.errors import FaultLoop, VmalabSignal, errno_name
from vmalab.uapi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_NORESERVE,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
)
from vmalab.uapi.pagemap import PM_PFRAME_MASK
from vmalab.units import PAGE_SIZE

_DO_PAGE_FAULT: Final = "arch/x86/mm/fault.c:do_user_addr_fault"
_GET_USER_PAGES: Final = "mm/memory.c:get_user_pages"
FILLER: Final = "filler"
"""What stands behind a sealed window, so that nothing else can."""
STACK_BYTES: Final = 21 * PAGE_SIZE
SWAP_PAGES: Final = 1 << 10
"""Where the pages go that a program puts out; one that puts none out has no swap."""


def run_program(  # noqa: PLR0913 - a program, and what to note of it
    program: Program,
    generation: str = "linux-6",
    *,
    events: bool = True,
    validate: bool = True,
    sealed: bool = False,
    ram_pages: int = 1 << 20,
    memory: bool = False,
    arch: str = "x86_64",
    entries: bool = False,
) -> Run:
    """Run a program on one generation, from a fresh process to its last operation.

    ``events`` records what happened inside each call; ``validate`` checks the model's laws after
    each; ``sealed`` leaves the process no addresses but the window, so that mappings without a
    fixed address land in it. ``memory`` notes what the pages are in the end, as smaps and pagemap
    tell it. ``entries`` notes the page-table entries of the window after each operation, and probes
    as the recorder of the transcripts did, which have them too.

    Raises:
        ValueError: no such generation, or not on this architecture.
        KernelBug: a law of the model is broken.
    """
    runner = Runner(
        program,
        generation,
        events=events,
        sealed=sealed,
        ram_pages=ram_pages,
        arch=arch,
        entries=entries,
    )
    return runner.run(validate=validate, memory=memory)


class Boot:
    """A kernel that stays up from one program to the next, and its files, which are written anew.

    What a kernel forgot to give back it then has forgotten for good: a page of a file that can no
    longer be put out is still in the page cache when the next program comes.
    """

    def __init__(self, generation: str, arch: str) -> None:
        self.kernel = Kernel(generation, arch=arch, swap_pages=SWAP_PAGES)
        self.filemaps: dict[int, Filemap] = {}


class Runner:
    """A program under way on the model: one process (after ``fork``, its child), one window."""

    def __init__(  # noqa: PLR0913 - a program, and on what it runs
        self,
        program: Program,
        generation: str,
        *,
        events: bool,
        sealed: bool = False,
        ram_pages: int = 1 << 20,
        arch: str = "x86_64",
        entries: bool = False,
        boot: Boot | None = None,
    ) -> None:
        self.program = program
        self.entries = entries
        self.events = events
        self.heard: list[Event] = []
        self.signal: VmalabSignal | None = None
        evicts = any(isinstance(op, ops.Evict) for op in program.ops)
        swap_pages = SWAP_PAGES if evicts else 0
        fresh = partial(Kernel, generation, arch=arch, ram_pages=ram_pages, swap_pages=swap_pages)
        self.kernel = boot.kernel if boot else fresh()
        self.window = Window(WINDOW_START[arch], program.pages)
        self.task = self.kernel.spawn()
        self.parents: list[Task] = []
        self.shmem_seen: dict[str, str] = {}
        self.fds = _open_files(self.task, program, boot)
        if sealed:
            self._seal()
        if entries:
            self._map_stack()
        if program.fill == "none":
            flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE
            length = self.window.end - self.window.start
            self.task.mmap(self.window.start, length, PROT_NONE, flags)
        if any(isinstance(op, ops.Brk) for op in program.ops):
            self.task.mm.start_brk = self.task.mm.brk = self.window.start
        if events:
            self.task.mm.listen(self.heard.append)

    def _map_stack(self) -> None:
        """Give the process a stack at the top, as the recorded ones had: find_vma finds one there.

        It does not grow; nothing touches it.
        """
        flags, top = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, self.task.mm.task_size
        self.task.mmap(top - STACK_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE, flags)

    def _seal(self) -> None:
        """Leave the process no addresses but the window, with something solid behind it."""
        self.task.mm.mmap_base = self.window.end
        self.task.mm.lowest_addr = self.window.start
        filler = self.task.memfd(FILLER, 1)
        self.task.mmap(self.window.end, PAGE_SIZE, PROT_NONE, MAP_SHARED | MAP_FIXED, filler)

    def double(self) -> Runner:
        """The same program at the same place on a machine of its own, to go on otherwise there."""
        self.heard.clear()  # a step has them by now
        twin = double(self, self.kernel)
        if self.events:
            for task in (twin.task, *twin.parents):
                task.mm.listen(twin.heard.append)
        return twin

    def end(self) -> None:
        """End every process of the program; files that a boot keeps stay as they are."""
        for task in (self.task, *self.parents):
            task.exit()

    def run(self, *, validate: bool = True, memory: bool = False) -> Run:
        """Every operation in order."""
        before = self._snapshot()
        steps = []
        for op in self.program.ops:
            steps.append(self.step(op))
            if validate:
                self.validate()
        if memory and steps:
            steps[-1] = replace(steps[-1], after=self._with_memory(steps[-1].after))
        return Run(self.kernel.name, self.program, self.window, before, tuple(steps))

    def _with_memory(self, now: Snapshot) -> Snapshot:
        """The state, and what its pages are."""
        mm, window = self.task.mm, self.window
        entries = proc.pagemap(mm, window.start, window.end)
        return replace(
            now,
            memory=tuple(proc.vma_memory(mm, vma) for vma in self._near()),
            pagemap=tuple(entry & ~PM_PFRAME_MASK for entry in entries),
        )

    def validate(self) -> None:
        """Check the laws of the address space and of the whole machine."""
        tasks = [self.task, *self.parents]
        for task in tasks:
            validate_mm(task.mm)
        filemaps = {file.filemap for task in tasks for file in task.files.values()}
        for task in tasks:
            filemaps.update(vma.vm_file.filemap for vma in task.mm.tree if vma.vm_file)
        validate_machine(self.kernel.machine, [task.mm for task in tasks], filemaps)

    def step(self, op: Op) -> Step:
        """One operation: its result, what happened inside, and the state after it."""
        self.heard.clear()
        result = self.perform(op)
        entries = entry_runs(self.task.mm, self.window) if self.entries else None
        because, rule = self._why(op, result)
        return Step(op, result, self._snapshot(), tuple(self.heard), because, rule, entries)

    def _why(self, op: Op, result: str) -> tuple[str, str]:
        """The reason for a refusal or a signal, and whose check it was."""
        refusal = self.task.mm.refusal
        if result.startswith("-1 ") and refusal:
            return refusal.because, refusal.rule
        if result.startswith(("SIG", signals.LOOP)) and self.signal:
            in_call = result == signals.LOOP and not isinstance(op, ops.Read | ops.Write)
            return self.signal.because, _GET_USER_PAGES if in_call else _DO_PAGE_FAULT
        return "", ""

    def _snapshot(self) -> Snapshot:
        """The state, with shared anonymous objects numbered in the order they are first seen."""
        now = self.task.snapshot()
        if self.events and any("nl" in row.flags for row in now.vmas):
            now = replace(now, pages=page_rows(self.task.mm, self.window))
        if not any(row.backing.startswith("shm") for row in now.vmas):
            return now
        for row in now.near(self.window):
            if row.backing.startswith("shm"):
                self.shmem_seen.setdefault(row.backing, f"shm{len(self.shmem_seen)}")
        return replace(now, vmas=tuple(self._numbered(row) for row in now.vmas))

    def _numbered(self, row: VmaRow) -> VmaRow:
        """A row, its shared anonymous object named by when it was first seen."""
        name = self.shmem_seen.get(row.backing)
        return replace(row, backing=name) if name else row

    def perform(self, op: Op) -> str:
        """One operation: its result alone, as a transcript spells it."""
        call = resolve(op, self.window, self.fds)
        if call is not None:
            return self._call(call)
        match op:
            case ops.Read() | ops.Write():
                return self._touch(op)
            case ops.Probe(addr, pages):
                return self._probe(addr, pages, "rw")
            case ops.Wprobe(addr, pages):
                return self._probe(addr, pages, "wr")
            case ops.Xprobe(addr, pages):
                return self._probe(addr, pages, "rx")
            case ops.Contents():
                pages_of = range(self.window.start, self.window.end, PAGE_SIZE)
                return contents(self.task, pages_of)
            case ops.Evict():
                return self._evict()
            case ops.Truncate(file, pages):
                self.task.ftruncate(self.fds[file], pages * PAGE_SIZE)
                return "0"
            case ops.Limit("as", pages):
                self.task.mm.limits.address_space = (self.task.mm.total_vm + pages) * PAGE_SIZE
                return "0"
            case ops.Limit(_, pages):
                self.task.mm.limits.memlock = (self.task.mm.locked_vm + pages) * PAGE_SIZE
                self.task.mm.limits.cap_ipc_lock = False
                return "0"
            case ops.Fork():
                self.parents.append(self.task)
                self.task = self.task.fork()
                return "child"
            case _:
                return "unsupported"

    def _evict(self) -> str:
        """Put out every page of every file mapped in or near the window."""
        for filemap in {vma.vm_file.filemap for vma in self._near() if vma.vm_file is not None}:
            evict_file(self.kernel.machine, filemap)
        return signals.OK

    def _near(self) -> list[VmArea]:
        """The VMAs in or near the window."""
        margin = NEAR_PAGES * PAGE_SIZE
        low, high = self.window.start - margin, self.window.end + margin
        return self.task.mm.tree.overlapping(low, high)

    def _call(self, call: Call) -> str:
        """A system call; one that never returns (get_user_pages has a loop too) ends as LOOP."""
        try:
            return self._finish(call, self.task.syscall(call.name, *call.args))
        except FaultLoop as loop:
            self.signal = loop
            return signals.LOOP

    def _finish(self, call: Call, value: int | str) -> str:
        """A call's value as a transcript spells it; what landed outside the window is unmapped.

        If it can be: mremap of 2.6 to the same size answers with any address, mapped or not.
        """
        if isinstance(value, str):
            return value
        if value < 0:
            return f"-1 {errno_name(-value)}"
        if call.name == "brk":
            page, byte = divmod(value - self.window.start, PAGE_SIZE)
            return f"p{page}+{byte}" if byte else f"p{page}"
        if call.name not in {"mmap", "mremap"}:
            return str(value)
        where = self.window.name(value)
        if where == "OUT":
            length = call.args[1] if call.name == "mmap" else call.args[2]
            self.task.syscall("munmap", value, length)
        return where

    def _probe(self, addr: ops.Addr, pages: int, ways: str) -> str:
        at = self.window.addr(addr)
        return probe(self.task, self.window, at, pages, ways, apart=self.entries)

    def _touch(self, op: ops.Read | ops.Write) -> str:
        """Load or store a word: what was found there, ``ok``, or the signal."""
        addr = self.window.addr(op.addr)
        try:
            if isinstance(op, ops.Read):
                return token(load_word(self.task, addr))
            store_word(self.task, addr, op.value)
        except VmalabSignal as signal:
            self.signal = signal
            return signal.signal
        return signals.OK


def _open_files(task: Task, program: Program, boot: Boot | None) -> dict[str, int]:
    """The files f0 … f3 that a program names: read-write, read-only, write-only descriptors.

    A boot keeps its files: they stay open, and their size and contents are set again.
    """
    filemaps, keep = (boot.filemaps, 1) if boot else ({}, 0)
    fds = {}
    names = {str(getattr(op, "file", "-")) for op in program.ops}
    for number in sorted({int(name[1:]) for name in names if name[1:].isdecimal()}):
        name, size = f"f{number}", FILE_PAGES * PAGE_SIZE
        if number not in filemaps:
            filemaps[number] = Filemap(name, size)
            filemaps[number].nr_opens += keep
        filemap = filemaps[number]
        filemap.size = size
        fd = task.open(filemap)
        for page in range(FILE_PAGES):
            task.pwrite(fd, first_word(number, page), page * PAGE_SIZE)
        fds[name] = fd
        fds[f"r{number}"] = task.open(filemap, writable=False)
        fds[f"w{number}"] = task.open(filemap, readable=False)
    return fds
