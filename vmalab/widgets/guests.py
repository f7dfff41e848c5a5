"""What lesson 07 shows: single pages of a guest, the price of a process, and famous sums.

Not among the names of :mod:`vmalab.widgets`, because only one lesson needs it.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path
from typing import Final

from vmalab.kernel import Kernel
from vmalab.records.events import VmaCreated
from vmalab.units import pages_to_bytes
from vmalab.widgets.pictures import Told
from vmalab.widgets.uml_monitor_view import perms_of
from vmalab.workloads.lookup.area import Area
from vmalab.workloads.lookup.compare import count_steps
from vmalab.workloads.uml.guest import Guest
from vmalab.workloads.uml.hosts import Call, ModelHost
from vmalab.workloads.uml.layout import DATA_VPN
from vmalab.workloads.uml.policies import POLICIES
from vmalab.workloads.uml.ram import GuestRam

HOST: Final = "linux-2.6-manyprots-v4"
"""The host of the lesson: it takes a protection for a single page."""
WORD: Final = b"lesson 7"
SLABINFO: Final = Path("/proc/slabinfo")
COMMAND_PAGES: Final = 8
RECORDED: Final = (
    "vm_area_struct     12916  20307    192   21    1 : tunables    0    0    0 "
    ": slabdata    967    967      0"
)
"""Linux 6.18.44 on Debian 12, with two JupyterLabs and a browser running in it."""
_TOUCH: Final = re.compile(r"([rw])(\d{1,3})\Z")


class _Meter(ModelHost):
    """A host that counts its own page faults and the VMAs it makes, by clone and by calls."""

    def __init__(self, ram_pages: int, host: str = HOST) -> None:
        self.made = 0
        self.gone_faults = 0
        kernel = Kernel(host, "i386", ram_pages=16 * ram_pages, listener=self._heard)
        super().__init__(kernel, ram_pages, logged=True)

    def _heard(self, event: object) -> None:
        self.made += isinstance(event, VmaCreated)

    def close_space(self, space: int) -> None:
        self.gone_faults += self._faults(space)
        super().close_space(space)

    @property
    def own_faults(self) -> int:
        """Page faults that the host dealt with itself: a page was mapped and had no entry."""
        return self.gone_faults + sum(map(self._faults, self.spaces))

    def _faults(self, space: int) -> int:
        mm = self.task(space).mm
        return mm.min_flt + mm.maj_flt


def _boot(policy: str, ram_pages: int, mode: str, fragmentation: float = 1.0) -> Guest:
    ram = GuestRam(ram_pages, fragmentation, random.Random(7))
    return Guest(_Meter(ram_pages), POLICIES[policy](), ram, mode)


def touches(text: str, policy: str = "mmap", *, fragmentation: float = 1.0) -> Told:
    """Let a guest program touch pages, ``r0`` to read page 0, ``w0`` to write it: the host's side.

    There are no stubs (skas3), so all VMAs show guest pages.

    Raises:
        ValueError: a word is no touch, or no such policy.

    >>> touches("r0 w0")
    read  page 0   SIGSEGV   mmap page 0 r-x RAM page 0    1 VMA
    write page 0   SIGSEGV   mmap page 0 rwx RAM page 78   1 VMA
    """
    if policy not in POLICIES:
        msg = f"{policy!r} is no policy; choose one of {', '.join(POLICIES)}"
        raise ValueError(msg)
    guest = _boot(policy, 512, "skas3", fragmentation)
    pid = guest.start()
    space = guest.processes[pid].space
    log = (guest.host.log or {})[space]
    guest.switch(pid)
    log.clear()
    lines = []
    for word in text.split():
        match = _TOUCH.match(word)
        if match is None:
            msg = f"{word!r} is no touch: r0 reads page 0, w0 writes it"
            raise ValueError(msg)
        does, page = match[1], int(match[2])
        guest.touch(pid, DATA_VPN + page, WORD if does == "w" else None)
        calls = "; ".join(map(_told, log))
        log.clear()
        vmas = guest.host.map_count(space)
        count = f"{vmas} VMA{'s' * (vmas != 1)}"
        signal = "SIGSEGV" if calls else "       "
        name = {"r": "read ", "w": "write"}[does]
        lines.append((f"{name} page {page}", signal, calls or "nothing to do", count))
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return Told(
        "\n".join(
            "   ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)).rstrip()
            for line in lines
        )
    )


def _told(call: Call) -> str:
    """A call on one guest page, in words."""
    vpn, nr_pages, *rest = call.args
    page = f"page {vpn - DATA_VPN}" if nr_pages == 1 else f"{nr_pages} pages"
    if not rest:
        return f"{call.name} {page}"
    prot, pgoff, *_ = rest
    return f"{call.name} {page} {perms_of(prot)} RAM page {pgoff}"


def price_of_a_process(pages: int = 512, mode: str = "skas0") -> Told:
    """A shell of so many pages starts a short command: what the host does for it, by policy.

    The command writes a page, calls exec, writes eight pages of its own and ends.
    """
    return _beside(
        {policy: _start_a_command(policy, pages, mode) for policy in POLICIES},
        f"a shell of {pages:,} pages, {mode}",
    )


def _start_a_command(policy: str, pages: int, mode: str) -> Counter[str]:
    guest = _boot(policy, 2 * pages + 512, mode)
    shell = guest.start()
    for page in range(pages):
        guest.touch(shell, DATA_VPN + page, WORD)
    before = _counts(guest)
    command = guest.fork(shell)
    guest.touch(command, DATA_VPN, WORD)
    guest.exec(command)
    for page in range(COMMAND_PAGES):
        guest.touch(command, DATA_VPN + page, WORD)
    guest.exit(command)
    return _since(guest, before)


def price_of_turns(turns: int = 16, pages: int = 16) -> Told:
    """Two programs take turns, and each time touch so many new pages: what the host does for it."""
    found = {}
    for policy in POLICIES:
        guest = _boot(policy, 2 * turns * pages + 512, "skas0")
        first = guest.start()
        other = guest.fork(first)
        guest.exec(other)
        guest.switch(other)
        before = _counts(guest)
        for turn in range(turns):
            pid = (first, other)[turn % 2]
            for page in range(turn * pages, (turn + 1) * pages):
                guest.touch(pid, DATA_VPN + page, WORD)
        found[policy] = _since(guest, before)
    return _beside(found, f"{turns} turns of {pages} new pages")


def _counts(guest: Guest) -> Counter[str]:
    host = guest.host
    assert isinstance(host, _Meter)
    calls = sum(host.calls[name] for name in ("mmap", "munmap", "mprotect", "remap_file_pages"))
    return Counter(
        {
            "context switches": guest.switches,
            "calls on host address spaces": calls,
            "VMAs copied by clone": host.vmas_copied,
            "VMAs made by calls": host.made,
            "host faults: SIGSEGV for UML": guest.faults,
            "host faults: of its own": host.own_faults,
        }
    )


def _since(guest: Guest, before: Counter[str]) -> Counter[str]:
    after = _counts(guest)
    return Counter({name: after[name] - before[name] for name in after})


def _beside(found: dict[str, Counter[str]], title: str) -> Told:
    """Counts of both policies, a column each."""
    lines = [f"{title:34}" + "".join(f"{policy:>8}" for policy in found)]
    names = next(iter(found.values()))
    lines += [f"{name:34}" + "".join(f"{one[name]:8,}" for one in found.values()) for name in names]
    return Told("\n".join(lines))


def look_ups(*sizes: int) -> Told:
    """How many nodes a look-up reads, on average, in spaces of so many VMAs."""
    rng, columns = random.Random(7), []
    for size in sizes:
        areas = [
            Area(pages_to_bytes(page), pages_to_bytes(page + 1)) for page in range(1, size + 1)
        ]
        columns.append(count_steps(areas, [rng.choice(areas).start for _ in range(40)]))
    lines = [f"{'VMAs':12}" + "".join(f"{size:>10,}" for size in sizes)]
    for row in zip(*columns, strict=True):
        lines.append(f"{row[0].structure:12}" + "".join(f"{one.average:>10,.1f}" for one in row))
    return Told("\n".join(lines))


def slab_line() -> tuple[str, str]:
    """The line of /proc/slabinfo that counts VMAs, and whose: this machine's, or a recorded one."""
    try:
        text = SLABINFO.read_text(encoding="ascii")
    except OSError:
        return RECORDED, "recorded"
    found = [line for line in text.splitlines() if line.startswith("vm_area_struct ")]
    return (found[0], "this machine") if found else (RECORDED, "recorded")


def vmas_of(line: str) -> tuple[int, int]:
    """How many VMAs a line of /proc/slabinfo counts, and the bytes of one.

    >>> vmas_of(RECORDED)
    (12916, 192)
    """
    _, active, _, size, *_ = line.split()
    return int(active), int(size)


__all__ = [
    "RECORDED",
    "look_ups",
    "price_of_a_process",
    "price_of_turns",
    "slab_line",
    "touches",
    "vmas_of",
]
