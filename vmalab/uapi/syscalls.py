"""Numbers of the system calls that programs make, on x86_64.

Mirrors: arch/x86/entry/syscalls/syscall_64.tbl (v6.18).
"""

from collections.abc import Mapping
from typing import Final

NR_X86_64: Final[Mapping[str, int]] = {
    "mmap": 9,
    "mprotect": 10,
    "munmap": 11,
    "brk": 12,
    "rt_sigaction": 13,
    "mremap": 25,
    "msync": 26,
    "mincore": 27,
    "madvise": 28,
    "capget": 125,
    "capset": 126,
    "mlock": 149,
    "munlock": 150,
    "prctl": 157,
    "remap_file_pages": 216,
    "mlock2": 325,
}
"""System call number by name."""
