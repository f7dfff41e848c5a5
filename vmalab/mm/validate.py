"""The laws of the model, checked from the outside: nothing is counted twice, nothing is lost.

Mirrors: mm/vma.c:validate_mm (CONFIG_DEBUG_VM), and more of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from vmalab.mm.filemap import Filemap
from vmalab.mm.flags import VM_LOCKED, VM_MANYPROTS, VM_NONLINEAR
from vmalab.mm.mm_struct import Machine, MmStruct
from vmalab.mm.page_alloc import PG_RESERVED, PG_TABLE, ZERO_PFN
from vmalab.mm.rmap import page_mappings, vmas_of
from vmalab.mm.vma import AnonVma, VmArea, vma_pages
from vmalab.uapi.errors import KernelBug
from vmalab.units import addr_to_vpn, offset_in_page, vpn_to_addr


def validate_mm(mm: MmStruct) -> None:
    """Check the laws of one address space.

    Raises:
        KernelBug: naming the law that is broken, with a dump of the VMAs.
    """
    total = locked = count = 0
    last: VmArea | None = None
    for vma in mm.tree:
        count += 1
        total += vma_pages(vma)
        locked += vma_pages(vma) if vma.vm_flags & VM_LOCKED else 0
        _validate_vma(mm, vma, last)
        last = vma
    if count != mm.map_count:
        raise KernelBug(f"map_count {mm.map_count} is the number of VMAs {count}", mm.dump())
    if total != mm.total_vm:
        raise KernelBug(f"total_vm {mm.total_vm} is the pages of all VMAs {total}", mm.dump())
    locked += mm.locked_vm_lost
    if locked != mm.locked_vm:
        raise KernelBug(f"locked_vm {mm.locked_vm} is the pages of locked VMAs {locked}", mm.dump())
    for vpn, pte in mm.pgtable.entries(0, 1 << 40):
        holder = mm.tree.at(vpn_to_addr(vpn))
        if holder is None:
            raise KernelBug(f"page {vpn:#x} has an entry, so a VMA holds it", mm.dump())
        if mm.fmt.loses_frames:
            continue
        if mm.fmt.kind(pte) == "file" and not holder.vm_flags & (VM_NONLINEAR | VM_MANYPROTS):
            raise KernelBug(f"page {vpn:#x} has a file entry, so its VMA has them", mm.dump())


def _validate_vma(mm: MmStruct, vma: VmArea, last: VmArea | None) -> None:
    if offset_in_page(vma.vm_start) or offset_in_page(vma.vm_end):
        raise KernelBug("VMAs begin and end on page boundaries", mm.dump())
    if not vma.vm_start < vma.vm_end <= mm.task_size:
        raise KernelBug("a VMA holds at least one page below TASK_SIZE", mm.dump())
    if last is not None and last.vm_end > vma.vm_start:
        raise KernelBug("VMAs are in order and do not overlap", mm.dump())
    if mm.tree.find(vma.vm_start) is not vma or mm.tree.at(vma.vm_end - 1) is not vma:
        raise KernelBug("the tree finds each VMA by its first and its last address", mm.dump())
    if vma.vm_file is not None:
        if vma not in vma.vm_file.filemap.i_mmap:
            raise KernelBug("a file knows every VMA that maps it", mm.dump())
        if (vma in vma.vm_file.filemap.i_mmap_nonlinear) != bool(vma.vm_flags & VM_NONLINEAR):
            raise KernelBug("a file knows which of its VMAs are nonlinear", mm.dump())
    if vma.vm_file is None and vma.vm_flags & VM_NONLINEAR:
        raise KernelBug("only a VMA of a file can be nonlinear", mm.dump())
    if vma.anon_vma is not None and vma not in vma.anon_vma.vmas:
        raise KernelBug("an anon_vma knows every VMA that uses it", mm.dump())


def validate_machine(
    machine: Machine, spaces: Iterable[MmStruct], filemaps: Iterable[Filemap]
) -> None:
    """Check the laws of physical memory, swap and reverse map over all address spaces.

    The i386 kernel of April 2006 as posted breaks them by itself, and is not asked.

    Raises:
        KernelBug: a count differs from what page tables and caches add up to.
    """
    spaces = list(spaces)
    if any(mm.fmt.loses_frames for mm in spaces):
        return
    maps, slots = _count_entries(spaces)
    held: Counter[int] = Counter(maps)
    for filemap in filemaps:
        for index, number in filemap.i_pages.items():
            if number >= 0:
                held[number] += 1
                if machine.memory.mapping[number] is not filemap:
                    raise KernelBug(f"{filemap.name} page {index} and its frame know each other")
            else:
                slots[-2 - number] += 1
    for pfn in machine.swap.cache.values():
        held[pfn] += 1
    _validate_frames(machine, maps, held)
    _validate_slots(machine, slots)


def _count_entries(spaces: Iterable[MmStruct]) -> tuple[Counter[int], Counter[int]]:
    """How often page tables show each frame, and name each swap slot; checks rss on the way."""
    maps: Counter[int] = Counter()
    slots: Counter[int] = Counter()
    for mm in spaces:
        anon = file = swapped = 0
        for _, pte in mm.pgtable.entries(0, 1 << 40):
            if mm.fmt.pte_present(pte):
                pfn = mm.fmt.pte_pfn(pte)
                if pfn == ZERO_PFN or mm.fmt.is_no_page(pte):
                    continue
                maps[pfn] += 1
                is_anon = isinstance(mm.machine.memory.mapping[pfn], AnonVma)
                anon, file = anon + is_anon, file + (not is_anon)
            elif mm.fmt.kind(pte) == "swap":
                slots[mm.fmt.pte_to_swp_entry(pte)[1]] += 1
                swapped += 1
        if (anon, file, swapped) != (mm.rss_anon, mm.rss_file, mm.nr_swap):
            counted = (mm.rss_anon, mm.rss_file, mm.nr_swap)
            raise KernelBug(f"rss and swap {counted} are what page tables hold", mm.dump())
    return maps, slots


def _validate_frames(machine: Machine, maps: Counter[int], held: Counter[int]) -> None:
    memory = machine.memory
    anywhere = _shown_in_nonlinear_vmas(machine)
    for pfn in range(len(memory.count)):
        if memory.flags[pfn] & (PG_TABLE | PG_RESERVED):
            continue
        if memory.mapcount[pfn] != maps[pfn]:
            what = f"frame {pfn:#x}: mapcount {memory.mapcount[pfn]} is its entries {maps[pfn]}"
            raise KernelBug(what)
        if memory.count[pfn] != held[pfn]:
            what = f"frame {pfn:#x}: count {memory.count[pfn]} is its holders {held[pfn]}"
            raise KernelBug(what)
        if len(list(page_mappings(machine, pfn))) + anywhere[pfn] != maps[pfn]:
            raise KernelBug(f"the reverse map finds every entry of frame {pfn:#x}")
    used = sum(count > 0 for count in memory.count)
    if used != memory.nr_used:
        raise KernelBug(f"{memory.nr_used} frames are in use, and {used} are held")


def _shown_in_nonlinear_vmas(machine: Machine) -> Counter[int]:
    """How often the nonlinear VMAs of each frame's own file show it, wherever in them."""
    shown: Counter[int] = Counter()
    for filemap in {page for page in machine.memory.mapping if isinstance(page, Filemap)}:
        for vma, mm in vmas_of(filemap):
            if vma not in filemap.i_mmap_nonlinear:
                continue
            for _, pte in mm.pgtable.entries(addr_to_vpn(vma.vm_start), addr_to_vpn(vma.vm_end)):
                pfn = mm.fmt.pte_pfn(pte) if mm.fmt.pte_present(pte) else ZERO_PFN
                if machine.memory.mapping[pfn] is filemap and not mm.fmt.is_no_page(pte):
                    shown[pfn] += 1
    return shown


def _validate_slots(machine: Machine, slots: Counter[int]) -> None:
    for slot, count in enumerate(machine.swap.map):
        if count != slots[slot]:
            what = f"swap slot {slot}: map count {count} is the entries that name it {slots[slot]}"
            raise KernelBug(what)
