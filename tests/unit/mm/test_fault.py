"""What does touching an address lead to: a page, a bigger stack, or which signal?"""

import pytest

from vmalab.kernel import Kernel
from vmalab.uapi.errors import BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, BusError, SegmentationFault

PAGE = 4096


def test_touching_by_protection(both):
    both("""
        mmap 0 1 r private,anon,fixed
        mmap 1 1 rw private,anon,fixed
        mmap 2 1 none private,anon,fixed
        mmap 3 1 rx private,anon,fixed
        probe 0 5                        => 0-1=oa 1-2=oo 2-3=aa 3-4=oa 4-5=mm
        wprobe 0 5                       => 0-1=oa 1-2=oo 2-3=aa 3-4=oa 4-5=mm
    """)


# x86 without protection keys cannot keep anybody from reading what he may write or execute.
def test_whoever_may_write_or_execute_may_read(both):
    both("""
        mmap 0 1 w private,anon,fixed
        mmap 1 1 x private,anon,fixed
        read 0
        read 1
        probe 0 2                        => 0-1=oo 1-2=oa
    """)


def test_the_signal_says_which_of_the_two_reasons_it_was():
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 1, 0x32)
    with pytest.raises(SegmentationFault, match="no VMA holds the address") as no_vma:
        task.load(0x20000)
    with pytest.raises(SegmentationFault, match="does not allow it") as not_allowed:
        task.store(0x10000)
    codes = [fault.value.si_code for fault in (no_vma, not_allowed)]
    assert codes == [SEGV_MAPERR, SEGV_ACCERR]
    assert str(no_vma.value).startswith("SIGSEGV SEGV_MAPERR: read at 0x20000: ")


# The VMA is rw-p, but somebody has cleared USER in the page's entry: who is to blame?
def test_a_forbidden_entry_in_a_vma_that_allows_it_is_told_from_a_vma_that_does_not():
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    task.store(0x10000)
    table = task.mm.pgtable
    table.set(0x10, table.get(0x10) & ~table.fmt.user)
    task.mmu.flush_tlb_all()
    with pytest.raises(SegmentationFault, match="rw-p, would allow it, but the page's entry"):
        task.load(0x10000)
    with pytest.raises(SegmentationFault, match="the VMA, rw-p, does not allow it"):
        task.fetch(0x10000)


# |----file----|....|     f0 has 64 pages: behind them is SIGBUS, read or write, shared or private
@pytest.mark.parametrize("kind", ["shared", "private"])
def test_beyond_the_end_of_the_file_is_sigbus(both, kind):
    both(f"""
        mmap 0 4 rw {kind},fixed f0 62
        read 1
        write 1 1
        read 2                           => SIGBUS
        write 3 1                        => SIGBUS
        probe 0 4                        => 0-2=oo 2-4=bb
    """)


# A private write that ends in SIGBUS has already given its VMA an anon_vma.
def test_a_write_that_ends_in_sigbus_leaves_an_anon_vma(both):
    both(
        """
        mmap 62 4 rw private,fixed f0 62
        write 65 1                       => SIGBUS
        mmap 70 2 rw private,fixed f0 70
        write 71 1                       => SIGBUS
        mmap 66 4 rw private,fixed f0 66 => p66 | 62-70 rw-p 62 f0 | 70-72 rw-p 70 f0
    """,
        pages=80,
    )


def test_an_access_over_two_pages_touches_both(both):
    both("""
        mmap 0 2 rw private,anon,fixed
        write 0+4094 1
        mincore 0 2                      => 11
        write 1+4094 1                   => SIGSEGV
    """)
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    with pytest.raises(SegmentationFault) as caught:
        task.store(0x10FFE, b"abcd")
    assert caught.value.addr == 0x11000


# Which entry does a page have after each touch?
def test_pages_by_the_way_they_were_touched():
    task = Kernel().spawn()
    fd = task.memfd("f", 4)
    task.mmap(0x10000, 2 * PAGE, 3, 0x32)
    task.mmap(0x20000, 2 * PAGE, 3, 0x12, fd)
    task.mmap(0x30000, 2 * PAGE, 3, 0x11, fd)
    for addr in (0x10000, 0x20000, 0x30000):
        task.load(addr)
        task.store(addr + PAGE)
    kinds = [kind for _, kind in task.snapshot().present]
    assert kinds == ["zero", "anon", "file", "anon", "file", "file"]
    for addr in (0x10000, 0x20000, 0x30000):
        task.store(addr)
    kinds = [kind for _, kind in task.snapshot().present]
    assert kinds == ["anon", "anon", "anon", "anon", "file", "file"]
    assert [index for index, _ in task.files[fd].filemap.i_pages.items()] == [0, 1]


def test_fetching_an_instruction_needs_its_own_right():
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 4, 0x32)
    task.fetch(0x10000)
    task.mprotect(0x10000, PAGE, 3)
    with pytest.raises(SegmentationFault) as caught:
        task.fetch(0x10000)
    assert (caught.value.access, caught.value.si_code) == ("exec", SEGV_ACCERR)


# A stack grows down to whatever page below it is touched, however it is touched ...
#
#     |        |--stack--|   ->   |   |-----stack----|
@pytest.mark.parametrize(("touch", "result"), [("read 4", "0"), ("write 4 1", "ok")])
def test_a_stack_grows_down_to_what_is_touched(both, touch, result):
    both(f"""
        mmap 8 2 rw private,anon,growsdown,fixed
        {touch}                          => {result} | 4-10 rw-p +gd
    """)


# ... but keeps 256 pages from what somebody can access, and not from what nobody can.
@pytest.mark.parametrize(
    ("neighbour", "result"),
    [
        ("rw private,anon,fixed", "SIGSEGV"),
        ("none private,anon,fixed", "ok"),
        ("rw private,anon,growsdown,fixed", "ok"),
    ],
)
def test_a_stack_and_its_neighbour_below(both, neighbour, result):
    both(f"""
        mmap 0 1 {neighbour}
        mmap 8 2 rw private,anon,growsdown,fixed
        write 6 1                        => {result}
    """)


def test_a_guard_marker_is_a_signal_and_no_split(both):
    both("""
        mmap 0 3 rw private,anon,fixed
        madvise 1 1 guard_install        => 0 | 0-3 rw-p +gu
        read 1                           => SIGSEGV
        write 1 1                        => SIGSEGV
    """)
    task = Kernel().spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    task.madvise(0x10000, PAGE, 102)
    with pytest.raises(SegmentationFault, match="guard marker") as caught:
        task.load(0x10000)
    assert caught.value.si_code == SEGV_MAPERR


# What else can keep a stack from growing?   Each way leaves it as it was.
def stack(task, base=0x100000):
    task.mmap(base, 2 * PAGE, 3, 0x132)
    return base


def too_long(task, base):
    task.mm.limits.stack = 4 * PAGE
    return base - 3 * PAGE


def address_space(task, base):
    task.mm.limits.address_space = 4 * PAGE
    return base - 3 * PAGE


def locked(task, base):
    task.mlock(base, 2 * PAGE)
    task.mm.limits.cap_ipc_lock, task.mm.limits.memlock = False, 4 * PAGE
    return base - 3 * PAGE


def memory(task, base):
    task.kernel.machine.memory.limit = 2
    return base - 3 * PAGE


def lowest(task, base):
    task.mm.lowest_addr = base
    return base - 1


def offset(task, base):
    task.mm.tree.at(base).vm_pgoff = 2
    return base - 3 * PAGE


@pytest.mark.parametrize("limit", [too_long, address_space, locked, memory, lowest, offset])
def test_a_stack_stops_at_a_limit(limit):
    task = Kernel().spawn()
    base = stack(task)
    addr = limit(task, base)
    with pytest.raises(SegmentationFault):
        task.load(addr)
    assert [row.start for row in task.snapshot().vmas] == [base]


def test_a_bus_error_says_so():
    task = Kernel().spawn()
    fd = task.memfd("short", 1)
    task.mmap(0x10000, 2 * PAGE, 1, 0x11, fd)
    with pytest.raises(BusError, match="the file ends before this page") as caught:
        task.load(0x11000)
    assert (caught.value.si_code, caught.value.signal) == (BUS_ADRERR, "SIGBUS")
