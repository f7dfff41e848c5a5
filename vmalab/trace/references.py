"""A reference string on a small machine: which page is touched when, and what each touch cost.

    1w 2w 3 f0 1!      write pages 1 and 2, read page 3, read page 0 of a file, put page 1 out

The machine has so few frames that pages have to go for others to come. Every moment is kept: all
frames and slots, the entry of every page, and what happened on the way there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from vmalab.kernel import Kernel, Task
from vmalab.mm.filemap import Filemap
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vmscan import evict_page, is_evictable
from vmalab.proc.snapshot import entry_kind
from vmalab.records.events import Event, PageFaulted
from vmalab.records.memory import MemoryMap
from vmalab.trace.memory_map import memory_map
from vmalab.uapi.errors import VmalabSignal
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_NORESERVE, MAP_PRIVATE
from vmalab.units import PAGE_SIZE, addr_to_vpn, bytes_to_pages, pages_to_bytes

ANON_PAGES: Final = 16
FILE_PAGES: Final = 8
"""How many pages of each kind the process has: ``0`` to ``15``, and ``f0`` to ``f7``."""
LEAST_RAM, MOST_RAM, MOST_SWAP = 8, 32, 16
"""In frames and slots; the zero page and four page tables take five frames."""
MOST_REFERENCES: Final = 60
ANON_START: Final = 0x10000000
FILE_START: Final = ANON_START + pages_to_bytes(ANON_PAGES)

Does = Literal["read", "write", "evict"]
Verdict = Literal["start", "hit", "minor", "major", "SIGBUS", "SIGSEGV", "SIGKILL", "out", "kept"]
"""How a reference ended; an eviction ends with the page ``out``, or ``kept`` where it was."""
_TOKEN: Final = re.compile(r"(f?)(\d{1,4})([w!]?)\Z")
_DOES: Final[dict[str, Does]] = {"": "read", "w": "write", "!": "evict"}


class ReferenceStringError(ValueError):
    """A word of a reference string that is none; ``cure`` says what one looks like."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Reference:
    """One touch of one page, or the wish that it be put out."""

    page: int
    does: Does = "read"
    of_file: bool = False

    @property
    def name(self) -> str:
        """The page, as it is written: ``3``, ``f0``."""
        return f"{'f' * self.of_file}{self.page}"

    @property
    def addr(self) -> int:
        """Where the page is (bytes)."""
        return (FILE_START if self.of_file else ANON_START) + pages_to_bytes(self.page)

    def __str__(self) -> str:
        return self.name + {"read": "", "write": "w", "evict": "!"}[self.does]


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page-table entry read: what it shows or holds, and the frame or the swap slot it names.

    ``kind`` is ``zero``, ``anon``, ``file`` or ``swap``; ``bits`` are the names of those that are
    set and tell something: RW, ACCESSED, DIRTY.
    """

    pte: int
    kind: str
    number: int
    bits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """The machine after a reference (or, with none, before the first).

    ``entries`` are those that are not empty, by page name. Faults are counted from the start.
    """

    reference: Reference | None
    verdict: Verdict
    events: tuple[Event, ...]
    memory: MemoryMap
    entries: dict[str, PageEntry]
    nr_minor: int
    nr_major: int
    nr_swap_writes: int


@dataclass(frozen=True, slots=True)
class Story:
    """A reference string and every moment of it; a killed process leaves the rest undone."""

    references: tuple[Reference, ...]
    moments: tuple[Moment, ...]
    ram_pages: int
    swap_pages: int

    @property
    def was_killed(self) -> bool:
        """Did memory run out before the string did?"""
        return self.moments[-1].verdict == "SIGKILL"


def parse_references(text: str) -> tuple[Reference, ...]:
    """A reference string from its text.

    >>> [str(one) for one in parse_references("1w, 2 f3 1!")]
    ['1w', '2', 'f3', '1!']

    Raises:
        ReferenceStringError: a word is no reference, or there are none, or too many.
    """
    words = text.replace(",", " ").split()
    if not words:
        raise ReferenceStringError("the string is empty", "write pages, as in 1w 2w 3 1")
    if len(words) > MOST_REFERENCES:
        told = f"the string has {len(words)} references"
        raise ReferenceStringError(told, f"leave it at {MOST_REFERENCES}")
    return tuple(_reference(word) for word in words)


def _reference(word: str) -> Reference:
    match = _TOKEN.match(word.lower())
    if match is None:
        cure = "3 reads page 3, 3w writes it, 3! puts it out; f0 reads page 0 of the file"
        raise ReferenceStringError(f"{word[:20]!r} is no reference", cure)
    of_file, page = bool(match[1]), int(match[2])
    last = (FILE_PAGES if of_file else ANON_PAGES) - 1
    if page > last:
        which = "the file" if of_file else "the process"
        raise ReferenceStringError(f"{which} has no page {page}", f"its pages are 0 to {last}")
    return Reference(page, _DOES[match[3]], of_file)


def play(references: tuple[Reference, ...], *, ram_pages: int = 10, swap_pages: int = 8) -> Story:
    """Run a reference string on a machine of so many frames and slots.

    >>> story = play(parse_references("1w 2w 1"))
    >>> [moment.verdict for moment in story.moments]
    ['start', 'minor', 'minor', 'hit']

    Raises:
        ValueError: the machine is too small or too large.
    """
    if not (LEAST_RAM <= ram_pages <= MOST_RAM and 0 <= swap_pages <= MOST_SWAP):
        msg = f"choose {LEAST_RAM} to {MOST_RAM} frames and 0 to {MOST_SWAP} slots"
        raise ValueError(msg)
    stage = _Stage(ram_pages, swap_pages)
    moments = [stage.moment(None, "start")]
    for reference in references:
        moments.append(stage.moment(reference, stage.perform(reference)))
        if moments[-1].verdict == "SIGKILL":
            break
    return Story(references, tuple(moments), ram_pages, swap_pages)


class _Stage:
    """The machine and its one process: sixteen anonymous pages, eight of a file."""

    def __init__(self, ram_pages: int, swap_pages: int) -> None:
        self.heard: list[Event] = []
        self.kernel = Kernel(
            "linux-6", ram_pages=ram_pages, swap_pages=swap_pages, listener=self.heard.append
        )
        self.task = _process(self.kernel)
        self.heard.clear()
        self.faults_before = self.task.mm.min_flt

    def perform(self, reference: Reference) -> Verdict:
        """Touch a page, or put it out: how it ended."""
        self.heard.clear()
        if reference.does == "evict":
            return "out" if self._evict(reference.addr) else "kept"
        try:
            if reference.does == "write":
                self.task.store(reference.addr, bytes([reference.page + 1]))
            else:
                self.task.load(reference.addr)
        except VmalabSignal:
            pass
        faults = [event for event in self.heard if isinstance(event, PageFaulted)]
        return faults[-1].verdict if faults else "hit"

    def _evict(self, addr: int) -> bool:
        mm = self.task.mm
        pte = mm.pgtable.get(addr_to_vpn(addr))
        pfn = mm.fmt.pte_pfn(pte) if mm.fmt.pte_present(pte) else 0
        machine = self.kernel.machine
        return bool(
            pfn and is_evictable(machine, pfn) and evict_page(machine, pfn, self.heard.append)
        )

    def moment(self, reference: Reference | None, verdict: Verdict) -> Moment:
        """Everything as it is now."""
        mm = self.task.mm
        first, last = addr_to_vpn(ANON_START), addr_to_vpn(FILE_START) + FILE_PAGES
        entries = {
            page_name(ANON_START + pages_to_bytes(vpn - first)): _read_entry(mm, pte)
            for vpn, pte in mm.pgtable.entries(first, last)
        }
        return Moment(
            reference,
            verdict,
            tuple(self.heard),
            memory_map(self.kernel),
            entries,
            mm.min_flt - self.faults_before,
            mm.maj_flt,
            self.kernel.machine.swap.writes,
        )


def _read_entry(mm: MmStruct, pte: int) -> PageEntry:
    fmt = mm.fmt
    if not fmt.pte_present(pte):
        return PageEntry(pte, entry_kind(mm, pte), fmt.pte_to_swp_entry(pte)[1])
    bits = {"RW": fmt.pte_write(pte), "ACCESSED": fmt.pte_young(pte), "DIRTY": fmt.pte_dirty(pte)}
    names = tuple(name for name, is_set in bits.items() if is_set)
    return PageEntry(pte, entry_kind(mm, pte), fmt.pte_pfn(pte), names)


def page_name(addr: int) -> str:
    """The page at an address, as a reference string writes it.

    >>> page_name(ANON_START + 4096), page_name(FILE_START)
    ('1', 'f0')
    """
    page = bytes_to_pages(addr - ANON_START)
    return str(page) if page < ANON_PAGES else f"f{page - ANON_PAGES}"


def _process(kernel: Kernel) -> Task:
    task = kernel.spawn()
    flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE
    task.mmap(ANON_START, pages_to_bytes(ANON_PAGES), 3, flags | MAP_ANONYMOUS)
    book = Filemap("book", pages_to_bytes(FILE_PAGES), source=_printed_page)
    task.mmap(FILE_START, pages_to_bytes(FILE_PAGES), 3, flags, task.open(book))
    task.load(ANON_START)
    task.madvise(ANON_START, PAGE_SIZE, 4)
    return task


def _printed_page(index: int) -> bytes:
    return bytes([index + 1]) * 16
