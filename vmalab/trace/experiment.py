"""An experiment on page tables: look an address up, touch it, flip a bit, see what breaks.

The process is kept from harm. The first flipped bit moves the experiment to a copy of the whole
machine, TLB and all; :meth:`Experiment.put_back` drops the copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vmalab.kernel import Task
from vmalab.proc import vma_row
from vmalab.records.events import Event, PageFaulted
from vmalab.records.snapshot import VmaRow
from vmalab.records.walk import Walk
from vmalab.trace.double import double
from vmalab.uapi.errors import SI_CODES, Access, VmalabSignal
from vmalab.units import PAGE_SHIFT, page_align_down

_VERBS: Final[dict[Access, str]] = {"read": "Load", "write": "Store", "exec": "Fetch"}


@dataclass(frozen=True, slots=True)
class Told:
    """What came of something: a sentence for the reader, and whether it failed."""

    sentence: str
    failed: bool = False


class Experiment:
    """A process, an address in it, and one level of its page tables that is looked at closely.

    >>> from vmalab.workloads.small_process import MEMORY, small_process
    >>> trial = Experiment(small_process(), MEMORY)
    >>> print(trial.touch("read").sentence)
    Load at 0x10000000: 0x48 ("H"), from frame 0xc. The TLB knew the page: no table was read.
    >>> print(trial.flip(1).sentence)  # RW
    Bit 1 (RW) of the pte entry is clear now. The TLB still remembers the entry as it was.
    >>> trial.touch("write").failed
    False
    """

    def __init__(self, task: Task, addr: int) -> None:
        self._task = task
        self._copy: Task | None = None
        self.flipped: set[tuple[int, int, int]] = set()
        """What was flipped by hand: the table's frame, the index, the bit."""
        self.addr = addr
        self.depth = len(task.mm.fmt.levels) - 1

    @property
    def task(self) -> Task:
        """The process, or the copy of it that is being broken."""
        return self._copy or self._task

    @property
    def limit(self) -> int:
        """The first address that is beyond what the tables reach."""
        fmt = self._task.mm.fmt
        return 1 << fmt.vpn_bits + PAGE_SHIFT

    @property
    def remembered(self) -> int | None:
        """The entry of the address's page as the TLB has it, or None."""
        return dict(self.task.mmu.tlb).get(page_align_down(self.addr))

    @property
    def stale(self) -> bool:
        """Does the TLB remember an entry that the tables no longer hold?"""
        page = page_align_down(self.addr)
        return any(addr == page for addr, *_ in self.task.mmu.stale())

    def vmas(self) -> tuple[VmaRow, ...]:
        """The VMAs: those of the process itself, and no flipped bit changes them."""
        mm = self._task.mm
        return tuple(vma_row(mm, vma) for vma in mm.tree)

    def walk(self) -> Walk:
        """The address looked up in the tables, as the hardware does."""
        return self.task.mm.pgtable.walk(self.addr)

    def go(self, addr: int) -> Told:
        """Look at another address.

        Raises:
            ValueError: no table reaches it.
        """
        if not 0 <= addr < self.limit:
            msg = f"{addr:#x} is beyond what the tables reach: stay below {self.limit:#x}"
            raise ValueError(msg)
        self.addr = addr
        self.depth = len(self._task.mm.fmt.levels) - 1
        walk = self.walk()
        reads = f"{len(walk.steps)} tables are read" if len(walk.steps) > 1 else "1 table is read"
        return Told(f"Looking up {addr:#x}: {reads}. {_END[walk.outcome]}")

    def look_at(self, depth: int) -> Told:
        """Look closely at the entry of another level, counted from the top."""
        steps = self.walk().steps
        self.depth = max(0, min(depth, len(steps) - 1))
        step = steps[self.depth]
        return Told(f"These are the bits of entry {step.index} of the {step.level}.")

    def rehearsal(self) -> Experiment:
        """The same experiment on a machine of its own: what is done there, is not done here."""
        return double(self, self._task.kernel)

    # What the program does

    def touch(self, access: Access, value: int = 0x2A) -> Told:
        """Load, store or fetch one byte, and tell what happened, fault or not."""
        task, mmu, what = self.task, self.task.mmu, f"{_VERBS[access]} at {self.addr:#x}"
        stale, walks = self.stale, mmu.nr_walks
        events: list[Event] = []
        listener = task.mm.emit

        def hear(event: Event) -> None:
            events.append(event)
            if listener is not None:
                listener(event)

        task.mm.listen(hear)
        try:
            byte = self._do(access, value)
        except VmalabSignal as signal:
            code = SI_CODES.get((signal.signal, signal.si_code), "")
            return Told(
                f"{what}: {' '.join((signal.signal, code)).strip()}, {signal.because}.", failed=True
            )
        except Exception as error:  # an entry flipped by hand may hold anything
            return Told(f"{what}: {_STUMBLED} ({type(error).__name__}).", failed=True)
        finally:
            task.mm.listen(listener)
        faults = [event.outcome for event in events if isinstance(event, PageFaulted)]
        frame = self._frame()
        shown = f'{byte:#04x} ("{chr(byte)}")' if 32 < byte < 127 else f"{byte:#04x}"
        place = f"{'into' if access == 'write' else 'from'} frame {frame or 0:#x}"
        how = _how(faults, walked=mmu.nr_walks > walks, stale=stale)
        return Told(f"{what}: {shown}, {place}. {how}{self._wrong(frame, faults)}")

    def _do(self, access: Access, value: int) -> int:
        mmu = self.task.mmu
        if access == "write":
            mmu.store(self.addr, bytes([value & 0xFF]))
            return value & 0xFF
        return mmu.load(self.addr, 1, access)[0]

    def _frame(self) -> int | None:
        """The frame that the TLB has for the page, if it has one."""
        entry = self.remembered
        return None if entry is None else self.task.mm.fmt.pte_pfn(entry)

    def _wrong(self, frame: int | None, faults: list[str]) -> str:
        """Is it another frame than the process itself would reach?"""
        walk = self._task.mm.pgtable.walk(self.addr)
        if self._copy is None or faults or walk.outcome != "present" or frame == walk.pfn:
            return ""
        return f" Wrong frame: the page is in frame {walk.pfn or 0:#x}."

    # What a bug does

    def flip(self, bit: int) -> Told:
        """Flip a bit of the entry that is looked at, in memory; no TLB hears of it.

        Raises:
            ValueError: the entry has no such bit.
        """
        fmt = self._task.mm.fmt
        if not 0 <= bit < 8 * fmt.entry_bytes:
            msg = f"an entry has bits 0 to {8 * fmt.entry_bytes - 1}, and no bit {bit}"
            raise ValueError(msg)
        if self._copy is None:
            self._copy = double(self._task, self._task.kernel)
        steps = self.walk().steps
        step = steps[min(self.depth, len(steps) - 1)]
        known = self.remembered is not None
        self.task.mm.pgtable.edit(step.table_pfn, step.index, step.entry ^ 1 << bit)
        self.flipped ^= {(step.table_pfn, step.index, bit)}
        names = [field.name for field in step.bits if field.mask >> bit & 1]
        state = "clear" if step.entry >> bit & 1 else "set"
        which = f"Bit {bit}" + (f" ({names[0]})" if names else "")
        tail = " The TLB still remembers the entry as it was." if known and self.stale else ""
        return Told(f"{which} of the {step.level} entry is {state} now.{tail}")

    def flush(self) -> Told:
        """Make the TLB forget everything."""
        dropped = len(self.task.mmu.tlb)
        self.task.mmu.flush_tlb_all()
        pages = "1 page" if dropped == 1 else f"{dropped} pages"
        return Told(f"The TLB forgot {pages}. The next access walks the tables.")

    def put_back(self) -> Told:
        """Drop the copy with everything that was broken in it."""
        self._copy = None
        self.flipped.clear()
        return Told("Everything is as it was before the first flipped bit.")


_STUMBLED: Final = (
    "the kernel itself stumbles over the entry. Linux would log a bad page map or a bad swap "
    "entry, and end the process or stop"
)
_END: Final = {
    "no table": "One of them is missing: nothing near is mapped.",
    "none": "The last entry is empty.",
    "present": "The page is there.",
    "protnone": "A page is there, and nobody may touch it.",
    "swap": "The page is in swap.",
    "file": "The page is in its file.",
    "marker": "A marker stands where a page could be.",
}


def _how(faults: list[str], *, walked: bool, stale: bool) -> str:
    """Who knew where the page is."""
    if faults:
        return f"After a page fault: {'; '.join(faults)}."
    if walked:
        return "The tables were walked, and the TLB remembers the page now."
    if stale:
        return "The TLB was asked and not the tables: a stale entry, until it is flushed."
    return "The TLB knew the page: no table was read."
