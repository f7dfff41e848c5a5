"""The caller's side: start a worker, send it plans, read outcomes, and never wait for ever."""

from __future__ import annotations

import contextlib
import marshal
import os
import platform
import re
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, Self, cast

from vmalab.host.compile import make_plan, window_of
from vmalab.host.errors import HostError, HostUnsupportedError
from vmalab.host.report import make_run
from vmalab.host.worker import DONE, LENGTH_BYTES, UNSUPPORTED, Request, write_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from vmalab.host.machine import Outcome
    from vmalab.records.program import Program
    from vmalab.records.run import Run

MIRRORED_RELEASE: Final = "6.18"
"""The release of Linux that the model of modern Linux was checked against."""
DEFAULT_TIMEOUT: Final = 20.0
"""Seconds without an answer after which the worker is ended."""
_WORKER: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); import vmalab.host.worker as w; w.main()"
)


def unavailable(program: Program | None = None) -> str | None:
    """Why programs (or this program) cannot run on the machine's own kernel; None if they can.

    >>> from vmalab.records.text import parse_program
    >>> unavailable(parse_program("evict")) is None
    False
    """
    if sys.platform != "linux":
        return f"this machine runs {platform.system() or sys.platform}, not Linux"
    if platform.machine() not in {"x86_64", "AMD64"}:
        return f"this machine is a {platform.machine()}; the host runner speaks x86_64 only"
    if sys.maxsize < 1 << 32:
        return "this Python is a 32-bit program; the host runner needs a 64-bit one"
    if not Path("/proc/self/maps").exists():
        return "/proc is not mounted (mount -t proc proc /proc), so VMAs cannot be read back"
    if not sys.executable:
        return "this Python does not know its own executable, so no child can be started"
    return _unavailable_for(program) if program else None


def _unavailable_for(program: Program) -> str | None:
    try:
        make_plan(program)
    except HostUnsupportedError as error:
        return str(error)
    except HostError:
        return None
    return None


def release_note() -> str | None:
    """What to expect where the machine's kernel is not the one that the model mirrors.

    Rules of memory management change from release to release; None if this is the right one.
    """
    release = platform.release()
    if sys.platform != "linux" or re.match(rf"{re.escape(MIRRORED_RELEASE)}(\.|-|\Z)", release):
        return None
    return f"this machine runs Linux {release}; the model is Linux {MIRRORED_RELEASE}, and differs"


class Host:
    """The machine's own kernel, ready to run programs. A context manager; reuse it for speed.

    ``timeout`` is in seconds and counts anew with every answer. ``sealed`` hosts fill the address
    space around the window (see :mod:`vmalab.host.seal`). ``flags_each`` reads VmFlags after every
    operation, not only after the last; it is slow. ``memory`` reads what the pages are in the end:
    smaps, and the window's pagemap.

    Raises:
        HostError: this machine cannot, with the reason.
    """

    def __init__(
        self,
        *,
        sealed: bool = False,
        flags_each: bool = False,
        memory: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        if reason := unavailable():
            raise HostUnsupportedError(reason)
        self.sealed = sealed
        self.memory = memory
        self._flags_each = flags_each
        self._timeout = timeout
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        self._end()
        self._errors.close()

    def run(self, program: Program) -> Run:
        """Run one program.

        Raises:
            HostError: it could not be run; HostUnsupportedError: not on this machine, or by this
                user.
        """
        (result,) = self.run_all([program])
        if isinstance(result, HostError):
            raise result
        return result

    def run_all(self, programs: Sequence[Program]) -> list[Run | HostError]:
        """Run programs, each in an empty window with files anew; in order."""
        return list(self.start(programs))

    def start(self, programs: Sequence[Program]) -> Iterator[Run | HostError]:
        """Send a batch off at once; the results come as they are asked for.

        What is left of an earlier batch is given up, and its worker with it.
        """
        if self._pending:
            self._end()
        plans: list[tuple[object, ...] | HostError] = []
        for program in programs:
            try:
                plan = make_plan(
                    program, sealed=self.sealed, flags_each=self._flags_each, memory=self.memory
                )
                plans.append(plan.wire())
            except HostError as error:
                plans.append(error)
        wires = [plan for plan in plans if not isinstance(plan, HostError)]
        if wires:
            self._send((wires, self.sealed))
            self._pending = len(wires)
        return self._results(programs, plans)

    def _results(
        self, programs: Sequence[Program], plans: Sequence[tuple[object, ...] | HostError]
    ) -> Iterator[Run | HostError]:
        for program, plan in zip(programs, plans, strict=True):
            if isinstance(plan, HostError):
                yield plan
                continue
            kind, value = cast("tuple[str, object]", self._receive())
            self._pending -= 1
            if kind == DONE:
                yield make_run(program, window_of(program), cast("Outcome", value))
            else:
                error = HostUnsupportedError if kind == UNSUPPORTED else HostError
                yield error(str(value))

    def _send(self, request: Request) -> None:
        if self._process is None:
            self._process = self._spawn()
        pipe = self._process.stdin
        assert pipe is not None
        try:
            write_frame(pipe.fileno(), request)
        except BrokenPipeError:
            self._fail("the worker ended before it could be asked")

    def _spawn(self) -> subprocess.Popen[bytes]:
        home = str(Path(__file__).resolve().parents[2])
        try:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _WORKER, home],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            raise HostError(f"no worker could be started: {error}") from None

    def _receive(self) -> object:
        size = int.from_bytes(self._read(LENGTH_BYTES), "little")
        return marshal.loads(self._read(size))

    def _read(self, count: int) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        fd = self._process.stdout.fileno()
        answer = select.poll()
        answer.register(fd, select.POLLIN)
        data = b""
        while len(data) < count:
            if not answer.poll(self._timeout * 1000):
                self._fail(
                    f"the child gave no answer within {self._timeout:g} seconds and was ended"
                )
            chunk = os.read(fd, count - len(data))
            if not chunk:
                self._fail("the worker ended without an answer")
            data += chunk
        return data

    def _fail(self, what: str) -> NoReturn:
        self._end()
        self._errors.seek(0)
        words = self._errors.read().decode(errors="replace").strip().splitlines()
        self._errors.seek(0)
        self._errors.truncate()
        raise HostError(f"{what}: {words[-1]}" if words else what)

    def _end(self) -> None:
        child, self._process = self._process, None
        self._pending = 0
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def run_program(
    program: Program, *, sealed: bool = False, flags_each: bool = False, memory: bool = False
) -> Run:
    """Run one program by real system calls in a child of this process.

    Raises:
        HostError: it could not be run, and why.
    """
    with Host(sealed=sealed, flags_each=flags_each, memory=memory) as host:
        return host.run(program)


def run_programs(programs: Sequence[Program], *, sealed: bool = False) -> list[Run | HostError]:
    """Run several programs, each as if it were the first; an error stands where a run would."""
    with Host(sealed=sealed) as host:
        return host.run_all(programs)
