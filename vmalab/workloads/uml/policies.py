"""How the UML kernel asks its host for pages: a mapping for each, or one window and remaps.

    mmap   | r-x 9 | rwx 3 |  hole  | rwx 7 |          a VMA for each page, or run of pages
    rfp    |-------------- PROT_NONE -------|          one VMA; page and right live in the entry

``rfp`` is what Ingo Molnar and Paolo "Blaisorblade" Giarrusso meant the patch for. A host without
MAP_CHGPROT refuses the first such call; from then on the policy makes two calls a page, mprotect
and a remap_file_pages without a protection, and learns what that costs in VMAs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import EINVAL
from typing import Final, Protocol

from vmalab.uapi.mman import MAP_CHGPROT, PROT_NONE
from vmalab.workloads.uml.flush import MAP, PROTECT, HostOp
from vmalab.workloads.uml.hosts import Host
from vmalab.workloads.uml.layout import WINDOW_PAGES, WINDOW_VPN


class Policy(Protocol):
    """A way of showing guest pages in a host address space; errors are negative errnos."""

    name: str
    unmaps_gaps: bool
    """Must a space that is flushed anew be told where nothing is?"""

    def begin(self, host: Host, space: int) -> int:
        """Prepare an address space in which nothing of the guest is to be seen."""

    def apply(self, host: Host, space: int, op: HostOp) -> int:
        """Do one operation of a flush."""


class MmapPolicy:
    """The only way on an ordinary host.

    Mirrors: arch/um/os-Linux/skas/mem.c:map, unmap, protect (v2.6.18).
    """

    name = "mmap"
    unmaps_gaps = True

    def begin(self, host: Host, space: int) -> int:
        """Nothing to prepare: holes are what there is."""
        del host, space
        return 0

    def apply(self, host: Host, space: int, op: HostOp) -> int:
        """A system call each."""
        if op.kind == MAP:
            return host.mmap(space, op.vpn, op.nr_pages, op.prot, op.pgoff)
        if op.kind == PROTECT:
            return host.mprotect(space, op.vpn, op.nr_pages, op.prot)
        return host.munmap(space, op.vpn, op.nr_pages)


class RfpPolicy:
    """One inaccessible window on the RAM file, in which pages are shown one by one.

    "You start with a dark sky, then insert the stars one by one" (Hugh Dickins). To take a page
    away is to show any page, here the first, with no rights.
    """

    name = "rfp"
    unmaps_gaps = False
    chgprot = True
    """Does the host take a protection? Until it says no."""

    def begin(self, host: Host, space: int) -> int:
        """The dark sky; what was shown before is gone."""
        return host.mmap(space, WINDOW_VPN, WINDOW_PAGES, PROT_NONE, 0)

    def apply(self, host: Host, space: int, op: HostOp) -> int:
        """A star, or one put out."""
        if op.kind == MAP:
            return self._show(host, space, op)
        if op.kind == PROTECT and not self.chgprot:
            return host.mprotect(space, op.vpn, op.nr_pages, op.prot)
        for vpn in range(op.vpn, op.vpn + op.nr_pages):
            error = self._show(host, space, HostOp(MAP, vpn, 1, PROT_NONE, 0))
            if error < 0:
                return error
        return 0

    def _show(self, host: Host, space: int, op: HostOp) -> int:
        if self.chgprot:
            how = op.prot, op.pgoff, MAP_CHGPROT
            error = host.remap_file_pages(space, op.vpn, op.nr_pages, *how)
            if error != -EINVAL:
                return error
            self.chgprot = False
        error = host.mprotect(space, op.vpn, op.nr_pages, op.prot)
        if error < 0:
            return error
        return host.remap_file_pages(space, op.vpn, op.nr_pages, 0, op.pgoff, 0)


POLICIES: Final[Mapping[str, Callable[[], Policy]]] = {"mmap": MmapPolicy, "rfp": RfpPolicy}
"""Both policies, by name."""
