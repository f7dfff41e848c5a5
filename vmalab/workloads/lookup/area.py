"""What is looked up, what a look-up answers, and what every structure can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Area(NamedTuple):
    """Addresses ``start <= a < end`` that belong together: a VMA, as far as looking up goes."""

    start: int
    end: int


class Found(NamedTuple):
    """What find_vma answers: the first area that ends after the address, and the steps it took."""

    area: Area | None
    steps: int


class Index(Protocol):
    """Areas in order, none overlapping another."""

    def find(self, addr: int) -> Found:
        """The first area that ends after ``addr``; it may begin above it. Mirrors: find_vma."""

    def insert(self, area: Area) -> None:
        """Add an area whose range is free."""

    def erase(self, area: Area) -> None:
        """Take an area out."""

    def areas(self) -> Iterator[Area]:
        """All of them, lowest first."""
