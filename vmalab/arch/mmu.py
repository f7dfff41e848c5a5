"""The memory management unit: what a processor does for each load, store and fetch.

    address ──▶ TLB ──hit───────────────────▶ allowed? ──yes──▶ the frame's bytes
                 │                               │ no
                 └─miss──▶ walk ──▶ entry ──▶ allowed? ──yes──▶ set ACCESSED (and DIRTY),
                            ▲                    │ no            remember it in the TLB
                            │                    ▼
                            └──── again ◀── page fault: the kernel is called with an error code

The TLB remembers entries and does not look whether they have changed. Who takes a right away, or a
frame, must flush; who forgets to leaves a *stale entry*, and programs go on using it. Rights given
need no flush: the access faults once for nothing, and the fault makes the TLB forget.

Mirrors: the processor (Intel SDM vol. 3, 4.6 to 4.10), arch/*/mm/fault.c (error codes),
include/asm-*/tlbflush.h (v2.6.18), arch/x86/include/asm/trap_pf.h (v6.18).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from vmalab.arch.pgtable import PageTable
from vmalab.arch.pte import PFN_SHIFT
from vmalab.records.events import Event, TlbFilled, TlbFlushed
from vmalab.uapi.errors import Access, FaultLoop
from vmalab.units import PAGE_SIZE, addr_to_vpn, offset_in_page, vpn_to_addr

PF_PROT: Final = 1
"""The page is there and does not allow this (else: the page is not there)."""
PF_WRITE: Final = 2
"""The access was a store."""
PF_USER: Final = 4
"""A program did it, not the kernel: here always."""
PF_RSVD: Final = 8
"""A reserved bit is set in the entry."""
PF_INSTR: Final = 16
"""The access was an instruction fetch; told only where there is an NX bit."""

TLB_ENTRIES: Final = 64
MAX_FAULTS: Final = 16
"""So many faults in a row on one access are a loop; real kernels need three or four."""
_TRIES: Final = range(MAX_FAULTS)
OPERAND_BYTES: Final = 64
"""The widest single store. A longer one is many instructions, and may end half done."""


class Mmu:
    """One processor's MMU, at work in one address space at a time.

    ``handle_fault(addr, error_code)`` is the kernel: it mends the page tables and returns, or
    raises the signal. The TLB holds ``tlb_entries`` and pushes out the oldest (FIFO).

    >>> from itertools import count
    >>> from vmalab.arch.i386 import I386
    >>> from vmalab.arch.physmem import PhysicalMemory
    >>> table = PageTable(I386, PhysicalMemory(), count(100).__next__, lambda pfn: None)
    >>> def give_it_frame_7(addr, error_code):
    ...     print(f"fault at {addr:#x}: {describe_error_code(error_code)}")
    ...     table.set(addr_to_vpn(addr), I386.mk_pte(7, I386.protection_map[11]))
    >>> mmu = Mmu(table, give_it_frame_7)
    >>> mmu.store(0x5123, b"hello")
    fault at 0x5123: a store to a page that is not there
    >>> mmu.load(0x5123, 5), [hex(pte) for _, pte in mmu.tlb]
    (b'hello', ['0x7067'])
    """

    __slots__ = (
        "_allowed",
        "_remembered",
        "_tlb",
        "emit",
        "fmt",
        "handle_fault",
        "nr_faults",
        "nr_walks",
        "physmem",
        "table",
        "tlb_entries",
    )

    def __init__(
        self,
        table: PageTable,
        handle_fault: Callable[[int, int], None],
        *,
        tlb_entries: int = TLB_ENTRIES,
        emit: Callable[[Event], None] | None = None,
    ) -> None:
        fmt = table.fmt
        self.table, self.fmt, self.physmem = table, fmt, table.physmem
        self.handle_fault = handle_fault
        self.tlb_entries = tlb_entries
        self.emit = emit
        self.nr_faults = self.nr_walks = 0
        self._tlb: dict[int, int] = {}
        user, write = fmt.present | fmt.user, fmt.present | fmt.user | fmt.rw
        age = fmt.accessed
        fetch = PF_USER | PF_INSTR if fmt.nx else PF_USER
        # By access: which bits of an entry matter, how they are if it is allowed, which it sets;
        # and how the processor tells the kernel that no page is there.
        self._allowed: dict[Access, tuple[int, int, int, int]] = {
            "read": (user | fmt.reserved, user, age, PF_USER),
            "write": (write | fmt.reserved, write, age | fmt.dirty, PF_USER | PF_WRITE),
            "exec": (user | fmt.reserved | fmt.nx, user, age, fetch),
        }
        # What the TLB remembers must have them set: without DIRTY, a write has to set it in memory.
        self._remembered: dict[Access, tuple[int, int]] = {
            access: (bits | marks, good | marks)
            for access, (bits, good, marks, _) in self._allowed.items()
        }

    # What programs do

    def load(self, addr: int, len_bytes: int, access: Access = "read") -> bytes:
        """Read bytes at any address, across pages too."""
        start = addr % PAGE_SIZE
        if 0 < len_bytes <= PAGE_SIZE - start:
            return self.physmem.read(self.translate(addr, access), start, len_bytes)
        return b"".join(
            self.physmem.read(self.translate(part, access), offset_in_page(part), much)
            for part, much in _parts(addr, len_bytes)
        )

    def fetch(self, addr: int, len_bytes: int) -> bytes:
        """Read bytes as instructions: NX matters, where there is one."""
        return self.load(addr, len_bytes, "exec")

    def store(self, addr: int, data: bytes) -> None:
        """Write bytes at any address, across pages too.

        Up to 64 bytes are one instruction: all of them are written, or none.
        """
        start = addr % PAGE_SIZE
        if 0 < len(data) <= PAGE_SIZE - start:
            self.physmem.write(self.translate(addr, "write"), start, data)
            return
        if len(data) <= OPERAND_BYTES:
            self._reach_all(addr, len(data))
        done = 0
        for part, len_bytes in _parts(addr, len(data)):
            pfn = self.translate(part, "write")
            self.physmem.write(pfn, offset_in_page(part), data[done : done + len_bytes])
            done += len_bytes

    def _reach_all(self, addr: int, len_bytes: int) -> None:
        """Start a store across pages again until no page of it faults, as the processor does."""
        for _ in range(MAX_FAULTS):
            before = self.nr_faults
            for part, _ in _parts(addr, len_bytes):
                self.translate(part, "write")
            if self.nr_faults == before:
                return
        because = "its pages are never there at the same time"
        raise FaultLoop(addr, "write", 0, because)

    # Address to frame

    def translate(self, addr: int, access: Access) -> int:
        """The frame behind an address, for one access: from the TLB, a walk, or after faults.

        Raises:
            VmalabSignal: what the kernel's fault handler raised, or FaultLoop.

        Emits: PteSet, TlbFilled.
        """
        vpn = addr // PAGE_SIZE
        pte = self._tlb.get(vpn, 0)
        bits, good = self._remembered[access]
        if pte & bits != good:
            pte = self._look_it_up(addr, vpn, access)
        return (pte & self.fmt.pfn_mask) >> PFN_SHIFT

    def _look_it_up(self, addr: int, vpn: int, access: Access) -> int:
        """Walk, check, and fault until the access is allowed: the entry, remembered."""
        bits, good, marks, code = self._allowed[access]
        table, tlb = self.table, self._tlb
        pte = tlb.pop(vpn, 0)
        if pte and access == "write" and pte & self.fmt.rw:
            pte = 0  # A first store walks again, to set DIRTY.
        for _ in _TRIES:
            if not pte:
                self.nr_walks += 1
                pte = self._walk_edited(vpn) if table.edited else table.get(vpn)
            if pte & bits == good:
                if pte & marks != marks:
                    table.mark(vpn, marks)
                    pte |= marks
                if len(tlb) >= self.tlb_entries:
                    del tlb[next(iter(tlb))]  # the oldest has to go
                tlb[vpn] = pte
                if self.emit is not None:
                    self.emit(TlbFilled(vpn_to_addr(vpn), pte))
                return pte
            self.nr_faults += 1
            self.handle_fault(addr, self._error_code(pte, code) if pte else code)
            pte = 0
        because = f"the kernel answered {MAX_FAULTS} faults, and the access faults again"
        raise FaultLoop(addr, access, 0, because)

    def _walk_edited(self, vpn: int) -> int:
        """The entry in memory; what any level of the tables forbids is taken out of it."""
        walk = self.table.walk(vpn_to_addr(vpn))
        if walk.outcome == "no table":
            return 0
        pte, fmt = walk.entry, self.fmt
        for step, level in zip(walk.steps[:-1], fmt.levels, strict=False):
            if level.table_bits & fmt.user:
                pte &= step.entry | ~(fmt.rw | fmt.user)
            pte |= step.entry & fmt.nx
        return pte

    def _error_code(self, pte: int, code: int) -> int:
        """Why an entry does not allow an access: is a page there, and is the entry sound?"""
        if not pte & self.fmt.present:
            return code
        return code | PF_PROT | PF_RSVD if pte & self.fmt.reserved else code | PF_PROT

    # The TLB

    @property
    def tlb(self) -> tuple[tuple[int, int], ...]:
        """What the TLB holds, the oldest first: (address of the page, entry as remembered)."""
        return tuple((vpn_to_addr(vpn), pte) for vpn, pte in self._tlb.items())

    def stale(self) -> tuple[tuple[int, int, int], ...]:
        """Where the TLB and the tables disagree: (address, entry remembered, entry in memory).

        ACCESSED and DIRTY do not count: the hardware may set them late, but takes nothing back.
        """
        ignored = self.fmt.accessed | self.fmt.dirty
        read = self._walk_edited if self.table.edited else self.table.get
        found = ((vpn, pte, read(vpn)) for vpn, pte in self._tlb.items())
        return tuple(
            (vpn_to_addr(vpn), pte, now) for vpn, pte, now in found if (pte ^ now) & ~ignored
        )

    def flush_tlb_page(self, addr: int) -> None:
        """Forget one page, as INVLPG does. Emits: TlbFlushed."""
        dropped = self._tlb.pop(addr_to_vpn(addr), None) is not None
        if self.emit is not None:
            start = addr - offset_in_page(addr)
            self.emit(TlbFlushed(start, start + PAGE_SIZE, int(dropped)))

    def flush_tlb_range(self, start: int, end: int) -> None:
        """Forget the pages of a range. Emits: TlbFlushed."""
        tlb, first = self._tlb, start // PAGE_SIZE
        before = len(tlb)
        if end - start == PAGE_SIZE:
            tlb.pop(first, None)
        else:
            last = (end - 1) // PAGE_SIZE
            for vpn in [vpn for vpn in tlb if first <= vpn <= last]:
                del tlb[vpn]
        if self.emit is not None:
            self.emit(TlbFlushed(start, end, before - len(tlb)))

    def flush_tlb_all(self) -> None:
        """Forget everything, as loading CR3 does. Emits: TlbFlushed."""
        dropped = len(self._tlb)
        self._tlb.clear()
        if self.emit is not None:
            self.emit(TlbFlushed(0, 0, dropped, everything=True))

    def switch_mm(self, table: PageTable) -> None:
        """Work in another address space of the same machine: load CR3. Emits: TlbFlushed."""
        self.table = table
        self.flush_tlb_all()


def describe_error_code(code: int) -> str:
    """An error code in words.

    >>> describe_error_code(PF_USER | PF_WRITE | PF_PROT)
    'a store to a page that does not allow it'
    """
    access = "a fetch from" if code & PF_INSTR else "a store to" if code & PF_WRITE else "a load of"
    if code & PF_RSVD:
        return f"{access} a page whose entry has a reserved bit set"
    return f"{access} a page that " + ("does not allow it" if code & PF_PROT else "is not there")


def _parts(addr: int, len_bytes: int) -> Iterator[tuple[int, int]]:
    """A run of bytes cut at page boundaries: (address, length)."""
    end = addr + len_bytes
    while addr < end:
        much = min(end - addr, PAGE_SIZE - offset_in_page(addr))
        yield addr, much
        addr += much
