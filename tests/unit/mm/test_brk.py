"""How does the heap grow, shrink, and bump into things?"""

from vmalab.kernel import Kernel

PAGE = 4096


def test_the_heap_grows_and_shrinks_at_its_end(both):
    both("""
        brk -                            => p0
        brk 4                            => p4 | 0-4 rw-p 0 [heap]
        brk 6+1                          => p6+1 | 0-7 rw-p 0 [heap]
        brk 6+9                          => p6+9 | 0-7 rw-p 0 [heap]
        brk 2                            => p2 | 0-2 rw-p 0 [heap]
        brk 0                            => p0 | -
    """)


# |--heap--|.|--mapping--|    it stops one page short of its neighbour
def test_a_page_stays_free_below_the_next_mapping(both):
    both("""
        mmap 8 2 rw shared,anon,fixed
        brk 6                            => p6
        brk 7                            => p7
        brk 8                            => p7
        brk 20                           => p7 | 0-7 rw-p | 8-10 rw-s
    """)


# |--heap--|        |--stack--|       256 pages stay free below a stack
def test_the_heap_keeps_its_distance_from_a_stack():
    task = Kernel().spawn()
    base = 0x100000
    task.mm.start_brk = task.mm.brk = base
    task.mmap(base + 300 * PAGE, PAGE, 3, 0x132)
    assert task.brk(base + 44 * PAGE) == base
    assert task.brk(base + 43 * PAGE) == base + 43 * PAGE


# brk02 of LTP: part of the heap read-only, shrink to it, grow again.
def test_a_protected_part_of_the_heap(both):
    both("""
        brk 6
        mprotect 3 2 r                   => 0 | 0-3 rw-p | 3-5 r--p | 5-6 rw-p
        brk 4                            => p4 | 0-3 rw-p | 3-4 r--p
        brk 6                            => p6 | 0-3 rw-p | 3-4 r--p | 4-6 rw-p
    """)


# After fork the old heap's anon_vma is inherited: growth starts a VMA of its own.
def test_after_fork_a_written_heap_grows_apart(both):
    both("""
        brk 2
        write 0 1
        fork
        brk 4                            => p4 | 0-2 rw-p | 2-4 rw-p
    """)


def test_below_its_start_nothing_moves(both):
    both("""
        brk 2
        brk 0-1                          => p2 | 0-2 rw-p
    """)


# Giving back what munmap has taken already: there is nothing to unmap, and the end stays.
def test_a_heap_that_is_gone_does_not_shrink(both):
    both("""
        brk 4
        munmap 0 4
        brk 2                            => p4 | -
        brk 5                            => p5 | 4-5 rw-p
    """)


# The last page of all rounds up to 0: that is no way to shrink.
def test_an_end_that_wraps_moves_nothing():
    task = Kernel().spawn()
    task.mm.start_brk = task.mm.brk = 0x10000
    task.brk(0x12000)
    for end in ((1 << 64) - 1, (1 << 64) - PAGE, task.mm.task_size):
        assert task.brk(end) == 0x12000
    assert task.mm.map_count == 1


def test_shrinking_that_would_need_an_area_too_many_is_refused():
    kernel = Kernel()
    task = kernel.spawn()
    task.mm.start_brk = task.mm.brk = 0x10000
    task.brk(0x14000)
    task.mmap(0x14000, PAGE, 3, 0x32)
    kernel.policy.max_map_count = 1
    assert task.brk(0x12000) == 0x14000


def test_the_heap_ends_with_the_address_space():
    task = Kernel().spawn()
    task.mm.start_brk = task.mm.brk = task.mm.task_size - 2 * PAGE
    assert task.brk(task.mm.task_size - PAGE) == task.mm.task_size - PAGE
    assert task.brk(task.mm.task_size + PAGE) == task.mm.task_size - PAGE


def test_the_limits_hold_for_the_heap(both):
    both("""
        brk 2
        limit as 2
        brk 4                            => p4
        brk 5                            => p4
    """)


def test_more_heap_than_memory_is_refused():
    task = Kernel(ram_pages=4).spawn()
    task.mm.start_brk = task.mm.brk = 0x10000
    assert task.brk(0x15000) == 0x10000
    assert task.brk(0x14000) == 0x14000
