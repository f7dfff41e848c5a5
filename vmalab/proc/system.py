"""/proc/slabinfo and /proc/vmstat: totals of the machine.

Mirrors: mm/slab_common.c:cache_show, mm/vmstat.c:vmstat_show (v6.18).
"""

from __future__ import annotations

from collections.abc import Iterable

from vmalab.mm.filemap import Filemap
from vmalab.mm.mm_struct import Machine, MmStruct
from vmalab.mm.page_alloc import PG_DIRTY, PG_TABLE
from vmalab.mm.policy import Policy
from vmalab.mm.vma import AnonVma
from vmalab.units import PAGE_SIZE


def slabinfo(policy: Policy, spaces: Iterable[MmStruct]) -> str:
    """The line of /proc/slabinfo that counts VMAs, were nothing else in their slabs.

    >>> from vmalab.kernel import Kernel
    >>> kernel = Kernel("linux-6")
    >>> addr = kernel.spawn().mmap(None, 4096, 3, 0x22)
    >>> kernel.slabinfo()
    'vm_area_struct         1     21    192   21    1 : tunables    0    0    0 : slabdata      1      1      0'
    """  # noqa: E501 - the kernel's line is as long as it is
    active = sum(mm.map_count for mm in spaces)
    size = policy.sizeof_vma
    per_slab = PAGE_SIZE // size
    slabs = -(-active // per_slab)
    return (
        f"{'vm_area_struct':<17} {active:6} {slabs * per_slab:6} {size:6} {per_slab:4} {1:4}"
        f" : tunables {0:4} {0:4} {0:4} : slabdata {slabs:6} {slabs:6} {0:6}"
    )


def vmstat(machine: Machine) -> str:
    """Lines of /proc/vmstat: where the frames are now, and what has happened since boot.

    >>> from vmalab.kernel import Kernel
    >>> kernel = Kernel("linux-6", ram_pages=1024)
    >>> task = kernel.spawn()
    >>> task.store(task.mmap(None, 4096, 3, 0x22))
    >>> counts = dict(line.split() for line in kernel.vmstat().splitlines())
    >>> [counts[name] for name in ("nr_free_pages", "nr_anon_pages", "pgfault")]
    ['1018', '1', '1']
    """
    memory = machine.memory
    anon = mapped = file = dirty = shmem = tables = 0
    for pfn, owner in enumerate(memory.mapping):
        flags = memory.flags[pfn]
        if isinstance(owner, Filemap):
            file += 1
            shmem += owner.is_shmem
            mapped += memory.mapcount[pfn] > 0
            dirty += bool(flags & PG_DIRTY) and not owner.is_shmem
        elif isinstance(owner, AnonVma):
            anon += memory.mapcount[pfn] > 0
        tables += bool(flags & PG_TABLE) and memory.count[pfn] > 0
    counts = {
        "nr_free_pages": memory.nr_free,
        "nr_anon_pages": anon,
        "nr_mapped": mapped,
        "nr_file_pages": file + len(machine.swap.cache),
        "nr_dirty": dirty,
        "nr_shmem": shmem,
        "nr_page_table_pages": tables,
        "pswpin": machine.swap.reads,
        "pswpout": machine.swap.writes,
        "pglazyfree": machine.events.lazyfree,
        "pgfault": machine.events.fault,
        "pgmajfault": machine.events.majfault,
        "pglazyfreed": machine.events.lazyfreed,
    }
    return "\n".join(f"{name} {count}" for name, count in counts.items())
