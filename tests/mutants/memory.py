"""Kernels that are wrong about what pages hold: copies, swap, reclaim, the reverse map.

Comparing them with the machine's kernel would seldom show it: that one has memory enough. So they
drive the machine of tests/stateful, whose oracle is a dict, and all laws are checked on the way.
"""

from tests.mutants.mutate import Mutant, WrongAnswer
from vmalab.generations.v6.fault_around import map_pages_around
from vmalab.generations.v6.madvise import _dontneed
from vmalab.mm import (
    fork,
    memory,
    page_cache,
    rmap,
    swap_in,
    swapfile,
    truncate,
    vmscan,
    wp_page,
    zap,
)


def mutant(name, sentence, function, old, new):
    return Mutant(name, sentence, function, old, new, ())


MUTANTS = [
    mutant(
        "cow-copies-nothing",
        "a copy on write is a page of zeroes",
        wp_page.alloc_copy,
        "memory.physmem.copy_page(old, new)",
        "pass",
    ),
    mutant(
        "reuse-though-shared",
        "a page that others show is written where it is",
        wp_page.can_reuse,
        "if memory.count[pfn] != 1:",
        "if False:",
    ),
    mutant(
        "fork-leaves-the-right-to-write",
        "after fork the parent writes to the page that both show",
        fork.copy_page_range,
        "pte &= ~fmt.rw",
        "pass",
    ),
    mutant(
        "fork-leaves-pages-exclusive",
        "after fork a page that two show is exclusive to one",
        fork._share_frame,
        "memory.flags[pfn] &= ~PG_EXCLUSIVE",
        "pass",
    ),
    mutant(
        "fork-counts-no-slot",
        "a swap entry that fork copies is not counted",
        fork.copy_page_range,
        "swap.duplicate(fmt.pte_to_swp_entry(pte)[1])",
        "pass",
    ),
    mutant(
        "swap-in-reads-another-slot",
        "the slot next to the right one is read",
        swap_in.do_swap_page,
        "swap.read(slot)",
        "swap.data.get(slot + 1, b'')",
    ),
    mutant(
        "swap-in-forgets-the-family",
        "a page that the child reads back is not found from the parent",
        swap_in.do_swap_page,
        "vma.anon_vma.root if vma.anon_vma else None",
        "vma.anon_vma",
    ),
    mutant(
        "swap-in-keeps-the-slot",
        "an entry that no longer names a slot is still counted",
        swap_in.do_swap_page,
        "swap.free(slot)",
        "pass",
    ),
    mutant(
        "swap-in-takes-the-page-for-its-own",
        "the last to come back from swap owns a page that others show",
        swap_in.do_swap_page,
        "last and memory.mapcount[pfn] == 1",
        "last",
    ),
    mutant(
        "shmem-keeps-its-slot",
        "a shmem page that is back in a frame keeps its slot, too",
        page_cache._swap_in,
        "machine.swap.free(slot)",
        "pass",
    ),
    mutant(
        "slot-freed-twice",
        "a slot is put on the free list twice",
        swapfile.SwapDevice._release_if_unused,
        "self.free_list.append(slot)",
        "self.free_list.extend([slot, slot])",
    ),
    mutant(
        "zap-keeps-the-reference",
        "an entry that goes does not let go of its frame",
        zap.put_mapped_page,
        "memory.put_page(pfn)",
        "pass",
    ),
    mutant(
        "zap-forgets-dirty",
        "a page of a file that was written through a mapping is taken for clean",
        zap.zap_pte,
        "mm.machine.memory.flags[pfn] |= PG_DIRTY",
        "pass",
    ),
    mutant(
        "dontneed-keeps-pages",
        "MADV_DONTNEED leaves the pages",
        _dontneed,
        "zap_page_range(mm, start, end, keep_guards=True)",
        "pass",
    ),
    mutant(
        "mprotect-gives-shared-pages-away",
        "mprotect makes a page writable that another process shows",
        zap.change_protection,
        "upgrade and mm.policy.can_change_pte_writable(mm, pte)",
        "upgrade",
    ),
    mutant(
        "zero-page-writable",
        "the zero page is mapped writable",
        memory._do_anonymous_page,
        "mm.fmt.mk_pte(ZERO_PFN, prot)",
        "mm.fmt.mk_pte(ZERO_PFN, prot) | mm.fmt.rw",
    ),
    WrongAnswer(
        "around-leaves-the-vma",
        "a read fault maps the file's neighbours beyond the end of the VMA",
        map_pages_around,
        "addr_to_vpn(vma.vm_end)",
        "low + 99",
        (),
    ),
    WrongAnswer(
        "around-maps-over-what-is-there",
        "a read fault maps the file's neighbours over private copies, too",
        map_pages_around,
        " and not mm.pgtable.get(vpn)",
        "",
        (),
    ),
    mutant(
        "rmap-misses-the-first-page",
        "the reverse map does not find the first page of a VMA",
        rmap.page_mappings,
        "vma.vm_pgoff <= index",
        "vma.vm_pgoff < index",
    ),
    mutant(
        "reclaim-takes-what-is-in-hand",
        "a frame that a fault is at work on is reclaimed",
        vmscan.is_evictable,
        "memory.count[pfn] != memory.mapcount[pfn] + caches",
        "False",
    ),
    mutant(
        "reclaim-forgets-dirty",
        "a page of a file that was written through a mapping is dropped as clean",
        vmscan._unmap_file_page,
        "memory.flags[pfn] |= PG_DIRTY",
        "pass",
    ),
    mutant(
        "reclaim-writes-only-once",
        "a page that was swapped out before is not written again",
        vmscan._swap_out,
        "if dirty:",
        "if fresh:",
    ),
    mutant(
        "reclaim-flushes-no-tlb",
        "a processor goes on using the frame of a page that was swapped out",
        vmscan._unmap_anon_page,
        "mm.flush_tlb_range(vpn_to_addr(vpn), vpn_to_addr(vpn + 1))",
        "pass",
    ),
    mutant(
        "nothing-is-written-back",
        "a dirty page of a file on disk is dropped",
        page_cache.write_back,
        "filemap.write_page(index, memory.physmem.image(pfn))",
        "pass",
    ),
    mutant(
        "truncate-leaves-the-rest",
        "the rest of a file's last page keeps what it held",
        truncate._zero_the_rest,
        "if not rest:",
        "if True:",
    ),
    mutant(
        "truncate-leaves-copies",
        "private copies of pages beyond the end stay",
        truncate.truncate,
        "even_cows=True",
        "even_cows=False",
    ),
]
