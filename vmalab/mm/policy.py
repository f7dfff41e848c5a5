"""The questions on which kernels differ. Each generation answers them; nobody else asks the year.

A method is named after the kernel function whose place it takes. See :mod:`vmalab.generations`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from vmalab.arch.pte import PteFormat
from vmalab.mm.vma import AnonVma, VmArea

if TYPE_CHECKING:
    from vmalab.mm.filemap import File
    from vmalab.mm.mm_struct import MmStruct


class Policy(Protocol):
    """What a generation must say of itself."""

    name: str
    arch: str
    """The machine it runs on: i386, i386-pae, x86_64."""
    word_mask: int
    """What a register of that machine can hold: system-call arguments wrap to it."""
    task_size: int
    """The first address no task may use (bytes)."""
    mmap_base: int
    """Where the search for room begins (bytes)."""
    stack_guard_gap: int
    """How far a stack keeps from what lies below it (bytes)."""
    max_map_count: int
    """vm.max_map_count: how many VMAs a process may have; one more where nothing is cut."""
    merge_ignores: int
    """vm_flags that do not keep two VMAs apart."""
    every_cut_counts: bool
    """Is munmap refused at the limit although the piece it cuts off is about to go?"""
    mprotect_gives_back: int
    """vm_flags that mprotect takes away with the right to write, from memory never written."""
    mprotect_populates: bool
    """Does mprotect fault in locked memory that becomes writable?"""
    pte_format: PteFormat
    """How the entries of its page tables are laid out."""
    sizeof_vma: int
    """sizeof(struct vm_area_struct), bytes."""
    anon_vma_before_page: bool
    """Does a private write to a file look for the anon_vma before it looks for the page?"""
    syscalls: Mapping[str, Callable[..., int | str]]
    """The system calls it has: a name, and what that does to an address space."""

    def may_expand_stack(self, mm: MmStruct, addr: int) -> bool:
        """May a stack grow down to an address so far from the stack pointer?"""

    def is_mergeable_anon_vma(self, target: AnonVma | None, source: AnonVma | None) -> bool:
        """May a VMA with ``target`` absorb one with ``source``, a different anon_vma or None?"""

    def map_pages_around(self, mm: MmStruct, vma: VmArea, addr: int) -> None:
        """Map more than the one page of a file that a read faulted on?"""

    def calc_mmap_flags(
        self, mm: MmStruct, file: File | None, prot: int, flags: int, pgoff: int, length: int
    ) -> int:
        """The vm_flags of a new mapping, or a negative errno: do_mmap's checks of file and type."""

    def anon_vma_compatible(self, low: VmArea, high: VmArea) -> bool:
        """May a VMA that faults share the anon_vma of the neighbour it touches?"""

    def anon_vma_fork(self, child: MmStruct, anon_vma: AnonVma) -> AnonVma:
        """The anon_vma of a child's VMA whose parent's is ``anon_vma``."""

    def page_fault_access(
        self, mm: MmStruct, vma: VmArea, addr: int, error_code: int
    ) -> bool | None:
        """Is a fault to be handled as a write, or as a read? None: the VMA forbids it."""

    def handle_mm_fault(self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
        """Make a page of a VMA accessible: a FAULT_ code."""

    def pte_to_pgprot(self, mm: MmStruct, vma: VmArea, pte: int) -> int:
        """With which protection is the page mapped that a file entry names?"""

    def pte_left_behind(self, mm: MmStruct, vma: VmArea, addr: int, pte: int) -> int:
        """What stays in a nonlinear VMA where a present entry is taken away; 0: nothing."""

    def can_change_pte_writable(self, mm: MmStruct, pte: int) -> bool:
        """May mprotect make a private page writable at once, or does the first write decide?"""

    def faultin_page(
        self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool, copied: bool
    ) -> int:
        """Bring a page in ahead of use: a FAULT_ code. ``copied``: a page before it was copied."""
