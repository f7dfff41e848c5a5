"""System calls by number, through the C library's ``syscall(2)``.

Nothing here is loaded before the first call, so that the package can be imported anywhere.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import TYPE_CHECKING

from vmalab.host.errors import HostError
from vmalab.uapi.syscalls import NR_X86_64

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ERRNO = 4095


@cache
def _syscall() -> Callable[..., int]:
    libc = ctypes.CDLL(None, use_errno=True)
    call = libc.syscall
    call.restype = ctypes.c_long
    call.argtypes = [ctypes.c_long, *[ctypes.c_ulong] * 6]
    return call


def system_call(number: int, args: tuple[int, ...]) -> int:
    """Make a system call; the answer is its result, or a negative error number.

    >>> import errno, pytest, sys
    >>> if sys.platform != "linux": pytest.skip("system calls are Linux's")
    >>> system_call(NR_X86_64["munmap"], (1, 0)) == -errno.EINVAL
    True
    """
    words = (*args, 0, 0, 0, 0, 0, 0)[:6]
    result = _syscall()(number, *words)
    return result if result != -1 else -ctypes.get_errno()


def must(name: str, *args: int) -> int:
    """A system call by name that set-up cannot do without.

    Raises:
        HostError: the kernel refused it.
    """
    result = system_call(NR_X86_64[name], args)
    if -MAX_ERRNO <= result < 0:
        words = ", ".join(map(hex, args))
        msg = f"this kernel refused {name}({words}): {os.strerror(-result)}"
        raise HostError(msg)
    return result


def warm_malloc(len_bytes: int = 4 << 20) -> None:
    """Make the C library's heap so large that it asks the kernel for nothing more."""
    libc = ctypes.CDLL(None)
    m_trim_threshold, m_mmap_threshold, never = -1, -3, (1 << 31) - 1
    libc.mallopt(m_trim_threshold, never)
    libc.mallopt(m_mmap_threshold, 32 << 20)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    block = libc.malloc(len_bytes)
    ctypes.memset(block, 0, len_bytes)
    libc.free(block)
