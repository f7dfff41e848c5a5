"""Which pages of an address space have an entry in its page tables, and of what kind.

A VMA says what *may* be; this says what *is*. Kinds are few: a private page of the task's own, the
shared zero page, a page of a file, or a guard marker.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

ANON: Final = "anon"
ZERO: Final = "zero"
FILE: Final = "file"
GUARD: Final = "guard"


class PresentPages:
    """A sparse map from virtual page number to the kind of entry there."""

    __slots__ = ("_kinds",)

    def __init__(self) -> None:
        self._kinds: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    def get(self, vpn: int) -> str | None:
        """The kind of entry at a page, or None where there is none."""
        return self._kinds.get(vpn)

    def set(self, vpn: int, kind: str) -> None:
        """Put an entry at a page, whatever was there."""
        self._kinds[vpn] = kind

    def clear(self, vpn: int) -> None:
        """Leave a page without an entry."""
        self._kinds.pop(vpn, None)

    def within(self, first: int, last: int) -> list[int]:
        """The pages ``first <= vpn < last`` that have an entry, in order."""
        kinds = self._kinds
        if last - first <= len(kinds):
            return [vpn for vpn in range(first, last) if vpn in kinds]
        return sorted(vpn for vpn in kinds if first <= vpn < last)

    def move(self, first: int, last: int, to: int) -> None:
        """Carry the entries of ``first <= vpn < last`` to ``to`` and up.

        Mirrors: mm/mremap.c:move_page_tables.
        """
        moving = [(vpn - first + to, self._kinds.pop(vpn)) for vpn in self.within(first, last)]
        self._kinds.update(moving)

    def items(self) -> Iterator[tuple[int, str]]:
        """Every entry as (virtual page number, kind), in address order."""
        return iter(sorted(self._kinds.items()))

    def copy(self) -> PresentPages:
        """Another map with the same entries."""
        other = PresentPages()
        other._kinds.update(self._kinds)
        return other
