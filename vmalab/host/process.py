"""What a program may change about its whole process: limits, the heap, and which process it is."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import struct
from pathlib import Path
from typing import Final

from vmalab.host.errors import HostError, HostUnsupportedError
from vmalab.host.libc import must
from vmalab.host.maps import total_pages
from vmalab.units import PAGE_SIZE, pages_to_bytes

_PR_SET_MM: Final = 35
_PR_SET_MM_MAP: Final = 14
_PRCTL_MM_MAP: Final = struct.Struct("=12Q2I")
_STAT_CODE_AND_DATA: Final = (26, 27, 45, 46)
"""proc(5): startcode, endcode, start_data, end_data."""
_STAT_STACK_AND_ARGS: Final = (28, 48, 49, 50, 51)
"""proc(5): startstack, arg_start, arg_end, env_start, env_end."""
_CAP_IPC_LOCK: Final = 14
_CAPABILITY_VERSION_3: Final = 0x2008_0522


def effective_capabilities() -> int:
    """This process's effective capabilities, as a bit mask."""
    match = re.search(r"^CapEff:\s*([0-9a-f]+)", Path("/proc/self/status").read_text(), re.M)
    return int(match[1], 16) if match else 0


def move_heap(addr: int) -> None:
    """Make the heap begin, and end, at an address (bytes).

    PR_SET_MM_MAP sets all the marks of an address space at once, and is allowed to everybody; the
    others are set to what they are, as /proc/self/stat tells them.

    Mirrors: kernel/sys.c:prctl_set_mm_map (v6.18).

    Raises:
        HostError: the kernel refused.
    """
    words = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
    fields = {number: int(word) for number, word in enumerate(words[1:], 4)}
    marks = [fields[number] for number in _STAT_CODE_AND_DATA]
    marks += [addr, addr, *(fields[number] for number in _STAT_STACK_AND_ARGS)]
    auxv, auxv_size, no_exe = 0, 0, 0xFFFF_FFFF
    table = ctypes.create_string_buffer(_PRCTL_MM_MAP.pack(*marks, auxv, auxv_size, no_exe))
    must("prctl", _PR_SET_MM, _PR_SET_MM_MAP, ctypes.addressof(table), _PRCTL_MM_MAP.size, 0)


def set_limit(what: str, nr_pages: int) -> int:
    """Lower a limit to what is in use now and ``nr_pages`` more; 0."""
    if what == "as":
        _lower(resource.RLIMIT_AS, pages_to_bytes(total_pages() + nr_pages))
    else:
        drop_capability(_CAP_IPC_LOCK)
        _lower(resource.RLIMIT_MEMLOCK, pages_to_bytes(locked_pages() + nr_pages))
    return 0


def _lower(which: int, limit: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard not in {resource.RLIM_INFINITY} and limit > hard:
        msg = f"a limit of {limit} bytes is above this user's hard limit, {hard}: run as root"
        raise HostUnsupportedError(msg)
    resource.setrlimit(which, (limit, hard))


def locked_pages() -> int:
    """How many pages this process has locked (``VmLck``)."""
    match = re.search(r"^VmLck:\s*([0-9]+) kB", Path("/proc/self/status").read_text(), re.M)
    return int(match[1]) * 1024 // PAGE_SIZE if match else 0


def drop_capability(number: int) -> None:
    """Give up an effective capability."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    must("capget", ctypes.addressof(header), ctypes.addressof(data))
    data[3 * (number // 32)] &= ~(1 << number % 32)
    must("capset", ctypes.addressof(header), ctypes.addressof(data))


def go_on_in_child() -> None:
    """Fork; only the child returns. The parent waits for it and ends as it did."""
    pid = os.fork()
    if pid == 0:
        return
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def describe_exit(status: int) -> str:
    """A wait status in words.

    >>> describe_exit(11), describe_exit(256)
    ('was ended by SIGSEGV', 'ended with status 1')
    """
    if os.WIFSIGNALED(status):
        return f"was ended by {_signal_name(os.WTERMSIG(status))}"
    code = os.waitstatus_to_exitcode(status)
    return f"was ended by {_signal_name(code - 128)}" if code > 128 else f"ended with status {code}"


def _signal_name(number: int) -> str:
    import signal  # noqa: PLC0415

    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


__all__ = [
    "HostError",
    "describe_exit",
    "drop_capability",
    "effective_capabilities",
    "go_on_in_child",
    "locked_pages",
    "move_heap",
    "set_limit",
]
