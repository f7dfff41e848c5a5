"""What a VMA allows, as the page-fault handlers of 2.6 saw it.

Mirrors: arch/i386/mm/fault.c, arch/x86_64/mm/fault.c:do_page_fault (v2.6.18).

    the processor says       the VMA must have
    write                    WRITE
    read, page is there      nothing helps: SIGSEGV
    read, no page            READ or EXEC: memory that may only be written cannot be read
                             until a write has brought the page
"""

from __future__ import annotations

from vmalab.arch.mmu import PF_PROT, PF_WRITE
from vmalab.mm.flags import VM_EXEC, VM_READ, VM_WRITE
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.vma import VmArea


def page_fault_access(mm: MmStruct, vma: VmArea, addr: int, error_code: int) -> bool | None:
    """Is a fault to be handled as a write, or as a read? None: the VMA forbids it.

    A fetch is a read: the handlers never look at the processor's bit for it.
    """
    if error_code & PF_WRITE:
        return True if vma.vm_flags & VM_WRITE else None
    if error_code & PF_PROT or not vma.vm_flags & (VM_READ | VM_EXEC):
        return None
    return False
