"""A desktop full of libraries: many processes, each with the same few dozen of them.

    2006    |text|gap|relro|data|bss|           5 VMAs at most, 3.6 on average
    today   |r--|text|r--|relro|data|bss|       6 at most, 5.4 on average, and no gap any more
    remap   |library                |bss|       what the patch was hoped to lead to, and never did

The libraries of 2006 have the shapes of those that /bin/mount had on Fedora Core 5; those of today
the shape that GNU ld gives by default, two in five with a bss, as was counted in a process with 212
of them (vmalab/loader/recorded). ld.so loads each one as it does, call by call, and relocates an
address in the first page of its data, and one in the last: with that, the data has an anon_vma.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from vmalab.kernel import Kernel, Task
from vmalab.loader.elf import PF_R, PF_W, PF_X, ElfFile, Segment
from vmalab.loader.eras import GLIBC_2_4, GLIBC_2_36
from vmalab.loader.errors import ElfError
from vmalab.loader.history import written
from vmalab.loader.recorded import areas_of, blueprint_of, libraries_of
from vmalab.loader.remapped import load_remapped
from vmalab.loader.replay import load_library
from vmalab.loader.writer import Blueprint
from vmalab.mm.filemap import Source
from vmalab.units import PAGE_SIZE, pages_to_bytes
from vmalab.workloads.costs import anon_vma_bytes, vma_bytes

SHAPES: Final = {"2006": GLIBC_2_4.name, "today": GLIBC_2_36.name}
"""The libraries of two times, and the ld.so that loads them."""
POLICIES: Final = ("ld.so", "remap")
_WITH_BSS: Final = 83 / 212
"""So many libraries have a bss of whole pages, in the largest process of counted.toml."""

Library = tuple[ElfFile, Source]


@dataclass(frozen=True, slots=True)
class Desktop:
    """What a desktop costs its kernel: counts over all processes, and bytes."""

    kernel: str
    policy: str
    shapes: str
    processes: int
    libraries: int
    """In each process."""
    vmas: int
    anon_vmas: int
    vma_bytes: int
    """With the nodes of the tree that finds them, where it has any."""
    anon_vma_bytes: int
    table_bytes: int

    @property
    def vmas_a_library(self) -> float:
        """How many VMAs one library takes."""
        return self.vmas / (self.processes * self.libraries)


def fill_desktop(
    kernel: Kernel,
    policy: str = "ld.so",
    *,
    shapes: str = "2006",
    processes: int = 20,
    libraries: int = 10,
    seed: int = 2006,
) -> Desktop:
    """Start processes, and load the same libraries into each of them.

    ``remap`` loads them as Ulrich Drepper hoped to: only a kernel that never was does it.

    Raises:
        ValueError: no such policy, or no such shapes.
        ElfError: the kernel refused to load a library in this way; the text says why.

    >>> [fill_desktop(Kernel(name), processes=2).vmas for name in ("linux-2.6", "linux-6")]
    [72, 72]
    >>> fill_desktop(Kernel("linux-2.6-manyprots-private"), "remap", processes=2).vmas
    26
    """
    for word, known in ((policy, POLICIES), (shapes, tuple(SHAPES))):
        if word not in known:
            msg = f"{word!r} fills no desktop; choose one of {', '.join(known)}"
            raise ValueError(msg)
    files = pool(shapes, libraries, seed)
    tasks = [kernel.spawn() for _ in range(processes)]
    for task in tasks:
        for elf, source in files:
            _load(task, elf, source, policy, SHAPES[shapes])
    return _count(kernel, tasks, policy, shapes, libraries)


def _load(task: Task, elf: ElfFile, source: Source, policy: str, era: str) -> None:
    """One library into one process, to the end."""
    if policy == "remap":
        loaded = load_remapped(elf, task=task, source=source)
    else:
        loaded = load_library(elf, era=era, task=task, source=source)
    if loaded.refused:
        raise ElfError(f"{elf.path} was not loaded: {loaded.refused}")


def _count(kernel: Kernel, tasks: list[Task], policy: str, shapes: str, libraries: int) -> Desktop:
    areas = [vma for task in tasks for vma in task.mm.tree]
    tied = [vma.anon_vma for vma in areas if vma.anon_vma is not None]
    anon_vmas, arch = len({id(one) for one in tied}), kernel.policy.arch
    return Desktop(
        kernel.name,
        policy,
        shapes,
        len(tasks),
        libraries,
        len(areas),
        anon_vmas,
        vma_bytes(kernel.name, kernel.policy.sizeof_vma, len(areas)),
        anon_vma_bytes(kernel.name, arch, anon_vmas, len(tied)),
        sum(task.mm.pgtable.nr_bytes for task in tasks),
    )


@cache
def pool(shapes: str, libraries: int, seed: int) -> tuple[Library, ...]:
    """So many libraries, no two with the same name."""
    if shapes == "2006":
        plans = _recorded()
        chosen = [plans[number % len(plans)] for number in range(libraries)]
    else:
        rng = random.Random(seed)
        chosen = [_modern(rng, bss=_with_bss(number)) for number in range(libraries)]
    return tuple(
        written(_relocated(plan), f"/lib/lib{number}.so") for number, plan in enumerate(chosen)
    )


def _recorded() -> list[Blueprint]:
    """The libraries of Fedora Core 5's /bin/mount, but for ld.so, which the kernel loads."""
    found = libraries_of(areas_of()).items()
    return [blueprint_of(rows) for name, rows in found if "/ld-" not in name]


def _relocated(plan: Blueprint) -> Blueprint:
    """With words to be written to where data begins and ends, if there is data."""
    data = plan.loads[-1]
    if not data.flags & PF_W:
        return plan
    first, last = data.vaddr + 8, data.vaddr + data.filesz - 8
    return replace(plan, relocated=(first, last))


def _with_bss(number: int) -> bool:
    """Spread over the libraries, so that any first few have their share.

    >>> sum(_with_bss(number) for number in range(212))
    83
    """
    return int((number + 1) * _WITH_BSS) > int(number * _WITH_BSS)


def _modern(rng: random.Random, *, bss: bool) -> Blueprint:
    """What GNU ld makes: headers, text, constants, then RELRO and data, adjacent in memory."""
    rights = (PF_R, PF_R | PF_X, PF_R)
    sizes = (rng.randint(1, 8), rng.randint(4, 64), rng.randint(1, 16))
    loads, page = [], 0
    for flags, size in zip(rights, sizes, strict=True):
        loads.append(_segment(page, page, size, flags))
        page += size
    relro, data, zeroes = rng.randint(1, 4), rng.randint(1, 4), rng.randint(1, 8) * bss
    loads.append(_segment(page, page, relro + data, PF_R | PF_W, zeroes))
    return Blueprint(tuple(loads), (pages_to_bytes(page), pages_to_bytes(relro)))


def _segment(pgoff: int, vpn: int, pages: int, flags: int, zeroes: int = 0) -> Segment:
    """A segment of whole pages of the file, with pages of zeroes behind."""
    filled = pages_to_bytes(pages)
    memory = filled + pages_to_bytes(zeroes)
    return Segment(pages_to_bytes(pgoff), pages_to_bytes(vpn), filled, memory, flags, PAGE_SIZE)
