"""How many steps a look-up takes, structure by structure, over the VMAs of one address space."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

from vmalab.mm.vma_tree import VmaTree
from vmalab.workloads.lookup import STRUCTURES, Area


@dataclass(frozen=True, slots=True)
class Steps:
    """What look-ups took in one structure: nodes read, on average and at most."""

    structure: str
    average: float
    most: int


def areas_of(tree: VmaTree) -> list[Area]:
    """The VMAs of an address space, as areas."""
    return [Area(vma.vm_start, vma.vm_end) for vma in tree]


def count_steps(areas: Sequence[Area], addrs: Iterable[int], *, seed: int = 1) -> list[Steps]:
    """Put the same areas, in random order, into every structure, and look the same addresses up.

    >>> areas = [Area(2 * page, 2 * page + 1) for page in range(500)]
    >>> [(row.structure, row.most) for row in count_steps(areas, range(0, 1000, 7))]
    [('linked list', 498), ('rb-tree', 11), ('mmap_cache', 12), ('maple tree', 8)]
    """
    order, wanted = list(areas), list(addrs)
    random.Random(seed).shuffle(order)
    found = []
    for name, make in STRUCTURES.items():
        index = make()
        for area in sorted(order, reverse=True) if name == "linked list" else order:
            index.insert(area)  # a list is fastest filled from its end
        steps = [index.find(addr).steps for addr in wanted]
        found.append(Steps(name, mean(steps), max(steps)))
    return found
