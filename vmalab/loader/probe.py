"""The live side: what this machine's ld.so and execve really do, asked in a fresh child each time.

This file runs as a program of its own, without vmalab: a small interpreter that forks a child for
each question, so that nothing of one library is left when the next one comes. A question is a line
of JSON, ``["dlopen", path]`` or ``["execve", path]``, and so is the answer:

    {"maps": text, "base": l_addr, "pid": ...}  the library is loaded; maps with VmFlags
    {"maps": text, "auxv": {type: value}}       the program is stopped before its first instruction
    {"error": words}                            it could not be done

A library's constructors run in the child, which has no standard input and output, and little time.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

SECONDS = 10.0
RTLD_LAZY = 1
PTRACE_TRACEME = 0
MOST_ANSWER = 1 << 24
AUXV_BASE, AUXV_ENTRY, AUXV_PHDR = 7, 9, 3


def maps_of(pid: str) -> str:
    """The lines of smaps that say where VMAs are and which flags they have."""
    kept = []
    for line in Path(f"/proc/{pid}/smaps").read_bytes().split(b"\n"):
        word = line.split(b" ", 1)[0]
        if line.startswith(b"VmFlags:") or (b"-" in word and not word.endswith(b":")):
            kept.append(line)
    return b"\n".join(kept).decode(errors="surrogateescape")


def dlopen(path: str) -> dict[str, object]:
    """Load a library into this process, for good."""
    libc = ctypes.CDLL(None)
    libc.dlopen.restype = ctypes.c_void_p
    libc.dlopen.argtypes = [ctypes.c_char_p, ctypes.c_int]
    libc.dlerror.restype = ctypes.c_char_p
    handle = libc.dlopen(os.fsencode(path), RTLD_LAZY)
    if not handle:
        return {"error": (libc.dlerror() or b"dlopen failed").decode(errors="replace")}
    # A handle is glibc's struct link_map, and that begins with l_addr.
    base = ctypes.c_uint64.from_address(handle).value
    return {"maps": maps_of("self"), "base": base, "pid": os.getpid()}


def execve(path: str) -> dict[str, object]:
    """Start a program under ptrace and look at it where the kernel has stopped it."""
    pid = os.fork()
    if pid == 0:
        _become(path)
    try:
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            return {"error": f"execve failed: {os.strerror(os.waitstatus_to_exitcode(status))}"}
        return {"maps": maps_of(str(pid)), "auxv": auxv_of(pid)}
    finally:
        _end(pid)


def _become(path: str) -> None:
    """In the child: ask to be traced, and be the program; it stops after execve."""
    code = 1
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(PTRACE_TRACEME, 0, None, None) == 0:
            os.execve(path, [path], {})
        code = ctypes.get_errno()
    except OSError as error:
        code = error.errno or 1
    finally:
        os._exit(code)


def auxv_of(pid: int) -> dict[int, int]:
    """The auxiliary vector of a process: where its parts are, as the kernel told it."""
    data = Path(f"/proc/{pid}/auxv").read_bytes()
    pairs = struct.iter_unpack("=QQ", data[: len(data) // 16 * 16])
    return {key: value for key, value in pairs if key in {AUXV_BASE, AUXV_ENTRY, AUXV_PHDR}}


def _end(pid: int) -> None:
    """End a child of ours that may have ended already."""
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


ASKED: dict[str, Callable[[str], dict[str, object]]] = {"dlopen": dlopen, "execve": execve}


def in_child(what: str, path: str, seconds: float = SECONDS) -> dict[str, object]:
    """The answer of a child that is made for one question; errors where it has none."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _answer(what, path, writing)
    os.close(writing)
    try:
        data = _read_all(reading, seconds)
    finally:
        os.close(reading)
    if data is None:
        _end(pid)
        return {"error": f"no answer within {seconds:g} s: ended"}
    _, status = os.waitpid(pid, 0)
    if not data:
        return {"error": _fate(status)}
    answer: dict[str, object] = json.loads(data)
    return answer


def _fate(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit({code}) while loading"


def _answer(what: str, path: str, writing: int) -> None:
    """In the child: be deaf and dumb, do it, tell, and end without any farewell."""
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    try:
        answer = ASKED[what](path)
    except OSError as error:
        answer = {"error": f"{type(error).__name__}: {error.strerror}"}
    data = json.dumps(answer).encode()
    while data:
        data = data[os.write(writing, data) :]
    os._exit(0)


def _read_all(fd: int, seconds: float) -> bytes | None:
    """All that comes through a pipe; None where it goes on for too long."""
    data = b""
    while len(data) < MOST_ANSWER:
        if not select.select([fd], [], [], seconds)[0]:
            return None
        chunk = os.read(fd, 1 << 16)
        if not chunk:
            break
        data += chunk
    return data


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer line by line until there are no more questions."""
    for line in questions:
        what, path = json.loads(line)
        answers.write(json.dumps(in_child(what, path)).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
