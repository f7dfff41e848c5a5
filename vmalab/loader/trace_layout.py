"""Where a traced process's pieces go in a program's window; the program that comes out.

The addresses of a real process lie far apart, and a program has one window. So the heap comes first
(a program's heap begins with its window), then everything else in order of address; what lay
together stays together, and wide gaps become narrow ones:

    process   |exe|            |heap|                     |libs ... |ld.so|
    window    |heap| |exe| |libs ... |ld.so|

Operations are kept without addresses until all ranges are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vmalab.loader.strace import StraceError
from vmalab.records.program import Addr, At, Op, Program
from vmalab.records.text import MAX_WINDOW_PAGES, format_op
from vmalab.units import PAGE_SIZE, WORD_MASK, bytes_to_pages, page_align, page_align_down

GAP_PAGES: Final = 32
"""How wide a gap of the process is in the window, where it was wider."""
NEAR_BYTES: Final = 16 * PAGE_SIZE
Places = tuple[tuple[int, int, int], ...]
"""Start and end of a cluster of addresses (bytes), and the window page where it begins."""
Heap = tuple[int, int]
"""Where a heap begins, and the highest it reached; zeroes without one."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A program, what its files were, where its pieces lay, and what was left out."""

    program: Program
    files: tuple[str, ...]
    places: Places
    left_out: tuple[tuple[str, int], ...]
    name: str = ""

    def text(self) -> str:
        """The program's text, with comments."""
        head = [f"# {self.name or 'a process'}, seen by strace: {len(self.program.ops)} operations"]
        head += [f"# f{number} {path}".replace("\n", "?") for number, path in enumerate(self.files)]
        head += [f"# pages {page}- were at {start:#x}-{end:#x}" for start, end, page in self.places]
        head += [f"# left out: {count} times {what}" for what, count in self.left_out]
        lines = map(format_op, self.program.ops)
        window = f"seq {self.program.name} {self.program.pages} {self.program.fill}"
        return "\n".join([*head, window, *lines]) + "\n"

    def addr_of(self, page: int) -> int:
        """Where a page of the window was in the process, or -1 for a gap."""
        for start, end, first in self.places:
            if first <= page < first + bytes_to_pages(page_align(end) - start):
                return start + (page - first) * PAGE_SIZE
        return -1


@dataclass(slots=True)
class Made:
    """One operation before its addresses are known: which, and the ranges that it names."""

    ranges: tuple[tuple[int, int], ...]
    build: Callable[[Callable[[int], Addr]], Op]


def lay_out(made: Sequence[Made], heap: Heap) -> tuple[Program, Places]:
    """Give every range its place in the window, and every operation its addresses.

    Raises:
        StraceError: the process is larger than a window, or an address was never mapped.
    """
    places, pages = _places(made, heap)
    if pages > MAX_WINDOW_PAGES:
        raise StraceError(
            f"the process took {pages:,} pages; a program's window has {MAX_WINDOW_PAGES:,}"
        )

    def place(addr: int) -> Addr:
        for start, end, first in places:
            if start <= addr <= page_align(end):
                page, byte = divmod(addr - start, PAGE_SIZE)
                return At(first + page, byte) if byte else first + page
        raise StraceError(f"address {addr:#x} was never mapped")

    done = tuple(one.build(place) for one in made)
    return Program(max(pages, 1), done, "hole", "trace"), places


def _places(made: Sequence[Made], heap: Heap) -> tuple[Places, int]:
    """Every cluster of addresses, and how many pages they take in all."""
    clusters: list[tuple[int, int]] = []
    for low, high in sorted(_ranges(made, heap)):
        if clusters and low - clusters[-1][1] <= NEAR_BYTES:
            clusters[-1] = (clusters[-1][0], max(clusters[-1][1], high))
        else:
            clusters.append((low, high))
    placed, page = [], 0
    begins, highest = heap
    if begins:
        placed.append((begins, highest, 0))
        page = bytes_to_pages(page_align(highest - begins)) + GAP_PAGES
    for low, high in clusters:
        placed.append((low, high, page))
        page += bytes_to_pages(high - low) + GAP_PAGES
    return tuple(placed), page


def _ranges(made: Sequence[Made], heap: Heap) -> Iterator[tuple[int, int]]:
    """Every range that is named, in whole pages, but for the heap's."""
    begins, highest = heap
    for one in made:
        for first, last in one.ranges:
            low, high = page_align_down(first & WORD_MASK), page_align(last & WORD_MASK)
            in_heap = begins and begins <= low <= highest
            if not in_heap and low < high:
                yield low, high
