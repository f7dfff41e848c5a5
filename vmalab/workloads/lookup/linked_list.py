"""A list in order of address: find_vma walks it from the lowest VMA.

    mmap --> | 0x1000-0x4000 | --> | 0x9000-0xa000 | --> | 0xc000-0xd000 |

Mirrors: vm_area_struct.vm_next; until 2.4.9 it was how small address spaces were searched.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmalab.workloads.lookup.area import Area, Found


class _Link:
    """An area and the one behind it."""

    __slots__ = ("area", "vm_next")

    def __init__(self, area: Area, vm_next: _Link | None) -> None:
        self.area = area
        self.vm_next = vm_next


class LinkedList:
    """Every area points at the next.

    >>> areas = LinkedList()
    >>> for page in range(100):
    ...     areas.insert(Area(2 * page, 2 * page + 1))
    >>> areas.find(150)
    Found(area=Area(start=150, end=151), steps=76)
    """

    def __init__(self) -> None:
        self._first: _Link | None = None

    def __del__(self) -> None:
        """Let go link by link: as one, a chain of thousands is too deep for a small stack."""
        link, self._first = self._first, None
        while link is not None:
            link = link.vm_next

    def find(self, addr: int) -> Found:
        """Walk until an area ends after the address."""
        link, steps = self._first, 0
        while link is not None:
            steps += 1
            if link.area.end > addr:
                return Found(link.area, steps)
            link = link.vm_next
        return Found(None, steps)

    def insert(self, area: Area) -> None:
        """Hang it in before the first that begins above it."""
        prev = self._last_below(area.start)
        if prev is None:
            self._first = _Link(area, self._first)
        else:
            prev.vm_next = _Link(area, prev.vm_next)

    def erase(self, area: Area) -> None:
        """Let the one before it point behind it."""
        prev = self._last_below(area.start)
        link = self._first if prev is None else prev.vm_next
        assert link is not None
        assert link.area == area
        if prev is None:
            self._first = link.vm_next
        else:
            prev.vm_next = link.vm_next

    def areas(self) -> Iterator[Area]:
        """From link to link."""
        link = self._first
        while link is not None:
            yield link.area
            link = link.vm_next

    def _last_below(self, start: int) -> _Link | None:
        prev, link = None, self._first
        while link is not None and link.area.start < start:
            prev, link = link, link.vm_next
        return prev
