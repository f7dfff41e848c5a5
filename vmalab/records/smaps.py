"""What /proc/PID/smaps says of the pages of one VMA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Self

SMAPS_NAMES: Final[dict[str, str]] = {
    "Rss": "rss",
    "Pss": "pss",
    "Pss_Dirty": "pss_dirty",
    "Shared_Clean": "shared_clean",
    "Shared_Dirty": "shared_dirty",
    "Private_Clean": "private_clean",
    "Private_Dirty": "private_dirty",
    "Referenced": "referenced",
    "Anonymous": "anonymous",
    "LazyFree": "lazy_free",
    "Swap": "swap",
    "SwapPss": "swap_pss",
    "Locked": "locked",
}
"""The lines of smaps that say something here, in the kernel's order, and the field of each."""


@dataclass(frozen=True, slots=True)
class VmaMemory:
    """The pages of one VMA, in kB as the file counts them.

    ``rss`` is what page tables show of it; each of those pages is shared or private (mapped once),
    clean or dirty. ``pss`` counts a page that n entries show as an n-th of a page. ``anonymous``
    are pages that belong to no file, ``lazy_free`` those of them that MADV_FREE gave away and
    nobody wrote to since.
    """

    start: int
    rss: int = 0
    pss: int = 0
    pss_dirty: int = 0
    shared_clean: int = 0
    shared_dirty: int = 0
    private_clean: int = 0
    private_dirty: int = 0
    referenced: int = 0
    anonymous: int = 0
    lazy_free: int = 0
    swap: int = 0
    swap_pss: int = 0
    locked: int = 0

    @classmethod
    def of_lines(cls, start: int, found: Mapping[str, int]) -> Self:
        """From the file's own names; what it does not say is 0.

        >>> VmaMemory.of_lines(0x1000, {"Rss": 8, "Private_Dirty": 8, "KSM": 0}).private_dirty
        8
        """
        return cls(start, *(found.get(name, 0) for name in SMAPS_NAMES))

    def told(self) -> str:
        """The lines that are not 0, in the file's names, in one line.

        >>> VmaMemory(0x1000, rss=8, pss=4, shared_clean=8).told()
        'Rss 8 Pss 4 Shared_Clean 8'
        """
        said = [(name, getattr(self, field)) for name, field in SMAPS_NAMES.items()]
        return " ".join(f"{name} {kb}" for name, kb in said if kb) or "nothing"


assert [field.name for field in fields(VmaMemory)][1:] == list(SMAPS_NAMES.values())
