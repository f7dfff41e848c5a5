"""The same calls on this machine's own kernel: do a guest's VMAs come out as in the model?

Only the calls are made, no page is touched, so a guest of any size costs its VMAs and nothing more.
Each address space is a process: one that was cloned is forked where the log says so. Everything
happens in a child, far from its own memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from vmalab.host import HostError
from vmalab.host.libc import must
from vmalab.host.maps import own_maps
from vmalab.uapi.mman import MAP_FIXED, MAP_PRIVATE, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE
from vmalab.units import PAGE_SIZE, addr_to_vpn, bytes_to_pages, pages_to_bytes, vpn_to_addr
from vmalab.workloads.uml.hosts import CLONE, Call, Row
from vmalab.workloads.uml.layout import STUB_CODE_VPN, STUB_DATA_VPN

BASE_VPN: Final = 0x2_0000_0000
"""Where the guest begins: nothing else lives near it (pages)."""
_END_VPN: Final = BASE_VPN + STUB_DATA_VPN + 1
_PROT_BITS: Final = 7


def replay(log: Mapping[int, Sequence[Call]], ram_pages: int) -> dict[int, list[Row]]:
    """The VMAs that each address space of a log has at its end, on this machine.

    Raises:
        HostError: this kernel refused a call, or the child came to grief.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        os._exit(_in_child(log, ram_pages, writer))
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(pid, 0)
    answers = [json.loads(line) for line in lines]
    complaints = [answer for answer in answers if isinstance(answer, str)]
    if status or complaints:
        raise HostError(complaints[0] if complaints else "the replaying process died")
    return {space: [Row(*row) for row in rows] for space, rows in answers}


def why_not(vmas: int) -> str | None:
    """Why this machine cannot hold a guest of so many VMAs; None if it can."""
    allowed = int(Path("/proc/sys/vm/max_map_count").read_text())
    own = len(own_maps())
    if vmas + own + 16 > allowed:
        return f"vm.max_map_count is {allowed:,}: too few for {vmas:,} VMAs and Python's own {own}"
    return None


def _in_child(log: Mapping[int, Sequence[Call]], ram_pages: int, writer: int) -> int:
    """Make the files, and replay each address space that no other was the parent of."""
    ram, code = os.memfd_create("vm_file"), os.memfd_create("linux")
    os.ftruncate(ram, pages_to_bytes(ram_pages))
    os.ftruncate(code, PAGE_SIZE)
    cloned = {call.args[0] for calls in log.values() for call in calls if call.name == CLONE}
    for space in log:
        if space not in cloned and _in_a_process(log, space, (ram, code), writer):
            return 1
    return 0


def _in_a_process(
    log: Mapping[int, Sequence[Call]], space: int, files: tuple[int, int], writer: int
) -> int:
    """Replay one address space in a process of its own, a copy of this one: its exit status."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 1
    try:
        for call in log[space]:
            if call.name == CLONE:
                if _in_a_process(log, call.args[0], files, writer):
                    break
            else:
                _make(call, files)
        else:
            _tell(writer, [space, _rows()])
            status = 0
    except HostError as error:
        _tell(writer, str(error))
    finally:
        os._exit(status)


def _make(call: Call, files: tuple[int, int]) -> None:
    ram, code = files
    if call.name == "stubs":
        rx = PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, code, 0
        must("mmap", vpn_to_addr(BASE_VPN + STUB_CODE_VPN), PAGE_SIZE, *rx)
        at = pages_to_bytes(call.args[0])
        rw = PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ram, at
        must("mmap", vpn_to_addr(BASE_VPN + STUB_DATA_VPN), PAGE_SIZE, *rw)
        return
    vpn, nr_pages, *rest = call.args
    where = vpn_to_addr(BASE_VPN + vpn), pages_to_bytes(nr_pages)
    if call.name == "mmap":
        prot, pgoff = rest
        rest = [prot, MAP_SHARED | MAP_FIXED, ram, pages_to_bytes(pgoff)]
    must(call.name, *where, *rest)


def _rows() -> list[Row]:
    """This process's VMAs in the guest's part of its address space."""
    return [
        Row(
            addr_to_vpn(start) - BASE_VPN,
            addr_to_vpn(end) - BASE_VPN,
            flags & _PROT_BITS,
            bytes_to_pages(offset_bytes),
        )
        for start, end, flags, offset_bytes, _, _ in own_maps()
        if BASE_VPN <= addr_to_vpn(start) < _END_VPN
    ]


def _tell(writer: int, answer: object) -> None:
    """One line of JSON, all of it."""
    line = json.dumps(answer).encode() + b"\n"
    while line:
        line = line[os.write(writer, line) :]
