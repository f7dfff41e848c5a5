"""The index of a file's pages: a number for each page that has one, cheap where dense.

Mirrors: lib/xarray.c (v6.18), lib/radix-tree.c (v2.6.18) in what it answers.

    index 0x203   ->   leaf 1, slot 3        leaves of 512 slots, made as they are needed
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

EMPTY: Final = -1
_SLOTS: Final = 512


class RadixTree:
    """Page index to a number that is not ``EMPTY`` (-1)."""

    __slots__ = ("_leaves",)

    def __init__(self) -> None:
        self._leaves: dict[int, array[int]] = {}

    def __len__(self) -> int:
        return sum(1 for _ in self.items())

    def __contains__(self, index: int) -> bool:
        return self.get(index) != EMPTY

    def get(self, index: int) -> int:
        """The number at an index, or EMPTY."""
        leaf = self._leaves.get(index // _SLOTS)
        return EMPTY if leaf is None else leaf[index % _SLOTS]

    def set(self, index: int, number: int) -> None:
        """Put a number at an index, whatever was there; EMPTY takes it out."""
        leaf = self._leaves.get(index // _SLOTS)
        if leaf is None:
            leaf = self._leaves[index // _SLOTS] = array("q", [EMPTY]) * _SLOTS
        leaf[index % _SLOTS] = number

    def items(self, first: int = 0, last: int = 1 << 62) -> Iterator[tuple[int, int]]:
        """Every (index, number) with ``first <= index < last``, in order."""
        for key in sorted(self._leaves):
            base = key * _SLOTS
            if base + _SLOTS <= first or base >= last:
                continue
            for slot, number in enumerate(self._leaves[key]):
                if number != EMPTY and first <= base + slot < last:
                    yield base + slot, number
