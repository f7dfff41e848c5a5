"""Four ways to find the VMA at an address, over the same VMAs, each counting the steps it takes.

    linked list     one VMA after the other                        until 2.4.9
    rb-tree         a balanced binary tree of VMAs                 2.4.10 to 6.0
    mmap_cache      the VMA found last, and a tree behind it       2.4 to 3.15
    maple tree      nodes of 16 ranges, holes included             since 6.1

They are here to be looked at and counted; the model's own index is :mod:`vmalab.mm.vma_tree`, and a
property test holds each of them to it. A step is one node whose fields are read: in a list or a
binary tree a VMA, in a maple tree a node of 256 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vmalab.workloads.lookup.area import Area, Found, Index
from vmalab.workloads.lookup.linked_list import LinkedList
from vmalab.workloads.lookup.maple_tree import MapleTree
from vmalab.workloads.lookup.mmap_cache import MmapCache
from vmalab.workloads.lookup.rb_tree import RbTree

STRUCTURES: Final[Mapping[str, Callable[[], Index]]] = {
    "linked list": LinkedList,
    "rb-tree": RbTree,
    "mmap_cache": MmapCache,
    "maple tree": MapleTree,
}
"""All of them, by name, oldest first."""

__all__ = [
    "STRUCTURES",
    "Area",
    "Found",
    "Index",
    "LinkedList",
    "MapleTree",
    "MmapCache",
    "RbTree",
]
