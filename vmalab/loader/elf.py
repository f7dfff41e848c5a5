"""An ELF file as loaders see it: program headers, and a few words of its dynamic section.

ld.so and execve look at nothing else: no section headers, no symbols. So nothing else is read
here, and never more than :data:`MOST_BYTES` of any file, however long it says its tables are.
pyelftools knows how the structures are laid out; whether their numbers make sense is judged here.

Mirrors: elf/dl-load.c:open_verify (glibc 2.36), fs/binfmt_elf.c:load_elf_phdrs (v6.18).
"""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from elftools.common.exceptions import ELFError
from elftools.common.utils import struct_parse
from elftools.elf.structs import ELFStructs

from vmalab.loader.errors import ElfError
from vmalab.uapi.mman import PROT_EXEC, PROT_READ, PROT_WRITE
from vmalab.units import PAGE_SIZE, page_align, page_align_down

MOST_HEADERS: Final = 65536 // 56
"""The kernel reads 64 KiB of program headers and no more (fs/binfmt_elf.c:load_elf_phdrs)."""
MOST_DYNAMIC: Final = 4096
"""So many entries of a dynamic section are looked at; real ones have some thirty."""
MOST_INTERP: Final = 4096
"""PATH_MAX: an interpreter's name is no longer (fs/binfmt_elf.c:load_elf_binary)."""
MOST_BYTES: Final = 64 + 56 * MOST_HEADERS + 16 * MOST_DYNAMIC + MOST_INTERP

PF_X, PF_W, PF_R = 1, 2, 4
DT_NULL, DT_PLTRELSZ, DT_RELA, DT_RELASZ, DT_TEXTREL, DT_JMPREL = 0, 2, 7, 8, 22, 23
DT_FLAGS, DT_RELRSZ, DT_RELR, DT_FLAGS_1 = 30, 35, 36, 0x6FFF_FFFB
_KEPT_TAGS: Final = {
    *(DT_PLTRELSZ, DT_RELA, DT_RELASZ, DT_TEXTREL, DT_JMPREL),
    *(DT_FLAGS, DT_RELRSZ, DT_RELR, DT_FLAGS_1),
}
DF_TEXTREL: Final = 0x4
DF_1_PIE: Final = 0x0800_0000
_X86_64: Final = "EM_X86_64"
_TYPES: Final = {"ET_DYN": "dyn", "ET_EXEC": "exec"}
_WORDS: Final = ELFStructs(little_endian=True, elfclass=64)
_WORDS.create_basic_structs()
_WORDS.create_advanced_structs()


@dataclass(frozen=True, slots=True)
class Segment:
    """One program header that has a place in memory (bytes throughout, but ``flags``: PF_*)."""

    offset_bytes: int
    vaddr: int
    filesz: int
    memsz: int
    flags: int
    align: int

    @property
    def prot(self) -> int:
        """The protection that mmap is asked for. Mirrors: elf/dl-load.c, the PF_TO_PROT table."""
        flags = self.flags
        read, write = PROT_READ * bool(flags & PF_R), PROT_WRITE * bool(flags & PF_W)
        return read | write | PROT_EXEC * bool(flags & PF_X)

    @property
    def mapstart(self) -> int:
        """The page that its first byte lies in. Mirrors: struct loadcmd."""
        return page_align_down(self.vaddr)

    @property
    def mapend(self) -> int:
        """The end of the page that its last byte from the file lies in."""
        return page_align(self.dataend)

    @property
    def dataend(self) -> int:
        """Where the bytes from the file end."""
        return self.vaddr + self.filesz

    @property
    def allocend(self) -> int:
        """Where it ends in memory; from ``dataend`` on, it is zeroes (bss)."""
        return self.vaddr + self.memsz

    @property
    def mapoff(self) -> int:
        """The page of the file that its first byte lies in, in bytes."""
        return page_align_down(self.offset_bytes)


@dataclass(frozen=True, slots=True)
class ElfFile:
    """What a loader knows of a file.

    ``stack_flags`` is None where PT_GNU_STACK is missing; ``tags`` are the entries of the dynamic
    section that matter here, the last of each kind.
    """

    path: str
    size: int
    kind: str
    entry: int
    loads: tuple[Segment, ...]
    dynamic: Segment | None
    relro: Segment | None
    tls: Segment | None
    stack_flags: int | None
    interp: str
    tags: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rsplit("/", 1)[-1]

    def tag(self, number: int) -> int | None:
        """The value of a dynamic entry, or None where there is none."""
        return next((value for tag, value in self.tags if tag == number), None)

    @property
    def textrel(self) -> bool:
        """Are there addresses to be written into segments that are not writable?"""
        return self.tag(DT_TEXTREL) is not None or bool((self.tag(DT_FLAGS) or 0) & DF_TEXTREL)

    @property
    def pie(self) -> bool:
        """Does it say of itself that it is a position-independent program?"""
        return bool((self.tag(DT_FLAGS_1) or 0) & DF_1_PIE)

    @property
    def span(self) -> int:
        """How many bytes of addresses it takes, from its first page to the end of its bss."""
        return self.loads[-1].allocend - self.loads[0].mapstart

    @property
    def max_align(self) -> int:
        """The largest alignment that a PT_LOAD asks for, if it is a power of two; else a page.

        Mirrors: elf/dl-load.c:_dl_map_object_from_fd (glibc 2.35), BZ 28676.
        """
        powers = (one.align for one in self.loads if one.align and not one.align & (one.align - 1))
        return max([PAGE_SIZE, *powers])


def read_elf(path: str | Path) -> ElfFile:
    """Read a file's program headers.

    Raises:
        ElfError: it is not a 64-bit x86-64 program or library, or its headers make no sense.
        OSError: it cannot be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a pipe must not hold us up
        raise ElfError(f"{path}: not a regular file")
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - raw: only what is asked for
        return parse_elf(file, os.fstat(file.fileno()).st_size, str(path))


def parse_elf(stream: BinaryIO | io.RawIOBase, size: int, path: str = "-") -> ElfFile:
    """The same of an open file (or bytes in memory) that is ``size`` bytes long."""
    reader = _Reader(stream, size, path)
    header = reader.header()
    rows = reader.program_headers(header)
    found = {kind: [row for word, row in rows if word == kind] for kind, _ in rows}
    dynamic = _last(found.get("PT_DYNAMIC", []))
    tags = reader.dynamic_tags(dynamic) if dynamic else {}
    stack = _last(found.get("PT_GNU_STACK", []))
    interp = _last(found.get("PT_INTERP", []))
    loads = tuple(found.get("PT_LOAD", []))
    if not loads:
        raise ElfError(f"{path}: it has no PT_LOAD segment: there is nothing to load")
    return ElfFile(
        path=path,
        size=size,
        kind=_TYPES[header["e_type"]],
        entry=header["e_entry"],
        loads=loads,
        dynamic=dynamic,
        relro=_last(found.get("PT_GNU_RELRO", [])),
        tls=_last(found.get("PT_TLS", [])),
        stack_flags=stack.flags if stack else None,
        interp=reader.interpreter(interp) if interp else "",
        tags=tuple(tags.items()),
    )


def _last(rows: list[Segment]) -> Segment | None:
    """Of several headers of a kind that should be one, ld.so keeps the last."""
    return rows[-1] if rows else None


class _Reader:
    """Reads pieces of one file, each of bounded size, and judges them."""

    def __init__(self, stream: BinaryIO | io.RawIOBase, size: int, path: str) -> None:
        self._stream, self._size, self._path = stream, size, path

    def _bad(self, what: str) -> ElfError:
        return ElfError(f"{self._path}: {what}")

    def _read(self, what: str, at: int, count: int) -> bytes:
        """So many bytes, all of which the file must have."""
        if at + count > self._size:
            raise self._bad(f"{what} would end at byte {at + count:,} of {self._size:,}: truncated")
        self._stream.seek(at)
        data = self._stream.read(count) or b""
        if len(data) < count:
            raise self._bad(f"{what} cannot be read: the file became shorter")
        return data

    def _parse(self, struct: Any, data: bytes, what: str) -> Any:
        try:
            return struct_parse(struct, io.BytesIO(data))
        except (ELFError, ValueError) as error:
            raise self._bad(f"{what} cannot be understood: {error}") from None

    def header(self) -> Any:
        """The ELF header, of a file that could be loaded here at all."""
        if not self._size:
            raise self._bad("the file is empty")
        magic = self._read("the magic number", 0, min(4, self._size))
        if magic != b"\x7fELF":
            raise self._bad("not an ELF file: it does not begin with 7f 45 4c 46")
        ident = self._read("the ELF header", 0, 16)
        if ident[4] != 2:
            words = "32-bit" if ident[4] == 1 else f"of class {ident[4]}"
            raise self._bad(f"it is {words}; give a 64-bit file")
        if ident[5] != 1:
            words = "big-endian" if ident[5] == 2 else f"of byte order {ident[5]}"
            raise self._bad(f"it is {words}; give a file for x86-64")
        header = self._parse(_WORDS.Elf_Ehdr, self._read("the ELF header", 0, 64), "its header")
        if header["e_machine"] != _X86_64:
            raise self._bad(f"it is for another machine ({header['e_machine']}), not x86-64")
        if header["e_type"] not in _TYPES:
            kind = str(header["e_type"])
            raise self._bad(f"it is {kind}: neither a program nor a shared library")
        return header

    def program_headers(self, header: Any) -> list[tuple[str, Segment]]:
        """Every program header, by the name of its kind."""
        count, each = header["e_phnum"], header["e_phentsize"]
        if not count:
            raise self._bad("it has no program headers: an object file, or a stripped one")
        if each != 56:
            raise self._bad(f"its program headers are {each} bytes each, not 56")
        if count > MOST_HEADERS:
            raise self._bad(f"{count} program headers; the kernel reads {MOST_HEADERS} at most")
        data = self._read("the table of program headers", header["e_phoff"], 56 * count)
        return [self._program_header(data[at : at + 56]) for at in range(0, 56 * count, 56)]

    def _program_header(self, data: bytes) -> tuple[str, Segment]:
        row = self._parse(_WORDS.Elf_Phdr, data, "a program header")
        segment = Segment(
            row["p_offset"],
            row["p_vaddr"],
            row["p_filesz"],
            row["p_memsz"],
            row["p_flags"],
            row["p_align"],
        )
        if segment.vaddr + max(segment.memsz, segment.filesz) + PAGE_SIZE >= 1 << 64:
            raise self._bad(f"a segment at {segment.vaddr:#x} ends beyond the last 64-bit address")
        return str(row["p_type"]), segment

    def interpreter(self, segment: Segment) -> str:
        """The path of the program interpreter (ld.so)."""
        if not 2 <= segment.filesz <= MOST_INTERP:
            raise self._bad(f"its interpreter's name is {segment.filesz:,} bytes long")
        data = self._read("its interpreter's name", segment.offset_bytes, segment.filesz)
        if data[-1]:
            raise self._bad("its interpreter's name does not end in a zero byte")
        return os.fsdecode(data[:-1].split(b"\0", 1)[0])

    def dynamic_tags(self, segment: Segment) -> dict[int, int]:
        """The entries of the dynamic section that matter here.

        A section that the file does not have, as in a file of debugging symbols, has no tags.
        """
        room = max(min(segment.filesz, self._size - segment.offset_bytes), 0)
        count = min(room // 16, MOST_DYNAMIC)
        data = self._read("the dynamic section", segment.offset_bytes, 16 * count) if count else b""
        tags: dict[int, int] = {}
        for at in range(0, len(data), 16):
            tag = int.from_bytes(data[at : at + 8], "little")
            if tag == DT_NULL:
                break
            if tag in _KEPT_TAGS:
                tags[tag] = int.from_bytes(data[at + 8 : at + 16], "little")
        return tags
