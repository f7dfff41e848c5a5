"""Reading the machine's own VMAs: the PROCMAP_QUERY ioctl, /proc/self/maps, /proc/self/smaps.

A raw row is the tuple ``(start, end, flags, offset_bytes, inode, name)``; ``flags`` are the four
bits of PROCMAP_QUERY (read 1, write 2, exec 4, shared 8).

Mirrors: fs/proc/task_mmu.c:do_procmap_query, show_map_vma, show_smap (v6.18).
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import struct
from pathlib import Path
from typing import Final

from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.units import bytes_to_pages

RawRow = tuple[int, int, int, int, int, str]
"""start, end (bytes), flags, offset in the file (bytes), inode, name."""

_QUERY: Final = struct.Struct("=QQQQQQQQQIIIIQQ")
_PROCMAP_QUERY: Final = 0xC000_6611 | _QUERY.size << 16
_COVERING_OR_NEXT: Final = 0x10
_QUESTION: Final = _QUERY.pack(_QUERY.size, _COVERING_OR_NEXT, *[0] * 13)
_ADDR: Final = struct.Struct("=Q")
_ADDR_AT: Final = 16
_ANSWER: Final = struct.Struct("=QQQQQQ")
_ANSWER_AT, _INODE_END = 24, 72
_SHARED: Final = 8
_LINE: Final = re.compile(
    r"([0-9a-f]+)-([0-9a-f]+) ([r-])([w-])([x-])([sp]) ([0-9a-f]+) \S+ ([0-9]+) *(.*)"
)


def parse_maps_line(line: str) -> RawRow:
    """A line of /proc/PID/maps as a raw row.

    >>> parse_maps_line("1000-3000 r-xs 00002000 00:01 7    /x y")
    (4096, 12288, 13, 8192, 7, '/x y')

    Raises:
        ValueError: the line has another form.
    """
    match = _LINE.match(line)
    if match is None:
        msg = f"not a line of /proc/PID/maps: {line!r}"
        raise ValueError(msg)
    start, end, offset = (int(match[n], 16) for n in (1, 2, 7))
    letters = ((match[3], "r"), (match[4], "w"), (match[5], "x"), (match[6], "s"))
    flags = sum(1 << bit for bit, (seen, letter) in enumerate(letters) if seen == letter)
    return start, end, flags, offset, int(match[8]), match[9]


def parse_maps(text: str) -> list[RawRow]:
    """Every row of /proc/PID/maps."""
    return [parse_maps_line(line) for line in text.splitlines()]


def own_maps() -> list[RawRow]:
    """The whole of this process's /proc/self/maps."""
    return parse_maps(Path("/proc/self/maps").read_text())


class WindowReader:
    """Reads the VMAs of this process between two addresses, again and again.

    ``names`` asks for names too (they tell ``[heap]``), which costs a little more.
    """

    def __init__(self, low: int, high: int, *, names: bool = False, query: bool = True) -> None:
        self._low = low
        self._high = high
        self._names = names
        self._seen: dict[bytes, RawRow] = {}
        self._fd = os.open("/proc/self/maps", os.O_RDONLY | os.O_CLOEXEC)
        self.by_query = query and not names and self._query_works()

    def close(self) -> None:
        """Give the file descriptor back."""
        os.close(self._fd)

    def reopen(self) -> None:
        """After a fork: read the child's maps, not the parent's."""
        os.close(self._fd)
        self._fd = os.open("/proc/self/maps", os.O_RDONLY | os.O_CLOEXEC)

    def rows(self) -> tuple[RawRow, ...]:
        """The VMAs that overlap the range, lowest first."""
        return self._by_query() if self.by_query else self._by_text()

    def _query_works(self) -> bool:
        try:
            self._by_query()
        except OSError:
            return False
        return True

    def _by_query(self) -> tuple[RawRow, ...]:
        rows = []
        addr, seen, high, fd = self._low, self._seen, self._high, self._fd
        ask = bytearray(_QUESTION)
        while addr < high:
            _ADDR.pack_into(ask, _ADDR_AT, addr)
            try:
                fcntl.ioctl(fd, _PROCMAP_QUERY, ask)
            except OSError as error:
                if error.errno == errno.ENOENT:
                    break
                raise
            answer = bytes(ask[_ANSWER_AT:_INODE_END])
            row = seen.get(answer)
            if row is None:
                start, end, flags, _, offset, inode = _ANSWER.unpack(answer)
                row = seen[answer] = (start, end, flags, offset, inode, "")
            if row[0] >= high:
                break
            rows.append(row)
            addr = row[1]
        return tuple(rows)

    def _by_text(self) -> tuple[RawRow, ...]:
        os.lseek(self._fd, 0, os.SEEK_SET)
        text = b""
        while chunk := os.read(self._fd, 1 << 16):
            text += chunk
        rows = parse_maps(text.decode(errors="replace"))
        return tuple(row for row in rows if row[0] < self._high and row[1] > self._low)


def vm_flags(low: int, high: int) -> dict[int, tuple[str, ...]]:
    """The VmFlags of this process's VMAs between two addresses, by the VMA's start.

    /proc/self/smaps is written VMA by VMA as it is read, so reading stops behind ``high``.
    """
    found: dict[int, tuple[str, ...]] = {}
    start = end = 0
    with Path("/proc/self/smaps").open() as smaps:
        for line in smaps:
            if line.startswith("VmFlags:"):
                if end > low:
                    found[start] = tuple(line.split()[1:])
            elif "-" in line[:17]:
                start, end = (int(word, 16) for word in line.split(" ", 1)[0].split("-"))
                if start >= high:
                    break
    return found


def total_pages() -> int:
    """How many pages of address space this process has mapped (``total_vm``)."""
    return int(Path("/proc/self/statm").read_text().split()[0])


def parse_smaps(text: str) -> list[tuple[RawRow, tuple[str, ...]]]:
    r"""The rows of /proc/PID/smaps with their VmFlags; of /proc/PID/maps, with none.

    >>> parse_smaps("1000-3000 r--p 00000000 00:00 0\nRss: 0 kB\nVmFlags: rd mr\n")
    [((4096, 12288, 1, 0, 0, ''), ('rd', 'mr'))]
    """
    found: list[tuple[RawRow, tuple[str, ...]]] = []
    for line in text.splitlines():
        if _LINE.match(line):
            found.append((parse_maps_line(line), ()))
        elif line.startswith("VmFlags:") and found:
            found[-1] = (found[-1][0], tuple(line.split()[1:]))
    return found


def perms_of(flags: int) -> str:
    """The four bits of a raw row as /proc/PID/maps prints them.

    >>> perms_of(3), perms_of(9)
    ('rw-p', 'r--s')
    """
    letters = (letter if flags >> bit & 1 else "-" for bit, letter in enumerate("rwx"))
    return "".join(letters) + ("s" if flags & _SHARED else "p")


def snapshot_of(rows: list[tuple[RawRow, tuple[str, ...]]]) -> Snapshot:
    """A process's rows as a snapshot; mappings without a name are ``anon``."""
    return Snapshot(
        tuple(
            VmaRow(start, end, perms_of(bits), bytes_to_pages(at), name or "anon", flags)
            for (start, end, bits, at, _, name), flags in rows
        )
    )
