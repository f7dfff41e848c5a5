"""The generator's rough idea of an address space: what was put where, if all went well."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

Cell = tuple[str, int] | None
"""What a page shows, and for a file the page of it; None is a hole."""


class Picture:
    """A window of pages."""

    def __init__(self, rng: random.Random, pages: int, longest: int) -> None:
        self._rng = rng
        self._cells: list[Cell] = [None] * pages
        self._longest = longest
        self.pages = pages

    def put(self, start: int, pages: int, kind: str, pgoff: int = 0) -> None:
        """Something was mapped."""
        for page in range(start, min(start + pages, self.pages)):
            self._cells[page] = (kind, pgoff + page - start)

    def clear(self, start: int, pages: int) -> None:
        """Something was unmapped."""
        for page in range(start, min(start + pages, self.pages)):
            self._cells[page] = None

    def copy(self, start: int, pages: int, target: int) -> None:
        """Something was mapped a second time."""
        cells = self._cells[start : start + pages]
        for page, cell in enumerate(cells, target):
            if page < self.pages:
                self._cells[page] = cell

    def move(self, start: int, pages: int, target: int) -> None:
        """Something was moved."""
        cells = self._cells[start : start + pages]
        self.clear(start, pages)
        for page, cell in enumerate(cells, target):
            if page < self.pages:
                self._cells[page] = cell

    def resize(self, start: int, old: int, new: int) -> None:
        """Something shrank or grew in place."""
        last = self._cells[min(start + old, self.pages) - 1]
        if new < old:
            self.clear(start + new, old - new)
        elif last is not None:
            self.put(start + old, new - old, last[0], last[1] + 1)

    def _some(self, wanted: list[int]) -> int:
        return self._rng.choice(wanted) if wanted else self._rng.randrange(self.pages)

    def _length(self, start: int, *, most: int | None = None) -> int:
        longest = min(most or self._longest, self.pages - start)
        return self._rng.randint(1, max(1, longest))

    def span(self) -> tuple[int, int]:
        """Pages to work on: mostly all mapped, now and then any."""
        if self._rng.random() < 0.12:
            start = self._rng.randrange(self.pages)
            return start, self._length(start)
        return self._run([cell is not None for cell in self._cells])

    def span_of_files(self) -> tuple[int, int]:
        """Pages that show shared objects, mostly."""
        if self._rng.random() < 0.1:
            return self.span()
        return self._run([cell is not None and cell[0] not in {"anon"} for cell in self._cells])

    def _run(self, good: list[bool]) -> tuple[int, int]:
        start = self._some([page for page, ok in enumerate(good) if ok])
        most = 1
        while start + most < self.pages and good[start + most]:
            most += 1
        return start, self._length(start, most=min(most, self._longest))

    def span_for_new(self) -> tuple[int, int]:
        """Where to map something new: in a hole, beside what is there, or over it."""
        if self._rng.random() < 0.55:
            holes = [page for page, cell in enumerate(self._cells) if cell is None]
            start = self._some(holes)
            most = 1
            while start + most < self.pages and self._cells[start + most] is None:
                most += 1
            exact = most <= self._longest and self._rng.random() < 0.4
            return start, most if exact else self._length(start, most=min(most, self._longest))
        start = self._rng.randrange(self.pages)
        return start, self._length(start)

    def target(self, start: int, pages: int) -> int:
        """Where to move ``pages`` pages: mostly clear of the source, which begins at ``start``."""
        room = max(1, self.pages - pages + 1)
        for _ in range(4):
            target = self._rng.randrange(room)
            if target + pages <= start or start + pages <= target:
                return target
        return self._rng.randrange(room)

    def home(self, page: int) -> int:
        """The file offset that would make a page continue what lies before it."""
        before = self._cells[page - 1] if page else None
        if before is not None and before[0] not in {"anon", "shm"} and self._rng.random() < 0.5:
            return before[1] + 1
        return page

    def below_a_stack(self) -> int:
        """A page shortly below a stack, or any."""
        stacks = [
            p for p, cell in enumerate(self._cells) if cell is not None and cell[0] == "stack"
        ]
        return self._some(stacks) - self._rng.randint(1, 3)
