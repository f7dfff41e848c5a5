"""A maple tree: a B-tree of ranges, as wide as four cache lines, in which a hole is a range too.

    leaf     pivots   0x0fff  0x3fff  0x8fff  0x9fff   ...     the last address of each range
             slots    -       vma     -       vma      ...     16 of them; - is a hole

    above    pivots   0x9fff          0x1ffff         ...      10 slots, each a node below, with
             gaps     0x5000          0x3000          ...      the largest hole under it

So the areas of a tree need no node of their own, a look-up reads a few nodes of 16 instead of a
chain of 20 VMAs, and nodes can be replaced whole, which lets readers go without a lock (RCU).

What is shown is the shape: ranges, node sizes, splitting and joining at half a node. Left out are
the gaps (they help mmap to find room), RCU, encoded pointers, and writing several nodes at once.

Mirrors: lib/maple_tree.c, include/linux/maple_tree.h (v6.18): MAPLE_RANGE64_SLOTS 16,
MAPLE_ARANGE64_SLOTS 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vmalab.workloads.lookup.area import Area, Found

LEAF_SLOTS: Final = 16
INNER_SLOTS: Final = 10
LAST: Final = (1 << 64) - 1
"""The last address of all: ULONG_MAX."""


class Node:
    """Ranges in order. A leaf's slots are areas and holes (None), another's are nodes."""

    __slots__ = ("pivots", "slots")

    def __init__(self, pivots: list[int], slots: list[Area | Node | None]) -> None:
        self.pivots = pivots
        """The last address of each range; that of the whole node is the last of them."""
        self.slots = slots

    @property
    def is_leaf(self) -> bool:
        """Does it hold areas and holes, not nodes?"""
        return not isinstance(self.slots[0], Node)

    @property
    def room(self) -> int:
        """How many slots there are in a node of its kind."""
        return LEAF_SLOTS if self.is_leaf else INNER_SLOTS

    def slot_of(self, addr: int) -> int:
        """The slot whose range holds an address."""
        return next(slot for slot, pivot in enumerate(self.pivots) if addr <= pivot)


class MapleTree:
    """Areas and the holes between them, in nodes.

    >>> areas = MapleTree()
    >>> for page in range(1000):
    ...     areas.insert(Area(2 * page, 2 * page + 1))
    >>> areas.find(1500), areas.depth(), areas.nr_nodes() / 1000
    (Found(area=Area(start=1500, end=1501), steps=4), 4, 0.308)
    """

    def __init__(self) -> None:
        self.root = Node([LAST], [None])

    def find(self, addr: int) -> Found:
        """Down to the leaf whose range holds the address; if only holes follow in it, again."""
        steps = 0
        while addr <= LAST:
            node, steps = self.root, steps + 1
            slot = node.slot_of(addr)
            while isinstance(child := node.slots[slot], Node):
                node, steps = child, steps + 1
                slot = node.slot_of(addr)
            for later in range(slot, len(node.slots)):
                area = node.slots[later]
                if isinstance(area, Area):
                    return Found(area, steps)
            addr = node.pivots[-1] + 1  # only holes to the end of this leaf
        return Found(None, steps)

    def insert(self, area: Area) -> None:
        """Store an area over part of a hole."""
        self._store(area.start, area.end, area)

    def erase(self, area: Area) -> None:
        """Store a hole where the area was; holes that touch become one."""
        self._store(area.start, area.end, None)

    def areas(self) -> Iterator[Area]:
        """What the leaves hold, from left to right."""
        for leaf in self._leaves(self.root):
            yield from (area for area in leaf.slots if isinstance(area, Area))

    def depth(self) -> int:
        """How many nodes lie on every way down."""
        depth, node = 1, self.root
        while isinstance(child := node.slots[0], Node):
            depth, node = depth + 1, child
        return depth

    def nr_nodes(self) -> int:
        """How many nodes of 256 bytes there are."""
        return _count(self.root)

    def _leaves(self, node: Node) -> Iterator[Node]:
        for child in node.slots:
            if not isinstance(child, Node):
                yield node
                return
            yield from self._leaves(child)

    def _store(self, start: int, end: int, entry: Area | None) -> None:
        """Put an entry over a range that is one area, or part of one hole, of one leaf.

        before   | .......... hole .......... |        an area stored
        after    | hole |   entry   |  hole   |        at most two slots more
        """
        way = list[tuple[Node, int]]()
        node = self.root
        while isinstance(child := node.slots[slot := node.slot_of(start)], Node):
            way.append((node, slot))
            node = child
        first = node.pivots[slot - 1] + 1 if slot else self._first_of(way)
        last, old = node.pivots[slot], node.slots[slot]
        ranges: list[tuple[int, Area | Node | None]] = [(end - 1, entry)]
        if first < start:
            ranges.insert(0, (start - 1, old))
        if end - 1 < last:
            ranges.append((last, old))
        node.pivots[slot : slot + 1] = [pivot for pivot, _ in ranges]
        node.slots[slot : slot + 1] = [held for _, held in ranges]
        _join_holes(node)
        self._balance(node, way)

    @staticmethod
    def _first_of(way: list[tuple[Node, int]]) -> int:
        """The first address of the node at the end of a way down."""
        for node, slot in reversed(way):
            if slot:
                return node.pivots[slot - 1] + 1
        return 0

    def _balance(self, node: Node, way: list[tuple[Node, int]]) -> None:
        """Too many ranges: cut the node in two. Too few: share with a neighbour, or join it."""
        if len(node.slots) > node.room:
            self._split(node, way)
        elif way and len(node.slots) < node.room // 2:
            self._share(way)
        elif not way and len(node.slots) == 1 and isinstance(node.slots[0], Node):
            self.root = node.slots[0]

    def _split(self, node: Node, way: list[tuple[Node, int]]) -> None:
        half = len(node.slots) // 2
        upper = Node(node.pivots[half:], node.slots[half:])
        del node.pivots[half:], node.slots[half:]
        if not way:
            self.root = Node([node.pivots[-1], upper.pivots[-1]], [node, upper])
            return
        parent, slot = way.pop()
        parent.pivots[slot : slot + 1] = [node.pivots[-1], upper.pivots[-1]]
        parent.slots[slot : slot + 1] = [node, upper]
        self._balance(parent, way)

    def _share(self, way: list[tuple[Node, int]]) -> None:
        """Put a thin node and its neighbour together, and cut that in two if it is too much."""
        parent, slot = way.pop()
        left = slot - 1 if slot else slot
        if left + 1 >= len(parent.slots):
            return
        low, high = parent.slots[left], parent.slots[left + 1]
        assert isinstance(low, Node)
        assert isinstance(high, Node)
        both = Node(low.pivots + high.pivots, low.slots + high.slots)
        if both.is_leaf:
            _join_holes(both)
        parent.pivots[left : left + 2] = [both.pivots[-1]]
        parent.slots[left : left + 2] = [both]
        if len(both.slots) > both.room:
            self._split(both, [*way, (parent, left)])
        else:
            self._balance(parent, way)


def _join_holes(node: Node) -> None:
    """Two holes in a row are one."""
    for slot in range(len(node.slots) - 1, 0, -1):
        if node.slots[slot] is None and node.slots[slot - 1] is None:
            del node.slots[slot], node.pivots[slot - 1]


def _count(node: Node) -> int:
    return 1 + sum(_count(child) for child in node.slots if isinstance(child, Node))
