"""Where does a mapping go that does not insist?"""

from vmalab.kernel import Kernel

PAGE = 4096
TOP = 0x7FFF_F7FF_F000


# The highest gap, from the top down:
#
#     0                             12
#     |         |<-C-|<-B-|<--A--|         (sealed: nothing but the window is free)
def test_room_is_taken_from_the_top_down(both):
    both(
        """
        mmap - 3 rw private,anon         => p9
        mmap - 2 r private,anon          => p7
        mmap - 2 rwx private,anon        => p5 | 5-7 rwxp | 7-9 r--p | 9-12 rw-p
    """,
        pages=12,
        sealed=True,
    )


# The first gap from above that is wide enough, not the best fit.
def test_the_highest_gap_that_is_wide_enough_wins(both):
    both(
        """
        mmap 4 2 r private,anon,fixed
        mmap 8 2 r private,anon,fixed
        mmap - 2 rw private,anon         => p10
        mmap - 3 rw private,anon         => p1
        mmap - 2 rw private,anon         => p6
        mmap - 2 rw private,anon         => -1 ENOMEM
        mmap - 1 rw private,anon         => p0
    """,
        pages=12,
        sealed=True,
    )


# A hint is taken if it is free, rounded down to its page, and otherwise forgotten.
def test_a_hint_is_taken_if_it_is_free(both):
    both(
        """
        mmap 2 2 rw private,anon         => p2
        mmap 3 2 r private,anon          => p10
        mmap 6+5 2 r private,anon        => p6
        mmap 5 1 rwx private,anon        => p5
        mmap 11 2 r private,anon         => p8
    """,
        pages=12,
        sealed=True,
    )


# MAP_FIXED_NOREPLACE: there and nowhere else, but never over something.
#
#     |    |####|    |     every way to overlap is refused, touching is fine
def test_noreplace_takes_free_room_only(both):
    both("""
        mmap 4 5 r private,anon,fixed_noreplace     => p4
        mmap 5 3 rw private,anon,fixed_noreplace    => -1 EEXIST
        mmap 4 5 rw private,anon,fixed_noreplace    => -1 EEXIST
        mmap 3 7 rw private,anon,fixed_noreplace    => -1 EEXIST
        mmap 8 3 rw private,anon,fixed_noreplace    => -1 EEXIST
        mmap 3 2 rw private,anon,fixed_noreplace    => -1 EEXIST
        mmap 3 1 rw private,anon,fixed_noreplace    => p3
        mmap 9 1 rw private,anon,fixed_noreplace    => p9 | 3-4 rw-p | 4-9 r--p | 9-10 rw-p
        munmap 4 5
        mmap 4 5 rw private,anon,fixed_noreplace    => p4 | 3-10 rw-p
    """)


def test_the_first_mapping_ends_at_the_top_and_the_next_below_it():
    task = Kernel().spawn()
    assert task.mmap(None, PAGE, 3, 0x22) == TOP - PAGE
    assert task.mmap(None, PAGE, 1, 0x22) == TOP - 2 * PAGE


# A stack owns 256 pages below it: nobody is put there, though MAP_FIXED may go.
def test_nothing_is_put_into_the_guard_gap_of_a_stack():
    task = Kernel().spawn()
    task.mmap(TOP - 4 * PAGE, 4 * PAGE, 3, 0x132)
    assert task.mmap(None, PAGE, 3, 0x22) == TOP - 4 * PAGE - 256 * PAGE - PAGE
    near = TOP - 10 * PAGE
    assert task.mmap(near, PAGE, 3, 0x22) < TOP - 260 * PAGE, "a hint in the gap is not free"
    assert task.mmap(near, PAGE, 3, 0x32) == near


def test_a_stack_near_the_bottom_has_a_gap_that_ends_at_0():
    task = Kernel().spawn()
    task.mm.mmap_base = 0x20000
    task.mmap(0x10000, PAGE, 3, 0x132)
    assert task.mmap(None, PAGE, 3, 0x22) == 0x1F000
    assert task.mmap(None, 0xE000, 3, 0x22) == 0x11000
    assert task.syscall("mmap", 0, PAGE, 3, 0x22, 0, 0) == -12


# Memory as long as whole huge pages, with no hint, is aligned for them.
def test_room_for_huge_pages_is_aligned_for_them():
    task = Kernel().spawn()
    task.mmap(None, PAGE, 1, 0x22)
    huge = 512 * PAGE
    assert task.mmap(None, huge, 3, 0x22) % huge == 0
    assert task.mmap(None, huge + PAGE, 3, 0x22) % huge != 0


def test_without_aligned_room_any_room_will_do():
    task = Kernel().spawn()
    huge = 512 * PAGE
    task.mm.lowest_addr, task.mm.mmap_base = 0x201000, 0x201000 + huge
    assert task.mmap(None, huge, 3, 0x22) == 0x201000


def test_more_than_an_address_space_is_refused():
    task = Kernel().spawn()
    assert task.syscall("mmap", 0, 1 << 47, 0, 0x22, 0, 0) == -12
    assert "whole address space" in task.mm.refusal.because


def test_a_hint_outside_the_task_is_forgotten():
    task = Kernel().spawn()
    assert task.mmap(1 << 60, PAGE, 3, 0x22) == TOP - PAGE
    assert task.mmap(0x1, PAGE, 3, 0x22) != 0x1000
