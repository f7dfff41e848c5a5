"""The same work for every contender, each in an interpreter of its own; this file needs no other.

    python contenders.py NAME       then, a line each, {"pages": 1000, "seconds": 20} on stdin

maps so many single pages in random order, protects each, looks each up, unmaps each, and answers
with a line of JSON: microseconds of processor time a call, phase by phase, or how far it came.
Pages have holes between them, so that every page is an area of its own.

None but the model and the live kernel has Linux's rules: what merges, which call is refused and
how. The first line of the answer says which version it is of, or why it takes no part.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import importlib
import importlib.metadata
import json
import logging
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

PAGE = 4096
WINDOW = 0x2000_0000_0000
STRIDE = 2 * PAGE
PHASES = ("mmap", "mprotect", "find", "munmap")
READ, READ_WRITE = 1, 3
SHARED_FIXED = 0x11
BATCH = 100
"""Calls between two looks at the clock."""
LEAST = 10_000
"""Calls of each kind, at least: a small space is filled and emptied so often that it takes."""
SAMPLE = 20
"""So many pages are looked up, untimed, to see that they are there, or gone."""
ANSWERS, LOG = 1, 2

Batch = Callable[[Sequence[int]], None]


class Contender(NamedTuple):
    """The four phases, each told all addresses at once; and whether a page is mapped."""

    mmap: Batch
    mprotect: Batch
    find: Batch
    munmap: Batch
    has: Callable[[int], bool]


class WrongWorkError(Exception):
    """A contender did not do what it was asked to."""


def each(call: Callable[..., Any], *args: object) -> Batch:
    """One call for every address."""

    def batch(addrs: Sequence[int]) -> None:
        for addr in addrs:
            call(addr, *args)

    return batch


def works(error: type[Exception], call: Callable[[int], object]) -> Callable[[int], bool]:
    """Does a call with this address come back without such an error?"""

    def has(addr: int) -> bool:
        try:
            call(addr)
        except error:
            return False
        return True

    return has


def model() -> Contender:
    """vmalab: linux-6 through Task.syscall, page tables attached, nobody listening."""
    kernel = importlib.import_module("vmalab.kernel").Kernel("linux-6")
    kernel.policy.max_map_count = 1 << 30
    task = kernel.spawn()
    fd, call, find = task.memfd("bench", 1), task.syscall, task.mm.tree.find

    def mmap(addrs: Sequence[int]) -> None:
        for addr in addrs:
            call("mmap", addr, PAGE, READ_WRITE, SHARED_FIXED, fd, (addr - WINDOW) // 2)

    def has(addr: int) -> bool:
        area = find(addr)
        return area is not None and area.vm_start <= addr

    protect, unmap = partial(call, "mprotect"), partial(call, "munmap")
    return Contender(mmap, each(protect, PAGE, READ), each(find), each(unmap, PAGE), has)


def live() -> Contender:
    """This machine's kernel through ctypes; find is the ioctl PROCMAP_QUERY (6.11 and later)."""
    libc = ctypes.CDLL(None, use_errno=True)
    word, number = ctypes.c_size_t, ctypes.c_int
    libc.mmap.restype = word
    libc.mmap.argtypes = [word, word, number, number, number, word]
    libc.mprotect.argtypes = [word, word, number]
    libc.munmap.argtypes = [word, word]
    file = os.memfd_create("bench")
    maps = os.open("/proc/self/maps", os.O_RDONLY)
    query = (ctypes.c_uint64 * 13)(104)  # struct procmap_query: its size, flags, the address, ...
    ask, where = 0xC000_6611 | 104 << 16, ctypes.pointer(query)
    libc.ioctl.argtypes = [number, ctypes.c_ulong, type(where)]

    def mmap(addrs: Sequence[int]) -> None:
        call = libc.mmap
        for addr in addrs:
            call(addr, PAGE, READ_WRITE, SHARED_FIXED, file, (addr - WINDOW) // 2)

    def find(addrs: Sequence[int]) -> None:
        call = libc.ioctl
        for addr in addrs:
            query[2] = addr
            call(maps, ask, where)

    def has(addr: int) -> bool:
        query[2] = addr
        if libc.ioctl(maps, ask, where) == 0:
            return True
        if ctypes.get_errno() != errno.ENOENT:
            msg = f"PROCMAP_QUERY: {os.strerror(ctypes.get_errno())}"
            raise OSError(msg)
        return False

    return Contender(mmap, each(libc.mprotect, PAGE, READ), find, each(libc.munmap, PAGE), has)


def sortedcontainers() -> Contender:
    """sortedcontainers: areas by their start, and what is in the way is looked for."""
    areas = importlib.import_module("sortedcontainers").SortedDict()

    def mmap(addr: int) -> None:
        below = areas.bisect_right(addr) - 1
        if below >= 0 and areas.peekitem(below)[1][0] > addr:
            raise WrongWorkError(f"{addr:#x} is mapped")
        areas[addr] = (addr + PAGE, READ_WRITE)

    def find(addr: int) -> Any:
        return areas.peekitem(areas.bisect_right(addr) - 1)

    def mprotect(addr: int) -> None:
        start, (end, _) = find(addr)
        areas[start] = (end, READ)

    def munmap(addr: int) -> None:
        start, _ = find(addr)
        del areas[start]

    return Contender(each(mmap), each(mprotect), each(find), each(munmap), areas.__contains__)


def intervaltree() -> Contender:
    """intervaltree: intervals added and removed whole."""
    tree = importlib.import_module("intervaltree").IntervalTree()

    def mprotect(addr: int) -> None:
        (old,) = tree.at(addr)
        tree.remove(old)
        tree.addi(addr, addr + PAGE, READ)

    return Contender(
        each(lambda addr: tree.addi(addr, addr + PAGE, READ_WRITE)),
        each(mprotect),
        each(tree.at),
        each(lambda addr: tree.removei(addr, addr + PAGE, READ)),
        tree.overlaps,
    )


def unicorn() -> Contender:
    """unicorn: memory regions of an emulated machine; to find a page is to read a byte of it."""
    uc = importlib.import_module("unicorn")
    engine = uc.Uc(uc.UC_ARCH_X86, uc.UC_MODE_64)
    return Contender(
        each(engine.mem_map, PAGE, READ_WRITE),
        each(engine.mem_protect, PAGE, READ),
        each(engine.mem_read, 1),
        each(engine.mem_unmap, PAGE),
        works(uc.UcError, lambda addr: engine.mem_read(addr, 1)),
    )


def miasm() -> Contender:
    """miasm: the memory of its emulator, written in C."""
    memory, empty = importlib.import_module("miasm.jitter.VmMngr").Vm(), bytes(PAGE)
    return Contender(
        each(memory.add_memory_page, READ_WRITE, empty),
        each(memory.set_mem_access, READ),
        each(memory.is_mapped, 1),
        each(memory.remove_memory_page),
        lambda addr: bool(memory.is_mapped(addr, 1)),
    )


def manticore() -> Contender:
    """manticore: the memory of its native machine, which checks rights as it runs programs."""
    memory = importlib.import_module("manticore.native.memory").Memory64()
    return Contender(
        each(memory.mmap, PAGE, "rw"),
        each(memory.mprotect, PAGE, "r"),
        each(memory.map_containing),
        each(memory.munmap, PAGE),
        memory.__contains__,
    )


def angr() -> Contender:
    """angr: the memory of a symbolic state, rights by the page; to find is to ask for them."""
    logging.disable(logging.WARNING)
    state = importlib.import_module("angr").SimState(arch="AMD64")
    memory = state.memory
    error = importlib.import_module("angr.errors").SimMemoryError

    def mmap(addrs: Sequence[int], _alive: object = state) -> None:
        for addr in addrs:
            memory.map_region(addr, PAGE, READ_WRITE)

    return Contender(
        mmap,
        each(memory.permissions, READ),
        each(memory.permissions),
        each(memory.unmap_region, PAGE),
        works(error, memory.permissions),
    )


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "model": model,
    "live": live,
    "sortedcontainers": sortedcontainers,
    "intervaltree": intervaltree,
    "unicorn": unicorn,
    "miasm": miasm,
    "manticore": manticore,
    "angr": angr,
}


def compete(contender: Contender, pages: int, seconds: float) -> dict[str, Any]:
    """Do the work, at least ``LEAST`` calls of each kind: as :func:`once`, medians of all times.

    Who had time for one time only is not asked again.
    """
    rng = random.Random(2006)
    times: list[dict[str, float]] = []
    begun = time.process_time()
    for _ in range(max(1, LEAST // pages)):
        answer = once(contender, pages, begun + seconds, rng)
        if answer["stopped"]:
            if not times:
                return answer
            break
        times.append(answer["us"])
    us = {phase: statistics.median(one[phase] for one in times) for phase in PHASES}
    return {"us": us, "stopped": "", "done": 0}


def once(contender: Contender, pages: int, until: float, rng: random.Random) -> dict[str, Any]:
    """Fill an empty space and empty it; stop between two batches at so much processor time.

    ``us`` has microseconds a call of each phase that came to its end; ``stopped`` names the one
    that did not, if any, and ``done`` is how many calls of it were made.

    Raises:
        WrongWorkError: a page is not there after mmap, or is still there after munmap.
    """
    addrs = [WINDOW + STRIDE * number for number in range(pages)]
    us: dict[str, float] = {}
    for phase in PHASES:
        rng.shuffle(addrs)
        call, spent = getattr(contender, phase), 0.0
        for first in range(0, pages, BATCH):
            some = addrs[first : first + BATCH]
            start = time.process_time()
            call(some)
            now = time.process_time()
            spent += now - start
            if now > until and first + BATCH < pages:
                return {"us": us, "stopped": phase, "done": first + BATCH}
        us[phase] = spent / pages * 1e6
        if phase in {"mmap", "munmap"}:
            look(contender, rng.sample(addrs, min(SAMPLE, pages)), mapped=phase == "mmap")
    return {"us": us, "stopped": "", "done": 0}


def look(contender: Contender, addrs: Sequence[int], *, mapped: bool) -> None:
    """Are these pages as they should be?

    Raises:
        WrongWorkError: one is not.
    """
    for addr in addrs:
        if contender.has(addr) is not mapped:
            now = "not mapped" if mapped else "still mapped"
            raise WrongWorkError(f"{addr:#x} is {now}")


def version(name: str) -> str:
    """Which one it is."""
    if name == "live":
        return platform.release().partition("-")[0]
    return importlib.metadata.version("vmalab" if name == "model" else name)


def main(argv: Sequence[str]) -> int:
    """One contender: what it is, then an answer a request until there are no more."""
    (name,) = argv
    answers = os.fdopen(os.dup(ANSWERS), "w", buffering=1)
    os.dup2(LOG, ANSWERS)  # what a contender prints is no answer
    try:
        CONTENDERS[name]()
        print(json.dumps({"version": version(name)}), file=answers)
    except Exception as error:
        print(json.dumps({"cannot": f"{type(error).__name__}: {error}"}), file=answers)
        return 1
    for line in sys.stdin:
        request = json.loads(line)
        gc.collect()
        try:
            answer = compete(CONTENDERS[name](), **request)
        except Exception as error:
            answer = {"cannot": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
