"""/proc/PID/maps and /proc/PID/smaps: the text of VMAs, and of the pages behind each.

Mirrors: fs/proc/task_mmu.c:show_map_vma, show_smap, smaps_account (v6.18).
"""

from __future__ import annotations

from typing import Final

from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_LOCKED, VM_SHARED, VM_WRITE, flag_letters, perms
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import PG_DIRTY, PG_LAZYFREE, PG_REFERENCED, ZERO_PFN
from vmalab.mm.vma import VmArea, linear_page_index, vma_pages
from vmalab.proc.snapshot import backing_of
from vmalab.records.smaps import SMAPS_NAMES, VmaMemory
from vmalab.units import PAGE_SIZE, addr_to_vpn, pages_to_bytes

_KB: Final = 1024
_NAME_COLUMN: Final = 73
_DEVICE: Final = "00:01"
"""Where the kernel's own tmpfs is, in which all files here live."""
_ABSENT: Final = (
    ("Anonymous", ("KSM",)),
    ("LazyFree", ("AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb",
                  "Private_Hugetlb")),
)  # fmt: skip
"""Lines about what the model has not (huge pages, pages that ksmd merged), and what they follow."""


def maps(mm: MmStruct) -> str:
    r"""The text of /proc/PID/maps.

    >>> from vmalab.kernel import Kernel
    >>> task = Kernel("linux-6").spawn()
    >>> fd = task.memfd("notes", 4)
    >>> _ = task.mmap(0x10000, 8192, 1, 0x11, fd, 4096)
    >>> print(maps(task.mm))
    00010000-00012000 r--s 00001000 00:01 1                                  /memfd:notes (deleted)
    """
    return "\n".join(_maps_line(mm, vma) for vma in mm.tree)


def _maps_line(mm: MmStruct, vma: VmArea) -> str:
    """The line of one VMA. Mirrors: show_vma_header_prefix, show_map_vma."""
    pgoff, device, inode, name = 0, "00:00", 0, backing_of(mm, vma)
    if vma.vm_file is not None:
        filemap = vma.vm_file.filemap
        pgoff, device, inode = vma.vm_pgoff, _DEVICE, filemap.inode
        name = filemap.path
    elif name == "anon":
        name = ""
    ends = f"{vma.vm_start:08x}-{vma.vm_end:08x}"
    line = f"{ends} {perms(vma.vm_flags)} {pages_to_bytes(pgoff):08x} {device} {inode} "
    return (line.ljust(_NAME_COLUMN) + name) if name else line


def smaps(mm: MmStruct) -> str:
    r"""The text of /proc/PID/smaps: each VMA's line of maps, and what its pages are.

    >>> from vmalab.kernel import Kernel
    >>> task = Kernel("linux-6").spawn()
    >>> addr = task.mmap(None, 3 * 4096, 3, 0x22)
    >>> task.store(addr)
    >>> print("\n".join(smaps(task.mm).splitlines()[1:6]))
    Size:                 12 kB
    KernelPageSize:        4 kB
    MMUPageSize:           4 kB
    Rss:                   4 kB
    Pss:                   4 kB
    """
    return "".join(_smaps_of(mm, vma) for vma in mm.tree)


def _smaps_of(mm: MmStruct, vma: VmArea) -> str:
    memory = vma_memory(mm, vma)
    page_kb = PAGE_SIZE // _KB
    lines = [
        _maps_line(mm, vma),
        _line("Size", vma_pages(vma) * page_kb),
        _line("KernelPageSize", page_kb),
        _line("MMUPageSize", page_kb),
    ]
    absent = dict(_ABSENT)
    for name, field in SMAPS_NAMES.items():
        lines.append(_line(name, getattr(memory, field)))
        lines += [_line(other, 0) for other in absent.get(name, ())]
    lines.append(f"{'THPeligible:':<16}{0:8}")
    letters = "".join(f"{word} " for word in flag_letters(vma.vm_flags))
    return "\n".join([*lines, f"VmFlags: {letters}", ""])


def _line(name: str, kb: int) -> str:
    return f"{name + ':':<16}{kb:8} kB"


def vma_memory(mm: MmStruct, vma: VmArea) -> VmaMemory:
    """What the pages of one VMA are: the numbers of smaps.

    The zero page counts for nothing: it is not the task's.
    """
    fmt, count = mm.fmt, _Sums()
    locked = bool(vma.vm_flags & VM_LOCKED)
    for _, pte in mm.pgtable.entries(addr_to_vpn(vma.vm_start), addr_to_vpn(vma.vm_end)):
        if fmt.pte_present(pte):
            if (pfn := fmt.pte_pfn(pte)) != ZERO_PFN:
                dirty, young = fmt.pte_dirty(pte), fmt.pte_young(pte)
                count.page(mm, pfn, dirty=dirty, young=young, locked=locked)
        elif fmt.kind(pte) == "swap":
            count.swapped(mm.machine.swap.map[fmt.pte_to_swp_entry(pte)[1]])
    count.add("swap", _shmem_swapped(mm, vma))
    return count.record(vma.vm_start)


def _shmem_swapped(mm: MmStruct, vma: VmArea) -> int:
    """Bytes of a shmem object that are in swap, and that the VMA would find there.

    A private writable mapping looks only where it has no entry of its own.

    Mirrors: mm/shmem.c:shmem_swap_usage, smaps_pte_hole_lookup.
    """
    if vma.vm_file is None or not vma.vm_file.filemap.is_shmem:
        return 0
    filemap, swapped = vma.vm_file.filemap, 0
    all_pages = vma.vm_flags & VM_SHARED or not vma.vm_flags & VM_WRITE
    for index, _ in filemap.i_pages.items(vma.vm_pgoff, vma.vm_pgoff + vma_pages(vma)):
        vpn = addr_to_vpn(vma.vm_start) + index - linear_page_index(vma, vma.vm_start)
        if filemap.slot(index) and (all_pages or not mm.pgtable.get(vpn)):
            swapped += PAGE_SIZE
    return swapped


class _Sums:
    """Sums of bytes; a shared page's part of Pss is counted in 4096ths of a byte, as the kernel's.

    Mirrors: struct mem_size_stats.
    """

    def __init__(self) -> None:
        self.bytes = dict.fromkeys(SMAPS_NAMES.values(), 0)

    def add(self, field: str, len_bytes: int) -> None:
        self.bytes[field] += len_bytes

    def page(self, mm: MmStruct, pfn: int, *, dirty: bool, young: bool, locked: bool) -> None:
        """A page that an entry shows. Mirrors: smaps_account, smaps_page_accumulate."""
        memory = mm.machine.memory
        flags, mapcount = memory.flags[pfn], memory.mapcount[pfn]
        if not isinstance(memory.mapping[pfn], Filemap):
            self.add("anonymous", PAGE_SIZE)
            if flags & PG_LAZYFREE and not dirty and not flags & PG_DIRTY:
                self.add("lazy_free", PAGE_SIZE)
        self.add("rss", PAGE_SIZE)
        if young or flags & PG_REFERENCED:
            self.add("referenced", PAGE_SIZE)
        part = PAGE_SIZE * _PARTS // max(mapcount, 1)
        self.add("pss", part)
        if locked:
            self.add("locked", part)
        dirty = dirty or bool(flags & PG_DIRTY)
        if dirty:
            self.add("pss_dirty", part)
        owner = "private" if mapcount < 2 else "shared"
        self.add(f"{owner}_{'dirty' if dirty else 'clean'}", PAGE_SIZE)

    def swapped(self, holders: int) -> None:
        """A page in a swap slot that so many entries name."""
        self.add("swap", PAGE_SIZE)
        self.add("swap_pss", PAGE_SIZE * _PARTS // max(holders, 1))

    def record(self, start: int) -> VmaMemory:
        """The sums in kB."""
        kb = {
            field: total // _KB // (_PARTS if field in _IN_PARTS else 1)
            for field, total in self.bytes.items()
        }
        return VmaMemory(start, **kb)


_PARTS: Final = 4096
"""PSS_SHIFT's 12 bits: how finely a page is divided among those who share it."""
_IN_PARTS: Final = {"pss", "pss_dirty", "swap_pss", "locked"}
