"""One process's address space: the tree of VMAs, the page tables, the totals and the limits.

Mirrors: include/linux/mm_types.h:struct mm_struct.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from vmalab.arch.mmu import Mmu
from vmalab.arch.pgtable import PageTable
from vmalab.mm.fault_result import FAULT_MAJOR, FAULT_MINOR
from vmalab.mm.flags import VM_LOCKED, VM_NONLINEAR
from vmalab.mm.page_alloc import PG_TABLE, MemMap
from vmalab.mm.swapfile import SwapDevice
from vmalab.mm.vma import AnonVma, VmArea, describe_vma
from vmalab.mm.vma_tree import VmaTree
from vmalab.records.events import Event, SyscallRefused
from vmalab.units import addr_to_vpn, page_align, pages_to_bytes

if TYPE_CHECKING:
    from vmalab.mm.policy import Policy

RLIM_INFINITY: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the last system call said no: errno, the state in words, the kernel function."""

    errno: int
    because: str
    rule: str


@dataclass(slots=True)
class VmEvents:
    """What has happened since boot. Mirrors: include/linux/vm_event_item.h."""

    fault: int = 0
    majfault: int = 0
    lazyfree: int = 0
    lazyfreed: int = 0


@dataclass(slots=True)
class Machine:
    """What all address spaces of one kernel share: its memory, its swap, and running numbers."""

    memory: MemMap
    swap: SwapDevice
    next_anon_vma: int = 1
    next_shmem: int = 0
    next_inode: int = 1
    events: VmEvents = field(default_factory=VmEvents)

    def new_inode(self) -> int:
        """A number for a file that /proc/PID/maps may have to tell from others."""
        self.next_inode += 1
        return self.next_inode - 1


@dataclass(slots=True)
class Limits:
    """A process's resource limits, in bytes, and what it is privileged to ignore.

    Mirrors: setrlimit(2); CAP_IPC_LOCK lets mlock pass RLIMIT_MEMLOCK.
    """

    address_space: int = RLIM_INFINITY
    memlock: int = RLIM_INFINITY
    stack: int = 8 << 20
    cap_ipc_lock: bool = True


class MmStruct:
    """An address space.

    ``mmap_base`` is where get_unmapped_area starts looking; ``task_size`` the first address no task
    may use; ``stack_pointer`` a register, all the way up unless somebody sets it. ``total_vm`` and
    ``locked_vm`` count pages; ``locked_vm_lost`` are those that no locked VMA holds
    any more (6.18 leaks).
    """

    __slots__ = (
        "brk",
        "emit",
        "fmt",
        "limits",
        "locked_vm",
        "locked_vm_lost",
        "lowest_addr",
        "machine",
        "maj_flt",
        "min_flt",
        "mmap_base",
        "mmus",
        "nr_swap",
        "pgtable",
        "policy",
        "refusal",
        "rss_anon",
        "rss_file",
        "stack_pointer",
        "start_brk",
        "task_size",
        "total_vm",
        "tree",
        "word_mask",
    )

    def __init__(self, policy: Policy, machine: Machine) -> None:
        self.policy = policy
        self.machine = machine
        self.tree = VmaTree()
        self.fmt = policy.pte_format
        memory = machine.memory
        table_page = partial(memory.alloc_page, PG_TABLE)
        self.pgtable = PageTable(self.fmt, memory.physmem, table_page, memory.put_page)
        self.mmus: list[Mmu] = []
        self.limits = Limits()
        self.word_mask = policy.word_mask
        self.task_size = policy.task_size
        self.mmap_base = policy.mmap_base
        self.stack_pointer = policy.task_size
        self.lowest_addr = 0x1000
        self.start_brk = 0
        self.brk = 0
        self.total_vm = 0
        self.locked_vm = 0
        self.locked_vm_lost = 0
        self.rss_anon = 0
        self.rss_file = 0
        self.nr_swap = 0
        self.min_flt = 0
        self.maj_flt = 0
        self.refusal: Refusal | None = None
        self.emit: Callable[[Event], None] | None = None

    @property
    def map_count(self) -> int:
        """How many VMAs there are."""
        return self.tree.count

    def listen(self, emit: Callable[[Event], None] | None) -> None:
        """Tell ``emit`` of everything that happens from now on; None: nobody listens."""
        self.emit = emit
        self.pgtable.emit = emit
        for mmu in self.mmus:
            mmu.emit = emit

    def page_align(self, length: int) -> int:
        """Round bytes up to whole pages, wrapping as a register of this machine does."""
        return page_align(length) & self.word_mask

    def refuse(self, errno: int, because: str, rule: str) -> int:
        """Say no: remember why, and hand back the negative errno."""
        self.refusal = Refusal(errno, because, rule)
        if self.emit is not None:
            self.emit(SyscallRefused(errno, because, rule))
        return -errno

    def new_anon_vma(self, parent: AnonVma | None = None) -> AnonVma:
        """The next anon_vma of this machine."""
        number = self.machine.next_anon_vma
        self.machine.next_anon_vma += 1
        return AnonVma(number, parent)

    def insert_vma(self, vma: VmArea) -> None:
        """Put a VMA into the tree and on the lists of what it maps. Mirrors: vma_link."""
        self.tree.insert(vma)
        self.link_rmap(vma)

    def erase_vma(self, vma: VmArea) -> None:
        """Take a VMA out of the tree and off those lists. Mirrors: unlink_file_vma."""
        self.unlink_rmap(vma)
        self.tree.erase(vma)

    def link_rmap(self, vma: VmArea) -> None:
        """Let a page of the VMA's file, or of its anon_vma, find its way to the VMA."""
        file = vma.vm_file
        if file is not None:
            file.filemap.i_mmap[vma] = self
            if vma.vm_flags & VM_NONLINEAR:
                file.filemap.i_mmap_nonlinear[vma] = 0
        anon_vma = vma.anon_vma
        while anon_vma is not None:
            anon_vma.vmas[vma] = self
            anon_vma = anon_vma.parent

    def unlink_rmap(self, vma: VmArea) -> None:
        """Undo :meth:`link_rmap`."""
        file = vma.vm_file
        if file is not None:
            del file.filemap.i_mmap[vma]
            if vma.vm_flags & VM_NONLINEAR:
                del file.filemap.i_mmap_nonlinear[vma]
        anon_vma = vma.anon_vma
        while anon_vma is not None:
            del anon_vma.vmas[vma]
            anon_vma = anon_vma.parent

    def set_pte(self, addr: int, pte: int) -> None:
        """Write a page-table entry. Emits: PteSet."""
        self.pgtable.set(addr_to_vpn(addr), pte)

    def flush_tlb_range(self, start: int, end: int) -> None:
        """Entries were taken away or weakened: processors that cached them must forget them."""
        for mmu in self.mmus:
            mmu.flush_tlb_range(start, end)

    def count_fault(self, result: int) -> None:
        """Every fault counts for the machine; one that got its page also for the task.

        It is major if a device was read for it, else minor. Mirrors: mm_account_fault.
        """
        self.machine.events.fault += 1
        if result == FAULT_MINOR:
            self.min_flt += 1
        elif result == FAULT_MAJOR:
            self.machine.events.majfault += 1
            self.maj_flt += 1

    def may_map(self) -> bool:
        """Do the VMAs there are leave room for a new one? It may be one more than the limit.

        Mirrors: mm/mmap.c:do_mmap, do_brk_flags (``map_count > max``: 65531 can be reached).
        """
        return self.tree.count <= self.policy.max_map_count

    def may_split(self) -> bool:
        """Do they leave room for one of them to be cut? Mirrors: mm/vma.c:split_vma (``>=``)."""
        return self.tree.count < self.policy.max_map_count

    def may_expand_vm(self, nr_pages: int) -> bool:
        """Does RLIMIT_AS leave room for so many pages more?

        Mirrors: mm/mmap.c:may_expand_vm.
        """
        limit = self.limits.address_space
        return limit == RLIM_INFINITY or pages_to_bytes(self.total_vm + nr_pages) <= limit

    def may_commit(self, nr_pages: int) -> bool:
        """Could the machine ever hold so many pages (heuristic overcommit)?

        Mirrors: mm/util.c:__vm_enough_memory with vm.overcommit_memory = 0.
        """
        return nr_pages <= self.machine.memory.limit + self.machine.swap.nr_slots

    def may_lock(self, vm_flags: int, len_bytes: int) -> bool:
        """Does RLIMIT_MEMLOCK leave room for so many locked bytes more?

        Mirrors: mm/mmap.c:mlock_future_ok.
        """
        if not vm_flags & VM_LOCKED or self.limits.cap_ipc_lock:
            return True
        return pages_to_bytes(self.locked_vm) + len_bytes <= self.limits.memlock

    def account_vm(self, vm_flags: int, nr_pages: int) -> None:
        """Add pages (or, negative, take them away) to the totals."""
        self.total_vm += nr_pages
        if vm_flags & VM_LOCKED:
            self.locked_vm += nr_pages

    def dump(self) -> str:
        """Every VMA in a line, for the report of a broken law."""
        return "\n".join(describe_vma(vma) for vma in self.tree)
