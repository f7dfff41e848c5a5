"""The system calls of 2.6.18 about address spaces: a name, and what it does to one.

Mirrors: arch/i386/kernel/syscall_table.S, include/asm-x86_64/unistd.h (v2.6.18).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vmalab.generations.v2_6.brk import brk
from vmalab.generations.v2_6.madvise import madvise
from vmalab.generations.v2_6.mlock import mlock, munlock
from vmalab.generations.v2_6.mmap import do_mmap_pgoff
from vmalab.generations.v2_6.mremap import mremap
from vmalab.generations.v2_6.msync import mincore, msync
from vmalab.mm.fremap import sys_remap_file_pages
from vmalab.mm.mprotect import mprotect
from vmalab.mm.munmap import munmap

SYSCALLS: Final[Mapping[str, Callable[..., int | str]]] = {
    "mmap": do_mmap_pgoff,
    "munmap": munmap,
    "mprotect": mprotect,
    "mremap": mremap,
    "remap_file_pages": sys_remap_file_pages,
    "madvise": madvise,
    "mlock": mlock,
    "munlock": munlock,
    "msync": msync,
    "mincore": mincore,
    "brk": brk,
}
"""mmap is handed the open file instead of its descriptor, and the offset in pages."""
