"""Touching memory that may not be there: loads, stores and jumps that outlive SIGSEGV and SIGBUS.

A handler written in Python cannot step over the instruction that faulted, so the touch and its
handler are 211 bytes of machine code in a page of their own. The handler recognises the four
instructions below by their address, makes the function return ``FAULTED | si_code << 8 | si_signo``
and leaves every other crash to end the process as it would have.

    load:     mov eax, [rdi]            handler:  rip of the fault is load, store, touch, or rdi?
    store:    mov [rdi], esi                        no:  sigaction(signo, SIG_DFL); return
    touch:    lock add dword [rdi], 0               yes: rax = the word above
    call:     xor eax, eax; call rdi                     rip = a ``ret``; return

``ELSEWHERE`` is set if the faulting address is not the one that was asked for: then ``call`` did
fetch its instruction, and it is what that instruction did which failed.
"""

from __future__ import annotations

import ctypes
import mmap
import signal
from typing import TYPE_CHECKING, Final

from vmalab.host.errors import HostError
from vmalab.host.libc import must
from vmalab.uapi import mman

if TYPE_CHECKING:
    from types import TracebackType

FAULTED: Final = 1 << 32
ELSEWHERE: Final = 1 << 33
RET: Final = 0xC3
"""The byte of a return instruction."""

_CODE: Final = bytes.fromhex(
    # load, store, touch, call: the four functions; then the return from the handler
    "8b07c366662e0f1f8400000000006690"
    "893731c0c366662e0f1f840000000000"
    "f083070031c0c3660f1f840000000000"
    "4883ec0831c0ffd74883c408c30f1f00"
    "b80f0000000f05660f1f840000000000"
    # handler: is the instruction one of ours?
    "488b82a8000000483b42687443488d0d"
    "9cffffff4839c87437488d0da0ffffff"
    "4839c8742b488d0da4ffffff4839c874"
    # no: back to the default action
    "1f6a006a006a006a004889e631d241ba"
    "08000000b80d0000000f054883c420c3"
    # yes: rax = FAULTED | si_code << 8 | si_signo, and on with the ``ret`` of call
    "0fb64608c1e00809f8488b4e10483b4a"
    "687405480fbae821480fbae820488982"
    "90000000488d0d71ffffff48898aa800"
    "0000c3"
)
_LOAD, _STORE, _TOUCH, _CALL, _RESTORER, _HANDLER = 0, 16, 32, 48, 64, 80
_SA_SIGINFO, _SA_RESTORER = 0x4, 0x04000000
_SIGSET_BYTES = 8


class Toucher:
    """The four ways to touch memory. Use it as a context manager: it owns two signal handlers."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        self._page.write(_CODE)
        view = ctypes.c_char.from_buffer(self._page)
        self._base = ctypes.addressof(view)
        del view
        must("mprotect", self._base, mmap.PAGESIZE, mman.PROT_READ | mman.PROT_EXEC)
        word, addr = ctypes.c_uint64, ctypes.c_void_p
        loads, stores = ctypes.CFUNCTYPE(word, addr), ctypes.CFUNCTYPE(word, addr, ctypes.c_uint32)
        self.load = loads(self._base + _LOAD)
        """The 32-bit word at an address."""
        self.store = stores(self._base + _STORE)
        """Store a 32-bit word; 0."""
        self.touch = loads(self._base + _TOUCH)
        """A write that changes nothing; 0."""
        self._call = loads(self._base + _CALL)
        self._old: dict[int, ctypes.Array[ctypes.c_char]] = {}

    def __enter__(self) -> Toucher:
        action = ctypes.create_string_buffer(
            (self._base + _HANDLER).to_bytes(8, "little")
            + (_SA_SIGINFO | _SA_RESTORER).to_bytes(8, "little")
            + (self._base + _RESTORER).to_bytes(8, "little")
            + bytes(_SIGSET_BYTES)
        )
        for number in (signal.SIGSEGV, signal.SIGBUS):
            old = ctypes.create_string_buffer(32)
            new = ctypes.addressof(action)
            must("rt_sigaction", number, new, ctypes.addressof(old), _SIGSET_BYTES)
            self._old[number] = old
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        for number, old in self._old.items():
            must("rt_sigaction", number, ctypes.addressof(old), 0, _SIGSET_BYTES)

    def execute(self, addr: int) -> int:
        """Call the code at an address: 0, or a fault word of the fetch.

        Only a return instruction, or zeros (which store to address 0 and fault there), are run.
        """
        first = self.load(addr)
        if not first & FAULTED and first & 0xFF != RET and first != 0:
            msg = f"{addr:#x} holds the bytes {first:08x}, which are not a return instruction"
            raise HostError(msg)
        result = int(self._call(addr))
        return 0 if result & ELSEWHERE else result
