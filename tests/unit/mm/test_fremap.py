"""remap_file_pages of 2.6: which page of the file stands where, and who remembers it?

The demonstrations recorded on real kernels say the same; the transcripts hold every line to them.
"""

import errno

import pytest

from tests.laws.machine import check_kernel
from tests.old_kernels import PLAIN, on
from vmalab.kernel import Kernel
from vmalab.mm.flags import VM_NONLINEAR
from vmalab.mm.vmscan import evict_page
from vmalab.uapi.errors import KernelBug, OutOfMemory

PAGE = 4096
ARCHS = pytest.mark.parametrize("arch", ["i386", "i386-pae", "x86_64"])


# window  | 0 | 1 | 2 | 3 |       | 0 | 9 | 2 | 3 |       one VMA before and after
@ARCHS
def test_a_page_out_of_order_costs_a_flag_and_no_vma(arch):
    on(
        PLAIN,
        """
        mmap 0 8 rw shared,fixed f0 0    => p0 | 0-8 rw-s 0 f0 -nl
        remap 1 1 none 9 -               => 0 | 0-8 rw-s 0 f0 +nl
        read 1                           => f0@9
        read 2                           => f0@2
    """,
        arch,
    )


# Which check comes first? Each line fails one, and would fail those below it too.
def test_every_refusal_in_its_order():
    run = on(
        PLAIN,
        """
        mmap 0 8 rw shared,fixed f0 0
        mmap 8 4 rw private,fixed f0 0
        mmap 12 4 rw private,anon,fixed
        remap 20 0 r 0 -                 => -1 EINVAL
        remap 20 0 none 0x20000000 -     => -1 EINVAL
        remap 20 1 none 0x20000000 -     => -1 EINVAL
        remap 20 1 none 0 -              => -1 EINVAL
        remap 12 1 none 0 -              => -1 EINVAL
        remap 7 2 none 64 -              => -1 EINVAL
        remap 8 1 none 64 -              => -1 EINVAL
        remap 0 1 none 64 -              => -1 EINVAL
    """,
    )
    reasons = [step.because for step in run.steps[3:]]
    words = ("prot", "nothing", "29 bits", "no file", "no file", "one VMA", "private", "the file")
    for reason, word in zip(reasons, words, strict=True):
        assert word in reason


# The flag comes before the pages: the call that fails has changed something.
def test_a_call_that_fails_leaves_the_vma_nonlinear():
    on(
        PLAIN,
        """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 1 none 64 -              => -1 EINVAL | 0-4 rw-s 0 f0 +nl
    """,
    )


# 2^29 - 1 pages is the last offset an i386 entry holds; and a sum that wraps is small again.
@pytest.mark.parametrize(
    ("arch", "pgoff", "because"),
    [
        ("i386", (1 << 29) - 1, "29 bits"),
        ("i386", (1 << 29) - 2, "the file ends"),
        ("i386", (1 << 32) - 1, "the file ends"),
        ("i386-pae", (1 << 32) - 2, "the file ends"),
        ("x86_64", (1 << 46) - 1, "46 bits"),
        ("x86_64", (1 << 46) - 2, "the file ends"),
    ],
)
def test_an_offset_must_fit_an_entry(arch, pgoff, because):
    task = Kernel(PLAIN, arch).spawn()
    fd = task.memfd("f", 4)
    addr = task.mmap(None, 4 * PAGE, 3, 1, fd)
    with pytest.raises(OSError, match=because):
        task.remap_file_pages(addr, PAGE, 0, pgoff)


# Start and size are rounded down; the end is that of the range before rounding.
def test_rounding():
    on(
        PLAIN,
        """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 0+100 none 9 -           => -1 EINVAL | 0-4 rw-s 0 f0 -nl
        remap 1+5 1+9 none 9 -           => 0 ; 1-2=Pw
        remap 3+5 1 none 9 -             => -1 EINVAL
    """,
    )


# In the page cache: installed at once. Not there: a file entry, if the VMA is nonlinear already.
def test_nonblock_waits_for_no_page():
    on(
        PLAIN,
        """
        mmap 0 8 rw shared,fixed f0 0
        remap 1 1 none 9 nonblock        => 0 ; 1-2=Pw
        evict                            => ok ; 1-2=F9
        remap 2 1 none 2 nonblock        => 0 ; 1-2=F9 2-3=F2
        read 2                           => f0@2
        remap 1 1 none 7 nonblock        => 0 ; 1-2=F7 2-3=Pw
    """,
    )
    on(
        PLAIN,
        """
        mmap 0 8 rw shared,fixed f0 0
        evict
        remap 1 1 none 1 nonblock        => 0 | 0-8 rw-s 0 f0 -nl ; -
    """,
    )


# A file entry is followed blindly, and counts as major even if the page was in memory.
def test_a_file_entry_is_a_major_fault():
    task = Kernel(PLAIN, "i386", swap_pages=8).spawn()
    fd = task.memfd("f", 4)
    addr = task.mmap(None, 4 * PAGE, 3, 1, fd)
    task.remap_file_pages(addr, PAGE, 0, 3)
    task.madvise(addr, PAGE, 4)
    before = task.mm.maj_flt
    assert task.load(addr) == b"\0"
    assert task.mm.maj_flt == before + 1


# truncate: the offset stays in the entry; SIGBUS until the file is long enough again
def test_a_remembered_offset_outlives_the_page():
    on(
        PLAIN,
        """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 2 none 9 -               => 0 ; 0-2=Pw
        read 3
        truncate f0 10                   => 0 ; 0-1=Pw 1-2=F10 3-4=Pw
        read 1                           => SIGBUS
        truncate f0 64
        read 1                           => 0
        madvise 0 4 dontneed             => 0 ; 0-1=F9 1-2=F10
        read 0                           => f0@9
    """,
    )


# The child has the parent's entries, clean and old, and the parent's places.
def test_fork_copies_the_entries_of_a_nonlinear_vma():
    on(
        PLAIN,
        """
        mmap 0 8 rw shared,fixed f0 0
        mmap 8 2 rw shared,fixed f0 0
        write 9 5
        remap 0 2 none 9 -
        write 0 7
        evict                            => ok ; 0-1=F9 1-2=F10
        read 1
        write 0 7                        => ok ; 0-1=Pwd 1-2=Pw
        fork                             => child ; 0-2=Pwo
        contents                         => ; 0-10=Pw
        read 1                           => f0@10
    """,
    )


# mremap carries entries as they are; munmap takes them all, and the VMA's two halves keep the flag
def test_mremap_carries_entries_and_munmap_clears_them():
    on(
        PLAIN,
        """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 2 none 9 -
        evict                            => ok ; 0-1=F9 1-2=F10
        mremap 0 4 4 maymove,fixed 10    => p10 | 10-14 rw-s 0 f0 +nl ; 10-11=F9 11-12=F10
        munmap 11 1                      => 0 | 10-11 rw-s 0 f0 +nl | 12-14 rw-s 2 f0 +nl ; 10-11=F9
        read 10                          => f0@9
    """,
    )


# mprotect reaches what is there; a file entry takes the VMA's protection when it comes back
def test_mprotect_leaves_file_entries():
    on(
        PLAIN,
        """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 2 none 9 -
        evict
        read 1
        mprotect 0 4 r                   => 0 ; 0-1=F9 1-2=Pr
        wprobe 0 2                       => 0-2=oa ; 0-2=Pr
    """,
    )


# Reclaim finds no page in a nonlinear VMA. It looks through clusters, and gives the young a second
# chance; what it unmaps leaves its offset, unless it stands where it would be found anyway.
def test_reclaim_goes_through_nonlinear_vmas_in_clusters():
    kernel = Kernel(PLAIN, "i386", swap_pages=256)
    task = kernel.spawn()
    fd = task.memfd("f", 80)
    addr = task.mmap(None, 80 * PAGE, 3, 1, fd)
    task.remap_file_pages(addr, PAGE, 0, 79)
    for page in range(1, 80):
        task.store(addr + page * PAGE, bytes([page]))
    memory, filemap = kernel.machine.memory, task.files[fd].filemap
    pfn = filemap.frame(40)
    assert not evict_page(kernel.machine, pfn), "all of them are young"
    assert task.mm.rss_file == 80
    kernel.machine.memory.flags[pfn] &= ~2
    tries = 0
    while memory.mapcount[pfn]:
        evict_page(kernel.machine, pfn)
        tries += 1
    assert 1 < tries <= 80, "it takes several searches: each ends after one page"
    table = task.mm.pgtable
    left = table.get(addr // PAGE)
    assert task.mm.fmt.kind(left) == "file"
    assert task.mm.fmt.pte_to_pgoff(left) == 79
    assert not table.get(addr // PAGE + 40), "in its place: an empty entry will do"
    assert task.load(addr + 40 * PAGE) == bytes([40])
    assert task.load(addr) == bytes([79])


def test_a_locked_nonlinear_vma_keeps_its_pages():
    on(
        PLAIN,
        """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 1 none 9 -
        mlock 0 4                        => 0 ; 0-1=Pw 1-4=Pwd
        evict                            => ok ; 0-1=Pw 1-4=Pwd
    """,
    )


def broken(task, change):
    """Break something, see that the laws notice, and mend it."""
    undo = change()
    with pytest.raises(KernelBug) as bug:
        check_kernel(task.kernel)
    undo()
    return str(bug.value)


# The laws of nonlinear areas, each broken by hand
def test_the_laws_of_nonlinear_areas():
    task = Kernel(PLAIN, "i386").spawn()
    fd = task.memfd("f", 4)
    addr = task.mmap(None, 4 * PAGE, 3, 1, fd)
    other = task.mmap(None, 4 * PAGE, 3, 0x22)
    vma, anon = task.mm.tree.at(addr), task.mm.tree.at(other)
    vpn, fmt = addr // PAGE, task.mm.fmt

    def swapped(vma, flags):
        vma.vm_flags ^= flags
        return lambda: setattr(vma, "vm_flags", vma.vm_flags ^ flags)

    def put(pte):
        task.mm.pgtable.set(vpn, pte)
        return lambda: task.mm.pgtable.set(vpn, 0)

    assert "which of its VMAs" in broken(task, lambda: swapped(vma, VM_NONLINEAR))
    assert "only a VMA of a file" in broken(task, lambda: swapped(anon, VM_NONLINEAR))
    assert "has a file entry" in broken(task, lambda: put(fmt.pgoff_to_pte(3)))
    task.remap_file_pages(addr, PAGE, 0, 3)
    pfn = fmt.pte_pfn(task.mm.pgtable.get(vpn))
    mapping = task.kernel.machine.memory.mapping

    def another_file():
        kept, mapping[pfn] = mapping[pfn], task.files[task.memfd("g", 1)].filemap
        return lambda: mapping.__setitem__(pfn, kept)

    assert "know each other" in broken(task, another_file)


# Nothing in 2.6 puts a file entry into a linear VMA; the kernel would print "Bad pte" and kill.
def test_a_file_entry_in_a_linear_vma_ends_the_task():
    task = Kernel(PLAIN, "i386").spawn()
    addr = task.mmap(None, PAGE, 3, 1, task.memfd("f", 4))
    task.mm.pgtable.set(addr // PAGE, task.mm.fmt.pgoff_to_pte(3))
    with pytest.raises(OutOfMemory):
        task.load(addr)
    task.mm.pgtable.set(addr // PAGE, 0)


# No frame left: the call says ENOMEM, the fault ends the task, and nothing is counted twice.
def test_without_frames():
    kernel = Kernel(PLAIN, "i386", ram_pages=8)
    task = kernel.spawn()
    addr = task.mmap(None, 16 * PAGE, 3, 1, task.memfd("f", 16))
    with pytest.raises(OSError, match="no frame is free"):
        task.remap_file_pages(addr, 15 * PAGE, 0, 1)
    assert task.mm.refusal.errno == errno.ENOMEM
