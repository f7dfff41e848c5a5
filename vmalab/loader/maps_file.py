r"""Lines of /proc/PID/maps with everything that they say: device and inode too, names as they are.

The kernel writes a newline in a name as ``\012``, and nothing else is changed; a name may hold
blanks, tabs, carriage returns, bytes that are no UTF-8, and may itself end in `` (deleted)``.

Mirrors: fs/proc/task_mmu.c:show_map_vma, fs/d_path.c, fs/seq_file.c:mangle_path.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from vmalab.units import PAGE_SIZE

_LINE: Final = re.compile(
    rb"([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][sp]) ([0-9a-f]{1,16})"
    rb"(?: ([0-9a-f]{2,}:[0-9a-f]{2,}) ([0-9]+))?(?: +(.*))?\Z",
    re.DOTALL,
)
DELETED: Final = " (deleted)"
MOST_QUOTED: Final = 60


class MapsError(ValueError):
    """A text that is not one of /proc/PID/maps: which line, and what is in it."""


@dataclass(frozen=True, slots=True)
class Area:
    """One VMA: addresses and ``offset_bytes`` in bytes, the rest as it is printed."""

    start: int
    end: int
    perms: str
    offset_bytes: int
    device: str
    inode: int
    name: str

    @property
    def key(self) -> tuple[str, int, str]:
        """What is mapped: two VMAs with the same key show the same file."""
        return self.device, self.inode, self.name

    @property
    def is_file(self) -> bool:
        """Is there a file behind it? Its inode says so, or, where that was left out, its path.

        Devices are no libraries, nor is shared anonymous memory.
        """
        if self.name.startswith(("/dev/", "/SYSV", "/memfd:", "anon_inode:", "[")):
            return False
        return bool(self.inode) or self.name.startswith("/")

    @property
    def is_anonymous(self) -> bool:
        """Memory of no file, and not the heap or a stack or what the kernel has mapped."""
        return not self.inode and (not self.name or self.name.startswith("[anon:"))


def parse_area(line: bytes) -> Area:
    r"""One line.

    >>> parse_area(b"1000-3000 r-xp 00002000 08:01 7    /lib/a b\\012c.so (deleted)").name
    '/lib/a b\nc.so (deleted)'

    Raises:
        MapsError: it has another form.
    """
    match = _LINE.match(line)
    if match is None:
        raise MapsError(f"not a line of /proc/PID/maps: {os.fsdecode(line[:MOST_QUOTED])!r}")
    start, end, offset = (int(match[n], 16) for n in (1, 2, 4))
    if start >= end or (start | end | offset) % PAGE_SIZE:
        raise MapsError(f"not a range of pages: {os.fsdecode(line[:MOST_QUOTED])!r}")
    device, inode = (match[5] or b"00:00").decode(), int(match[6] or 0)
    name = os.fsdecode((match[7] or b"").replace(b"\\012", b"\n"))
    return Area(start, end, match[3].decode(), offset, device, inode, name)


def parse_areas(data: bytes) -> tuple[Area, ...]:
    """Every line of a text.

    Raises:
        MapsError: with the number of the line that has another form.
    """
    areas = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                areas.append(parse_area(line.rstrip(b"\r")))
            except MapsError as error:
                raise MapsError(f"line {number}: {error}") from None
    return tuple(areas)
