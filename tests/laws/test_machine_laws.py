"""Would a broken machine be noticed? Each way of breaking one count, and the law that names it."""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import PAGE, anon, evict, machine, mapped, page, pfn, pte, slot
from vmalab.mm.filemap import Filemap, bytes_of
from vmalab.uapi.errors import KernelBug


@pytest.fixture
def task():
    """A private page, a page of shmem, one of a file on disk, and one in swap."""
    task = machine(ram=96, swap=8).spawn()
    anon(task, 0, 2)
    mapped(task, task.memfd("f", 2), 4, 2)
    text = b"x" * PAGE
    mapped(task, task.open(Filemap("disk", PAGE, source=bytes_of(text))), 8)
    task.store(page(0), b"here")
    task.store(page(1), b"swap")
    task.store(page(4), b"file")
    task.load(page(8))
    evict(task, page(1))
    check_kernel(task.kernel)
    return task


def vma_of(task, number):
    return task.mm.tree.at(page(number))


def lose_a_mapping(task):
    task.mm.machine.memory.mapcount[pfn(task, page(0))] -= 1


def lose_a_holder(task):
    task.mm.machine.memory.count[pfn(task, page(0))] += 1


def forget_the_vma(task):
    vma_of(task, 0).anon_vma.vmas.clear()


def forget_the_mapper(task):
    vma_of(task, 4).vm_file.filemap.i_mmap.clear()


def misfile(task):
    task.mm.machine.memory.mapping[pfn(task, page(4))] = None


def lose_rss(task):
    task.mm.rss_anon += 1


def lose_a_slot(task):
    task.mm.machine.swap.map[slot(task, page(1))] += 1


def leak_a_frame(task):
    task.mm.machine.memory.nr_used += 1


def free_twice(task):
    memory = task.mm.machine.memory
    memory.free_list.append(memory.free_list[0])


def free_a_slot_twice(task):
    swap = task.mm.machine.swap
    swap.free_list.append(swap.free_list[0])


def lose_what_was_written_out(task):
    task.mm.machine.swap.data.clear()


def lose_a_table(task):
    task.mm.pgtable.nr_tables += 1


def write_to_the_zero_page(task):
    task.munmap(page(1), PAGE)
    anon(task, 1)
    task.load(page(1))
    task.mm.set_pte(page(1), pte(task, page(1)) | task.mm.fmt.rw)
    task.mmu.flush_tlb_all()


def share_what_is_exclusive(task):
    task.mm.machine.memory.flags[pfn(task, page(0))] &= ~8


def forget_to_flush(task):
    task.load(page(0))
    task.mm.pgtable.set(page(0) // PAGE, pte(task, page(0)) & ~task.mm.fmt.rw)


def remember_what_is_gone(task):
    task.mmu._tlb[page(1) // PAGE] = pte(task, page(0))


def forbid_execution_unheard(task):
    task.mmu._tlb[page(0) // PAGE] = pte(task, page(0)) & ~task.mm.fmt.nx


def scribble(task):
    task.mm.machine.memory.physmem.write(pfn(task, page(8)), 0, b"scribble")


def leave_bytes_behind(task):
    memory = task.mm.machine.memory
    memory.physmem.write(memory.free_list[0], 0, b"left")


def cut_a_file(task):
    vma_of(task, 4).vm_file.filemap.size = 0


@pytest.mark.parametrize(
    ("damage", "law"),
    [
        (lose_a_mapping, "mapcount 0 is its entries 1"),
        (lose_a_holder, "count 2 is its holders 1"),
        (forget_the_vma, "an anon_vma knows every VMA"),
        (forget_the_mapper, "a file knows every VMA"),
        (misfile, "and its frame know each other"),
        (lose_rss, "rss and swap .* are what page tables hold"),
        (lose_a_slot, "map count 2 is the entries that name it 1"),
        (leak_a_frame, "frames are in use"),
        (free_twice, "the free frames are those that nobody holds"),
        (free_a_slot_twice, "the free slots are those that nobody names"),
        (lose_what_was_written_out, "hold what was written out"),
        (lose_a_table, "each table belongs to a space"),
        (write_to_the_zero_page, "the zero page is never writable"),
        (share_what_is_exclusive, "a writable private page is exclusive"),
        (forget_to_flush, "a TLB remembers what is no more"),
        (remember_what_is_gone, "a TLB remembers what is no more"),
        (forbid_execution_unheard, "a TLB remembers what is no more"),
        (scribble, "clean frame .* is page 0 of disk"),
        (leave_bytes_behind, "hold nothing"),
        (cut_a_file, "caches"),
    ],
    ids=lambda what: getattr(what, "__name__", ""),
)
def test_a_broken_law_is_named(task, tasks, damage, law):
    damage(task)
    with pytest.raises((AssertionError, KernelBug), match=law):
        check_kernel(task.kernel)
    tasks.clear()


# Rights that were given and not yet heard of do no harm: the access faults once for nothing.
def test_a_tlb_may_remember_less_than_the_table_allows(task):
    task.mmu.flush_tlb_all()
    task.load(page(0))
    task.mmu._tlb[page(0) // PAGE] &= ~task.mm.fmt.rw
    check_kernel(task.kernel)
    task.store(page(0), b"H")
    assert task.load(page(0), 4) == b"Here"


def test_the_reverse_map_must_find_every_entry(task, tasks):
    task.mm.machine.memory.index[pfn(task, page(0))] += 1
    with pytest.raises(KernelBug, match="the reverse map finds every entry"):
        check_kernel(task.kernel)
    tasks.clear()


def test_a_clean_page_in_the_swap_cache_is_what_its_slot_holds(task, tasks):
    task.load(page(1))
    task.mm.machine.memory.physmem.write(pfn(task, page(1)), 0, b"scribble")
    with pytest.raises(AssertionError, match="is what slot"):
        check_kernel(task.kernel)
    tasks.clear()
