"""Asks this machine's own ld.so and execve, and spells the answers as the model does."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from vmalab.host.errors import HostError
from vmalab.host.maps import parse_smaps, snapshot_of
from vmalab.loader import probe
from vmalab.records.snapshot import VmaRow


def unavailable() -> str | None:
    """Why this machine's ld.so cannot be asked, or None if it can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"this needs Linux on x86-64, not {platform.system()} on {platform.machine()}"
    name, version = platform.libc_ver()
    if name != "glibc":
        return f"this needs the GNU C library; this Python runs on {name or 'another one'}"
    if tuple(map(int, version.split(".")[:2])) < (2, 36):
        return f"this needs glibc 2.36 or newer, not {version}"
    return None


@dataclass(frozen=True, slots=True)
class Live:
    """A file in the memory of a real process: all of its VMAs, and where the file's bias is."""

    rows: tuple[VmaRow, ...]
    bias: int = 0
    interp_at: int = 0
    entry: int = 0
    pid: int = 0
    error: str = ""


class Prober:
    """A small process that forks a child a question. Use it as a context manager.

    ``under`` is a command to run it under, such as strace's.
    """

    def __init__(self, under: Sequence[str] = ()) -> None:
        self._process = self._start(under)

    @staticmethod
    def _start(under: Sequence[str]) -> subprocess.Popen[bytes]:
        command = [*under, sys.executable, "-I", "-S", str(Path(probe.__file__))]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env={})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it; what it has forked has ended before."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def dlopen(self, path: str) -> Live:
        """Load a library in a fresh child."""
        return self._ask("dlopen", path)

    def execve(self, path: str) -> Live:
        """Start a program, stopped before its first instruction."""
        return self._ask("execve", path)

    def _ask(self, what: str, path: str) -> Live:
        question, answer = self._process.stdin, self._process.stdout
        if question is None or answer is None:
            raise HostError("the probing process has no pipes")
        question.write(json.dumps([what, path]).encode() + b"\n")
        question.flush()
        line = answer.readline()
        if not line:
            raise HostError(f"the probing process died over {path}")
        return _live(json.loads(line))


def _live(answer: dict[str, Any]) -> Live:
    if "error" in answer:
        return Live((), error=answer["error"])
    rows = snapshot_of(parse_smaps(answer["maps"])).vmas
    auxv = {int(key): int(value) for key, value in answer.get("auxv", {}).items()}
    return Live(
        rows,
        bias=answer.get("base", 0),
        interp_at=auxv.get(probe.AUXV_BASE, 0),
        entry=auxv.get(probe.AUXV_ENTRY, 0),
        pid=answer.get("pid", 0),
    )
