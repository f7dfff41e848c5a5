"""Numbers to English: one plain sentence for each event, operation and step.

Nothing in the model depends on this file; pictures, widgets and the command line do. Give a window
and addresses become its page numbers (``page 3``); without one they stay hexadecimal.
"""

from __future__ import annotations

import errno
import os
from typing import Final

from vmalab.records import events as ev
from vmalab.records.events import Event
from vmalab.records.resolve import Window
from vmalab.records.run import Step
from vmalab.records.words import in_window, name_addr, name_flag, name_range
from vmalab.uapi.errors import errno_name
from vmalab.units import bytes_to_pages
from vmalab.views.describe_op import describe_op

__all__ = ["brief_kernel", "describe_event", "describe_op", "describe_step", "errno_words"]


def brief_kernel(name: str) -> str:
    """A generation's name for the head of a column.

    >>> brief_kernel("linux-2.6-manyprots-v4:as-intended")
    '2.6 + v4 as-intended'
    """
    return name.removeprefix("linux-").replace("-manyprots-", " + ").replace(":", " ")


def describe_event(event: Event, window: Window | None = None) -> str:
    """What happened, as one English sentence.

    >>> describe_event(ev.VmaSplit(0x10000, 0x12000, 0x16000), Window(0x10000, 8))
    'The VMA of 6 pages at page 0 was split at page 2, into 2 and 4.'
    >>> describe_event(ev.VmaNotMerged(0x12000, "the protections differ"), Window(0x10000, 8))
    'The areas that touch at page 2 stayed apart: the protections differ.'
    """
    match event:
        case ev.SyscallEntered(name, args):
            words = ", ".join(f"{arg:#x}" for arg in args)
            return f"The program called {name}({words})."
        case ev.SyscallRefused(number, because, rule):
            number_words = errno_words(errno_name(number))
            reason = _sentence(f"Refused with {number_words}", because, window)
            return f"{reason} [{rule}]" if rule else reason
        case ev.AddressChosen(addr, len_bytes, how):
            return _sentence(f"Room for {name_range(addr, addr + len_bytes, window)}", how, window)
        case (
            ev.VmaCreated()
            | ev.VmaRemoved()
            | ev.VmaSplit()
            | ev.VmaMerged()
            | ev.VmaNotMerged()
            | ev.VmaResized()
        ):
            return _describe_shape(event, window)
        case ev.PteSet() | ev.TlbFilled() | ev.TlbFlushed():
            return _describe_entry(event, window)
        case ev.SwappedOut(addr, pfn, slot):
            where = name_addr(addr, window)
            return f"Frame {pfn:#x}, shown at {where}, was written to swap slot {slot}."
        case ev.PageReclaimed(pfn, slot):
            where = f"its page is in swap slot {slot} now" if slot else "its file has the page"
            return f"Frame {pfn:#x} was taken back: {where}."
        case _:
            return _describe_contents(event, window)


_Shape = (
    ev.VmaCreated | ev.VmaRemoved | ev.VmaSplit | ev.VmaMerged | ev.VmaNotMerged | ev.VmaResized
)


def _describe_shape(event: _Shape, window: Window | None) -> str:
    """Events that change where VMAs begin and end."""
    match event:
        case ev.VmaCreated(start, end):
            return f"A new VMA holds {name_range(start, end, window)}."
        case ev.VmaRemoved(start, end):
            return f"The VMA of {name_range(start, end, window)} is gone."
        case ev.VmaSplit(start, addr, end):
            low, high = bytes_to_pages(addr - start), bytes_to_pages(end - addr)
            cut = f"split at {name_addr(addr, window)}, into {low} and {high}"
            return f"The VMA of {name_range(start, end, window)} was {cut}."
        case ev.VmaMerged(start, end, joined, because):
            count = _COUNTS.get(len(joined), str(len(joined)))
            whole = name_range(start, end, window)
            return _sentence(f"{count} areas became one VMA of {whole}", because, window)
        case ev.VmaNotMerged(addr, because):
            where = name_addr(addr, window)
            return _sentence(f"The areas that touch at {where} stayed apart", because, window)
        case ev.VmaResized(old_start, old_end, start, end):
            old, new = old_end - old_start, end - start
            verb = "grew" if new > old else "shrank" if new < old else "shifted"
            before, after = name_range(old_start, old_end, window), name_range(start, end, window)
            return f"The VMA of {before} {verb} to {after}."


def _describe_contents(event: Event, window: Window | None) -> str:
    """Events that change what VMAs say or hold."""
    match event:
        case ev.VmaMoved(start, end, new_start):
            target = name_addr(new_start, window)
            return f"The contents of {name_range(start, end, window)} moved to {target}."
        case ev.FlagsChanged(start, end, gained, lost):
            changes = [f"gained {', '.join(map(name_flag, gained))}"] if gained else []
            changes += [f"lost {', '.join(map(name_flag, lost))}"] if lost else []
            did = " and ".join(changes) or "kept its flags"
            return f"The VMA of {name_range(start, end, window)} {did}."
        case ev.PageFaulted(addr, access, outcome):
            verb = {"read": "Reading", "write": "Writing", "exec": "Executing"}[access]
            return _sentence(f"{verb} {name_addr(addr, window)} faulted", outcome, window)
        case ev.AnonVmaAttached(start, end, number, shared_with):
            text = f"The VMA of {name_range(start, end, window)} got anon_vma {number}"
            if shared_with is None:
                return f"{text}, its own."
            return f"{text}, shared with the VMA at {name_addr(shared_with, window)}."
        case ev.PagesPopulated(start, end):
            return f"The kernel filled in {name_range(start, end, window)} ahead of use."
        case ev.PagesDropped(start, end):
            return f"The page-table entries of {name_range(start, end, window)} were cleared."
        case ev.GuardChanged(start, end, installed):
            verb = "put on" if installed else "taken off"
            return f"Guard markers were {verb} {name_range(start, end, window)}."
        case _:
            return f"{event!r}."


def _describe_entry(event: ev.PteSet | ev.TlbFilled | ev.TlbFlushed, window: Window | None) -> str:
    """Events of one page-table entry, and of the TLB that remembers entries."""
    match event:
        case ev.PteSet(addr, old, 0, _):
            return f"The page-table entry of {name_addr(addr, window)} ({old:#x}) was cleared."
        case ev.PteSet(addr, old, new, by):
            who = "kernel" if by == "kernel" else "MMU"
            change = f"{old:#x} to {new:#x}" if old else f"nothing to {new:#x}"
            return f"The {who} changed the entry of {name_addr(addr, window)} from {change}."
        case ev.TlbFilled(addr, pte):
            return f"The TLB remembers {pte:#x} as the entry of {name_addr(addr, window)}."
        case ev.TlbFlushed(start, end, dropped, everything):
            what = "everything" if everything else name_range(start, end, window)
            count = "1 entry" if dropped == 1 else f"{dropped} entries"
            return f"The TLB was flushed of {what}: it forgot {count}."


_COUNTS: Final = {2: "Two", 3: "Three"}


def describe_step(step: Step, window: Window) -> str:
    """What an operation asked for and what came of it, as one English sentence.

    A step whose result is ``…`` is one that somebody stopped inside of: it is under way.

    >>> from vmalab.records.program import Mprotect
    >>> from vmalab.records.snapshot import Snapshot
    >>> step = Step(Mprotect(2, 4, "r"), "-1 EINVAL", Snapshot(()), (), "it is odd")
    >>> describe_step(step, Window(0x10000, 8))
    'Make 4 pages at page 2 read-only: refused with EINVAL (Invalid argument), because it is odd.'
    """
    asked = describe_op(step.op)
    return f"{asked[0].upper()}{asked[1:]}: {_outcome(step, window)}."


def _outcome(step: Step, window: Window) -> str:
    reason = in_window(step.because, window).rstrip(".")
    because = f", because {reason}" if reason else ""
    match step.result.split():
        case ["-1", name]:
            return f"refused with {errno_words(name)}{because}"
        case [("SIGSEGV" | "SIGBUS") as signal]:
            return f"ended by {signal}{because}"
        case ["…"]:
            return "under way"
        case ["LOOP"]:
            return "the access faults for ever"
        case ["0" | "ok"] | []:
            return "done"
        case ["…"]:
            return "under way"
        case ["OUT"]:
            return "done, outside the window"
        case [result] if result.startswith("p") and result[1:].isdecimal():
            return f"done, at page {result[1:]}"
        case _:
            return f"the answer is {step.result}"


def errno_words(name: str) -> str:
    """An error's symbol with the C library's words for it.

    >>> errno_words("EINVAL"), errno_words("EODD")
    ('EINVAL (Invalid argument)', 'EODD')
    """
    number = getattr(errno, name, None)
    return f"{name} ({os.strerror(number)})" if isinstance(number, int) else name


def _sentence(text: str, because: str, window: Window | None) -> str:
    reason = in_window(because, window).rstrip(".")
    return f"{text}: {reason}." if reason else f"{text}."
