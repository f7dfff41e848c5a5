"""/proc: address spaces, and the machine under them, as the rest of the system sees them.

    /proc/PID/maps, smaps       text of VMAs and of the pages behind each      smaps.py
    /proc/PID/pagemap           64 bits a virtual page                         pagemap.py
    /proc/PID/status            totals of one address space                    status.py
    /proc/slabinfo, vmstat      totals of the machine                          system.py
    (no file)                   an address space as a record                   snapshot.py

Mirrors: fs/proc/task_mmu.c, fs/proc/task_mmu.c:task_mem, mm/slab_common.c, mm/vmstat.c (v6.18).
"""

from vmalab.proc.pagemap import pagemap, pagemap_entry
from vmalab.proc.smaps import maps, smaps, vma_memory
from vmalab.proc.snapshot import entry_kind, snapshot, vma_row
from vmalab.proc.status import status
from vmalab.proc.system import slabinfo, vmstat

__all__ = [
    "entry_kind",
    "maps",
    "pagemap",
    "pagemap_entry",
    "slabinfo",
    "smaps",
    "snapshot",
    "status",
    "vma_memory",
    "vma_row",
    "vmstat",
]
