"""The laws of a whole machine, as every test leaves it.

    entries of all page tables  ==  mapcounts, counts and reverse map of frames, counts of slots
    what may be written         ->  belongs to one process alone, or to a shared mapping
    what a TLB remembers        ->  leads where the tables lead, and allows no more
    what nobody holds           ->  is on the free list once, and zero
    what is clean               ->  is what the disk or the swap slot has

``vmalab.mm.validate`` checks the first line; the others are checked here.
"""

from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_SHARED
from vmalab.mm.page_alloc import PG_DIRTY, PG_EXCLUSIVE, PG_TABLE, ZERO_PFN
from vmalab.mm.rmap import page_mappings
from vmalab.mm.validate import validate_machine, validate_mm
from vmalab.mm.vma import AnonVma
from vmalab.units import PAGE_SIZE, vpn_to_addr

ALL = 1 << 40


def check_kernel(kernel):
    """Every law, over all tasks of a kernel and all files that they have open or mapped.

    But not of a kernel whose entries lose frames by themselves: i386 of April 2006, as posted.
    """
    if kernel.policy.pte_format.loses_frames:
        return
    spaces = [task.mm for task in kernel.tasks.values()]
    files = {file.filemap for task in kernel.tasks.values() for file in task.files.values()}
    for mm in spaces:
        validate_mm(mm)
        files.update(vma.vm_file.filemap for vma in mm.tree if vma.vm_file)
    validate_machine(kernel.machine, spaces, files)
    for mm in spaces:
        check_entries(mm)
        for mmu in mm.mmus:
            stale = [found for found in mmu.stale() if allows_more(mm.fmt, *found[1:])]
            assert not stale, f"a TLB remembers what is no more: {stale}"
    check_free_lists(kernel.machine, spaces)
    check_clean_frames(kernel.machine)
    for filemap in files:
        beyond = list(filemap.i_pages.items(filemap.nr_pages))
        assert not beyond, f"{filemap.name} of {filemap.nr_pages} pages caches {beyond}"


def allows_more(fmt, remembered, now):
    """Does a TLB's entry lead elsewhere, or allow what the table's does not? Less is no harm."""
    if not now & fmt.present or fmt.pte_pfn(remembered) != fmt.pte_pfn(now):
        return True
    return bool(remembered & ~now & fmt.rw or now & ~remembered & fmt.nx)


def check_entries(mm):
    """Who may write a private page owns it alone; nobody writes the zero page."""
    memory, fmt = mm.machine.memory, mm.fmt
    for vpn, pte in mm.pgtable.entries(0, ALL):
        if not fmt.pte_present(pte):
            continue
        pfn, vma = fmt.pte_pfn(pte), mm.tree.at(vpn_to_addr(vpn))
        place = f"{vpn_to_addr(vpn):#x} -> frame {pfn:#x}"
        exclusive = memory.flags[pfn] & PG_EXCLUSIVE
        if exclusive:
            assert memory.mapcount[pfn] == 1, f"{place} is exclusive, and mapped once"
            slot = memory_slot(mm.machine, pfn)
            assert not slot or not mm.machine.swap.map[slot], f"{place}: nobody names its slot"
        if isinstance(memory.mapping[pfn], AnonVma):
            assert not vma.vm_flags & VM_SHARED, f"{place}: a private page in a private VMA"
        if fmt.pte_write(pte):
            assert pfn != ZERO_PFN, f"{place}: the zero page is never writable"
            shared = vma.vm_flags & VM_SHARED
            assert shared or exclusive, f"{place}: a writable private page is exclusive"


def memory_slot(machine, pfn):
    return machine.swap.frames.get(pfn, 0)


def check_free_lists(machine, spaces):
    """What is free is free once; page tables are counted."""
    memory, swap = machine.memory, machine.swap
    free = [pfn for pfn in range(len(memory.count)) if not memory.count[pfn]]
    assert sorted(memory.free_list) == free, "the free frames are those that nobody holds"
    wasted = [pfn for pfn in free if pfn in memory.physmem._pages or memory.flags[pfn]]
    assert not wasted, f"free frames {wasted} hold nothing"
    tables = sum(bool(flags & PG_TABLE) for flags in memory.flags)
    assert tables == sum(mm.pgtable.nr_tables for mm in spaces), "each table belongs to a space"
    unused = [slot for slot in range(1, swap.nr_slots + 1) if is_unused(swap, slot)]
    assert sorted(swap.free_list) == unused, "the free slots are those that nobody names"
    named = [slot for slot in range(1, swap.nr_slots + 1) if swap.map[slot]]
    lost = [slot for slot in named if slot not in swap.data]
    assert not lost, f"slots {lost} hold what was written out"


def is_unused(swap, slot):
    return not swap.map[slot] and slot not in swap.cache


def check_clean_frames(machine):
    """A clean frame can be dropped: its slot, or the disk, holds the same bytes."""
    memory, swap = machine.memory, machine.swap
    for pfn in range(len(memory.count)):
        mapping, index = memory.mapping[pfn], memory.index[pfn]
        if memory.flags[pfn] & PG_DIRTY or mapping is None or is_dirty_somewhere(machine, pfn):
            continue
        here = memory.physmem.read(pfn, 0, PAGE_SIZE)
        if slot := memory_slot(machine, pfn):
            there = swap.data[slot].ljust(PAGE_SIZE, b"\0")
            assert here == there, f"clean frame {pfn:#x} is what slot {slot} holds"
        elif isinstance(mapping, Filemap) and not mapping.is_shmem:
            there = mapping.read_page(index).ljust(PAGE_SIZE, b"\0")
            assert here == there, f"clean frame {pfn:#x} is page {index} of {mapping.name}"


def is_dirty_somewhere(machine, pfn):
    return any(mm.fmt.pte_dirty(mm.pgtable.get(vpn)) for mm, _, vpn in page_mappings(machine, pfn))
