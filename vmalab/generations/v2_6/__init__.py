"""linux-2.6: Linux 2.6.18 of September 2006, on the three machines that its transcripts show.

Each room answers one question of :class:`vmalab.mm.policy.Policy`; the short answers are here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from vmalab.arch.formats import pte_format
from vmalab.arch.pte import PteFormat
from vmalab.generations.v2_6.mmap import calc_mmap_flags
from vmalab.generations.v2_6.page_fault import page_fault_access
from vmalab.generations.v2_6.syscalls import SYSCALLS
from vmalab.mm.flags import VM_ACCESS_FLAGS
from vmalab.mm.fremap import pte_left_behind
from vmalab.mm.map_page import vma_page_prot
from vmalab.mm.memory import handle_mm_fault
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import AnonVma, VmArea, vma_pages


class Arch(NamedTuple):
    """What a 2.6 kernel's address spaces owe to the machine it was built for (bytes, bits)."""

    word_bits: int
    task_size: int
    mmap_base: int
    """Where the search for room begins."""
    sizeof_vma: int


ARCHS: Final[Mapping[str, Arch]] = {
    "i386": Arch(32, 0xC000_0000, 0xB800_0000, 84),
    "i386-pae": Arch(32, 0xC000_0000, 0xB800_0000, 88),
    "x86_64": Arch(64, 0x7FFF_FFFF_F000, 0x2AAA_AAAA_B000, 168),
}
"""i386 keeps the largest stack's 128 MiB free below TASK_SIZE and searches downwards from there;
x86_64 searches upwards from a third of TASK_SIZE.

Mirrors: arch/i386/mm/mmap.c:mmap_base, include/asm-x86_64/processor.h:TASK_UNMAPPED_BASE (v2.6.18).
The sizes of struct vm_area_struct were read on 2.6.18 as it ran.
"""

SIZES_OF_VMA: Final[Mapping[int, str]] = {
    84: "i386, 2.6.18: a tree node keeps its colour in the pointer to its parent",
    88: "i386 to 2.6.17, or 2.6.18 with PAE's longer entries: LWN's figure",
    92: "i386 to 2.6.17 with PAE or NUMA",
    168: "x86_64, 2.6.18",
    176: "x86_64 to 2.6.17, or 2.6.18 with NUMA",
    184: "x86_64 to 2.6.17 with NUMA",
    200: "x86_64 to 2.6.17 with the slab allocator's debugging words",
    208: "x86_64, 2.6.11 with NUMA and those words, as it was read while it ran",
}
"""sizeof(struct vm_area_struct) in bytes, by what the kernel was built with."""


class Linux26:
    """Linux 2.6.18: nonlinear mappings for real, eight cases of vma_merge, one anon_vma a family.

    Evidence: transcripts of that kernel, compared line by line (``vmalab replay``).

    ``sizeof_vma`` may be any of :data:`SIZES_OF_VMA`; without it, what 2.6.18 had.

    Raises:
        ValueError: no such machine, or no build had VMAs of that size.
    """

    name = "linux-2.6"
    max_map_count = 65536
    stack_guard_gap = 0
    """The gap came in 2010."""
    merge_ignores = 0
    every_cut_counts = True
    """mm/mmap.c:do_munmap calls split_vma for each end, and that asks every time."""
    mprotect_gives_back = 0
    mprotect_populates = False
    anon_vma_before_page = False
    pte_bits = "plain"
    """Which of the architecture's entry formats the kernel uses."""
    syscalls: Mapping[str, Callable[..., int | str]] = SYSCALLS

    def __init__(self, arch: str = "x86_64", *, sizeof_vma: int | None = None) -> None:
        if arch not in ARCHS:
            msg = f"{self.name} runs on {', '.join(ARCHS)}, not on {arch!r}"
            raise ValueError(msg)
        if sizeof_vma is not None and sizeof_vma not in SIZES_OF_VMA:
            known = ", ".join(map(str, SIZES_OF_VMA))
            msg = f"no 2.6 kernel had VMAs of {sizeof_vma} bytes; choose one of {known}"
            raise ValueError(msg)
        machine = ARCHS[arch]
        self.arch = arch
        self.word_mask = (1 << machine.word_bits) - 1
        self.task_size = machine.task_size
        self.mmap_base = machine.mmap_base
        self.sizeof_vma = sizeof_vma or machine.sizeof_vma
        self.pte_format: PteFormat = pte_format(arch, self.pte_bits)

    def may_expand_stack(self, mm: MmStruct, addr: int) -> bool:
        """do_page_fault: 64 KiB and 32 words below the stack pointer is always a bug."""
        return addr + 65536 + 32 * self.word_mask.bit_length() // 8 >= mm.stack_pointer

    def is_mergeable_anon_vma(self, target: AnonVma | None, source: AnonVma | None) -> bool:
        """mm/mmap.c:is_mergeable_anon_vma: one has none, or both have the same."""
        return target is None or source is None or target is source

    def anon_vma_compatible(self, low: VmArea, high: VmArea) -> bool:
        """mm/mmap.c:find_mergeable_anon_vma: alike but for the rights that mprotect may change."""
        return (
            low.vm_file is high.vm_file
            and not (low.vm_flags ^ high.vm_flags) & ~VM_ACCESS_FLAGS
            and high.vm_pgoff == low.vm_pgoff + vma_pages(low)
        )

    def anon_vma_fork(self, child: MmStruct, anon_vma: AnonVma) -> AnonVma:
        """mm/rmap.c:anon_vma_link: the child's VMA joins its parent's; it gets none of its own."""
        return anon_vma

    page_fault_access = staticmethod(page_fault_access)
    """arch/i386/mm/fault.c:do_page_fault, the switch under good_area."""

    def handle_mm_fault(self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool) -> int:
        """mm/memory.c:__handle_mm_fault."""
        return handle_mm_fault(mm, vma, addr, write=write)

    def pte_to_pgprot(self, mm: MmStruct, vma: VmArea, pte: int) -> int:
        """mm/memory.c:do_file_page populates with vm_page_prot."""
        return vma_page_prot(mm, vma, pte)

    def pte_left_behind(self, mm: MmStruct, vma: VmArea, addr: int, pte: int) -> int:
        """mm/rmap.c:try_to_unmap_cluster, mm/memory.c:zap_pte_range: a displaced page's offset."""
        return pte_left_behind(mm, vma, addr, pte)

    def can_change_pte_writable(self, mm: MmStruct, pte: int) -> bool:
        """mm/mprotect.c:change_pte_range puts vm_page_prot there, which is read-only if private."""
        return False

    def map_pages_around(self, mm: MmStruct, vma: VmArea, addr: int) -> None:
        """mm/memory.c:do_no_page maps the one page; fault-around came with 3.15."""

    calc_mmap_flags = staticmethod(calc_mmap_flags)
    """mm/mmap.c:do_mmap_pgoff from calc_vm_prot_bits to the end of its switches."""

    def faultin_page(
        self, mm: MmStruct, vma: VmArea, addr: int, *, write: bool, copied: bool
    ) -> int:
        """mm/memory.c:get_user_pages, around __handle_mm_fault."""
        return self.handle_mm_fault(mm, vma, addr, write=write)
