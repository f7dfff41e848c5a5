"""ld.so's plan: the system calls by which a shared library comes into memory.

A library is reserved first, whole and in one piece, so that its parts keep their distances; then
the parts that differ are laid over it:

    reserve   |------------------------ text: r-x, past the end of the file -----------------|
    seal      |---- text ----|-------------------- hole: --- --------------------------------|
    segment   |---- text ----|-------- hole --------|--------- data: rw- ---------|----------|
    bss       |---- text ----|-------- hole --------|--------- data: rw- ---------|bss: anon |
    relro     |---- text ----|-------- hole --------| relro: r-- |---- data: rw- -|bss: anon |

Mirrors: elf/dl-load.c:_dl_map_object_from_fd, elf/dl-map-segments.h:_dl_map_segments,
elf/dl-reloc.c:_dl_relocate_object, _dl_protect_relro (glibc; :mod:`vmalab.loader.eras`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmalab.loader.elf import PF_X, ElfFile, Segment
from vmalab.loader.eras import ERAS, NEWEST, Era
from vmalab.loader.errors import ElfError
from vmalab.loader.steps import Step, align_up, map_file, map_memory, protect, unmap
from vmalab.uapi.mman import PROT_NONE, PROT_READ, PROT_WRITE, format_prot
from vmalab.units import PAGE_SIZE, offset_in_page, page_align, page_align_down


def era_of(name: str) -> Era:
    """The ld.so of a release.

    Raises:
        ValueError: none of that release is known.
    """
    if name not in ERAS:
        raise ValueError(f"no ld.so {name!r} is known; choose one of {', '.join(ERAS)}")
    return ERAS[name]


def check_library(elf: ElfFile, era: str = NEWEST) -> None:
    """What ld.so asks of a file before it maps anything.

    Raises:
        ElfError: that ld.so would refuse to load it; the words say why.
    """
    rules = era_of(era)
    if elf.kind != "dyn":
        raise ElfError(f"{elf.path}: a program with fixed addresses (ET_EXEC) cannot be dlopened")
    for one in elf.loads:
        _check_alignment(elf, one, rules)
    if elf.dynamic is None:
        raise ElfError(f"{elf.path}: it has no dynamic section: it is linked statically")
    if elf.pie and not rules.loads_pie:
        raise ElfError(f"{elf.path}: a position-independent program cannot be dlopened")
    if elf.span <= 0:
        raise ElfError(f"{elf.path}: its last segment ends at or below where its first one begins")
    if rules.checks_holes and has_holes(elf) and elf.loads[-1].mapstart < elf.loads[0].mapend:
        raise ElfError(f"{elf.path}: its last segment begins below the end of its first one")


def _check_alignment(elf: ElfFile, one: Segment, rules: Era) -> None:
    """Can the segment's pages be pages of the file at all?"""
    if rules.strict_align and offset_in_page(one.align):
        raise ElfError(f"{elf.path}: a segment's alignment, {one.align:#x}, is not whole pages")
    modulus = one.align if rules.strict_align and one.align else PAGE_SIZE
    if (one.vaddr - one.offset_bytes) % modulus:
        raise ElfError(
            f"{elf.path}: a segment's address {one.vaddr:#x} and its place in the file,"
            f" {one.offset_bytes:#x}, differ modulo {modulus:#x}"
        )


def has_holes(elf: ElfFile) -> bool:
    """Does any segment begin elsewhere than where the bytes of the one before it end?

    The file's bytes count: a segment whose bss reaches up to the next one leaves a hole too.
    """
    pairs = zip(elf.loads, elf.loads[1:], strict=False)
    return any(low.mapend != high.mapstart for low, high in pairs)


def reserve(elf: ElfFile, era: str = NEWEST) -> Step:
    """The first call: room for all of it, which the kernel may choose.

    Where more than a page's alignment is asked for, more room is reserved, of no file and with no
    rights; what is too much goes back in the next steps.
    """
    first = elf.loads[0]
    if _alignment(elf, era) <= PAGE_SIZE:
        why = f"room for all {elf.span:#x} bytes at once, though the file may be shorter"
        return map_file(
            "reserve", why, first.mapstart, elf.span, first.prot, first.mapoff, fixed=False
        )
    why = f"room enough to find a multiple of {elf.max_align:#x} in it"
    return map_memory("reserve", why, first.mapstart, _room(elf), PROT_NONE, fixed=False)


def _alignment(elf: ElfFile, era: str) -> int:
    return elf.max_align if era_of(era).aligns else PAGE_SIZE


def _room(elf: ElfFile) -> int:
    """How much is reserved to find an aligned place in. Mirrors: _dl_map_segment (glibc 2.35)."""
    return elf.span + elf.max_align if elf.span >= elf.max_align else 2 * elf.max_align


def base_of(elf: ElfFile, at: int, era: str = NEWEST) -> int:
    """Where the library begins, once the kernel has answered the reservation with ``at``."""
    align = _alignment(elf, era)
    return align_up(at, align) if align > PAGE_SIZE else at


def library_plan(
    elf: ElfFile,
    at: int,
    era: str = NEWEST,
    *,
    stack_is_executable: bool = False,
    written: Sequence[int] = (),
) -> tuple[Step, ...]:
    """Every step of a library's loading, when the kernel answers the first with ``at``.

    ``written`` are the pages (link-time addresses) that relocation writes to, where they are known:
    :func:`vmalab.loader.relocations.written_pages`.

    Raises:
        ElfError: that ld.so would refuse the file.
        ValueError: no such era.
    """
    check_library(elf, era)
    rules, base = era_of(era), base_of(elf, at, era)
    bias = base - elf.loads[0].mapstart
    return (
        reserve(elf, era),
        *_align(elf, at, base, era),
        *_seal(elf, bias, rules),
        *_segments(elf, bias),
        *_stack(elf, stack_is_executable=stack_is_executable),
        *_relocate(elf, bias, rules, tuple(bias + page for page in written)),
        *relro_plan(elf, base, era),
    )


def _align(elf: ElfFile, at: int, base: int, era: str) -> Iterator[Step]:
    """Put the file at the aligned place, and give the rest of the reservation back."""
    if _alignment(elf, era) > PAGE_SIZE:
        first, end = elf.loads[0], at + _room(elf)
        why = "the file, at the aligned place"
        yield map_file("reserve", why, base, elf.span, first.prot, first.mapoff)
        if at < base:
            yield unmap("reserve", "what lies below it goes back", at, base)
        if base + page_align(elf.span) < end:
            yield unmap("reserve", "and what lies above it", base + page_align(elf.span), end)


def _seal(elf: ElfFile, bias: int, rules: Era) -> Iterator[Step]:
    """Take all rights from what lies between the segments."""
    if has_holes(elf):
        last = elf.loads[-1]
        far = rules.sealed == "to the end of the bss"
        end = bias + (last.allocend if far else last.mapstart)
        why = "nobody may touch what lies between the segments; the next steps cover part of it"
        yield protect("seal", why, bias + elf.loads[0].mapend, end, PROT_NONE)


def _segments(elf: ElfFile, bias: int) -> Iterator[Step]:
    """Lay each segment over the reservation, and make its bss.

    The first is there already: the reservation has its rights and its place in the file.
    """
    for number, one in enumerate(elf.loads):
        if number and one.mapend > one.mapstart:
            why = f"segment {number}, {format_prot(one.prot)}, over the reservation"
            start, length = bias + one.mapstart, one.mapend - one.mapstart
            yield map_file("segment", why, start, length, one.prot, one.mapoff)
        if one.allocend > one.dataend:
            yield from bss_plan(one, bias)


def bss_plan(one: Segment, bias: int) -> Iterator[Step]:
    """Zeroes from the end of the file's bytes: the rest of that page by hand, then new pages.

    file's last page            new pages
    |data data data 0 0 0 0 0 |  0 0 0 0 0 0 0 0 |
                    ^ dataend ^ zeropage         ^ allocend
    """
    zero, end = bias + one.dataend, bias + one.allocend
    zeropage = min(page_align(zero), end)
    if zero < zeropage:
        page = page_align_down(zero)
        locked = not one.prot & PROT_WRITE
        if locked:
            why = "the page that bss begins in must be written to"
            yield protect("zero", why, page, page + PAGE_SIZE, one.prot | PROT_WRITE)
        yield Step("zero", "the rest of the last page of the file is bss", wipe=(zero, zeropage))
        if locked:
            yield protect("zero", "and it is as it was", page, page + PAGE_SIZE, one.prot)
    if zeropage < end:
        why = "the bss that no page of the file reaches: anonymous, with the segment's rights"
        yield map_memory("bss", why, zeropage, end - zeropage, one.prot)


def _stack(elf: ElfFile, *, stack_is_executable: bool) -> Iterator[Step]:
    """A library that wants an executable stack gets one; nothing changes in the library itself."""
    if not stack_is_executable and (elf.stack_flags is None or elf.stack_flags & PF_X):
        yield Step("stack", "it asks for an executable stack: [stack] becomes rwxp")


def _relocate(elf: ElfFile, bias: int, rules: Era, written: tuple[int, ...]) -> Iterator[Step]:
    """Write addresses into the library; into its text, too, where it was not made for sharing."""
    locked = [one for one in elf.loads if not one.prot & PROT_WRITE] if elf.textrel else []
    for one in locked:
        start, end = bias + one.mapstart, bias + page_align(one.allocend)
        prot = one.prot & rules.text_prot | PROT_WRITE | (0 if rules.text_prot else PROT_READ)
        why = "DT_TEXTREL: there are addresses to be written into it"
        yield protect("relocate", why, start, end, prot)
    yield Step("relocate", "addresses are written into the data", written=written)
    for one in reversed(locked):
        start, end = bias + one.mapstart, bias + page_align(one.allocend)
        yield protect("relocate", "DT_TEXTREL: it is as it was", start, end, one.prot)


def relro_plan(elf: ElfFile, base: int, era: str = NEWEST) -> Iterator[Step]:
    """What nobody writes to after relocation becomes read-only: whole pages, rounded *down*.

    ld.so does this for the program and for itself, too, which execve has mapped.
    """
    relro, bias = elf.relro, base - elf.loads[0].mapstart
    if era_of(era).relro and relro is not None and relro.memsz:
        start, end = page_align_down(bias + relro.vaddr), page_align_down(bias + relro.allocend)
        if start != end:
            why = "relocated, and never to be written to again"
            yield protect("relro", why, start, end, PROT_READ)
