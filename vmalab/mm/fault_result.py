"""How a fault ends.

Mirrors: VM_FAULT_MINOR, VM_FAULT_MAJOR, VM_FAULT_SIGBUS, VM_FAULT_SIGSEGV, VM_FAULT_OOM.
"""

from typing import Final

from vmalab.records.events import FaultVerdict

FAULT_MINOR: Final = 0
"""The page was had without waiting for a device."""
FAULT_MAJOR: Final = 1
"""A device had to be read."""
FAULT_SIGSEGV: Final = 2
FAULT_SIGBUS: Final = 3
FAULT_OOM: Final = 4
"""No frame could be had, and none could be reclaimed."""
FAULT_ACCERR: Final = 5
"""The page's own entry does not allow the access. Mirrors: VM_FAULT_SIGSEGV of 2006."""


VERDICTS: Final[tuple[FaultVerdict, ...]] = (
    "minor",
    "major",
    "SIGSEGV",
    "SIGBUS",
    "SIGKILL",
    "SIGSEGV",
)
"""The same, in words, by number."""


def is_fatal(result: int) -> bool:
    """Does the fault end in a signal?"""
    return result > FAULT_MAJOR
