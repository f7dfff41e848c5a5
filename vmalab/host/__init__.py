"""The machine's own kernel: programs run by real system calls in a child, read back from /proc.

Start at :func:`run_program`; read :mod:`vmalab.host.machine` for what the child does, and
:mod:`vmalab.host.touch` for how it survives its faults. Importing this package is safe anywhere;
:func:`unavailable` says what is missing.
"""

from vmalab.host.client import Host, release_note, run_program, run_programs, unavailable
from vmalab.host.errors import HostError, HostUnsupportedError

__all__ = [
    "Host",
    "HostError",
    "HostUnsupportedError",
    "release_note",
    "run_program",
    "run_programs",
    "unavailable",
]
