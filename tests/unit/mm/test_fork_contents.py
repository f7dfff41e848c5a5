"""What do parent and child read after each has written?

             private memory     private file      shared memory     shared file
at fork           one                one               one               one
after a write     two                two               one               one
"""

import pytest

from tests.laws.machine import check_kernel
from tests.memory import (
    PAGE,
    PRIVATE,
    anon,
    evict,
    kind,
    machine,
    mapped,
    page,
    pfn,
    pte,
    shm,
)


@pytest.fixture
def parent():
    task = machine(ram=192, swap=64).spawn()
    fd = task.memfd("f", 4)
    task.pwrite(fd, b"file")
    anon(task, 0, 2)
    mapped(task, fd, 8, 2, kind=PRIVATE)
    shm(task, 16, 2)
    mapped(task, fd, 24, 2)
    for number in (0, 8, 16, 24):
        task.store(page(number), b"both")
    return task


def nothing(_parent, _child):
    pass


def all_out(parent, _child):
    """Every page of the parent goes out, as far as there is a page."""
    for number in (0, 8, 16, 24):
        if kind(parent, page(number)) == "present":
            evict(parent, page(number))


@pytest.mark.parametrize("before", [nothing, all_out], ids=lambda what: what.__name__)
@pytest.mark.parametrize("between", [nothing, all_out], ids=lambda what: what.__name__)
def test_private_memory_is_two_and_shared_memory_is_one(parent, before, between):
    before(parent, None)
    child = parent.fork()
    between(parent, child)
    for number in (0, 8, 16, 24):
        assert parent.load(page(number), 4) == child.load(page(number), 4) == b"both"
    for number in (0, 8, 16, 24):
        child.store(page(number), b"ch")
        parent.store(page(number) + 2, b"PA")
    between(parent, child)
    check_kernel(parent.kernel)
    seen = [(parent.load(page(n), 4), child.load(page(n), 4)) for n in (0, 8, 16, 24)]
    assert seen == [(b"boPA", b"chth")] * 2 + [(b"chPA", b"chPA")] * 2


def test_what_the_parent_never_touched_is_each_ones_own(parent):
    child = parent.fork()
    child.store(page(1), b"ch")
    parent.store(page(1), b"pa")
    assert (parent.load(page(1), 2), child.load(page(1), 2)) == (b"pa", b"ch")


def test_wiped_memory_is_zero_in_the_child(parent):
    parent.madvise(page(0), 2 * PAGE, 18)
    child = parent.fork()
    assert child.load(page(0), 4) == bytes(4)
    assert parent.load(page(0), 4) == b"both"


def test_a_page_in_swap_is_named_by_both(parent):
    evict(parent, page(0))
    child = parent.fork()
    assert (parent.mm.nr_swap, child.mm.nr_swap) == (1, 1)
    child.exit()
    assert parent.load(page(0), 4) == b"both"


def test_a_child_may_outlive_its_parent(parent):
    child = parent.fork()
    parent.exit()
    check_kernel(child.kernel)
    assert child.load(page(0), 4) + child.load(page(24), 4) == b"bothboth"
    child.store(page(0), b"mine")
    assert evict(child, page(0))
    assert child.load(page(0), 4) == b"mine"


# A family of tasks, each with something of its own, in memory and out: nothing is left behind.
def test_exit_leaves_nothing(parent):
    kernel = parent.kernel
    family = [parent, parent.fork()]
    family.append(family[1].fork())
    for number, task in enumerate(family):
        task.store(page(0), bytes([number]))
        task.store(page(1), bytes([number]))
        evict(task, page(1))
        task.load(page(1))
        task.open(task.files[3].filemap)
        task.dup(3)
    for task in (family[1], family[0], family[2]):
        task.exit()
        check_kernel(kernel)
    assert kernel.tasks == {}
    assert kernel.machine.memory.nr_used == 1, "only the zero page"
    assert kernel.machine.swap.nr_free == 64
    assert kernel.machine.memory.physmem.nr_written == 0
    assert kernel.machine.swap.data == {}


# Guard markers make fork copy the entries of shared memory, too. The child has not written.
def test_entries_of_shared_memory_are_copied_if_there_may_be_guards(parent):
    parent.madvise(page(17), PAGE, 102)
    child = parent.fork()
    fmt = parent.mm.fmt
    assert pfn(child, page(16)) == pfn(parent, page(16))
    assert fmt.pte_dirty(pte(parent, page(16)))
    assert not fmt.pte_dirty(pte(child, page(16)))
    assert child.mm.rss_file == 1
    check_kernel(parent.kernel)


# The processor remembers entries: whoever weakens one must make it forget.
#
#     TLB  at -> frame 7, rw        fork: frame 7 is read-only now, and the TLB must hear of it
@pytest.mark.parametrize(
    "weaken",
    [
        lambda task: task.fork(),
        lambda task: task.mprotect(page(0), PAGE, 1),
        lambda task: task.madvise(page(0), PAGE, 4),
        lambda task: task.munmap(page(0), PAGE),
        lambda task: evict(task, page(0)),
        lambda task: task.mremap(page(0), PAGE, PAGE, 3, page(64)),
        lambda task: task.kernel.clock._was_referenced(task.mmu.translate(page(0), "read")),
        lambda task: task.madvise(page(0), PAGE, 102),
        lambda task: task.madvise(page(0), PAGE, 21),
    ],
    ids=["fork", "mprotect", "dontneed", "munmap", "evict", "mremap", "clock", "guard", "pageout"],
)
def test_no_stale_entry_is_left_in_a_tlb(parent, weaken):
    parent.store(page(0), b"hot")
    assert page(0) in dict(parent.mmu.tlb)
    weaken(parent)
    assert parent.mmu.stale() == ()
    assert parent.mmu.tlb == () or page(0) not in dict(parent.mmu.tlb)


def test_a_shared_page_that_goes_is_forgotten_by_every_tlb(parent):
    child = parent.fork()
    for task in (parent, child):
        task.load(page(24))
    parent.ftruncate(3, 0)
    assert parent.mmu.stale() == child.mmu.stale() == ()


# read: the zero page is remembered.  populate: a page of its own takes its place, with no fault of
# the processor's to make it forget.
def test_populating_over_the_zero_page_is_heard_by_the_tlb(parent):
    parent.load(page(1))
    parent.madvise(page(1), PAGE, 23)
    assert parent.mmu.stale() == ()
