"""A plan: a program as plain tuples that the child can run without knowing what a program is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vmalab.records.program import FILE_PAGES, NR_FILES
from vmalab.units import PAGE_SIZE, pages_to_bytes

Instruction = tuple[int | str, ...]
"""A letter and its numbers: see :mod:`vmalab.host.machine`."""

NO_ADDRESS: Final = -1
"""In the place of a mapping's length: the call's answer is not an address."""
FILE_BYTES: Final = pages_to_bytes(FILE_PAGES)
FREE_ZONE_BYTES: Final = 1 << 30
"""So much address space is empty on either side of an open window."""
_FIRST_FD: Final = 200
FDS: Final = {
    f"{how}{number}": _FIRST_FD + 3 * number + kind
    for kind, how in enumerate("frw")
    for number in range(NR_FILES)
}
"""The file descriptor of each of a program's files in the child."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the child needs: the window, the files to open, the instructions.

    ``near`` bytes on either side of the window are watched too; ``reserve`` asks for a PROT_NONE
    mapping to start with; ``heap`` for a heap that begins with the window; ``alone`` plans change
    their process for good (fork, brk, limits) and get one of their own. ``memory`` asks what the
    pages are in the end.
    """

    start: int
    pages: int
    near: int
    reserve: bool
    files: tuple[str, ...]
    heap: bool
    alone: bool
    flags_each: bool
    memory: bool
    instructions: tuple[Instruction, ...]

    def wire(self) -> tuple[object, ...]:
        """As a plain tuple, in the order of the fields."""
        return tuple(getattr(self, name) for name in self.__slots__)

    @property
    def end(self) -> int:
        """The first address after the window (bytes)."""
        return self.start + self.pages * PAGE_SIZE
