"""Real processes, read with care: some end while one looks, some are not ours, some have nothing.

Nothing is left out in silence: every process that could not be read is named, with the reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

from vmalab.loader.elf import ElfFile, read_elf
from vmalab.loader.errors import ElfError
from vmalab.loader.maps_file import DELETED, Area, parse_areas
from vmalab.loader.whatif import SIZEOF_VMA, Headers

PROC: Final = Path("/proc")
PF_KTHREAD: Final = 0x0020_0000
Fate = Literal["read", "ended", "not ours", "kernel thread"]


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its VMAs, or why they are not known."""

    pid: int
    name: str
    fate: Fate
    areas: tuple[Area, ...] = ()


def all_pids(proc: Path = PROC) -> list[int]:
    """Every process there is at this moment."""
    return sorted(int(path.name) for path in proc.iterdir() if path.name.isdecimal())


def read_process(pid: int, proc: Path = PROC) -> Process:
    """A process's VMAs.

    Raises:
        MapsError: what /proc says has a form that nobody knows.
    """
    folder = proc / str(pid)
    name = _name(folder)
    try:
        data = (folder / "maps").read_bytes()
    except PermissionError:
        return Process(pid, name, "not ours")
    except (FileNotFoundError, ProcessLookupError):
        return Process(pid, name, "ended")
    if not data:
        return Process(pid, name, "kernel thread" if _is_kernel_thread(folder) else "ended")
    return Process(pid, name, "read", parse_areas(data))


def _name(folder: Path) -> str:
    """The command's name, in one line; none where even that is gone."""
    try:
        data = (folder / "comm").read_bytes()
    except OSError:
        return ""
    return os.fsdecode(data).rstrip("\n").replace("\n", "?")


def _is_kernel_thread(folder: Path) -> bool:
    """The flags of /proc/PID/stat tell; the name before them may hold blanks and parentheses."""
    try:
        words = (folder / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False
    return len(words) > 6 and bool(int(words[6]) & PF_KTHREAD)


def sizeof_vma(proc: Path = PROC) -> tuple[int, bool]:
    """sizeof(struct vm_area_struct) in bytes, and whether the kernel was asked (root may)."""
    try:
        text = (proc / "slabinfo").read_text()
    except OSError:
        return SIZEOF_VMA, False
    match = re.search(r"^vm_area_struct\s+\d+\s+\d+\s+(\d+)\s", text, re.MULTILINE)
    return (int(match[1]), True) if match else (SIZEOF_VMA, False)


class HeaderReader:
    """Reads program headers of what is mapped, each file once, by whichever way works.

    ``map_files`` leads to a file that is deleted or in another mount namespace, but asks for
    privileges; the path, as the process sees it, may lead to another file by now: its inode tells.
    """

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._known: dict[tuple[str, int, str], ElfFile | None] = {}

    def of(self, pid: int) -> Headers:
        """The headers of files that a process has mapped."""
        return partial(self._headers, pid)

    def _headers(self, pid: int, area: Area) -> ElfFile | None:
        if area.key not in self._known:
            found = (self._read(path, area) for path in self._ways(pid, area))
            self._known[area.key] = next((elf for elf in found if elf is not None), None)
        return self._known[area.key]

    def _ways(self, pid: int, area: Area) -> Iterator[str]:
        folder = self._proc / str(pid)
        yield str(folder / "map_files" / f"{area.start:x}-{area.end:x}")
        for name in (area.name, area.name.replace("\n", "\\012")):
            yield f"{folder / 'root'}{name}"
            yield name.removesuffix(DELETED)

    @staticmethod
    def _read(path: str, area: Area) -> ElfFile | None:
        try:
            if area.inode and Path(path).stat().st_ino != area.inode:
                return None
            return read_elf(path)
        except (ElfError, OSError, ValueError):
            return None
