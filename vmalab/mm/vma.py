"""One VMA: a run of pages with one backing and one set of permissions.

Mirrors: include/linux/mm_types.h:struct vm_area_struct, struct anon_vma (include/linux/rmap.h).
This file depends on nothing but numbers; what it computes, others do.
"""

from __future__ import annotations

from vmalab.mm.filemap import File
from vmalab.mm.flags import flag_letters, perms
from vmalab.units import PAGE_SIZE


class AnonVma:
    """The VMAs in which a private page may be mapped: the kernel's way back from page to VMA.

    A VMA gets one at its first private write fault. Whether two VMAs may merge depends on theirs.
    After fork the child's VMAs get one of their own, whose ``parent`` is the one they came from:
    pages from before the fork may still be shared, so such a VMA absorbs nobody else's.
    """

    __slots__ = ("number", "parent", "vmas")

    def __init__(self, number: int, parent: AnonVma | None = None) -> None:
        self.number = number
        self.parent = parent
        self.vmas: dict[VmArea, object] = {}

    @property
    def root(self) -> AnonVma:
        """The first of its line: every VMA that came from one by fork is on the root's list."""
        anon_vma = self
        while anon_vma.parent is not None:
            anon_vma = anon_vma.parent
        return anon_vma

    def __repr__(self) -> str:
        return f"AnonVma({self.number})"


class VmArea:
    """Addresses ``vm_start <= a < vm_end`` that share a backing and a set of flags.

    ``vm_pgoff`` is the page of ``vm_file`` at ``vm_start``; private anonymous memory, which has no
    file, uses the page number its first page had when it was first mapped. Only the tree's own
    operations (:mod:`vmalab.mm.vma_tree`) change the two ends.

    >>> VmArea(0x1000, 0x4000, 0x3)
    <VmArea 0x1000-0x4000 rw-p pgoff 0x0 anon>
    """

    __slots__ = ("anon_vma", "vm_end", "vm_file", "vm_flags", "vm_pgoff", "vm_start")

    def __init__(
        self,
        vm_start: int,
        vm_end: int,
        vm_flags: int,
        vm_pgoff: int = 0,
        vm_file: File | None = None,
        anon_vma: AnonVma | None = None,
    ) -> None:
        self.vm_start = vm_start
        self.vm_end = vm_end
        self.vm_flags = vm_flags
        self.vm_pgoff = vm_pgoff
        self.vm_file = vm_file
        self.anon_vma = anon_vma

    def __repr__(self) -> str:
        backing = self.vm_file.name if self.vm_file else "anon"
        return (
            f"<VmArea {self.vm_start:#x}-{self.vm_end:#x} {perms(self.vm_flags)}"
            f" pgoff {self.vm_pgoff:#x} {backing}>"
        )

    def copy(self, vm_start: int, vm_end: int, vm_pgoff: int) -> VmArea:
        """The same area elsewhere: all but the two ends and the offset is kept."""
        return VmArea(vm_start, vm_end, self.vm_flags, vm_pgoff, self.vm_file, self.anon_vma)


def vma_pages(vma: VmArea) -> int:
    """How many pages the VMA spans."""
    return (vma.vm_end - vma.vm_start) // PAGE_SIZE


def linear_page_index(vma: VmArea, addr: int) -> int:
    """The page of the backing object that belongs at ``addr``.

    vm_start       addr
       |------------#---------|
    vm_pgoff      + (addr - vm_start) pages
    """
    return vma.vm_pgoff + (addr - vma.vm_start) // PAGE_SIZE


def vma_is_anonymous(vma: VmArea) -> bool:
    """Has the VMA no file? Shared anonymous memory has one: its own shmem object."""
    return vma.vm_file is None


def describe_vma(vma: VmArea) -> str:
    """A VMA in one line for a dump: range, permissions, backing, flags, anon_vma."""
    backing = vma.vm_file.name if vma.vm_file else "anon"
    anon = f" anon_vma {vma.anon_vma.number}" if vma.anon_vma else ""
    return (
        f"{vma.vm_start:#x}-{vma.vm_end:#x} {perms(vma.vm_flags)} pgoff {vma.vm_pgoff:#x}"
        f" {backing} [{' '.join(flag_letters(vma.vm_flags))}]{anon}"
    )
