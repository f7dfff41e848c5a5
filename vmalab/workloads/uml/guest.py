"""The UML kernel: guest processes, their page tables and faults, and what the host is told.

    skas0   an unpatched host: a process of the host for each guest process, made by clone(2),
            which copies every VMA; two stub pages at the top make the calls
    skas3   a patched host: an address space by open("/proc/mm"), empty; a switch is one ptrace call

Mirrors: arch/um/kernel/trap.c, kernel/tlb.c, kernel/skas/mmu.c, kernel/skas/process.c (v2.6.18).
"""

from __future__ import annotations

from itertools import count
from typing import Final, NamedTuple

from vmalab.arch.pgtable import PageTable
from vmalab.arch.physmem import PhysicalMemory
from vmalab.arch.uml import PAGE_NEWPAGE, UML
from vmalab.uapi.errors import SegmentationFault
from vmalab.uapi.mman import PROT_READ, PROT_WRITE
from vmalab.workloads.uml.flush import HostOp, flush_range, force_flush_all
from vmalab.workloads.uml.hosts import ModelHost
from vmalab.workloads.uml.layout import (
    DATA_VPN,
    FILE_VPN,
    STUB_CODE_VPN,
    WINDOW_VPN,
)
from vmalab.workloads.uml.policies import Policy
from vmalab.workloads.uml.ram import NO_FRAME, ZERO_PFN, GuestRam

MODES: Final = ("skas0", "skas3")
_SHARED: Final = 8
_READ: Final = UML.protection_map[PROT_READ]
_SHARED_WRITE: Final = UML.protection_map[_SHARED | PROT_READ | PROT_WRITE]
_TRIES: Final = 3
"""A touch faults at most twice: once to read, once to write."""

FLUSH_FAILED: Final = "fix_range_common: failed, killing current process"
HINT: Final = "try increasing the host's /proc/sys/vm/max_map_count to <physical memory size>/4096"
"""What UML printed since September 2004, for people with more than 256 MB of guest memory."""


class Killed(NamedTuple):
    """A guest process that the UML kernel had to kill, and what it printed."""

    pid: int
    host_vmas: int
    """How many the host's address space had when it refused."""
    errno: int
    message: str


class GuestMm:
    """A guest's address space: its own page tables, and the host's address space behind them."""

    __slots__ = ("is_new", "space", "stub_pfn", "table")

    def __init__(self, space: int, stub_pfn: int) -> None:
        frames = count(1)
        self.space = space
        self.stub_pfn = stub_pfn
        self.is_new = True
        """Has it never run? Then the host has to be told everything."""
        self.table = PageTable(UML, PhysicalMemory(), frames.__next__, lambda _pfn: None)


class Guest:
    """A running User-mode Linux. ``stops`` counts how often it had to stop a host process.

    ``faults`` are the guest's page faults, each a SIGSEGV on the host; ``switches`` are changes
    from one guest process to another.
    """

    def __init__(self, host: ModelHost, policy: Policy, ram: GuestRam, mode: str = "skas0") -> None:
        if mode not in MODES:
            msg = f"no UML ran in mode {mode!r}; choose one of {', '.join(MODES)}"
            raise ValueError(msg)
        self.host, self.policy, self.ram, self.mode = host, policy, ram, mode
        self.processes: dict[int, GuestMm] = {}
        self.killed: list[Killed] = []
        self.faults = self.stops = self.switches = 0
        self._current = 0
        self._next_pid = 1
        self._page_cache: dict[int, int] = {}

    # Processes

    def start(self) -> int:
        """The first process of the guest: its pid."""
        return self._enter(self._new_mm(None))

    def fork(self, pid: int) -> int:
        """A guest's fork: the child's pid, or 0 if the parent did not survive it.

        Private pages are shared until they are written; so the host must take the right to write
        away from the parent, page by page, and when the child first runs be told everything.
        """
        parent = self.processes[pid]
        child = self._new_mm(parent)
        for vpn, pte in list(parent.table.entries(DATA_VPN, FILE_VPN)):
            if not UML.pte_present(pte):
                continue
            shared = pte & ~UML.rw
            if pte & UML.rw:
                parent.table.set(vpn, shared | PAGE_NEWPAGE)
            self.ram.hold(UML.pte_pfn(pte))
            child.table.set(vpn, shared & ~UML.accessed | PAGE_NEWPAGE)
        number = self._enter(child)
        return number if self._tell(pid, flush_range(parent.table, DATA_VPN, FILE_VPN)) else 0

    def exec(self, pid: int) -> None:
        """A guest's execve: an empty address space; skas0 makes it by copying the current one."""
        old = self.processes[pid]
        self.processes[pid] = self._new_mm(old, keep=False)
        self._drop(old)

    def exit(self, pid: int) -> None:
        """A guest process ends. The host frees all of it at once; nothing is flushed."""
        self._drop(self.processes.pop(pid))
        if self._current == pid:
            self._current = 0

    def _enter(self, mm: GuestMm) -> int:
        pid = self._next_pid
        self._next_pid += 1
        self.processes[pid] = mm
        return pid

    def _new_mm(self, like: GuestMm | None, *, keep: bool = True) -> GuestMm:
        """An address space of the host for a guest's: a clone under skas0, an empty one else."""
        cloned = like is not None and self.mode == "skas0"
        space = (
            self.host.clone_space(like.space)
            if like is not None and cloned
            else self.host.open_space()
        )
        mm = GuestMm(space, self.ram.alloc() if self.mode == "skas0" else NO_FRAME)
        if mm.stub_pfn >= 0:
            self.host.map_stubs(space, mm.stub_pfn)
        if not cloned or not keep:
            self.policy.begin(self.host, space)
        return mm

    def _drop(self, mm: GuestMm) -> None:
        """Give back a guest's frames, and its address space of the host."""
        for _, pte in mm.table.entries(WINDOW_VPN, STUB_CODE_VPN):
            if UML.pte_present(pte):
                self.ram.put(UML.pte_pfn(pte))
        if mm.stub_pfn >= 0:
            self.ram.put(mm.stub_pfn)
        self.host.close_space(mm.space)

    def switch(self, pid: int) -> bool:
        """Let a process run; False if it did not live to. One that is new is flushed whole.

        skas3 tells its one host process, by ptrace, to use another address space; under skas0
        another host process goes on. Neither maps anything again.
        """
        if pid != self._current:
            self.switches += 1
            self.stops += self.mode == "skas3"
            self._current = pid
        mm = self.processes[pid]
        if not mm.is_new:
            return True
        mm.is_new = False
        window = WINDOW_VPN, STUB_CODE_VPN
        return self._tell(pid, force_flush_all(mm.table, *window, gaps=self.policy.unmaps_gaps))

    # Memory

    def touch(self, pid: int, vpn: int, word: bytes | None = None) -> bytes | None:
        """A program reads a page's word, or writes one: the word, or None if that killed it."""
        if not self.switch(pid):
            return None
        mm = self.processes[pid]
        for _ in range(_TRIES):
            try:
                if word is None:
                    return self.host.load(mm.space, vpn)
                self.host.store(mm.space, vpn, word)
            except SegmentationFault:
                self.faults += 1
                self.stops += 1
                if not self._handle_mm_fault(pid, vpn, write=word is not None):
                    return None
            else:
                return word
        msg = f"page {vpn:#x} of guest process {pid} faults for ever"
        raise RuntimeError(msg)

    def release(self, pid: int, vpn: int, nr_pages: int) -> bool:
        """A guest's munmap or shrinking heap: False if the host refused, and the process died."""
        table = self.processes[pid].table
        for at, pte in list(table.entries(vpn, vpn + nr_pages)):
            if UML.pte_present(pte):
                self.ram.put(UML.pte_pfn(pte))
                table.set(at, PAGE_NEWPAGE)
        return self._tell(pid, flush_range(table, vpn, vpn + nr_pages))

    def _handle_mm_fault(self, pid: int, vpn: int, *, write: bool) -> bool:
        """The guest's own page fault: an entry, then a flush of that one page."""
        mm = self.processes[pid]
        old = mm.table.get(vpn)
        if not UML.pte_present(old):
            pte = self._no_page(vpn, write=write)
        elif write and not old & UML.rw:
            pte = self._wp_page(old)
        else:
            pte = old | UML.accessed | (UML.dirty if write else 0)
        if pte < 0:
            self._kill(pid, 0, "Out of Memory: Killed process")
            return False
        mm.table.set(vpn, pte | PAGE_NEWPAGE)
        return self._tell(pid, flush_range(mm.table, vpn, vpn + 1))

    def _no_page(self, vpn: int, *, write: bool) -> int:
        """An entry for a page that has none: the program's, the file's, or memory.

        Files are shared and writable, but clean until somebody writes.
        """
        if not DATA_VPN <= vpn < FILE_VPN:
            pfn = self._cached(vpn)
            if pfn < 0:
                return pfn
            self.ram.hold(pfn)
            if vpn < DATA_VPN:
                return UML.mk_pte(pfn, _READ)
            return UML.mk_pte(pfn, _SHARED_WRITE) | (UML.dirty if write else 0)
        if not write:
            return UML.mk_pte(ZERO_PFN, _READ)
        pfn = self.ram.alloc()
        if pfn < 0:
            return pfn
        self.host.clear_page(pfn)
        return UML.mk_pte(pfn, _READ) | UML.rw | UML.dirty

    def _wp_page(self, pte: int) -> int:
        """A write to a private page: one's own by now, or copied first."""
        old = UML.pte_pfn(pte)
        if old != ZERO_PFN and self.ram.holders[old] == 1:
            return pte | UML.rw | UML.dirty | UML.accessed
        pfn = self.ram.alloc()
        if pfn < 0:
            return pfn
        self.host.copy_page(old, pfn)
        self.ram.put(old)
        return UML.mk_pte(pfn, _READ) | UML.rw | UML.dirty

    def _cached(self, vpn: int) -> int:
        """The frame of a page of the program or of the file; the page cache holds it too."""
        pfn = self._page_cache.get(vpn, NO_FRAME)
        if pfn < 0:
            pfn = self.ram.alloc()
            if pfn >= 0:
                self.host.clear_page(pfn)
                self._page_cache[vpn] = pfn
        return pfn

    # The host

    def _tell(self, pid: int, ops: list[HostOp]) -> bool:
        """Do what a flush asks for; the process is killed where the host refuses.

        skas0 puts all calls of a flush into the stub and starts it once; skas3 makes each by a
        write to the file of the address space.
        """
        mm = self.processes[pid]
        if ops:
            self.stops += 1 if self.mode == "skas0" else 0
        for op in ops:
            error = self.policy.apply(self.host, mm.space, op)
            if error < 0:
                self._kill(pid, -error, f"{FLUSH_FAILED}\n{HINT}")
                return False
        return True

    def _kill(self, pid: int, errno: int, message: str) -> None:
        vmas = self.host.map_count(self.processes[pid].space)
        self.killed.append(Killed(pid, vmas, errno, message))
        self.exit(pid)
