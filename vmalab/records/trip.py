"""One page's way out of memory and back, as its page-table entry tells it."""

from __future__ import annotations

from dataclasses import dataclass

from vmalab.records.walk import WalkStep


@dataclass(frozen=True, slots=True)
class SwapTrip:
    """A page that was ``asked`` for with some rights: its entry before, while out, and when back.

    ``asked`` are ``rwx`` letters, or ``none``. ``outcome`` is empty, or says why it never came
    back.
    """

    kernel: str
    arch: str
    asked: str
    entry_bits: int
    before: WalkStep
    out: WalkStep
    back: WalkStep
    outcome: str = ""
