"""What this machine's own kernel tells of pages: /proc/self/pagemap beside the walk's indexes."""

from __future__ import annotations

import ctypes
import mmap
from pathlib import Path
from typing import Final

from vmalab.arch.formats import pte_format
from vmalab.host.memory import read_pagemap
from vmalab.uapi.pagemap import format_pagemap_entry
from vmalab.units import PAGE_SHIFT, PAGE_SIZE
from vmalab.widgets.pictures import Told

_PAGEMAP: Final = Path("/proc/self/pagemap")
_DONE: Final = ("stored to", "loaded from", "not touched", "not touched")


def indexes(addr: int) -> list[tuple[str, int]]:
    """The indexes that x86_64 cuts out of an address, from the top table down.

    >>> indexes(0x7ffff7e00123)
    [('pgd', 255), ('pud', 511), ('pmd', 447), ('pte', 0)]
    """
    fmt = pte_format("x86_64", "v6")
    found, shift = [], fmt.vpn_bits + PAGE_SHIFT
    for level in fmt.levels:
        shift -= level.index_bits
        found.append((level.name, addr >> shift & ((1 << level.index_bits) - 1)))
    return found


def tell_pagemap() -> Told:
    """Map four pages in this process, store to one, load from one, and read what the kernel says.

    Where there is no /proc/self/pagemap, that is what is told.
    """
    if not _PAGEMAP.exists():
        return Told("There is no /proc/self/pagemap here: it is Linux that has one.")
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    memory = mmap.mmap(-1, len(_DONE) * PAGE_SIZE, flags=flags)
    view = ctypes.c_char.from_buffer(memory)
    start = ctypes.addressof(view)
    del view
    lines = []
    try:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        memory[0] = 1
        _ = memory[PAGE_SIZE]
        entries = read_pagemap(start, start + len(memory))
    except OSError as error:
        return Told(f"This machine does not let its pagemap be read: {error}.")
    finally:
        memory.close()
    for number, (done, entry) in enumerate(zip(_DONE, entries, strict=True)):
        addr = start + number * PAGE_SIZE
        cut = " ".join(f"{name} {index:3}" for name, index in indexes(addr))
        lines.append(f"{addr:#x}  {cut}  {done:11}  {format_pagemap_entry(entry)}")
    return Told("\n".join(lines))
