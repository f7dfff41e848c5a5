"""execve's plan: how the kernel itself maps an executable and its interpreter.

It is not done as ld.so does it. A hole between segments stays *unmapped*, where ld.so leaves it
mapped without rights; bss is always readable and writable; and no RELRO is applied: that is left to
ld.so, which runs later.

    ld.so     |-- text --|-------- hole: --- --------|-- data --|
    execve    |-- text --|                           |-- data --|

Mirrors: fs/binfmt_elf.c:load_elf_binary, elf_load, load_elf_interp, elf_map (v6.18), set_brk,
padzero (v2.6.18).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmalab.loader.elf import ElfFile, Segment
from vmalab.loader.eras import ExecEra
from vmalab.loader.errors import ElfError
from vmalab.loader.steps import Step, map_file, map_memory, pages_around, unmap
from vmalab.uapi.mman import PROT_EXEC, PROT_READ, PROT_WRITE, format_prot
from vmalab.units import PAGE_SIZE, page_align, page_align_down

PIE_BASE = page_align_down((1 << 47) // 3 * 2)
"""Where a position-independent program goes without randomisation: two thirds up.

Mirrors: arch/x86/include/asm/elf.h:ELF_ET_DYN_BASE.

>>> hex(PIE_BASE)
'0x555555554000'
"""


def check_program(elf: ElfFile) -> None:
    """What execve asks of a file before it maps anything.

    Raises:
        ElfError: that execve would answer ENOEXEC or EINVAL, or kill the new process.
    """
    for one in elf.loads:
        if one.filesz > one.memsz:
            raise ElfError(f"{elf.path}: a segment has more bytes in the file than in memory")
        if one.filesz and (one.vaddr - one.offset_bytes) % PAGE_SIZE:
            raise ElfError(
                f"{elf.path}: a segment's address {one.vaddr:#x} and its place in the file,"
                f" {one.offset_bytes:#x}, cannot share a page"
            )


def span_of(elf: ElfFile) -> int:
    """From the first segment's page to the highest end, in bytes.

    Mirrors: fs/binfmt_elf.c:total_mapping_size.
    """
    return max(one.allocend for one in elf.loads) - min(one.mapstart for one in elf.loads)


def pie_base(elf: ElfFile) -> int:
    """Where a position-independent program's first page goes, without randomisation.

    The base, and not the first page, is a multiple of the largest alignment.
    """
    bias = PIE_BASE & ~(elf.max_align - 1)
    return page_align_down(bias - elf.loads[0].vaddr) + elf.loads[0].mapstart


def program_plan(elf: ElfFile, era: ExecEra, at: int | None, *, whole: bool) -> tuple[Step, ...]:
    """Every step of mapping one file, when its first page comes to ``at`` (bytes).

    ``at`` is None where the kernel is to choose; then only the first step is made. ``whole``: is
    the span reserved first, as is done for an interpreter, and, of late, for a PIE?

    Raises:
        ElfError: that execve would refuse the file.
    """
    check_program(elf)
    first = elf.loads[0]
    if at is None:
        return (_reserve(elf, first.mapstart if era.interp_hint else 0, fixed=False),)
    bias = at - first.mapstart
    steps: list[Step] = []
    for number, one in enumerate(elf.loads):
        if not number and whole:
            steps += [_reserve(elf, at, fixed=True), *_cut(elf, at)]
        elif one.filesz:
            why = f"segment {number}, {format_prot(one.prot)}"
            start, end = bias + one.mapstart, bias + one.mapend
            steps.append(map_file("segment", why, start, end - start, one.prot, one.mapoff))
        if era.bss == "after each segment":
            steps += _bss(one, bias, era)
        else:
            steps += _brk_below(elf, number, bias)
    return tuple(steps)


def _reserve(elf: ElfFile, at: int, *, fixed: bool) -> Step:
    """Room for all of it: where, the kernel knows, or chooses (and ``at`` is a hint)."""
    first, length = elf.loads[0], page_align(span_of(elf))
    why = "segment 0, mapped long enough for all of them"
    return map_file("reserve", why, at, length, first.prot, first.mapoff, fixed=fixed)


def _cut(elf: ElfFile, at: int) -> Iterator[Step]:
    """What is beyond the first segment goes back at once: the room is known to be free."""
    start = at + elf.loads[0].mapend - elf.loads[0].mapstart
    end = at + page_align(span_of(elf))
    if start < end:
        yield unmap("reserve", "and cut to its own length", start, end)


def _bss(one: Segment, bias: int, era: ExecEra) -> Iterator[Step]:
    """A segment's zeroes; a page that may not be written keeps what the file has there."""
    if one.memsz <= one.filesz:
        return
    zero, end = bias + one.dataend, bias + one.allocend
    if one.filesz and zero != page_align(zero):
        why = "the rest of the last page of the file is bss"
        yield Step("zero", why, wipe=(zero, page_align(zero)), wipe_may_fail=True)
    start, end = (page_align(zero) if one.filesz else page_align_down(zero)), page_align(end)
    if start < end:
        prot = PROT_READ | PROT_WRITE
        if era.bss_exec:
            prot |= one.prot & PROT_EXEC
        why = "the bss that no page of the file reaches: anonymous, readable and writable"
        yield map_memory("bss", why, start, end - start, prot)


def _brk_below(elf: ElfFile, number: int, bias: int) -> Iterator[Step]:
    """One bss up to the highest end so far, made when a later segment, or none, follows.

    Mirrors: fs/binfmt_elf.c:set_brk, padzero (v2.6.18): elf_bss and elf_brk are maxima.
    """
    done = elf.loads[: number + 1]
    bss = bias + max(one.dataend for one in done)
    brk = bias + max(one.allocend for one in done)
    if brk <= bss or not done[-1].memsz > done[-1].filesz:
        return
    start, end = page_align(bss), page_align(brk)
    if bss < start:
        why = "the rest of the last page of the file is bss"
        yield Step("zero", why, wipe=(bss, start), wipe_may_fail=True)
    if start < end:
        why = "one bss, up to the highest end: anonymous, readable and writable"
        yield map_memory("bss", why, start, end - start, PROT_READ | PROT_WRITE)


def covered(elf: ElfFile, at: int) -> tuple[int, int]:
    """The pages that a file at ``at`` may take, as two addresses."""
    return pages_around(at, at + span_of(elf))
