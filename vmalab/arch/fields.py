"""What each bit of an entry means, which depends on what kind of entry it is in.

The hardware and the kernel share an entry: where PRESENT is set the processor decides what the bits
mean, and where it is clear the kernel does. Pictures and tables of bits are drawn from here.
"""

from __future__ import annotations

from functools import cache

from vmalab.arch import pte
from vmalab.arch.own_rights import OWN_RIGHTS
from vmalab.arch.packed import Packed
from vmalab.arch.pte import PteFormat
from vmalab.records.walk import EntryField


@cache
def fields(fmt: PteFormat, kind: str) -> tuple[EntryField, ...]:
    """The fields of one kind of entry, from its lowest bit up; no two overlap.

    >>> from vmalab.arch.i386 import I386
    >>> for field in fields(I386, "file"):
    ...     print(f"{field.mask:#010x} {field.name}: {field.meaning}")
    0xffffff3e page offset: which page of the file belongs here
    0x00000040 FILE: a page of the file, not a swapped page
    """
    match kind:
        case pte.PRESENT:
            found = [*fmt.flags, *_pfn(fmt)]
        case pte.PROTNONE:
            found = _protnone(fmt)
        case pte.TABLE:
            kept = fmt.levels[-2].table_bits | fmt.nx
            found = [flag for flag in fmt.flags if flag.mask & kept]
            found.append(EntryField("pfn", fmt.pfn_mask, "the frame of the next lower table"))
        case pte.SWAP:
            found = [
                _number(fmt.swap_type, "which swap device"),
                _number(fmt.swap_offset, "which slot of the device"),
            ]
        case pte.FILE:
            found = _file(fmt)
        case pte.MARKER:
            found = [_number(fmt.swap_type, "the last type is no device: this is a marker")]
            found.append(_number(fmt.swap_offset, "which markers: " + _names_of_markers(fmt)))
        case _:
            found = []
    if fmt.rights and kind in {pte.SWAP, pte.FILE}:
        found.append(OWN_RIGHTS)
    return tuple(sorted(found, key=_lowest_bit))


def _pfn(fmt: PteFormat, *, inverted: bool = False) -> list[EntryField]:
    return [EntryField("pfn", fmt.pfn_mask, "the frame that holds the page", inverted)]


def _protnone(fmt: PteFormat) -> list[EntryField]:
    """The hardware looks at PRESENT only, finds it clear, and the kernel has a bit of its own."""
    own = EntryField("PROTNONE", fmt.protnone, "a page is attached, and nobody may touch it")
    flags = [flag for flag in fmt.flags if not flag.mask & (fmt.protnone | fmt.present)]
    return [own, *flags, *_pfn(fmt, inverted=fmt.inverted_pfn)]


def _file(fmt: PteFormat) -> list[EntryField]:
    if fmt.file_pgoff is None:
        return []
    found = [
        _number(fmt.file_pgoff, "which page of the file belongs here"),
        EntryField("FILE", fmt.file, "a page of the file, not a swapped page"),
    ]
    if fmt.saved is not None:
        found.append(EntryField("saved RW", fmt.saved.rw, "the page may be written when back"))
        found.append(
            EntryField("no access", fmt.saved.no_access, "nobody may touch the page when back")
        )
        if fmt.saved.nx:
            found.append(EntryField("saved NX", fmt.saved.nx, "no code may run from it when back"))
    return found


def _number(packed: Packed, meaning: str) -> EntryField:
    return EntryField(packed.name, packed.mask, meaning, packed.inverted)


def _names_of_markers(fmt: PteFormat) -> str:
    return ", ".join(f"{bit} {name}" for bit, name in (fmt.markers or {}).items())


def _lowest_bit(field: EntryField) -> int:
    return field.mask & -field.mask
