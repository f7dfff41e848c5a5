"""The child's side: run a plan by real system calls, and note what the kernel answered.

Instructions are tuples that begin with a letter:

    s  result-bytes nr args…   a system call; if result-bytes is not -1 the answer is an address,
                               and a mapping of that many bytes outside the window is removed
    m  nr addr len             mincore
    r  addr · w addr value     load and store a word
    p  addr pages order        probe pages: order ``rw``, ``wr`` or ``rx``
    c                          load the word of every page of the window
    t  fd bytes                ftruncate
    l  what pages              lower RLIMIT_AS or RLIMIT_MEMLOCK to what is in use and so many pages
    f                          fork; go on in the child

An outcome is plain data too: the rows before, ``(answer, rows)`` of every instruction, the VmFlags,
the files by inode, and what the pages are in the end.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from vmalab.host import process
from vmalab.host.errors import HostError
from vmalab.host.libc import MAX_ERRNO, must, system_call
from vmalab.host.maps import RawRow, WindowReader, vm_flags
from vmalab.host.memory import RawMemory, Settler, read_pagemap, read_smaps
from vmalab.host.plan import FDS, FREE_ZONE_BYTES, Plan
from vmalab.host.touch import FAULTED, Toucher
from vmalab.records.program import FILE_PAGES
from vmalab.records.snapshot import NEAR_PAGES
from vmalab.uapi import mman
from vmalab.uapi.syscalls import NR_X86_64
from vmalab.units import PAGE_SIZE, WORD_MASK, page_align

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = int | bytes | tuple[int, ...] | None
Rows = tuple[RawRow, ...]
Flags = dict[int, tuple[str, ...]]
Outcome = tuple[Rows, list[tuple[Answer, Rows, Flags]], dict[int, str], RawMemory | None]
"""The rows before; answer, rows and VmFlags after each instruction; file names by inode; pages."""

_MUNMAP: Final = NR_X86_64["munmap"]
_EXEC_BYTE: Final = 8
_MAX_CHUNK: Final = 4096
"""mincore answers at most so many pages at a time, and stops at the first hole."""


@cache
def file_image(number: int) -> bytes:
    """What file ``number`` holds before a program starts."""
    pages = []
    for page in range(FILE_PAGES):
        word = (0xF000_0000 | number << 16 | page).to_bytes(4, "little")
        pages.append((word + bytes(_EXEC_BYTE - 4) + b"\xc3").ljust(PAGE_SIZE, b"\0"))
    return b"".join(pages)


class Machine:
    """Runs plans, one after the other, in the process it lives in.

    ``progress[0]`` is set to the number of the instruction being run, from 1.
    """

    def __init__(self, toucher: Toucher, progress: memoryview[int] | list[int]) -> None:
        self._toucher = toucher
        self._progress = progress
        self._do: dict[str, Callable[..., Answer]] = {
            "s": self._system_call,
            "m": self._mincore,
            "r": toucher.load,
            "w": toucher.store,
            "p": self._probe,
            "c": self._contents,
            "t": self._truncate,
            "l": process.set_limit,
            "f": self._fork,
        }
        self._settler = Settler()
        self._start = self._end = 0
        self._reader: WindowReader | None = None

    def run(self, plan: Plan) -> Outcome:
        """Run a plan in an empty window, and leave the window empty.

        Raises:
            HostError: the window or a file could not be made.
        """
        self._start, self._end = plan.start, plan.end
        low, high = self._start - plan.near, self._end + plan.near
        files = self._open(plan)
        if plan.heap:
            process.move_heap(plan.start)
        self._reader = WindowReader(low, high, names=plan.heap)
        try:
            return self._run(plan, files, (low, high))
        finally:
            self._reader.close()
            self._sweep(plan)
            for name in plan.files:
                os.close(FDS[name])

    def _sweep(self, plan: Plan) -> None:
        """Leave nothing in the window, nor what a program mapped far beyond its ends."""
        around = FREE_ZONE_BYTES if plan.near else 0
        must("munmap", self._start - around, self._end - self._start + 2 * around)

    def _run(self, plan: Plan, files: dict[int, str], near: tuple[int, int]) -> Outcome:
        reader = cast("WindowReader", self._reader)
        before = reader.rows()
        if before:
            msg = f"the window is not empty: something lies at {before[0][0]:#x}"
            raise HostError(msg)
        if plan.reserve:
            self._reserve(plan)
            before = reader.rows()
        steps: list[tuple[Answer, Rows, Flags]] = []
        last = before
        for number, instruction in enumerate(plan.instructions, 1):
            self._progress[0] = number
            answer = self._do[cast("str", instruction[0])](*instruction[1:])
            rows = reader.rows()
            last = last if rows == last else rows
            final = number == len(plan.instructions)
            flags = vm_flags(*near) if (plan.flags_each or final) and rows else {}
            steps.append((answer, last, flags))
        memory = self._memory(near) if plan.memory else None
        return before, steps, files, memory

    def _memory(self, near: tuple[int, int]) -> RawMemory:
        self._settler.settle()
        return read_smaps(*near), read_pagemap(self._start, self._end)

    def _reserve(self, plan: Plan) -> None:
        flags = mman.MAP_PRIVATE | mman.MAP_ANONYMOUS | mman.MAP_NORESERVE | mman.MAP_FIXED
        must("mmap", plan.start, plan.pages * PAGE_SIZE, mman.PROT_NONE, flags, WORD_MASK, 0)

    def _open(self, plan: Plan) -> dict[int, str]:
        """Make the program's files anew and open them as they are named."""
        files: dict[int, str] = {}
        modes = {"f": os.O_RDWR, "r": os.O_RDONLY, "w": os.O_WRONLY}
        for number in sorted({int(name[1]) for name in plan.files}):
            first = os.memfd_create(f"f{number}")
            os.pwrite(first, file_image(number), 0)
            files[os.fstat(first).st_ino] = f"f{number}"
            for name in plan.files:
                if name[1:] == str(number):
                    fd = os.open(f"/proc/self/fd/{first}", modes[name[0]] | os.O_CLOEXEC)
                    os.dup2(fd, FDS[name], inheritable=False)
                    os.close(fd)
            os.close(first)
        return files

    def _system_call(self, result_bytes: int, number: int, *args: int) -> int:
        result = system_call(number, args)
        if result_bytes >= 0 and not -MAX_ERRNO <= result < 0:
            outside = not self._start <= result < self._end
            if outside and result_bytes:
                system_call(_MUNMAP, (result, result_bytes))
        return result

    def _mincore(self, number: int, addr: int, length: int) -> int | bytes:
        room = (self._end - self._start) // PAGE_SIZE + 2 * NEAR_PAGES + _MAX_CHUNK
        vector = ctypes.create_string_buffer(room)
        result = system_call(number, (addr, length, ctypes.addressof(vector)))
        pages = page_align(length) // PAGE_SIZE
        return result if result else bytes(b & 1 for b in vector.raw[:pages])

    def _probe(self, addr: int, pages: int, order: str) -> tuple[int, ...]:
        """Fault words, two a page: always the read and then the other."""
        touch = self._toucher
        found = []
        for page in range(addr, addr + pages * PAGE_SIZE, PAGE_SIZE):
            other = touch.touch(page) if order == "wr" else 0
            read = touch.load(page)
            if order == "rw":
                other = touch.touch(page)
            elif order == "rx":
                other = touch.execute(page + _EXEC_BYTE)
            found += [read if read & FAULTED else 0, other]
        return tuple(found)

    def _contents(self) -> tuple[int, ...]:
        return tuple(map(self._toucher.load, range(self._start, self._end, PAGE_SIZE)))

    def _truncate(self, fd: int, len_bytes: int) -> int:
        try:
            os.ftruncate(fd, len_bytes)
        except OSError as error:
            return -(error.errno or 0)
        return 0

    def _fork(self) -> None:
        process.go_on_in_child()
        if self._reader is not None:
            self._reader.reopen()
