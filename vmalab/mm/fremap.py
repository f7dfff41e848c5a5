"""remap_file_pages(2) as it was from 2002 to 2015: any page of the file, anywhere in one VMA.

Mirrors: mm/fremap.c, mm/shmem.c:shmem_populate, mm/memory.c:do_file_page (v2.6.18).

    window   |  0  |  1  |  2  |  3  |        one VMA, vm_pgoff 0: linear
    file        0     1     2     3

    remap_file_pages(page 1, one page, 0, pgoff 9)

    window   |  0  |  1  |  2  |  3  |        still one VMA, now VM_NONLINEAR
    file        0     9     2     3
                      ^ only the entry knows: present, it shows the frame of file page 9;
                        put out, it becomes a file entry that holds the number 9
"""

from __future__ import annotations

from errno import EINVAL, ENOMEM

from vmalab.mm.fault_result import FAULT_MAJOR, FAULT_OOM, FAULT_SIGBUS
from vmalab.mm.flags import VM_NONLINEAR, VM_SHARED
from vmalab.mm.map_page import map_file_page, vma_page_prot
from vmalab.mm.mm_struct import MmStruct
from vmalab.mm.page_alloc import PG_DIRTY
from vmalab.mm.page_cache import filemap_get_page
from vmalab.mm.vma import VmArea, linear_page_index
from vmalab.mm.zap import zap_pte
from vmalab.uapi.mman import MAP_NONBLOCK
from vmalab.units import PAGE_SIZE, addr_to_vpn, bytes_to_pages, page_align_down, vpn_to_addr

RULE = "mm/fremap.c:sys_remap_file_pages"


def sys_remap_file_pages(
    mm: MmStruct, start: int, size: int, prot: int, pgoff: int, flags: int
) -> int:
    """Show file page ``pgoff`` and on at ``start`` for ``size`` (bytes, both rounded down): 0.

    The VMA is made nonlinear first, so that a call which then fails leaves it so.

    Raises (as a negative errno):
        EINVAL  prot is not 0; the range is empty, or not inside one shared mapping of a file; the
                offset does not fit an entry, or the file ends before it.
        ENOMEM  no frame for a page.
    """
    if prot:
        return mm.refuse(EINVAL, f"prot must be 0, not {prot:#x}: no entry could keep it", RULE)
    error, vma = vma_to_remap(mm, start, size, pgoff, EINVAL)
    if vma is None:
        return error
    if not vma.vm_flags & VM_SHARED:
        return mm.refuse(EINVAL, "a private mapping cannot show another order of pages", RULE)
    if pgoff != linear_page_index(vma, start):
        set_nonlinear(vma)
    error = populate(mm, vma, start, size, vma_page_prot(mm, vma), pgoff, flags)
    return error and refuse_to_populate(mm, error, size, pgoff)


def vma_to_remap(
    mm: MmStruct, start: int, size: int, pgoff: int, too_far: int
) -> tuple[int, VmArea | None]:
    """The VMA that a call is about, or a negative errno; ``too_far`` is that of a huge offset.

    The end is that of the range as it was asked for, before rounding. Where an offset has as many
    bits as a register (i386-pae), nothing is too far; and a sum that wraps around is small.
    """
    word, bits = mm.word_mask, mm.fmt.file_max_bits
    end = start + size & word
    if (start | size) % PAGE_SIZE:
        start, size = page_align_down(start), page_align_down(size)
    if start + size & word <= start:
        return mm.refuse(EINVAL, "nothing to show, or past the end of all addresses", RULE), None
    if (pgoff + size // PAGE_SIZE & word) >> bits:
        reason = f"a file entry has {bits} bits for an offset; {pgoff:#x} and on needs more"
        return mm.refuse(too_far, reason, RULE), None
    vma = mm.tree.at(start)
    if vma is None or vma.vm_file is None:
        return mm.refuse(EINVAL, f"no file is mapped at {start:#x}", RULE), None
    if not start < end <= vma.vm_end:
        reason = f"{start:#x} to {end:#x} is not inside one VMA"
        return mm.refuse(EINVAL, reason, RULE), None
    return 0, vma


def set_nonlinear(vma: VmArea) -> None:
    """From now on any page may stand anywhere in the VMA; nothing ever takes that back.

    Mirrors: vma_prio_tree_remove, vma_nonlinear_insert.
    """
    assert vma.vm_file is not None
    vma.vm_flags |= VM_NONLINEAR
    vma.vm_file.filemap.i_mmap_nonlinear.setdefault(vma, 0)


def refuse_to_populate(mm: MmStruct, error: int, size: int, pgoff: int) -> int:
    """What :func:`populate` could not do, the caller of the kernel hears of."""
    if error == -EINVAL:
        reason = f"the file ends before page {pgoff + bytes_to_pages(size):#x}"
        return mm.refuse(EINVAL, reason, "mm/shmem.c:shmem_populate")
    return mm.refuse(ENOMEM, "no frame is free for a page to install", RULE)


def populate(
    mm: MmStruct, vma: VmArea, start: int, size: int, prot: int, pgoff: int, flags: int
) -> int:
    """Put pages ``pgoff`` and on where they are wanted, with a page protection: 0, or an errno.

    ``start`` and ``size`` (bytes) are rounded down to pages.

    With MAP_NONBLOCK a page that is not in the page cache is not waited for: a nonlinear VMA gets
    a file entry for it, and a linear one, which would find the page again, keeps what it has.
    """
    assert vma.vm_file is not None
    filemap, last = vma.vm_file.filemap, pgoff + size // PAGE_SIZE
    if last > filemap.nr_pages:
        return -EINVAL
    vpn, replaced = addr_to_vpn(start), False
    for index in range(pgoff, last):
        old = mm.pgtable.get(vpn)
        if old:
            replaced = True
        elif not mm.pgtable.ensure(vpn):
            return -ENOMEM
        if flags & MAP_NONBLOCK and filemap.frame(index) < 0:
            if vma.vm_flags & VM_NONLINEAR:
                install_file_pte(mm, vpn, old, index, prot)
        else:
            pfn, _ = filemap_get_page(mm.machine, filemap, index)
            if pfn < 0:
                return -ENOMEM
            install_page(mm, vpn, old, pfn, prot)
        vpn += 1
    if replaced:
        mm.flush_tlb_range(start, vpn_to_addr(vpn))
    return 0


def install_page(mm: MmStruct, vpn: int, old: int, pfn: int, prot: int) -> None:
    """Show a frame of the page cache at a virtual page, in place of what the ``old`` entry shows.

    If that is the same frame, nothing is counted anew: only its protection changes.
    """
    fmt = mm.fmt
    pte = fmt.mk_pte(pfn, prot)
    if not old:
        map_file_page(mm, vpn, pfn, pte)
    elif fmt.pte_present(old) and fmt.pte_pfn(old) == pfn and not fmt.mistakes_files:
        if old & fmt.dirty:
            mm.machine.memory.flags[pfn] |= PG_DIRTY
        mm.pgtable.set(vpn, pte)
    else:
        zap_pte(mm, vpn, old)
        map_file_page(mm, vpn, pfn, pte)


def install_file_pte(mm: MmStruct, vpn: int, old: int, pgoff: int, prot: int) -> None:
    """Note at a virtual page which page of the file belongs there; a touch will bring it."""
    if old:
        zap_pte(mm, vpn, old)
    mm.pgtable.set(vpn, mm.fmt.pgoff_prot_to_pte(pgoff, prot))


def do_file_page(mm: MmStruct, vma: VmArea, addr: int, pte: int) -> tuple[int, str]:
    """A touch of a file entry: show the page it names. What the access was does not matter.

    It counts as major wherever the page was. A file entry in a linear VMA is none that the kernel
    has put there: it prints "Bad pte" and ends the task.
    """
    if not vma.vm_flags & VM_NONLINEAR:
        return FAULT_OOM, "a bad entry: it names a page of a file where all pages are in order"
    pgoff, prot = mm.fmt.pte_to_pgoff(pte), mm.policy.pte_to_pgprot(mm, vma, pte)
    error = populate(mm, vma, addr, PAGE_SIZE, prot, pgoff, 0)
    if error < 0:
        return FAULT_OOM if error == -ENOMEM else FAULT_SIGBUS, f"file page {pgoff:#x} is not there"
    return FAULT_MAJOR, f"page {pgoff} of the file, as the entry says"


def pte_left_behind(mm: MmStruct, vma: VmArea, addr: int, pte: int) -> int:
    """What a nonlinear VMA keeps where a present entry is taken away: where a page came from.

    file page 9 at window page 9    nothing: an empty entry finds it again
    file page 9 at window page 1    a file entry with 9
    """
    index = mm.machine.memory.index[mm.fmt.pte_pfn(pte)]
    return 0 if index == linear_page_index(vma, addr) else mm.fmt.pgoff_to_pte(index)
