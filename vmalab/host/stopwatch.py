"""What a system call takes on this machine, as a program in Python sees it.

    a window of 32 pages of a file, shared

    mprotect              cut page 8 off, and join it again       two calls
    remap_file_pages      show another page of the file, and back
    guard_install         a marker in the entry of page 8, and gone again

The times hold what Python needs to make a call; ``floor`` is a call that does nothing else.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Final

from vmalab.host.errors import HostError
from vmalab.host.libc import MAX_ERRNO, must, system_call
from vmalab.uapi.mman import (
    MADV_GUARD_INSTALL,
    MADV_GUARD_REMOVE,
    MAP_FIXED,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
)
from vmalab.uapi.syscalls import NR_X86_64
from vmalab.units import PAGE_SIZE, pages_to_bytes

PAGES: Final = 32
ROUNDS: Final = 400
_RW: Final = PROT_READ | PROT_WRITE
_GETPPID: Final = 110


def time_calls(rounds: int = ROUNDS) -> Mapping[str, float]:
    """Microseconds a call, the median of so many rounds, each call undone before the next.

    A call that this kernel refuses is left out: guard markers of a file are there since 6.15.

    Raises:
        HostError: the kernel refused to set the window up.
    """
    fd = os.memfd_create("stopwatch")
    try:
        os.ftruncate(fd, pages_to_bytes(PAGES))
        base = must("mmap", 0, pages_to_bytes(PAGES), _RW, MAP_SHARED, fd, 0)
        try:
            return _time_all(base, fd, rounds)
        finally:
            must("munmap", base, pages_to_bytes(PAGES))
    finally:
        os.close(fd)


def _time_all(base: int, fd: int, rounds: int) -> Mapping[str, float]:
    page = base + pages_to_bytes(8)

    def call(name: str, *args: int) -> Callable[[], int]:
        number = NR_X86_64[name]
        return lambda: system_call(number, args)

    whole = call("mmap", page, PAGE_SIZE, _RW, MAP_SHARED | MAP_FIXED, fd, pages_to_bytes(8))
    pairs = {
        "floor": (lambda: system_call(_GETPPID, ()), whole),
        "mmap": (call("mmap", page, PAGE_SIZE, _RW, MAP_SHARED | MAP_FIXED, fd, 0), whole),
        "mprotect": (
            call("mprotect", page, PAGE_SIZE, PROT_READ),
            call("mprotect", page, PAGE_SIZE, _RW),
        ),
        "remap_file_pages": (call("remap_file_pages", page, PAGE_SIZE, 0, 0, 0), whole),
        "guard_install": (
            call("madvise", page, PAGE_SIZE, MADV_GUARD_INSTALL),
            call("madvise", page, PAGE_SIZE, MADV_GUARD_REMOVE),
        ),
    }
    found = {}
    for name, (do, undo) in pairs.items():
        took = _median(do, undo, rounds)
        if took is not None:
            found[name] = took
    return found


def _median(do: Callable[[], int], undo: Callable[[], int], rounds: int) -> float | None:
    """Microseconds of ``do``; None if it is refused.

    Raises:
        HostError: what was done could not be undone.
    """
    took = []
    for _ in range(rounds):
        began = time.perf_counter_ns()
        result = do()
        took.append(time.perf_counter_ns() - began)
        if -MAX_ERRNO <= result < 0:
            return None
        if -MAX_ERRNO <= (undone := undo()) < 0:
            msg = f"this kernel would not undo a call that it had made: {os.strerror(-undone)}"
            raise HostError(msg)
    return statistics.median(took) / 1000
