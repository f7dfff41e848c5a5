"""One process's address space: the tree of VMAs, the pages present, the totals and the limits.

Mirrors: include/linux/mm_types.h:struct mm_struct.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vmalab.mm.flags import VM_LOCKED
from vmalab.mm.present import PresentPages
from vmalab.mm.vma import AnonVma, VmArea, describe_vma, vma_pages
from vmalab.mm.vma_tree import VmaTree
from vmalab.records.events import Event, SyscallRefused
from vmalab.uapi.errors import KernelBug
from vmalab.units import offset_in_page, pages_to_bytes, vpn_to_addr

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
class Machine:
    """What all address spaces of one kernel share: its memory, and counters that number things."""

    ram_pages: int
    swap_pages: int = 0
    next_anon_vma: int = 1
    next_shmem: int = 0


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

    ``mmap_base`` is where get_unmapped_area starts looking downwards; ``task_size`` the first
    address no task may use. ``total_vm`` and ``locked_vm`` count pages.
    """

    __slots__ = (
        "brk",
        "emit",
        "limits",
        "locked_vm",
        "lowest_addr",
        "machine",
        "mmap_base",
        "pages",
        "policy",
        "refusal",
        "start_brk",
        "task_size",
        "total_vm",
        "tree",
    )

    def __init__(self, policy: Policy, machine: Machine) -> None:
        self.policy = policy
        self.machine = machine
        self.tree = VmaTree()
        self.pages = PresentPages()
        self.limits = Limits()
        self.task_size = policy.task_size
        self.mmap_base = policy.mmap_base
        self.lowest_addr = 0x1000
        self.start_brk = 0
        self.brk = 0
        self.total_vm = 0
        self.locked_vm = 0
        self.refusal: Refusal | None = None
        self.emit: Callable[[Event], None] | None = None

    @property
    def map_count(self) -> int:
        """How many VMAs there are."""
        return self.tree.count

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
        return nr_pages <= self.machine.ram_pages + self.machine.swap_pages

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


def validate_mm(mm: MmStruct) -> None:
    """Check the laws of an address space.

    Mirrors: mm/vma.c:validate_mm, and more of it.

    Raises:
        KernelBug: naming the law that is broken, with a dump of the VMAs.
    """
    total = locked = count = 0
    last: VmArea | None = None
    for vma in mm.tree:
        count += 1
        total += vma_pages(vma)
        locked += vma_pages(vma) if vma.vm_flags & VM_LOCKED else 0
        if offset_in_page(vma.vm_start) or offset_in_page(vma.vm_end):
            raise KernelBug("VMAs begin and end on page boundaries", mm.dump())
        if not vma.vm_start < vma.vm_end <= mm.task_size:
            raise KernelBug("a VMA holds at least one page below TASK_SIZE", mm.dump())
        if last is not None and last.vm_end > vma.vm_start:
            raise KernelBug("VMAs are in order and do not overlap", mm.dump())
        if mm.tree.find(vma.vm_start) is not vma or mm.tree.at(vma.vm_end - 1) is not vma:
            raise KernelBug("the tree finds each VMA by its first and its last address", mm.dump())
        last = vma
    if count != mm.map_count:
        raise KernelBug(f"map_count {mm.map_count} is the number of VMAs {count}", mm.dump())
    if total != mm.total_vm:
        raise KernelBug(f"total_vm {mm.total_vm} is the pages of all VMAs {total}", mm.dump())
    if locked != mm.locked_vm:
        raise KernelBug(f"locked_vm {mm.locked_vm} is the pages of locked VMAs {locked}", mm.dump())
    for vpn, _ in mm.pages.items():
        if mm.tree.at(vpn_to_addr(vpn)) is None:
            raise KernelBug(f"page {vpn:#x} is present, so a VMA holds it", mm.dump())
