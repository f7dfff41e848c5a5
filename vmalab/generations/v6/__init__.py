"""linux-6: Linux 6.18 on x86_64, as this machine's own kernel shows it, call by call.

Each room answers one question of :class:`vmalab.mm.policy.Policy`: :mod:`~.mmap_flags`,
:mod:`~.fault_around`, :mod:`~.syscalls`. The short answers are here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmalab.arch.x86_64_v6 import X86_64_V6
from vmalab.generations.v6.fault_around import map_pages_around
from vmalab.generations.v6.mmap_flags import calc_mmap_flags
from vmalab.generations.v6.syscalls import SYSCALLS
from vmalab.mm.fault import page_fault_access
from vmalab.mm.flags import VM_ACCESS_FLAGS, VM_ACCOUNT, VM_MAYBE_GUARD
from vmalab.mm.fremap import pte_left_behind
from vmalab.mm.map_page import vma_page_prot
from vmalab.mm.memory import handle_mm_fault
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import AnonVma, VmArea, vma_pages
from vmalab.mm.zap import is_exclusive
from vmalab.units import PAGE_SIZE, WORD_MASK


class Linux6:
    """Linux 6.18: remap_file_pages emulated, merging by anon_vma, mremap of several VMAs.

    Evidence: random programs on a live kernel, compared call by call (``vmalab fuzz``).
    """

    name = "linux-6"
    arch = "x86_64"
    word_mask = WORD_MASK
    task_size = 0x7FFF_FFFF_F000
    mmap_base = 0x7FFF_F7FF_F000
    """TASK_SIZE less the largest stack's 128 MiB; without randomisation."""
    max_map_count = 65530
    stack_guard_gap = 256 * PAGE_SIZE
    merge_ignores = VM_MAYBE_GUARD
    every_cut_counts = False
    mprotect_gives_back = VM_ACCOUNT
    mprotect_populates = True
    pte_format = X86_64_V6
    anon_vma_before_page = True
    sizeof_vma = 192
    """Measured in /proc/slabinfo of 6.18 (bytes)."""
    syscalls: Mapping[str, Callable[..., int | str]] = SYSCALLS

    def __init__(self, arch: str = "x86_64") -> None:
        if arch != self.arch:
            msg = f"{self.name} runs on {self.arch} only, not on {arch!r}"
            raise ValueError(msg)

    def may_expand_stack(self, mm: MmStruct, addr: int) -> bool:
        """Nobody asks where the stack pointer is any more."""
        return True

    def is_mergeable_anon_vma(self, target: AnonVma | None, source: AnonVma | None) -> bool:
        """mm/vma.c:is_mergeable_anon_vma (since 6.16 in either direction).

        One side without an anon_vma takes the other's, unless that was inherited through fork: its
        pages may still be shared with the parent.
        """
        if target is None or source is None:
            owner = target or source
            return owner is None or owner.parent is None
        return target is source

    def anon_vma_compatible(self, low: VmArea, high: VmArea) -> bool:
        """mm/vma.c:anon_vma_compatible: alike in all but access rights, offsets consecutive."""
        ignored = VM_ACCESS_FLAGS | self.merge_ignores
        return (
            low.vm_file is high.vm_file
            and not (low.vm_flags ^ high.vm_flags) & ~ignored
            and high.vm_pgoff == low.vm_pgoff + vma_pages(low)
        )

    map_pages_around = staticmethod(map_pages_around)
    """mm/memory.c:do_fault_around: a read fault of a file maps its cached neighbours."""

    calc_mmap_flags = staticmethod(calc_mmap_flags)
    """mm/mmap.c:do_mmap from calc_vm_prot_bits to the end of its switch."""

    def anon_vma_fork(self, child: MmStruct, anon_vma: AnonVma) -> AnonVma:
        """mm/rmap.c:anon_vma_fork: a new one, whose parent is the one it came from."""
        return child.new_anon_vma(anon_vma)

    page_fault_access = staticmethod(page_fault_access)
    """arch/x86/mm/fault.c:do_user_addr_fault, access_error."""

    handle_mm_fault = staticmethod(handle_mm_fault)
    """mm/memory.c:handle_mm_fault."""

    pte_to_pgprot = staticmethod(vma_page_prot)
    pte_left_behind = staticmethod(pte_left_behind)
    """Both are asked of nonlinear areas only, which 4.0 took out."""

    can_change_pte_writable = staticmethod(is_exclusive)
    """mm/mprotect.c:can_change_pte_writable, for private memory."""

    def faultin_page(
        self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool, copied: bool
    ) -> int:
        """mm/gup.c:faultin_page."""
        return self.handle_mm_fault(mm, vma, addr, write=write)
