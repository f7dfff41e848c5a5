"""How vmalab fails: three kinds of error, never mixed.

    OSError
      KernelError           a system call refuses: errno, because, rule
    VmalabSignal
      SegmentationFault     the access is illegal: MAPERR (no VMA) or ACCERR (not allowed)
      BusError              the VMA is there, the page behind it is not
      OutOfMemory           no frame is free, and none can be reclaimed
      FaultLoop             the access would fault for ever: a verdict, where Linux has none
    AssertionError
      KernelBug             vmalab itself is wrong: a broken law and a dump of the state

``KernelError`` is an ``OSError`` so that one ``pytest.raises(OSError)`` serves the model and the
machine's own kernel alike.
"""

from __future__ import annotations

import errno as _errno
import os
from typing import Final, Literal

SEGV_MAPERR: Final = 1
SEGV_ACCERR: Final = 2
BUS_ADRERR: Final = 2

SI_CODES: Final = {
    ("SIGSEGV", SEGV_MAPERR): "SEGV_MAPERR",
    ("SIGSEGV", SEGV_ACCERR): "SEGV_ACCERR",
    ("SIGBUS", BUS_ADRERR): "BUS_ADRERR",
    ("LOOP", 0): "without end",
}

Access = Literal["read", "write", "exec"]


def errno_name(number: int) -> str:
    """The symbol of an error number, as Linux's man pages spell it.

    >>> errno_name(12), errno_name(0), errno_name(95)
    ('ENOMEM', '0', 'EOPNOTSUPP')
    """
    if number == _errno.EOPNOTSUPP:
        return "EOPNOTSUPP"
    return _errno.errorcode.get(number, str(number))


class KernelError(OSError):
    """A system call's refusal, with the reason no real kernel ever gives.

    ``errno`` is the error number; ``because`` says which state led to it, in words and numbers;
    ``rule`` names the kernel function whose check this is.
    """

    def __init__(self, errno: int, because: str = "", rule: str = "") -> None:
        super().__init__(errno, os.strerror(errno))
        self.because = because
        self.rule = rule

    def __str__(self) -> str:
        reason = self.because or os.strerror(self.errno or 0)
        return f"{errno_name(self.errno or 0)}: {reason}" + (f" [{self.rule}]" if self.rule else "")

    def __reduce__(self) -> tuple[type[KernelError], tuple[int, str, str]]:
        return type(self), (self.errno or 0, self.because, self.rule)


class VmalabSignal(Exception):
    """A signal the model's kernel would send to the faulting task."""

    signal = ""

    def __init__(self, addr: int, access: Access, si_code: int, because: str = "") -> None:
        super().__init__(addr, access, si_code, because)
        self.addr = addr
        self.access = access
        self.si_code = si_code
        self.because = because

    def __str__(self) -> str:
        code = SI_CODES.get((self.signal, self.si_code), str(self.si_code))
        return f"{self.signal} {code}: {self.access} at {self.addr:#x}: {self.because}"


class SegmentationFault(VmalabSignal):
    """SIGSEGV: no VMA at the address, or one that does not allow the access."""

    signal = "SIGSEGV"


class BusError(VmalabSignal):
    """SIGBUS: the VMA allows the access, but the file ends before that page."""

    signal = "SIGBUS"


class FaultLoop(VmalabSignal):
    """LOOP: the kernel answers each fault, and the access faults again; ``si_code`` is 0.

    A real task would hang here, in the kernel's hands but never killed, and a transcript says
    LOOP when a timer ends it. Bugs of the patch of 2006, as posted, end so.
    """

    signal = "LOOP"


class OutOfMemory(VmalabSignal):
    """SIGKILL: no frame is free and none can be reclaimed, so the task is ended."""

    signal = "SIGKILL"


class KernelBug(AssertionError):
    """A law of the model is broken. Please report it, with the program that led here."""

    def __init__(self, law: str, dump: str = "") -> None:
        super().__init__(law, dump)
        self.law = law
        self.dump = dump

    def __str__(self) -> str:
        return f"broken law: {self.law}" + (f"\n{self.dump}" if self.dump else "")
