"""The system calls of 6.18 about address spaces: a name, and what it does to one.

Mirrors: arch/x86/entry/syscalls/syscall_64.tbl (v6.18).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vmalab.generations.v6.fremap import remap_file_pages
from vmalab.generations.v6.madvise import madvise
from vmalab.generations.v6.mremap import mremap
from vmalab.mm.brk import brk
from vmalab.mm.mlock import mlock, mlock2, munlock
from vmalab.mm.mmap import do_mmap
from vmalab.mm.mprotect import mprotect
from vmalab.mm.msync import mincore, msync
from vmalab.mm.munmap import munmap

SYSCALLS: Final[Mapping[str, Callable[..., int | str]]] = {
    "mmap": do_mmap,
    "munmap": munmap,
    "mprotect": mprotect,
    "mremap": mremap,
    "remap_file_pages": remap_file_pages,
    "madvise": madvise,
    "mlock": mlock,
    "mlock2": mlock2,
    "munlock": munlock,
    "msync": msync,
    "mincore": mincore,
    "brk": brk,
}
"""mmap is handed the open file instead of its descriptor, and the offset in pages."""
