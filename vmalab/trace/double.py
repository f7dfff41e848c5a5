"""A machine twice: to try on the second what must not happen to the first.

kernel ── machine ── frames, swap, files        copied, all of it
  └ tasks ── mm ── VMAs, tables, TLB
              └ emit ── who listens             not copied: nobody hears what is only tried
"""

from __future__ import annotations

import copy
from functools import partial
from typing import TypeVar

from vmalab.kernel import Kernel
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import PG_TABLE
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
    found, twin = copy.deepcopy((thing, kernel), memo)
    twin.listener = twin.clock.emit = None
    for mm in [one for one in memo.values() if isinstance(one, MmStruct)]:
        mm.listen(None)
        # a function is copied as it is, so that one would still take the first machine's frames
        mm.pgtable._alloc_frame = partial(mm.machine.memory.alloc_page, PG_TABLE)  # noqa: SLF001 - see above
    return found


def _deaf(_event: Event) -> None:
    """Hears nothing."""
