"""The numbers of ``<sys/mman.h>`` on x86, and the names they print as.

Mirrors: include/uapi/asm-generic/mman-common.h, include/uapi/linux/mman.h,
arch/x86/include/uapi/asm/mman.h (v6.18; the subset that 2.6.18 had carries the same values).

The core computes with plain ints (``enum.IntFlag`` makes ``&`` a hundred times dearer); names
belong to the formatters at the end of this file.
"""

from collections.abc import Mapping
from typing import Final

PROT_NONE: Final = 0x0
PROT_READ: Final = 0x1
PROT_WRITE: Final = 0x2
PROT_EXEC: Final = 0x4
PROT_SEM: Final = 0x8
PROT_GROWSDOWN: Final = 0x01000000
PROT_GROWSUP: Final = 0x02000000

MAP_SHARED: Final = 0x01
MAP_PRIVATE: Final = 0x02
MAP_SHARED_VALIDATE: Final = 0x03
MAP_DROPPABLE: Final = 0x08
MAP_TYPE: Final = 0x0F
MAP_FIXED: Final = 0x10
MAP_ANONYMOUS: Final = 0x20
MAP_32BIT: Final = 0x40
MAP_ABOVE4G: Final = 0x80
MAP_GROWSDOWN: Final = 0x0100
MAP_DENYWRITE: Final = 0x0800
MAP_EXECUTABLE: Final = 0x1000
MAP_LOCKED: Final = 0x2000
MAP_NORESERVE: Final = 0x4000
MAP_POPULATE: Final = 0x8000
MAP_NONBLOCK: Final = 0x10000
MAP_STACK: Final = 0x20000
MAP_HUGETLB: Final = 0x40000
MAP_SYNC: Final = 0x80000
MAP_FIXED_NOREPLACE: Final = 0x100000
MAP_UNINITIALIZED: Final = 0x4000000
MAP_HUGE_2MB: Final = 21 << 26
MAP_HUGE_1GB: Final = 30 << 26

MAP_CHGPROT: Final = 0x20000
"""remap_file_pages(2) only, in the 2006 patch; MAP_STACK took the number later."""

MREMAP_MAYMOVE: Final = 1
MREMAP_FIXED: Final = 2
MREMAP_DONTUNMAP: Final = 4

MLOCK_ONFAULT: Final = 1

MS_ASYNC: Final = 1
MS_INVALIDATE: Final = 2
MS_SYNC: Final = 4

MADV_NORMAL: Final = 0
MADV_RANDOM: Final = 1
MADV_SEQUENTIAL: Final = 2
MADV_WILLNEED: Final = 3
MADV_DONTNEED: Final = 4
MADV_FREE: Final = 8
MADV_REMOVE: Final = 9
MADV_DONTFORK: Final = 10
MADV_DOFORK: Final = 11
MADV_MERGEABLE: Final = 12
MADV_UNMERGEABLE: Final = 13
MADV_HUGEPAGE: Final = 14
MADV_NOHUGEPAGE: Final = 15
MADV_DONTDUMP: Final = 16
MADV_DODUMP: Final = 17
MADV_WIPEONFORK: Final = 18
MADV_KEEPONFORK: Final = 19
MADV_COLD: Final = 20
MADV_PAGEOUT: Final = 21
MADV_POPULATE_READ: Final = 22
MADV_POPULATE_WRITE: Final = 23
MADV_DONTNEED_LOCKED: Final = 24
MADV_COLLAPSE: Final = 25
MADV_GUARD_INSTALL: Final = 102
MADV_GUARD_REMOVE: Final = 103


def _names(prefix: str) -> dict[str, int]:
    """This module's constants that begin with ``prefix``, by their short lower-case name."""
    return {k[len(prefix) :].lower(): v for k, v in globals().items() if k.startswith(prefix)}


def _swap(names: Mapping[str, int], short: Mapping[str, str]) -> dict[str, int]:
    """The same table with some names replaced by those the program format uses."""
    return {short.get(name, name): value for name, value in names.items()}


MMAP_FLAGS: Final[Mapping[str, int]] = {
    name: value
    for name, value in _swap(_names("MAP_"), {"anonymous": "anon"}).items()
    if name not in {"type", "chgprot", "shared_validate", "huge_2mb", "huge_1gb"}
}
"""Flag names of mmap lines in the program format, and their bits."""
REMAP_FLAGS: Final[Mapping[str, int]] = {"nonblock": MAP_NONBLOCK, "chgprot": MAP_CHGPROT}
MREMAP_FLAGS: Final[Mapping[str, int]] = _names("MREMAP_")
MLOCK_FLAGS: Final[Mapping[str, int]] = {"onfault": MLOCK_ONFAULT}
MSYNC_FLAGS: Final[Mapping[str, int]] = _names("MS_")
MADVICE: Final[Mapping[str, int]] = _swap(_names("MADV_"), {"sequential": "seq"})


def format_prot(prot: int) -> str:
    """A protection as a C programmer writes it.

    >>> format_prot(3), format_prot(0), format_prot(0x41)
    ('PROT_READ|PROT_WRITE', 'PROT_NONE', 'PROT_READ|0x40')
    """
    return _format_bits(prot, "PROT_", _names("PROT_")) or "PROT_NONE"


def format_map_flags(flags: int) -> str:
    """mmap flags as a C programmer writes them; the type first.

    >>> format_map_flags(0x32)
    'MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS'
    """
    kinds = {1: "MAP_SHARED", 2: "MAP_PRIVATE", 3: "MAP_SHARED_VALIDATE", 8: "MAP_DROPPABLE"}
    kind, rest = flags & MAP_TYPE, flags & ~MAP_TYPE
    skip = {"shared", "private", "droppable", "shared_validate", "type", "chgprot"}
    skip |= {"huge_2mb", "huge_1gb"}
    bits = {name: value for name, value in _names("MAP_").items() if name not in skip}
    words = [kinds.get(kind, hex(kind))] if kind else []
    return "|".join([*words, *filter(None, [_format_bits(rest, "MAP_", bits)])]) or "0"


def format_advice(advice: int) -> str:
    """An madvise(2) advice by name.

    >>> format_advice(4), format_advice(77)
    ('MADV_DONTNEED', '77')
    """
    return next(
        (f"MADV_{k.upper()}" for k, v in _names("MADV_").items() if v == advice), str(advice)
    )


def _format_bits(value: int, prefix: str, names: Mapping[str, int]) -> str:
    words = []
    for name, bit in names.items():
        if bit and value & bit == bit:
            words.append(prefix + name.upper())
            value &= ~bit
    return "|".join([*words, *([hex(value)] if value else [])])
