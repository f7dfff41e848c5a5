"""mmap(2): put a new mapping into the address space.

Mirrors: mm/mmap.c:do_mmap, mm/vma.c:mmap_region (v6.18).

    1  is the request sane?              lengths, offset, number of VMAs
    2  where?                            get_unmapped_area
    3  what may it do?                   policy.calc_mmap_flags: type, file mode, protection
    4  what is in the way?               gather, and undo nothing if a limit then says no
    5  can a neighbour absorb it?        vma_merge_new_range, else a VMA of its own
"""

from __future__ import annotations

from errno import EAGAIN, EEXIST, EINVAL, ENOMEM, EOVERFLOW, EPERM

from vmalab.mm.filemap import File, Filemap
from vmalab.mm.flags import VM_ACCOUNT, VM_LOCKED, VM_NORESERVE, VM_SHARED, VM_WRITE
from vmalab.mm.merge import vma_merge_new_range
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.munmap import gather, nr_pages_of, remove
from vmalab.mm.populate import mm_populate
from vmalab.mm.unmapped_area import get_unmapped_area
from vmalab.mm.vma import VmArea
from vmalab.records.events import VmaCreated
from vmalab.uapi.mman import (
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_NONBLOCK,
    MAP_POPULATE,
)
from vmalab.units import PAGE_SIZE, WORD_MASK, addr_to_vpn, page_align

_RULE = "mm/mmap.c:do_mmap"


def do_mmap(
    mm: MmStruct, file: File | None, addr: int, length: int, prot: int, flags: int, pgoff: int
) -> int:
    """Map ``length`` bytes of a file from page ``pgoff``, or memory of no file: the address.

    Raises (as a negative errno):
        EINVAL     length is 0; MAP_FIXED at an unaligned address; a bad type of mapping.
        ENOMEM     no room, too many VMAs, RLIMIT_AS, or more than the machine could ever hold.
        EOVERFLOW  the offset and length do not fit a page number.
        EEXIST     MAP_FIXED_NOREPLACE, and something is there.
        EACCES, ENODEV, EPERM, EOPNOTSUPP  see the generation's calc_mmap_flags.
        EAGAIN     MAP_LOCKED, and RLIMIT_MEMLOCK would be passed.

    Emits: AddressChosen, VmaSplit, VmaRemoved, VmaMerged, VmaNotMerged, VmaCreated.
    """
    if not length:
        return mm.refuse(EINVAL, "there is nothing to map: length is 0", _RULE)
    if length % PAGE_SIZE:
        length = page_align(length)
        if not length:
            return mm.refuse(ENOMEM, "the length rounds up past the end of a 64-bit word", _RULE)
    if pgoff + length // PAGE_SIZE > WORD_MASK:
        return mm.refuse(EOVERFLOW, f"page {pgoff:#x} and the length wrap around", _RULE)
    if not mm.may_map():
        return mm.refuse(ENOMEM, f"the process has {mm.map_count} VMAs already", _RULE)
    if flags & MAP_FIXED_NOREPLACE:
        flags |= MAP_FIXED
    addr = get_unmapped_area(mm, file, addr, length, flags)
    if addr < 0:
        return addr
    if flags & MAP_FIXED_NOREPLACE and mm.tree.overlapping(addr, addr + length):
        reason = "MAP_FIXED_NOREPLACE, and there is a mapping in the way"
        return mm.refuse(EEXIST, reason, _RULE)
    vm_flags = mm.policy.calc_mmap_flags(mm, file, prot, flags, pgoff, length)
    if vm_flags < 0:
        return vm_flags
    error = mmap_region(mm, file, addr, addr + length, vm_flags, pgoff)
    if error < 0:
        return error
    if vm_flags & VM_LOCKED or (flags & MAP_POPULATE and not flags & MAP_NONBLOCK):
        mm_populate(mm, addr, addr + length)
    return addr


def may_lock_mapping(mm: MmStruct, length: int) -> int:
    """MAP_LOCKED's two questions: may this task lock at all, and so much?"""
    if not mm.limits.cap_ipc_lock and not mm.limits.memlock:
        return mm.refuse(EPERM, "MAP_LOCKED, and RLIMIT_MEMLOCK is 0", _RULE)
    if not mm.may_lock(VM_LOCKED, length):
        reason = f"locking {length:#x} bytes more would pass RLIMIT_MEMLOCK"
        return mm.refuse(EAGAIN, reason, "mm/mmap.c:mlock_future_ok")
    return 0


def mmap_region(
    mm: MmStruct, file: File | None, start: int, end: int, vm_flags: int, pgoff: int
) -> int:
    """Replace a range by a mapping with these flags: 0, or a negative errno.

    Whatever is in the way is only cut out of its VMAs at first. The limits are checked with it
    already subtracted, and if one says no the pieces stay where they are (though still cut). Only
    the object behind shared anonymous memory is made, and may be refused, when they are gone.
    """
    below, next_start = mm.tree.around(start)
    victims: list[VmArea] = []
    if below.vm_end > start or next_start < end:
        gathered = gather(mm, start, end)
        if isinstance(gathered, int):
            return gathered
        victims = gathered
    nr_pages = (end - start) // PAGE_SIZE
    if not mm.may_expand_vm(nr_pages - nr_pages_of(victims) if victims else nr_pages):
        return mm.refuse(ENOMEM, f"{nr_pages} pages more would pass RLIMIT_AS", _REGION)
    if is_accountable(vm_flags):
        charged = nr_pages - nr_pages_of([vma for vma in victims if vma.vm_flags & VM_ACCOUNT])
        if not mm.may_commit(charged):
            reason = f"{nr_pages} private writable pages are more than RAM and swap could ever hold"
            return mm.refuse(ENOMEM, reason, "mm/util.c:__vm_enough_memory")
        vm_flags |= VM_ACCOUNT
    if victims:
        remove(mm, victims)
        below, next_start = mm.tree.around(start)
    if file is None:
        pgoff = addr_to_vpn(start)
        if vm_flags & VM_SHARED:
            if not vm_flags & VM_NORESERVE and not mm.may_commit(nr_pages):
                reason = f"{nr_pages} shared anonymous pages are more than RAM and swap could hold"
                return mm.refuse(ENOMEM, reason, "mm/shmem.c:shmem_acct_size")
            file, pgoff = shmem_zero_setup(mm, end - start), 0
    _place_between(mm, VmArea(start, end, vm_flags, pgoff, file), below, next_start)
    return 0


_REGION = "mm/vma.c:__mmap_setup"


def is_accountable(vm_flags: int) -> bool:
    """Does a mapping promise memory of its own? Private, writable, and not NORESERVE.

    Mirrors: mm/vma.c:accountable_mapping.
    """
    return vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE) == VM_WRITE


def place_vma(mm: MmStruct, new: VmArea) -> VmArea:
    """Give a free range its VMA: a neighbour, grown over it, or the new one; whichever holds it.

    Emits: VmaMerged or VmaCreated.
    """
    return _place_between(mm, new, *mm.tree.around(new.vm_start))


def _place_between(mm: MmStruct, new: VmArea, below: VmArea, next_start: int) -> VmArea:
    """The same, between the VMA below and the start of the next, which touch it or not."""
    start, end = new.vm_start, new.vm_end
    mm.account_vm(new.vm_flags, (end - start) // PAGE_SIZE)
    if below.vm_end == start or next_start == end:
        merged = vma_merge_new_range(mm, new)
        if merged is not None:
            return merged
    mm.insert_vma(new)
    if mm.emit is not None:
        mm.emit(VmaCreated(new.vm_start, new.vm_end))
    return new


def shmem_zero_setup(mm: MmStruct, len_bytes: int) -> File:
    """The object behind a new shared anonymous mapping: its own, so neighbours never merge.

    Mirrors: mm/shmem.c:shmem_zero_setup.
    """
    number = mm.machine.next_shmem
    mm.machine.next_shmem += 1
    filemap = Filemap(f"shm{number}", len_bytes, path="/dev/zero (deleted)")
    filemap.inode = mm.machine.new_inode()
    return File(filemap)
