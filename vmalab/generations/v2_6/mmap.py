"""mmap(2) in 2.6.18: what is in the way goes first, then the limits are asked.

Mirrors: mm/mmap.c:do_mmap_pgoff (v2.6.18), whose order of checks this file keeps.

    1  is the request sane?              length, offset, number of VMAs
    2  where?                            get_unmapped_area
    3  what may it do?                   calc_mmap_flags: lock limits, file mode, type
    4  what is in the way?               unmapped, whatever is said next
    5  do the limits allow it?           RLIMIT_AS, the machine's memory, a stack of a file
    6  can a neighbour absorb it?        vma_merge, else a VMA of its own
"""

from __future__ import annotations

from errno import EACCES, EINVAL, ENOMEM, EOVERFLOW

from vmalab.generations.v2_6.mlock import make_pages_present
from vmalab.generations.v2_6.unmapped_area import get_unmapped_area
from vmalab.mm.filemap import File
from vmalab.mm.flags import (
    VM_ACCESS_FLAGS,
    VM_ACCOUNT,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_MAY_FLAGS,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_SHARED,
    VM_WRITE,
)
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.mmap import may_lock_mapping, place_vma, shmem_zero_setup
from vmalab.mm.munmap import do_munmap
from vmalab.mm.vma import VmArea
from vmalab.uapi import mman
from vmalab.units import addr_to_vpn, bytes_to_pages

_RULE = "mm/mmap.c:do_mmap_pgoff"


def do_mmap_pgoff(
    mm: MmStruct, file: File | None, addr: int, length: int, prot: int, flags: int, pgoff: int
) -> int:
    """Map ``length`` bytes of a file from page ``pgoff``, or memory of no file: the address.

    MAP_POPULATE is a remap_file_pages over the new mapping whose result nobody looks at: it
    refuses private mappings, so they are not populated.

    Raises (as a negative errno):
        EINVAL     length is 0; MAP_FIXED inside a page; a bad type; a stack of a file.
        ENOMEM     no room, too many VMAs, RLIMIT_AS, or more than the machine could ever hold.
        EOVERFLOW  the offset and length do not fit a page number.
        EACCES     the file is not open for what the mapping wants.
        EPERM, EAGAIN  MAP_LOCKED against RLIMIT_MEMLOCK.

    Emits: AddressChosen, VmaSplit, VmaRemoved, VmaMerged, VmaNotMerged, VmaCreated.
    """
    if not length:
        return mm.refuse(EINVAL, "a mapping of length 0", _RULE)
    length = mm.page_align(length)
    if not 0 < length <= mm.task_size:
        return mm.refuse(ENOMEM, "the length is more than TASK_SIZE, or wraps to 0", _RULE)
    if pgoff + bytes_to_pages(length) > mm.word_mask:
        return mm.refuse(EOVERFLOW, f"page {pgoff:#x} and the length pass a word", _RULE)
    if not mm.may_map():
        return mm.refuse(ENOMEM, f"{mm.map_count} VMAs are more than max_map_count", _RULE)
    addr = get_unmapped_area(mm, addr, length, flags)
    if addr < 0:
        return addr
    vm_flags = calc_mmap_flags(mm, file, prot, flags, pgoff, length)
    if vm_flags < 0:
        return vm_flags
    error = _mmap_region(mm, file, addr, length, vm_flags, flags, pgoff)
    if error < 0:
        return error
    if vm_flags & VM_LOCKED:
        make_pages_present(mm, addr, addr + length)
    if flags & mman.MAP_POPULATE:
        nonblock = flags & mman.MAP_NONBLOCK
        mm.policy.syscalls["remap_file_pages"](mm, addr, length, 0, pgoff, nonblock)
    return addr


def calc_mmap_flags(
    mm: MmStruct, file: File | None, prot: int, flags: int, pgoff: int, length: int
) -> int:
    """The vm_flags of a new mapping, or a negative errno.

    A shared mapping of a file that is open read-only keeps MAYSHARE alone: /proc/PID/maps says
    ``s``, but it is as good as private, and remap_file_pages refuses it.
    """
    vm_flags = prot & VM_ACCESS_FLAGS | VM_MAY_FLAGS
    vm_flags |= VM_GROWSDOWN if flags & mman.MAP_GROWSDOWN else 0
    if flags & mman.MAP_LOCKED:
        vm_flags |= VM_LOCKED
        if (error := may_lock_mapping(mm, length)) < 0:
            return error
    kind = flags & mman.MAP_TYPE
    if kind not in {mman.MAP_SHARED, mman.MAP_PRIVATE}:
        return mm.refuse(EINVAL, f"type {kind:#x} is neither shared nor private", _RULE)
    if kind == mman.MAP_SHARED:
        if file is not None and prot & mman.PROT_WRITE and not file.writable:
            reason = f"a shared writable mapping of {file.name}, which is open read-only"
            return mm.refuse(EACCES, reason, _RULE)
        vm_flags |= VM_SHARED | VM_MAYSHARE
        if file is not None and not file.writable:
            vm_flags &= ~(VM_MAYWRITE | VM_SHARED)
    if file is not None and not file.readable:
        return mm.refuse(EACCES, f"{file.name} is open for writing only", _RULE)
    return vm_flags


def _mmap_region(
    mm: MmStruct,
    file: File | None,
    addr: int,
    length: int,
    vm_flags: int,
    flags: int,
    pgoff: int,
) -> int:
    """Clear the range, ask the limits, place the VMA: 0, or a negative errno.

    What was in the way is gone even if a limit then says no.
    """
    if do_munmap(mm, addr, addr + length) < 0:
        return mm.refuse(ENOMEM, "what is in the way cannot be cut out: too many VMAs", _RULE)
    nr_pages = bytes_to_pages(length)
    if not mm.may_expand_vm(nr_pages):
        return mm.refuse(ENOMEM, f"{nr_pages} pages more are past RLIMIT_AS", _RULE)
    wanted = vm_flags & (VM_SHARED | VM_WRITE)
    if not flags & mman.MAP_NORESERVE and (wanted == VM_WRITE or (wanted and file is None)):
        if not mm.may_commit(nr_pages):
            reason = f"RAM and swap could never hold {nr_pages} pages"
            return mm.refuse(ENOMEM, reason, "mm/mmap.c:__vm_enough_memory")
        vm_flags |= VM_ACCOUNT if wanted == VM_WRITE else 0
    if file is not None and vm_flags & VM_GROWSDOWN:
        return mm.refuse(EINVAL, "a stack cannot be a mapping of a file", _RULE)
    if file is None and vm_flags & VM_SHARED:
        file = shmem_zero_setup(mm, length)
    elif file is None:
        pgoff = addr_to_vpn(addr)
    place_vma(mm, VmArea(addr, addr + length, vm_flags, pgoff, file))
    return 0
