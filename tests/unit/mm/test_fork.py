"""What does a child inherit, and how does one see that it is a child?"""

from vmalab.kernel import Kernel

PAGE = 4096


# Written before the fork, it takes in no new neighbour in the child ...
#
#     parent |**|new|  ->  |****|       child |**|new|  ->  |**|  |
def test_memory_written_before_the_fork_merges_in_the_parent_only(both):
    prelude = """
        mmap 0 2 rw private,anon,fixed
        write 0 1
    """
    both(prelude + "mmap 2 2 rw private,anon,fixed => p2 | 0-4 rw-p")
    both(prelude + "fork\nmmap 2 2 rw private,anon,fixed => p2 | 0-2 rw-p | 2-4 rw-p")


# ... written after it, it merges as anywhere.
def test_memory_first_written_after_the_fork_merges_in_the_child(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        fork
        write 0 1
        mmap 2 2 rw private,anon,fixed   => p2 | 0-4 rw-p
    """)


# A VMA that faults beside an inherited anon_vma does not share it.
def test_an_inherited_anon_vma_is_not_shared_with_a_neighbour(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 rwx private,anon,fixed
        write 0 1
        fork
        write 2 1
        mprotect 2 2 rw                  => 0 | 0-2 rw-p | 2-4 rw-p
    """)


def test_what_stays_behind_and_what_comes_along(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        mmap 2 2 r private,anon,fixed
        mmap 4 2 rw shared,fixed f0 4
        madvise 2 2 dontfork
        fork                             => child | 0-2 rw-p | 4-6 rw-s 4 f0
        write 0 1
    """)


def test_nothing_is_locked_in_the_child(both):
    run = both("""
        mmap 0 2 rw private,anon,fixed,locked
        mmap 4 2 rw private,anon,fixed
        mlock2 4 2 onfault
        fork                             => child | 0-2 rw-p -lo | 4-6 rw-p -lo -lf
    """)
    assert run.steps[-1].after.locked_vm == 0


# WIPEONFORK: the area comes along, its pages and its anon_vma do not.
def test_wiped_memory_comes_along_empty(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        madvise 0 2 wipeonfork
        write 0 1
        fork                             => child | 0-2 rw-p +wf
        mincore 0 2                      => 00
        mmap 2 2 rw private,anon,fixed
        madvise 2 2 wipeonfork           => 0 | 0-4 rw-p
    """)


# Guard markers cannot be had again by a fault: they are copied.
def test_guard_markers_are_copied(both):
    both("""
        mmap 0 4 rw private,anon,fixed
        madvise 1 1 guard_install
        fork
        probe 0 4                        => 0-1=oo 1-2=mm 2-4=oo
    """)


# What is only mapped from a file comes back by itself: its entries are not copied.
def test_what_was_written_is_in_the_child():
    task = Kernel().spawn()
    fd = task.memfd("f", 4)
    task.mmap(0x10000, 2 * PAGE, 3, 0x32)
    task.mmap(0x20000, 2 * PAGE, 3, 0x11, fd)
    task.store(0x10000)
    task.load(0x11000)
    task.store(0x20000)
    child = task.fork()
    assert child.snapshot().present == ((0x10000, "anon"), (0x11000, "zero"))
    assert child.maps() == task.maps()


def test_the_two_go_their_own_ways():
    task = Kernel().spawn()
    fd = task.memfd("f", 4)
    task.mmap(0x10000, PAGE, 3, 0x32)
    child = task.fork()
    child.munmap(0x10000, PAGE)
    assert task.mm.map_count == 1
    assert child.mm.map_count == 0
    child.memfd("only the child's", 1)
    assert list(task.files) == [fd]
    assert child.files[fd] is task.files[fd]
