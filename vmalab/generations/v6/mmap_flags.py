"""What a new mapping may do: mmap's checks of the file, the type and the protection.

Mirrors: mm/mmap.c:do_mmap, calc_vm_flag_bits (v6.18). The order of the checks is the kernel's.
"""

from __future__ import annotations

from errno import EACCES, EINVAL, ENOMEM, EOPNOTSUPP, EOVERFLOW

from vmalab.mm.filemap import File
from vmalab.mm.flags import (
    VM_ACCESS_FLAGS,
    VM_DONTDUMP,
    VM_DROPPABLE,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_MAY_FLAGS,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_NOHUGEPAGE,
    VM_NORESERVE,
    VM_SHARED,
    VM_WIPEONFORK,
    VM_WRITE,
)
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mmap import may_lock_mapping
from vmalab.uapi.mman import (
    MAP_DROPPABLE,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_HUGE_1GB,
    MAP_HUGE_2MB,
    MAP_HUGETLB,
    MAP_LOCKED,
    MAP_NORESERVE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    MAP_STACK,
    MAP_SYNC,
    MAP_TYPE,
    MMAP_FLAGS,
)
from vmalab.units import PAGE_SIZE

_RULE = "mm/mmap.c:do_mmap"
_BECOME_VM_FLAGS = MAP_GROWSDOWN | MAP_STACK | MAP_LOCKED | MAP_NORESERVE
_SHARED_TYPES = {MAP_SHARED, MAP_SHARED_VALIDATE}
_HUGE_SIZES = MAP_HUGE_2MB | MAP_HUGE_1GB
_NEWER = MAP_DROPPABLE | MAP_SYNC | MAP_FIXED_NOREPLACE
LEGACY_MAP_MASK = sum(MMAP_FLAGS.values()) & ~_NEWER | _HUGE_SIZES
"""The flags that MAP_SHARED_VALIDATE knows; MAP_SHARED ignores all others."""
MAX_LFS_FILESIZE = (1 << 63) - 1


def calc_mmap_flags(
    mm: MmStruct, file: File | None, prot: int, flags: int, pgoff: int, length: int
) -> int:
    """The vm_flags of a new mapping, or a negative errno.

    Raises (as a negative errno):
        EPERM, EAGAIN  MAP_LOCKED against RLIMIT_MEMLOCK.
        EOVERFLOW      the mapping would reach past the largest possible file.
        EOPNOTSUPP     MAP_SHARED_VALIDATE with a flag it does not know.
        EACCES         the file is not open for what the mapping wants.
        EINVAL         no such type; a stack that is shared or of a file.
        ENOMEM         huge pages, of which this machine has reserved none.
    """
    vm_flags = prot & VM_ACCESS_FLAGS | VM_MAY_FLAGS
    if flags & _BECOME_VM_FLAGS:
        vm_flags |= calc_vm_flag_bits(flags) | (VM_NORESERVE if flags & MAP_NORESERVE else 0)
        if flags & MAP_LOCKED and (error := may_lock_mapping(mm, length)) < 0:
            return error
    if file is None:
        return _anonymous(mm, flags, vm_flags)
    return _of_file(mm, file, flags, vm_flags, pgoff, length)


def calc_vm_flag_bits(flags: int) -> int:
    """The vm_flags that flags of mmap ask for by name.

    Mirrors: include/linux/mman.h:calc_vm_flag_bits.
    """
    vm_flags = VM_GROWSDOWN if flags & MAP_GROWSDOWN else 0
    vm_flags |= VM_NOHUGEPAGE if flags & MAP_STACK else 0
    return vm_flags | (VM_LOCKED if flags & MAP_LOCKED else 0)


def _anonymous(mm: MmStruct, flags: int, vm_flags: int) -> int:
    """Memory of no file: shared gets an object of its own, droppable may vanish under pressure."""
    kind = flags & MAP_TYPE
    if flags & MAP_HUGETLB and kind in {MAP_SHARED, MAP_PRIVATE}:
        return mm.refuse(ENOMEM, "MAP_HUGETLB, and no huge page is reserved", _RULE)
    if kind == MAP_SHARED:
        if vm_flags & VM_GROWSDOWN:
            return mm.refuse(EINVAL, "shared anonymous memory cannot be a stack", _RULE)
        return vm_flags | VM_SHARED | VM_MAYSHARE
    if kind == MAP_DROPPABLE:
        if flags & (MAP_LOCKED | MAP_HUGETLB) or vm_flags & VM_GROWSDOWN:
            return mm.refuse(EINVAL, "droppable memory cannot be locked, huge or a stack", _RULE)
        return vm_flags | VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP
    if kind == MAP_PRIVATE:
        return vm_flags
    return mm.refuse(EINVAL, f"anonymous memory of type {kind:#x}: not shared, not private", _RULE)


def _of_file(mm: MmStruct, file: File, flags: int, vm_flags: int, pgoff: int, length: int) -> int:
    """A mapping of a file: shared mappings write to it, private ones only read it."""
    if flags & MAP_HUGETLB:
        return mm.refuse(
            EINVAL, "MAP_HUGETLB of a file that is not on hugetlbfs", "mm/mmap.c:ksys_mmap_pgoff"
        )
    if pgoff * PAGE_SIZE + length > MAX_LFS_FILESIZE:
        reason = f"page {pgoff:#x} is past the end of the largest possible file"
        return mm.refuse(EOVERFLOW, reason, "mm/mmap.c:file_mmap_ok")
    kind = flags & MAP_TYPE
    if kind in _SHARED_TYPES:
        if kind == MAP_SHARED_VALIDATE and flags & ~LEGACY_MAP_MASK:
            reason = f"MAP_SHARED_VALIDATE with unknown flags {flags & ~LEGACY_MAP_MASK:#x}"
            return mm.refuse(EOPNOTSUPP, reason, _RULE)
        vm_flags |= VM_SHARED | VM_MAYSHARE
        if not file.writable:
            if vm_flags & VM_WRITE:
                reason = f"shared and writable, but {file.name} is open read-only"
                return mm.refuse(EACCES, reason, _RULE)
            vm_flags &= ~(VM_MAYWRITE | VM_SHARED)
    elif kind != MAP_PRIVATE:
        return mm.refuse(
            EINVAL, f"a file mapping of type {kind:#x}: not shared, not private", _RULE
        )
    if not file.readable:
        return mm.refuse(EACCES, f"{file.name} is open write-only", _RULE)
    if vm_flags & VM_GROWSDOWN:
        return mm.refuse(EINVAL, "a mapping of a file cannot be a stack", _RULE)
    return vm_flags
