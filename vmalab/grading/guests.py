"""Probes of User-mode Linux: small guests to reckon with, and a learner's function in UML's place.

touches   r0 w0 w1 r2           the page of RAM that a write gets is the next of `frames`
right     x, rx or rwx          not used lately, not written, and written
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from vmalab.arch.pgtable import PageTable
from vmalab.arch.uml import PAGE_NEWPAGE, UML
from vmalab.grading.canonical import Plain, digest
from vmalab.grading.in_place import instead
from vmalab.kernel import Kernel
from vmalab.uapi.mman import PROT_EXEC, PROT_READ, PROT_WRITE
from vmalab.workloads.uml import ModelHost, Params, run
from vmalab.workloads.uml import flush as flush_room
from vmalab.workloads.uml import guest as guest_room
from vmalab.workloads.uml.flush import MAP, UNMAP, HostOp, host_prot
from vmalab.workloads.uml.guest import Guest
from vmalab.workloads.uml.hosts import CLONE
from vmalab.workloads.uml.layout import DATA_VPN
from vmalab.workloads.uml.policies import POLICIES
from vmalab.workloads.uml.ram import GuestRam

__all__ = [
    "bill_of_a_command",
    "flush_in_place",
    "guest_outcome",
    "reckoned",
    "right_in_place",
    "spelled",
]

Function = Callable[..., Any]

HOST: Final = "linux-2.6-manyprots-v4"
MACHINE: Final = "i386"
RIGHTS: Final = {
    "x": PROT_EXEC,
    "rx": PROT_READ | PROT_EXEC,
    "rwx": PROT_READ | PROT_WRITE | PROT_EXEC,
}
"""The rights that a guest page can have on its host, and their bits."""
_WORD: Final = b"exercise"
_RAM_PAGES: Final = 1024


class _Ordered(GuestRam):
    """RAM whose frames are handed out in a given order."""

    __slots__ = ("_order",)

    def __init__(self, frames: Sequence[int]) -> None:
        super().__init__(_RAM_PAGES, 0.0, random.Random(7))
        self._order = list(frames)

    def alloc(self) -> int:
        pfn = self._order.pop(0)
        self._take(pfn)
        return pfn


def _boot(ram: GuestRam, policy: str, mode: str) -> tuple[Guest, int]:
    kernel = Kernel(HOST, MACHINE, ram_pages=4 * _RAM_PAGES)
    guest = Guest(ModelHost(kernel, _RAM_PAGES, logged=True), POLICIES[policy](), ram, mode)
    return guest, guest.start()


def reckoned(touches: str, frames: Sequence[int]) -> list[int]:
    """How often UML calls mmap while a program touches pages, and the VMAs that remain.

    >>> reckoned("r0 w0 w1", [5, 6]), reckoned("w0 w1 r2 r3", [9, 5])
    ([3, 1], [4, 4])
    """
    guest, pid = _boot(_Ordered(frames), "mmap", "skas3")
    for touch in touches.split():
        word = _WORD if touch[0] == "w" else None
        guest.touch(pid, DATA_VPN + int(touch[1:]), word)
    return [guest.host.calls["mmap"], guest.host.map_count(guest.processes[pid].space)]


def bill_of_a_command(mode: str, policy: str, written: int, read: int) -> list[int]:
    """A shell starts a command, by fork and exec, and before that touched scattered pages.

    What is told: the shell's VMAs before, VMAs that the host copies, and calls that take the right
    to write away from the shell's pages.

    >>> bill_of_a_command("skas0", "mmap", 4, 1), bill_of_a_command("skas3", "rfp", 4, 1)
    ([7, 14, 4], [1, 0, 4])
    """
    ram = GuestRam(_RAM_PAGES, 1.0, random.Random(7))
    guest, shell = _boot(ram, policy, mode)
    for page in range(written + read):
        guest.touch(shell, DATA_VPN + page, _WORD if page < written else None)
    space = guest.processes[shell].space
    vmas, log = guest.host.map_count(space), (guest.host.log or {})[space]
    log.clear()
    guest.exec(guest.fork(shell))
    return [vmas, guest.host.vmas_copied, sum(call.name != CLONE for call in log)]


def guest_outcome(seed: int) -> Plain:
    """A whole guest's day: what programs read, what the host was asked for, and its VMAs."""
    params = Params(pages=48, fragmentation=0.5, commands=1, seed=seed)
    kernel = Kernel(HOST, MACHINE, ram_pages=8 * params.ram_pages)
    try:
        report = run(params, "mmap", kernel, watch=True)
    except Exception as error:  # whatever a learner's code raises, or a page that faults for ever
        return f"the guest stops: {type(error).__name__}"
    seen = digest(repr(report.seen), "seen")
    return [seen, report.faults, dict(report.calls), report.peak_vmas, len(report.killed)]


def spelled(prot: int) -> str:
    """A protection in letters, as learners see it.

    >>> spelled(PROT_READ | PROT_EXEC)
    'rx'
    """
    return next(letters for letters, bits in RIGHTS.items() if bits == prot)


@contextmanager
def right_in_place(right: Function) -> Iterator[None]:
    """``right(entry)`` says with which right the host shows the page of an entry."""
    with instead(flush_room, "host_prot", lambda pte: RIGHTS[right(pte)]):
        yield


@contextmanager
def flush_in_place(flush: Function) -> Iterator[None]:
    """``flush(entries)`` says which calls tell the host of entries that changed."""

    def flush_range(table: PageTable, first: int, last: int) -> list[HostOp]:
        changed = []
        for vpn, pte in list(table.entries(first, last)):
            if pte & PAGE_NEWPAGE:
                there = UML.pte_present(pte)
                page = UML.pte_pfn(pte), spelled(host_prot(pte))
                changed.append((vpn, *page) if there else (vpn, None, None))
                table.set(vpn, pte & ~PAGE_NEWPAGE)
        return [_operation(*call) for call in flush(changed)]

    with instead(guest_room, "flush_range", flush_range):
        yield


def _operation(
    name: str, page: int, nr_pages: int, right: str = "", frame: int | None = None
) -> HostOp:
    """A learner's call as UML keeps it; one that is none stops the guest."""
    kinds = {"mmap": MAP, "munmap": UNMAP}
    numbers = (page, nr_pages, 0 if frame is None else frame)
    if any(type(number) is not int for number in numbers) or (frame is None) != (name == "munmap"):
        raise TypeError
    return HostOp(kinds[name], page, nr_pages, RIGHTS[right] if right else 0, numbers[2])
