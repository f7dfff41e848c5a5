"""Which pages ld.so writes to when it relocates a library.

It matters little to the layout, but not never: a page that was written to has an ``anon_vma``, and
anonymous memory that has none forgets VM_ACCOUNT when it becomes read-only.

Mirrors: elf/dynamic-link.h:ELF_DYNAMIC_RELOCATE, elf/do-rel.h, sysdeps/x86_64/dl-machine.h (2.36).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

from vmalab.loader.elf import (
    DT_JMPREL,
    DT_PLTRELSZ,
    DT_RELA,
    DT_RELASZ,
    DT_RELR,
    DT_RELRSZ,
    PF_W,
    ElfFile,
)
from vmalab.units import page_align_down

Read = Callable[[int, int], bytes]
"""Bytes of a file: from where, and how many at most."""

MOST_ENTRIES: Final = 1 << 20
"""So many entries of a table are looked at: 24 MiB. The largest library here has a sixth of it."""
_CHUNK: Final = 24 * 2048
_RELA: Final = struct.Struct("<QQq")
_WORD: Final = struct.Struct("<Q")
R_X86_64_NONE: Final = 0


def written_pages(elf: ElfFile, read: Read) -> tuple[int, ...]:
    """The link-time addresses of the pages that relocation writes to, lowest first.

    A writable dynamic section is written to as well: its addresses are made absolute in place.
    """
    pages: set[int] = set()
    for table, size in ((DT_RELA, DT_RELASZ), (DT_JMPREL, DT_PLTRELSZ)):
        for data in _chunks(elf, read, elf.tag(table), elf.tag(size)):
            whole = len(data) // _RELA.size * _RELA.size
            pages.update(
                page_align_down(at)
                for at, info, _ in _RELA.iter_unpack(data[:whole])
                if info & 0xFFFF_FFFF != R_X86_64_NONE
            )
    pages.update(map(page_align_down, _relative(elf, read)))
    if elf.dynamic is not None and elf.dynamic.flags & PF_W:
        pages.add(page_align_down(elf.dynamic.vaddr))
    first, last = elf.loads[0].mapstart, elf.loads[-1].allocend
    return tuple(sorted(page for page in pages if first <= page < last))


def _chunks(elf: ElfFile, read: Read, vaddr: int | None, size: int | None) -> Iterator[bytes]:
    """A table, a piece at a time; nothing where there is none, or it is not in the file."""
    at = _place(elf, vaddr)
    left = min(size or 0, MOST_ENTRIES * _RELA.size)
    while at is not None and left > 0:
        data = read(at, min(left, _CHUNK))
        if not data:
            return
        yield data
        at, left = at + len(data), left - len(data)


def _place(elf: ElfFile, vaddr: int | None) -> int | None:
    """Which byte of the file an address shows."""
    if vaddr is not None:
        for one in reversed(elf.loads):
            if one.vaddr <= vaddr < one.dataend:
                return one.offset_bytes + vaddr - one.vaddr
    return None


def _relative(elf: ElfFile, read: Read) -> Iterator[int]:
    """The addresses of DT_RELR: an even word is one, an odd word has a bit for each of the next 63.

    Mirrors: elf/dynamic-link.h:elf_dynamic_do_relr.
    """
    at = 0
    for data in _chunks(elf, read, elf.tag(DT_RELR), elf.tag(DT_RELRSZ)):
        for (word,) in _WORD.iter_unpack(data[: len(data) // 8 * 8]):
            if not word & 1:
                yield word
                at = word + 8
            else:
                yield from (at + 8 * bit for bit in range(63) if word >> bit + 1 & 1)
                at += 8 * 63
