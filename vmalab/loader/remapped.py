"""The article's conclusion, carried out: a library loaded by remap_file_pages, in one VMA.

    reserve   |-------------------------- ---: no rights, of the file --------------------------|
    segment   |text: r-x|                                   |data: rw-|                    one VMA
    bss       |text: r-x|                                   |data: rw-|bss: anon|
    relro     |text: r-x|                                   |r--|data |bss: anon|          still two

No overlay cuts the reservation, and the hole needs no call at all: what no segment covers keeps
the rights of the reservation, none. RELRO is left to mprotect, because remapping drops what a page
held, and by then that is the relocated addresses. A kernel for this was hoped for and never
written; it is ``linux-2.6-manyprots-private`` here, a counterfactual. On every other kernel a step
is refused.

What was said: Ulrich Drepper, 6 May 2006, Message-ID 445CC949.7050900@redhat.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vmalab.kernel import Kernel, Task
from vmalab.loader.elf import ElfFile
from vmalab.loader.eras import GLIBC_2_4
from vmalab.loader.library import bss_plan, check_library, relro_plan
from vmalab.loader.relocations import written_pages
from vmalab.loader.replay import Loaded, Loader, Moment, disk_source, reader_of
from vmalab.loader.steps import Step, map_file
from vmalab.mm.filemap import Source
from vmalab.records.resolve import Call
from vmalab.uapi.errors import VmalabSignal
from vmalab.uapi.mman import MAP_CHGPROT, PROT_NONE, format_prot
from vmalab.units import PAGE_SIZE, bytes_to_pages, page_align

ERA = GLIBC_2_4.name


def remapped_plan(elf: ElfFile, at: int, written: tuple[int, ...] = ()) -> tuple[Step, ...]:
    """Every step, when the kernel answers the first with ``at`` (bytes).

    Raises:
        ElfError: that ld.so would refuse the file.
    """
    check_library(elf, ERA)
    bias = at - elf.loads[0].mapstart
    pages = tuple(bias + page for page in written)
    return (
        _reserve(elf),
        *_segments(elf, bias),
        Step("relocate", "addresses are written into the data", written=pages),
        *relro_plan(elf, at, ERA),
    )


def _reserve(elf: ElfFile) -> Step:
    first = elf.loads[0]
    why = "room for all of it, with no rights: what no segment covers will keep none"
    return map_file("reserve", why, first.mapstart, elf.span, PROT_NONE, first.mapoff, fixed=False)


def _segments(elf: ElfFile, bias: int) -> Iterator[Step]:
    """Pages of the file, put where they belong, with the segment's rights; then the zeroes."""
    for number, one in enumerate(elf.loads):
        if one.mapend > one.mapstart:
            start, length = bias + one.mapstart, one.mapend - one.mapstart
            pgoff = bytes_to_pages(one.mapoff)
            why = f"segment {number}, {format_prot(one.prot)}, from page {pgoff} of the file"
            args = (start, length, one.prot, pgoff, MAP_CHGPROT)
            yield Step("segment", why, Call("remap_file_pages", args))
        if one.allocend > one.dataend:
            yield from bss_plan(one, bias)


def load_remapped(
    elf: ElfFile,
    *,
    kernel: str = "linux-2.6-manyprots-private",
    task: Task | None = None,
    source: Source | None = None,
) -> Loaded:
    """Carry the plan out, as far as the kernel lets it.

    Raises:
        ElfError: that ld.so would refuse the file, or die of it.
        ValueError: there is no such kernel.
    """
    check_library(elf, ERA)
    loader = Loader(task or Kernel(kernel).spawn())
    fd = loader.open(elf, source)
    first = _reserve(elf)
    at = loader.make(first, fd)
    span = (at, at + page_align(elf.span))
    moments = [Moment(first, at, loader.rows(*span), loader.refusal(at))]
    if at >= 0:
        written = written_pages(elf, reader_of(source or disk_source(elf.path)))
        moments += loader.run(remapped_plan(elf, at, written)[1:], fd, span)
    return Loaded(elf, loader.task.kernel.name, at, tuple(moments))


@dataclass(frozen=True, slots=True)
class PageSeen:
    """What a process can do with a page, found out by trying, and the word it begins with."""

    rights: str
    word: int | None


def pages_seen(task: Task, start: int, end: int) -> tuple[PageSeen, ...]:
    """Each page between two addresses, tried in every way; a write that is allowed changes nothing.

    >>> from vmalab.kernel import Kernel
    >>> task = Kernel().spawn()
    >>> at = task.mmap(None, 8192, 1, 0x22)
    >>> pages_seen(task, at, at + 4096)
    (PageSeen(rights='r--', word=0),)
    """
    return tuple(_page_seen(task, addr) for addr in range(start, end, PAGE_SIZE))


def _page_seen(task: Task, addr: int) -> PageSeen:
    word = None
    readable = _may(lambda: task.load(addr))
    if readable:
        word = int.from_bytes(task.load(addr, 4), "little")
    executable = _may(lambda: task.fetch(addr))
    writable = _may(lambda: task.touch_for_write(addr))
    letters = (("r", readable), ("w", writable), ("x", executable))
    return PageSeen("".join(letter if may else "-" for letter, may in letters), word)


def _may(access: Callable[[], object]) -> bool:
    try:
        access()
    except VmalabSignal:
        return False
    return True
