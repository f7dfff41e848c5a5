"""vm_flags: what a VMA may do and how it behaves, one bit each.

Mirrors: include/linux/mm.h (v2.6.18 and v6.18; a number means the same in both unless noted).
The two letters are those of the VmFlags line in /proc/PID/smaps (fs/proc/task_mmu.c).
"""

from functools import cache
from typing import Final

VM_READ: Final = 0x1
VM_WRITE: Final = 0x2
VM_EXEC: Final = 0x4
VM_SHARED: Final = 0x8
VM_MAYREAD: Final = 0x10
VM_MAYWRITE: Final = 0x20
VM_MAYEXEC: Final = 0x40
VM_MAYSHARE: Final = 0x80
VM_GROWSDOWN: Final = 0x100
VM_PFNMAP: Final = 0x400
VM_MAYBE_GUARD: Final = 0x800
"""Guard markers may be in the page table (6.x)."""
VM_LOCKED: Final = 0x2000
VM_IO: Final = 0x4000
VM_SEQ_READ: Final = 0x8000
VM_RAND_READ: Final = 0x10000
VM_DONTCOPY: Final = 0x20000
VM_DONTEXPAND: Final = 0x40000
VM_LOCKONFAULT: Final = 0x80000
VM_ACCOUNT: Final = 0x100000
VM_NORESERVE: Final = 0x200000
VM_NONLINEAR: Final = 0x800000
"""Pages may stand anywhere in the window, whatever vm_pgoff says (2.6)."""
VM_MANYPROTS: Final = 0x1000000
"""A page's protection is its entry's, not the VMA's (the series of 2006)."""
VM_WIPEONFORK: Final = 0x2000000
VM_DONTDUMP: Final = 0x4000000
VM_MIXEDMAP: Final = 0x10000000
VM_HUGEPAGE: Final = 0x20000000
VM_NOHUGEPAGE: Final = 0x40000000
VM_MERGEABLE: Final = 0x80000000
VM_DROPPABLE: Final = 1 << 40

VM_ACCESS_FLAGS: Final = VM_READ | VM_WRITE | VM_EXEC
VM_MAY_FLAGS: Final = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
VM_LOCKED_MASK: Final = VM_LOCKED | VM_LOCKONFAULT
VM_SPECIAL: Final = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP
"""Device-like areas, which never merge."""
MAY_SHIFT: Final = 4
"""``VM_MAYx >> MAY_SHIFT == VM_x``: the trick mprotect's permission check rests on."""

VM_FLAG_LETTERS: Final[dict[int, str]] = {
    VM_READ: "rd",
    VM_WRITE: "wr",
    VM_EXEC: "ex",
    VM_SHARED: "sh",
    VM_MAYREAD: "mr",
    VM_MAYWRITE: "mw",
    VM_MAYEXEC: "me",
    VM_MAYSHARE: "ms",
    VM_GROWSDOWN: "gd",
    VM_PFNMAP: "pf",
    VM_MAYBE_GUARD: "gu",
    VM_LOCKED: "lo",
    VM_IO: "io",
    VM_SEQ_READ: "sr",
    VM_RAND_READ: "rr",
    VM_DONTCOPY: "dc",
    VM_DONTEXPAND: "de",
    VM_LOCKONFAULT: "lf",
    VM_ACCOUNT: "ac",
    VM_NORESERVE: "nr",
    VM_NONLINEAR: "nl",
    VM_MANYPROTS: "mp",
    VM_WIPEONFORK: "wf",
    VM_DONTDUMP: "dd",
    VM_MIXEDMAP: "mm",
    VM_HUGEPAGE: "hg",
    VM_NOHUGEPAGE: "nh",
    VM_MERGEABLE: "mg",
    VM_DROPPABLE: "dp",
}


@cache
def flag_letters(vm_flags: int) -> tuple[str, ...]:
    """The flags as smaps prints them.

    >>> flag_letters(VM_READ | VM_MAYREAD | VM_ACCOUNT)
    ('rd', 'mr', 'ac')
    """
    return tuple(letters for bit, letters in VM_FLAG_LETTERS.items() if vm_flags & bit)


def perms(vm_flags: int) -> str:
    """The four characters of /proc/PID/maps; ``s`` means VM_MAYSHARE.

    >>> perms(VM_READ | VM_WRITE), perms(VM_READ | VM_MAYSHARE)
    ('rw-p', 'r--s')
    """
    return (
        ("r" if vm_flags & VM_READ else "-")
        + ("w" if vm_flags & VM_WRITE else "-")
        + ("x" if vm_flags & VM_EXEC else "-")
        + ("s" if vm_flags & VM_MAYSHARE else "p")
    )
