"""Makes shared libraries without a compiler or linker: any mix of segments that one likes to see.

A file has what ld.so insists on, and no more: the ELF header, program headers, and a dynamic
section with an empty symbol table, all at its start, inside the first segment. There is no code in
it and no section header. Page J of the file begins with the 32-bit word :func:`stamp` of J, so that
one can see which page of the file a page of memory shows; the first page begins as ELF files do.

    file    |header, program headers, dynamic|stamp 1 ....|stamp 2 ....|stamp 3 ...

dlopen takes it (tests/host/test_libraries.py).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from vmalab.loader.elf import DT_NULL, DT_TEXTREL, PF_R, PF_W, PF_X, Segment
from vmalab.units import PAGE_SIZE, bytes_to_pages, page_align, pages_to_bytes

HEAD_BYTES: Final = 0x800
"""What the first segment must hold at least: so much room is kept for headers and tables."""
PT_LOAD, PT_DYNAMIC, PT_TLS = 1, 2, 7
PT_GNU_STACK, PT_GNU_RELRO = 0x6474_E551, 0x6474_E552
DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT = 4, 5, 6, 10, 11
DT_RELA, DT_RELASZ, DT_RELAENT = 7, 8, 9
R_X86_64_RELATIVE: Final = 8
_EHDR: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_PHDR: Final = struct.Struct("<IIQQQQQQ")
_IDENT: Final = b"\x7fELF\x02\x01\x01" + bytes(9)
_SYMBOL: Final = bytes(24)
_STRINGS: Final = b"\0"
_HASH: Final = struct.pack("<4I", 1, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A library to be written. ``relocated`` are addresses (link-time) that ld.so shall write to.

    ``relro`` and ``tls`` are ranges: the first address and a length in bytes. ``stack_flags`` is
    None to leave PT_GNU_STACK out, as old tools did.
    """

    loads: tuple[Segment, ...]
    relro: tuple[int, int] | None = None
    tls: tuple[int, int] | None = None
    stack_flags: int | None = PF_R | PF_W
    textrel: bool = False
    relocated: tuple[int, ...] = ()
    name: str = "library.so"


def stamp(pgoff: int) -> int:
    """The word that a page of a written file begins with.

    >>> hex(stamp(0x1d3))
    '0xe1f001d3'
    """
    return 0xE1F0_0000 | pgoff


def write_elf(plan: Blueprint) -> bytes:
    """The file's bytes.

    Raises:
        ValueError: the first segment does not hold the start of the file, or not enough of it.
    """
    first = plan.loads[0]
    if first.offset_bytes or first.filesz < HEAD_BYTES:
        raise ValueError(f"the first segment must hold the file's first {HEAD_BYTES:#x} bytes")
    size = max(one.offset_bytes + one.filesz for one in plan.loads)
    pages = bytes_to_pages(page_align(size))
    body = b"".join(
        stamp(page).to_bytes(4, "little").ljust(PAGE_SIZE, b"\0") for page in range(pages)
    )
    head = _head(plan)
    if len(head) > HEAD_BYTES:
        raise ValueError(f"the tables take {len(head)} bytes of {HEAD_BYTES}: leave some out")
    return head + body[len(head) :]


def write_library(plan: Blueprint, folder: str | Path) -> Path:
    """Write the file into a folder, under the blueprint's name."""
    path = Path(folder) / plan.name
    path.write_bytes(write_elf(plan))
    return path


def _head(plan: Blueprint) -> bytes:
    """ELF header, program headers, tables; what the dynamic section points to comes before it."""
    count = (
        len(plan.loads)
        + 1
        + sum(part is not None for part in (plan.relro, plan.tls, plan.stack_flags))
    )
    start = plan.loads[0].vaddr
    tables = bytearray(_EHDR.size + _PHDR.size * count)
    places: dict[int, int] = {}
    for tag, data in ((DT_HASH, _HASH), (DT_STRTAB, _STRINGS), (DT_SYMTAB, _SYMBOL)):
        places[tag] = start + _append(tables, data)
    tags = [*places.items(), (DT_STRSZ, len(_STRINGS)), (DT_SYMENT, len(_SYMBOL))]
    if plan.relocated:
        rows = (struct.pack("<3Q", at, R_X86_64_RELATIVE, at) for at in plan.relocated)
        data = b"".join(rows)
        tags += [(DT_RELA, start + _append(tables, data)), (DT_RELASZ, len(data)), (DT_RELAENT, 24)]
    tags += [(DT_TEXTREL, 0)] * plan.textrel + [(DT_NULL, 0)]
    dynamic = b"".join(struct.pack("<2Q", *tag) for tag in tags)
    at = _append(tables, dynamic)
    headers = _program_headers(plan, at, len(dynamic))
    entry = sections = 0
    head = _EHDR.pack(
        _IDENT, 3, 62, 1, entry, _EHDR.size, sections, 0, _EHDR.size, _PHDR.size, count, 64, 0, 0
    )
    tables[: len(head) + len(headers)] = head + headers
    return bytes(tables)


def _append(tables: bytearray, data: bytes) -> int:
    """Put a table at the next multiple of 16; where that is."""
    tables += bytes(-len(tables) % 16)
    tables += data
    return len(tables) - len(data)


def _program_headers(plan: Blueprint, dynamic_at: int, dynamic_size: int) -> bytes:
    rows = [(PT_LOAD, one) for one in plan.loads]
    start = plan.loads[0].vaddr + dynamic_at
    rows.append((PT_DYNAMIC, Segment(dynamic_at, start, dynamic_size, dynamic_size, PF_R, 8)))
    for kind, part in ((PT_GNU_RELRO, plan.relro), (PT_TLS, plan.tls)):
        if part is not None:
            vaddr, length = part
            at = file_place(plan, vaddr)
            rows.append(
                (kind, Segment(at, vaddr, length if kind == PT_GNU_RELRO else 0, length, PF_R, 1))
            )
    if plan.stack_flags is not None:
        rows.append((PT_GNU_STACK, Segment(0, 0, 0, 0, plan.stack_flags, 16)))
    return b"".join(
        _PHDR.pack(kind, s.flags, s.offset_bytes, s.vaddr, s.vaddr, s.filesz, s.memsz, s.align)
        for kind, s in rows
    )


def file_place(plan: Blueprint, vaddr: int) -> int:
    """Which byte of the file an address shows, or 0 where it shows none."""
    for one in reversed(plan.loads):
        if one.vaddr <= vaddr < one.dataend:
            return one.offset_bytes + vaddr - one.vaddr
    return 0


def drepper(
    *,
    text: int = 4,
    gap: int = 252,
    relro: int = 2,
    data: int = 3,
    bss: int = 16,
    name: str = "drepper.so",
) -> Blueprint:
    """The classical library of 2006, in pages: text, a gap, relro, data and bss.

        file     | text | relro | data |
        memory   | text |  gap  ...  | relro | data | bss |

    With no gap, no relro or no bss it has so many VMAs fewer.
    """
    low, high = pages_to_bytes(text), pages_to_bytes(text + gap)
    filled, zeroes = pages_to_bytes(relro + data), pages_to_bytes(bss)
    loads = [Segment(0, 0, low, low, PF_R | PF_X, PAGE_SIZE)]
    if filled + zeroes:
        loads.append(Segment(low, high, filled, filled + zeroes, PF_R | PF_W, PAGE_SIZE))
    protected = (high, pages_to_bytes(relro)) if relro else None
    return Blueprint(tuple(loads), protected, name=name)


def shifted(plan: Blueprint, addr: int) -> Blueprint:
    """The same library linked for another address (bytes, whole pages): prelinked."""
    loads = tuple(replace(one, vaddr=one.vaddr + addr) for one in plan.loads)
    relro = None if plan.relro is None else (plan.relro[0] + addr, plan.relro[1])
    return replace(
        plan, loads=loads, relro=relro, relocated=tuple(a + addr for a in plan.relocated)
    )
