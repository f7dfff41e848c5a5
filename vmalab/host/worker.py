"""The worker: a small interpreter of its own that forks a child for every batch of plans.

It is started by :mod:`vmalab.host.client` and speaks over its standard input and output, in frames:
eight bytes of length and a ``marshal`` value.

    client ──batch──▶ worker ──fork──▶ child      runs the plans one after the other
       ▲                                 │ fork    and one that forks, moves the heap or
       └──────────── outcomes ───────────┴─▶ ·     lowers limits in a child of its own

A small process has few VMAs, no threads, and a heap warmed up so far that it maps nothing while a
program runs. Should a child die, the worker says so in the place of the outcome that is missing.
"""

from __future__ import annotations

import gc
import marshal
import mmap
import os
import traceback
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from vmalab.host import process, seal
from vmalab.host.errors import HostError, HostUnsupportedError
from vmalab.host.libc import warm_malloc
from vmalab.host.machine import Machine
from vmalab.host.maps import own_maps
from vmalab.host.memory import stay_on_one_cpu
from vmalab.host.plan import FREE_ZONE_BYTES, Plan
from vmalab.host.touch import Toucher

if TYPE_CHECKING:
    from collections.abc import Sequence

Request = tuple[list[tuple[Any, ...]], bool]
"""Plans as plain tuples, and whether the address space around the window is to be filled."""

LENGTH_BYTES: Final = 8
DONE, REFUSED, UNSUPPORTED = "done", "refused", "unsupported"
_WARM_OBJECTS: Final = 100_000
_AT, _DELIVERED = 0, 1


def write_frame(fd: int, value: tuple[Any, ...]) -> None:
    """Write one frame, whole."""
    data = marshal.dumps(value)
    view = memoryview(len(data).to_bytes(LENGTH_BYTES, "little") + data)
    while view:
        view = view[os.write(fd, view) :]


def read_frame(fd: int) -> object | None:
    """Read one frame; None at the end of the stream."""
    head = _read(fd, LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    data = _read(fd, int.from_bytes(head, "little"))
    value: object = marshal.loads(data)
    return value


def _read(fd: int, count: int) -> bytes:
    data = b""
    while len(data) < count and (chunk := os.read(fd, count - len(data))):
        data += chunk
    return data


def warm_up() -> list[bytes]:
    """Make both heaps so large that nothing is mapped while a program runs; keep the result."""
    gc.disable()
    warm_malloc()
    objects = [bytes(150) for _ in range(_WARM_OBJECTS)]
    return objects[::1000]


class Worker:
    """Serves batches until its input ends."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._shared = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")

    def serve(self) -> None:
        """Answer every batch with as many outcomes as it has plans."""
        while (request := read_frame(self._source)) is not None:
            wires, sealed = cast("Request", request)
            self._batch([Plan(*wire) for wire in wires], sealed=sealed)

    def _batch(self, plans: Sequence[Plan], *, sealed: bool) -> None:
        self._shared[_DELIVERED] = 0
        while (first := self._shared[_DELIVERED]) < len(plans):
            self._shared[_AT] = 0
            pid = os.fork()
            if pid == 0:
                self._child(plans[first:], sealed=sealed)
            _, status = os.waitpid(pid, 0)
            if self._shared[_DELIVERED] < len(plans):
                self._deliver_death(status)

    def _deliver_death(self, status: int) -> None:
        at = self._shared[_AT]
        where = f"in operation {at}" if at else "before its first operation"
        self._deliver((REFUSED, f"the child {process.describe_exit(status)} {where}"))

    def _deliver(self, outcome: tuple[str, object]) -> None:
        write_frame(self._sink, outcome)
        self._shared[_DELIVERED] += 1

    def _child(self, plans: Sequence[Plan], *, sealed: bool) -> NoReturn:
        """Run plans and end."""
        try:
            with Toucher() as toucher:
                if plans[0].memory:
                    stay_on_one_cpu()
                machine = Machine(toucher, self._shared)
                self._prepare(plans[0], sealed=sealed)
                for plan in plans:
                    self._shared[_AT] = 0
                    if plan.alone:
                        self._alone(machine, plan)
                    else:
                        self._deliver(_outcome(machine, plan))
        except HostError as error:
            self._deliver((REFUSED, str(error)))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def _alone(self, machine: Machine, plan: Plan) -> None:
        """Run a plan in a process of its own."""
        before = self._shared[_DELIVERED]
        pid = os.fork()
        if pid == 0:
            try:
                self._deliver(_outcome(machine, plan))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        if self._shared[_DELIVERED] == before:
            self._deliver_death(status)

    def _prepare(self, plan: Plan, *, sealed: bool) -> None:
        low, high = plan.start - FREE_ZONE_BYTES, plan.end + FREE_ZONE_BYTES
        taken = [row for row in own_maps() if row[0] < high and row[1] > low]
        if taken:
            msg = f"something already lies at {taken[0][0]:#x}, where the window should be"
            raise HostError(msg)
        if sealed:
            seal.fill(plan.start, plan.end)


def _outcome(machine: Machine, plan: Plan) -> tuple[str, object]:
    try:
        return DONE, machine.run(plan)
    except HostUnsupportedError as error:
        return UNSUPPORTED, str(error)
    except (HostError, OSError) as error:
        return REFUSED, str(error)
    except MemoryError:
        return REFUSED, "the child ran out of the memory that was prepared for it"


def main() -> None:
    """Serve the process's standard input and output."""
    kept = warm_up()
    source, sink = os.dup(0), os.dup(1)
    Worker(source, sink).serve()
    del kept


if __name__ == "__main__":
    main()
