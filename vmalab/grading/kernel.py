"""A Jupyter kernel in the sandbox, with the face that nbval knows, watched from outside.

Its sockets are files in a folder that the sandbox shares with us: a network namespace keeps TCP in
and lets these through. Every message is JSON, signed, and counted; none is ever unpickled. The
watch looks at each wait whether the process still lives, what it has said, and what it uses::

    get_message   ──┬── a message in time              give it to nbval
                    ├── the process is gone            DeadKernelError, at once
                    ├── too much output, memory        kill it; DeadKernelError says which
                    └── the time is up                 Empty, as nbval expects
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from queue import Empty
from typing import Any, Final, cast

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

from vmalab.grading.sandbox import PROBES, Limits, Way, command, environment, limiter, socket_folder

CHANNELS: Final = ("shell", "iopub", "stdin", "control", "hb")
POLL_SECONDS: Final = 0.2
START_SECONDS: Final = 60.0
LAUNCH: Final = (
    "import runpy, sys\n"
    "sys.argv = ['kernel', '-f', sys.argv[1], '--no-secure', '--HistoryManager.enabled=False',\n"
    "            '--IPKernelApp.capture_fd_output=False', '--Application.log_level=50']\n"
    f"import {', '.join(f'vmalab.grading.{name}' for name in PROBES)}\n"
    "runpy.run_module('ipykernel_launcher', run_name='__main__')\n"
)
"""The model is imported while the kernel starts, not while an answer is timed."""


class DeadKernelError(RuntimeError):
    """The learner's process is gone, or had to go; the message says how."""


class SandboxKernel:
    """One kernel process in one sandbox. Mirrors: nbval/kernel.py:RunningKernel (0.11)."""

    def __init__(self, way: Way, image: Path, limits: Limits) -> None:
        self.limits = limits
        self.said_bytes = 0
        self.why_dead = ""
        self._folder = socket_folder(way)
        inside = Path("/run/kernel") if way == "bwrap" else self._folder
        key = secrets.token_hex(16)
        connection: dict[str, Any] = {
            "transport": "ipc",
            "key": key,
            "signature_scheme": "hmac-sha256",
        }
        connection |= {f"{name}_port": number for number, name in enumerate(CHANNELS, 1)}
        file = self._folder / "kernel.json"
        file.write_text(json.dumps({**connection, "ip": str(inside / "s")}))
        file.chmod(0o644)
        program = ["-c", LAUNCH, str(inside / "kernel.json")]
        words, hidden = command(way, image, self._folder, program, limits)
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(way, image),
            cwd="/",
            preexec_fn=limiter(limits),  # noqa: PLW1509 - a judge has one thread
            start_new_session=True,
            pass_fds=hidden,
        )
        for fd in hidden:
            os.close(fd)
        self.kc = BlockingKernelClient(context=_context(limits))
        self.kc.load_connection_info(cast("Any", {**connection, "ip": str(self._folder / "s")}))
        self.kc.start_channels(stdin=False, hb=False)
        self._client_open = True

    def wait_until_ready(self) -> None:
        """Wait for the kernel to answer.

        Raises:
            DeadKernelError: it ended instead, or took too long.
        """
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            request = self.kc.kernel_info()
            try:
                self.await_reply(request, timeout=1.0)
                self.await_idle(request, 1.0)
            except Empty:
                continue
            self.said_bytes = 0
            return
        self.kill("the sandbox did not start in time")
        raise DeadKernelError(self.why_dead)

    def is_alive(self) -> bool:
        """Is there a process that could answer?"""
        return self._process.poll() is None

    def execute_cell_input(self, cell_input: str, *, allow_stdin: bool | None = None) -> str:
        """Send a cell; the request's id. As nbval sends it, without history."""
        self.said_bytes = 0
        return str(
            self.kc.execute(
                cell_input, store_history=False, allow_stdin=allow_stdin, stop_on_error=False
            )
        )

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """The next message, or Empty when the time is up.

        Raises:
            DeadKernelError: nothing more will come.
        """
        end = time.monotonic() + (self.limits.cell_seconds if timeout is None else timeout)
        channel = self.kc.iopub_channel if stream == "iopub" else self.kc.shell_channel
        while True:
            left = max(end - time.monotonic(), 0)
            alive = self.is_alive()
            if channel.socket.poll(1000 * min(left, POLL_SECONDS)):
                return self._take(channel)
            if not alive:
                raise DeadKernelError(self.why_dead or self._how_it_ended())
            self._look_at_memory()
            if time.monotonic() >= end:
                raise Empty

    def _take(self, channel: Any) -> dict[str, Any]:
        parts = channel.socket.recv_multipart()
        self.said_bytes += sum(map(len, parts))
        if self.said_bytes > self.limits.output_bytes:
            self.kill("it printed more than is read")
            raise DeadKernelError(self.why_dead)
        session = channel.session
        try:
            message = session.deserialize(session.feed_identities(parts, copy=True)[1])
            content = message["content"], message["parent_header"], message["msg_type"]
        except Exception:  # whatever a stranger may send in a message's place
            self.kill("it sent something that is no message")
            raise DeadKernelError(self.why_dead) from None
        if not all(isinstance(part, dict) for part in content[:2]):
            self.kill("it sent something that is no message")
            raise DeadKernelError(self.why_dead)
        return dict(message)

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        """Wait for the reply to a request, Empty when the time is up."""
        end = time.monotonic() + (timeout or self.limits.cell_seconds)
        while True:
            message = self.get_message("shell", max(end - time.monotonic(), 0))
            if message["parent_header"].get("msg_id") == msg_id:
                return

    def await_idle(self, parent_id: str, timeout: float) -> None:
        """Wait until a request has been dealt with, Empty when the time is up."""
        end = time.monotonic() + timeout
        while True:
            message = self.get_message("iopub", max(end - time.monotonic(), 0))
            state = message["content"].get("execution_state")
            if message["parent_header"].get("msg_id") == parent_id and state == "idle":
                return

    def interrupt(self) -> None:
        """The time of a cell is up: learners' code may ignore signals, so the process goes."""
        self.kill("it took too long")

    def kill(self, why: str) -> None:
        """End the sandbox and everything in it."""
        self.why_dead = self.why_dead or why
        if self.is_alive():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """End it, and remove what was shared. May be called twice."""
        self.kill("nothing more was heard from it")
        if self._client_open:
            self._client_open = False
            self.kc.stop_channels()
            self.kc.context.destroy(linger=0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _how_it_ended(self) -> str:
        code = self._process.returncode
        if code < 0 or code > 128:
            number = -code if code < 0 else code - 128
            return f"its process was ended by signal {number}"
        return f"its process ended by itself, with status {code}"

    def _look_at_memory(self) -> None:
        """A process may not have more than its limit; all of them together may not either."""
        used = sum(map(_resident_bytes, _family(self._process.pid)))
        if used > self.limits.memory_bytes:
            self.kill("it used too much memory")


def _context(limits: Limits) -> zmq.Context[Any]:
    """Sockets that take no message longer than all the output that is allowed."""
    context = zmq.Context()
    context.setsockopt(zmq.MAXMSGSIZE, 2 * limits.output_bytes)
    context.setsockopt(zmq.RCVHWM, 200)
    context.setsockopt(zmq.LINGER, 0)
    return context


def _family(pid: int) -> list[int]:
    """A process and all that came from it."""
    found, new = [], [pid]
    while new:
        one = new.pop()
        found.append(one)
        for tasks in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                new += map(int, tasks.read_text().split())
            except OSError:  # it has just ended
                continue
    return found


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0
