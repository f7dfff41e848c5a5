"""What happened inside a system call, as frozen facts in the past tense.

The model builds an event only when somebody listens. Events carry no timestamps, so the same
program gives the same events on every run. Addresses are bytes; ranges are ``start <= a < end``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FaultVerdict = Literal["minor", "major", "SIGSEGV", "SIGBUS", "SIGKILL"]
"""How a fault ended: the page was at hand, had to be read, or could not be had."""


@dataclass(frozen=True, slots=True)
class Event:
    """What every event has in common: nothing but having happened."""


@dataclass(frozen=True, slots=True)
class SyscallEntered(Event):
    """A task asked the kernel for something."""

    name: str
    args: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SyscallRefused(Event):
    """The kernel said no: the error number, the state that led to it, and whose check it was."""

    errno: int
    because: str
    rule: str


@dataclass(frozen=True, slots=True)
class AddressChosen(Event):
    """get_unmapped_area found room."""

    addr: int
    len_bytes: int
    how: str


@dataclass(frozen=True, slots=True)
class VmaCreated(Event):
    """A new VMA entered the tree."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class VmaRemoved(Event):
    """A VMA left the tree."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class VmaSplit(Event):
    """One VMA became two, cut at ``addr``."""

    start: int
    addr: int
    end: int


@dataclass(frozen=True, slots=True)
class VmaMerged(Event):
    """Neighbours became one VMA, ``start`` to ``end``; ``joined`` are the ranges it was made of."""

    start: int
    end: int
    joined: tuple[tuple[int, int], ...]
    because: str


@dataclass(frozen=True, slots=True)
class VmaNotMerged(Event):
    """Two areas touch at ``addr`` and stayed apart, for a reason."""

    addr: int
    because: str


@dataclass(frozen=True, slots=True)
class VmaResized(Event):
    """A VMA kept its identity and got new ends."""

    old_start: int
    old_end: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class VmaMoved(Event):
    """mremap carried pages from one place to another."""

    start: int
    end: int
    new_start: int


@dataclass(frozen=True, slots=True)
class FlagsChanged(Event):
    """A VMA's flags were rewritten; the names gained and lost."""

    start: int
    end: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageFaulted(Event):
    """A page had no entry (or not the right one) and the kernel supplied it, or refused to.

    A fault is ``major`` if a device had to be read for it, and ends in a signal if it is refused.
    """

    addr: int
    access: Literal["read", "write", "exec"]
    outcome: str
    verdict: FaultVerdict = "minor"


@dataclass(frozen=True, slots=True)
class AnonVmaAttached(Event):
    """A VMA got its anon_vma; ``shared_with`` is the start of the neighbour it shares it with."""

    start: int
    end: int
    anon_vma: int
    shared_with: int | None


@dataclass(frozen=True, slots=True)
class PagesPopulated(Event):
    """Pages were faulted in ahead of use (MAP_POPULATE, mlock …)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PagesDropped(Event):
    """Page-table entries of a range were cleared; the VMAs stayed or were going anyway."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class GuardChanged(Event):
    """Guard markers were put into (or taken out of) the page-table entries of a range."""

    start: int
    end: int
    installed: bool


@dataclass(frozen=True, slots=True)
class PteSet(Event):
    """A page-table entry changed, from ``old`` to ``new``; 0 is no entry.

    The kernel sets entries; the MMU sets the ACCESSED and DIRTY bits of present ones.
    """

    addr: int
    old: int
    new: int
    by: Literal["kernel", "mmu"]


@dataclass(frozen=True, slots=True)
class TlbFilled(Event):
    """The TLB remembers the entry of a page, as it was read, until it is flushed or pushed out."""

    addr: int
    pte: int


@dataclass(frozen=True, slots=True)
class TlbFlushed(Event):
    """The TLB was told to forget the pages of a range, or everything; ``dropped`` were in it."""

    start: int
    end: int
    dropped: int
    everything: bool = False


@dataclass(frozen=True, slots=True)
class SwappedOut(Event):
    """A private page left memory: where ``addr`` showed a frame there is a swap entry now."""

    addr: int
    pfn: int
    slot: int


@dataclass(frozen=True, slots=True)
class PageReclaimed(Event):
    """The frame of a file's page was taken back; ``slot`` is where shmem put it, or 0."""

    pfn: int
    slot: int
