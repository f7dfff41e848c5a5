"""A guest's day, kept moment by moment: the host's side of its first process, and the bill so far.

    touches    0 ....... 22 ....... 44 .. fork . exec .. exit ....... 693
    moments    0         1          2     3      4       5            36

The same day under the other policy has the same touches and the same moments, so that two films can
be laid side by side; only where the host refuses does one end early.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from vmalab.arch.uml import UML
from vmalab.generations import generation
from vmalab.kernel import Kernel
from vmalab.workloads.uml.flush import host_prot
from vmalab.workloads.uml.guest import Guest, Killed
from vmalab.workloads.uml.hosts import CLONE, ModelHost, Row
from vmalab.workloads.uml.layout import DATA_VPN, STUB_CODE_VPN, WINDOW_VPN
from vmalab.workloads.uml.workload import Params, run

SHOWN_PAGES: Final = 16
"""The guest pages that are looked at one by one: the first of the program's memory."""
MOMENTS: Final = 32
"""About so many are kept, besides those at which a process comes or goes."""
_FIRST: Final = 1
"""The process of the guest that is followed, and its address space of the host."""

Kind = Literal["start", "work", "fork", "exec", "exit", "killed", "end"]


@dataclass(frozen=True, slots=True)
class Page:
    """A guest page that is there: its right on the host (read 1, write 2, exec 4), its RAM page."""

    prot: int
    pgoff: int


@dataclass(frozen=True, slots=True)
class Moment:
    """The host after so many touches. ``rows`` are VMAs of the guest's first process.

    ``nr_present`` are the pages which that process can see; ``pages`` the first of its memory, None
    where none is. ``in_all`` and ``table_bytes`` count all guest processes; ``other_vmas`` those of
    a command that runs at this moment. Of a process that was killed they tell what it was before.
    """

    kind: Kind
    touches: int
    pid: int
    faults: int
    stops: int
    calls: Counter[str]
    vmas_copied: int
    rows: tuple[Row, ...]
    pages: tuple[Page | None, ...]
    nr_present: int
    other_vmas: int
    in_all: int
    table_bytes: int
    killed: Killed | None = None

    @property
    def vmas(self) -> int:
        """VMAs of the first process; if it was killed just now, those it had."""
        died = self.killed is not None and self.killed.pid == _FIRST
        return self.killed.host_vmas if self.killed and died else len(self.rows)


@dataclass(frozen=True, slots=True)
class Film:
    """Every moment of a guest's day on one host, under one policy."""

    params: Params
    policy: str
    kernel: str
    arch: str
    max_map_count: int
    sizeof_vma: int
    moments: tuple[Moment, ...]

    @property
    def was_killed(self) -> bool:
        """Did the host refuse before the day was over?"""
        return self.moments[-1].kind == "killed"


def film(params: Params, policy: str, on: str, max_map_count: int | None = None) -> Film:
    """Run a guest on a host, i386 if its kernel runs there, and keep its moments.

    Raises:
        ValueError: no such kernel.
        KeyError: no such policy.

    >>> day = film(Params(pages=64), "rfp", "linux-2.6-manyprots-v4")
    >>> len(day.moments), {moment.vmas for moment in day.moments}
    (44, {3})
    """
    arch = _arch_of(on)
    kernel = Kernel(on, arch, ram_pages=8 * params.ram_pages)
    if max_map_count is not None:
        kernel.policy.max_map_count = max_map_count
    host = ModelHost(kernel, params.ram_pages)
    camera = _Camera(host, params)
    run(params, policy, kernel, host=host, observer=camera.touched)
    camera.cut()
    limit, size = kernel.policy.max_map_count, kernel.policy.sizeof_vma
    return Film(params, policy, on, arch, limit, size, tuple(camera.moments))


def _arch_of(on: str) -> str:
    """The machine of the time, if the kernel runs on it."""
    try:
        generation(on, "i386")
    except ValueError:
        return "x86_64"
    return "i386"


class _Camera:
    """Looks at the host after every touch, and keeps what is worth a look."""

    def __init__(self, host: ModelHost, params: Params) -> None:
        self.host = host
        self.every = max(1, params.pages // MOMENTS)
        self.moments: list[Moment] = []
        self.touches = 0
        self._guest: Guest | None = None
        self._pid = _FIRST

    def touched(self, guest: Guest, pid: int, vpn: int, word: bytes | None) -> None:
        """Keep a moment where a process came or went, and now and then."""
        del vpn, word
        self._guest, self._pid = guest, pid
        self.touches += 1
        kind = self._kind(guest)
        if kind != "work" or not self.touches % self.every:
            self._keep(guest, kind)

    def cut(self) -> None:
        """The day is over."""
        guest = self._guest
        if guest is None or self.moments[-1].touches == self.touches:
            return
        self._keep(guest, "end")

    def _kind(self, guest: Guest) -> Kind:
        """What happened since the last moment, by the host's own counts."""
        if not self.moments:
            return "start"
        last = self.moments[-1]
        if len(guest.killed) > sum(one.killed is not None for one in self.moments):
            return "killed"
        new = sum(self.host.calls[name] - last.calls[name] for name in (CLONE, "open"))
        gone = self.host.calls["exit"] - last.calls["exit"]
        if new:
            return "exec" if gone else "fork"
        return "exit" if gone else "work"

    def _keep(self, guest: Guest, kind: Kind) -> None:
        host = self.host
        killed = guest.killed[-1] if kind == "killed" else None
        so_far = self.touches, self._pid, guest.faults, guest.stops, Counter(host.calls)
        if _FIRST not in guest.processes:
            last = self.moments[-1]
            names = ("kind", "touches", "pid", "faults", "stops", "calls", "vmas_copied", "killed")
            values = kind, *so_far, host.vmas_copied, killed
            changed: dict[str, Any] = dict(zip(names, values, strict=True))
            self.moments.append(replace(last, **changed))
            return
        spaces = {pid: mm.space for pid, mm in guest.processes.items()}
        mms = [host.task(space).mm for space in spaces.values()]
        other = spaces.get(self._pid) if self._pid != _FIRST else None
        self.moments.append(
            Moment(
                kind,
                *so_far,
                host.vmas_copied,
                tuple(host.rows(spaces[_FIRST])),
                _pages(guest),
                _nr_present(guest),
                host.map_count(other) if other else 0,
                sum(mm.map_count for mm in mms),
                sum(mm.pgtable.nr_bytes for mm in mms),
                killed,
            )
        )


def _pages(guest: Guest) -> tuple[Page | None, ...]:
    """The first pages of the first process's memory, as its own page tables have them."""
    table = guest.processes[_FIRST].table
    entries = (table.get(vpn) for vpn in range(DATA_VPN, DATA_VPN + SHOWN_PAGES))
    return tuple(
        Page(host_prot(pte), UML.pte_pfn(pte)) if UML.pte_present(pte) else None for pte in entries
    )


def _nr_present(guest: Guest) -> int:
    """How many pages the first process can see."""
    table = guest.processes[_FIRST].table
    return sum(UML.pte_present(pte) for _, pte in table.entries(WINDOW_VPN, STUB_CODE_VPN))
