"""A machine twice: to try on the second what must not happen to the first.

kernel ── machine ── frames, swap, files        copied, all of it
  └ tasks ── mm ── VMAs, tables, TLB
              └ emit ── who listens             not copied: nobody hears what is only tried
"""

from __future__ import annotations

import copy
from typing import TypeVar

from vmalab.kernel import Kernel
from vmalab.mm.mm_struct import MmStruct
from vmalab.records.events import Event

Thing = TypeVar("Thing")


def double(thing: Thing, kernel: Kernel) -> Thing:
    """A copy of what hangs on a kernel (a task, say) with the whole machine; nobody listens to it.

    >>> kernel = Kernel()
    >>> task = kernel.spawn()
    >>> twin = double(task, kernel)
    >>> _ = twin.mmap(None, 4096, 3, 0x22)
    >>> len(twin.mm.tree), len(task.mm.tree)
    (1, 0)
    """
    fmt = kernel.policy.pte_format
    memo: dict[int, object] = {id(fmt): fmt}
    emits = [task.mm.emit for task in kernel.tasks.values()]
    for listener in filter(None, [kernel.listener, kernel.clock.emit, *emits]):
        memo[id(listener)] = _deaf
    vmas = [vma for task in kernel.tasks.values() for vma in task.mm.tree]
    twins = [vma.copy(vma.vm_start, vma.vm_end, vma.vm_pgoff) for vma in vmas]
    memo.update(zip(map(id, vmas), twins, strict=True))  # by hand, for deepcopy is slow at it
    found, twin = copy.deepcopy((thing, kernel), memo)
    for vma in twins:
        vma.vm_file = copy.deepcopy(vma.vm_file, memo)
        vma.anon_vma = copy.deepcopy(vma.anon_vma, memo)
    twin.listener = twin.clock.emit = None
    for mm in [one for one in memo.values() if isinstance(one, MmStruct)]:
        mm.listen(None)
    return found


def _deaf(_event: Event) -> None:
    """Hears nothing."""
