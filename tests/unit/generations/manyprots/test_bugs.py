"""The bugs of the series: each shown as posted, on real kernels too, and gone as intended.

What the kernels did is recorded in the transcripts and demonstrations; the names of the tests say
what a user would have seen.
"""

import errno

import pytest

from tests.laws.machine import check_kernel
from tests.old_kernels import APRIL, PRIVATE, V4, as_intended, on, results
from vmalab.kernel import Kernel
from vmalab.mm.vmscan import evict_file
from vmalab.uapi.errors import FaultLoop, KernelBug, OutOfMemory

PAGE = 4096
CHGPROT = 0x20000
BOTH = pytest.mark.parametrize("kernel", [APRIL, V4])


# Patch 12 sets MANYPROTS only where it sets NONLINEAR. After a plain remap it is too late: the
# fault handler asks the VMA, which says rw, and finds the page there. So it "brings" it, for ever.
@BOTH
def test_the_flag_comes_too_late_and_a_touch_never_ends(kernel):
    story = """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 1 none 9 -
        remap 1 1 none 1 chgprot         => 0 | {vma} ; 0-1=Pw 1-2=Pn
        read 1                           => {signal}
    """
    on(kernel, story.format(vma="0-4 rw-s 0 f0 +nl -mp", signal="LOOP"))
    on(as_intended(kernel), story.format(vma="0-4 rw-s 0 f0 +nl +mp", signal="SIGSEGV"))


# ... and a page that should be read-only becomes writable, as copying on write would have it
@BOTH
def test_the_flag_comes_too_late_and_a_page_becomes_writable(kernel):
    story = """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 1 none 9 -
        remap 1 1 r 1 chgprot
        write 1 5                        => """
    on(kernel, story + "ok ; 0-1=Pw 1-2=Pwd")
    on(as_intended(kernel), story + "SIGSEGV ; 0-1=Pw 1-2=Pr")


# A window of no rights, whose first remap is to no rights: all works until the pages are put out.
@BOTH
def test_the_flag_never_comes_and_swap_takes_the_rights(kernel):
    story = """
        mmap 0 4 none shared,fixed f0 0
        remap 0 1 none 9 chgprot         => 0 | 0-4 ---s 0 f0 +nl -mp
        remap 1 1 rw 1 chgprot
        write 1 5                        => {before}
        evict
        read 1                           => {after}
    """
    on(kernel, story.format(before="ok", after="SIGSEGV"))
    on(as_intended(kernel), story.format(before="ok", after="#5"))


# mprotect: the errno of the new test stays for the test after it, and only one VMA is tested
@BOTH
def test_mprotect_over_a_hole_says_eacces(kernel):
    story = """
        mmap 4 2 rw private,anon,fixed
        mprotect 0 6 r                   => -1 {errno} | 4-6 rw-p
        mprotect 0 2 0x01000001          => -1 {grows}
    """
    on(kernel, story.format(errno="EACCES", grows="EACCES"))
    on(as_intended(kernel), story.format(errno="ENOMEM", grows="ENOMEM"))


@BOTH
def test_mprotect_looks_at_the_first_vma_only(kernel):
    story = """
        mmap 0 4 rw shared,fixed f0 0
        mmap 4 4 rw shared,fixed f0 8
        remap 5 1 r 9 chgprot
        mprotect 4 1 r                   => -1 EACCES
        mprotect 0 8 r                   => {} | 0-4 r--s 0 f0 | 4-8 {} 8 f0 +mp
    """
    on(kernel, story.format("0", "r--s"))
    on(as_intended(kernel), story.format("-1 EACCES", "rw-s"))


# i386, April: FILE is DIRTY's bit, and a file entry wins over PROTNONE. So a dirty page of ordinary
# memory, once mprotect has hidden it, is "a page of the file" in a VMA that has none: Bad pte.
@pytest.mark.parametrize("arch", ["i386", "i386-pae"])
def test_ordinary_memory_breaks(arch):
    def hidden_and_shown(kernel):
        task = Kernel(kernel, arch).spawn()
        addr = task.mmap(None, PAGE, 3, 0x22)
        task.store(addr, b"precious")
        task.mprotect(addr, PAGE, 0)
        task.mprotect(addr, PAGE, 3)
        return task, addr

    for kernel in (V4, as_intended(APRIL), PRIVATE):
        task, addr = hidden_and_shown(kernel)
        assert task.load(addr, 8) == b"precious"
    task, addr = hidden_and_shown(APRIL)
    with pytest.raises(OutOfMemory, match="SIGKILL"):
        task.load(addr)
    memory = task.kernel.machine.memory
    task.exit()
    assert memory.nr_used == 2, "besides the zero page a frame is left, which nobody will give back"
    assert 1 in memory.mapcount


# In a nonlinear area the same garbage is taken for an offset; no file is as long. v4 loops there.
def test_where_v4_loops_april_says_sigbus():
    story = """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 1 none 9 -
        remap 1 1 none 1 chgprot
        write 1 5                        => """
    assert results(V4, story + "LOOP")
    assert results(APRIL, story + "SIGBUS")


# x86_64, April: patch 11 forgot it. A saved "no access" looks like a page, and unmapping it stops
# the kernel: no page was mapped there.
def test_the_kernel_stops_on_x86_64(tasks):
    def put_out(kernel):
        task = Kernel(kernel, "x86_64", swap_pages=16).spawn()
        addr = task.mmap(None, 4 * PAGE, 3, 1, task.memfd("f", 16))
        task.remap_file_pages(addr, PAGE, 0, 9, CHGPROT)
        task.madvise(addr, PAGE, 4)
        return task, addr

    task, addr = put_out(APRIL)
    check_kernel(task.kernel)  # until then nothing is wrong with the accounts
    with pytest.raises(KernelBug, match=r"mm/rmap.c:522"):
        task.munmap(addr, PAGE)
    tasks.clear()
    task, addr = put_out(as_intended(APRIL))
    task.munmap(addr, PAGE)


# NX has no bit in a file entry: what was remapped without it can be executed when it comes back
@pytest.mark.parametrize(("arch", "prot"), [("x86_64", "r"), ("x86_64", "rw"), ("i386-pae", "r")])
def test_nx_is_lost_in_swap(arch, prot):
    story = f"""
        mmap 0 4 none shared,fixed f0 0
        remap 1 1 {prot} 1 chgprot
        evict
        xprobe 1 1                       => 1-2="""
    on(V4, story + "oo", arch)
    on(as_intended(V4), story + "oa", arch)


# A fetch from a page without execute: x86_64 took it for a write, so on a writable page it looped;
# PAE took it for a read, so on a read-only one it did
@pytest.mark.parametrize(
    ("arch", "prot", "posted"),
    [("x86_64", "rw", "L"), ("x86_64", "r", "a"), ("i386-pae", "r", "L"), ("i386-pae", "rw", "o")],
)
def test_executing_what_may_not_be_executed(arch, prot, posted):
    story = f"""
        mmap 0 4 none shared,fixed f0 0
        remap 1 1 {prot} 1 chgprot
        xprobe 1 1                       => 1-2=o"""
    on(V4, story + posted, arch)
    mended = "o" if posted == "o" else "a"  # PAE's shared writable pages never had NX
    on(as_intended(V4), story + mended, arch)


# get_user_pages: after one copy on write it asks to read, and waits until it may write
@BOTH
def test_mlock_of_two_copied_pages_never_ends(kernel):
    def lock(kernel, pages):
        task = Kernel(kernel, "i386").spawn()
        addr = task.mmap(None, 4 * PAGE, 3, 0x22)
        task.store(addr, b"a")
        task.store(addr + PAGE, b"b")
        child = task.fork()
        child.mlock(addr, pages * PAGE)
        return child.load(addr + PAGE)

    assert lock(kernel, 1) == b"b"
    with pytest.raises(FaultLoop, match="get_user_pages"):
        lock(kernel, 2)
    assert lock(as_intended(kernel), 4) == b"b"
    on(
        kernel,
        """
        mmap 0 4 rw private,anon,fixed
        write 0 1
        write 1 2
        fork
        mlock 0 2                        => LOOP
        read 1                           => #2
    """,
    )


@BOTH
def test_mlock_of_a_read_only_page_says_efault(kernel):
    story = """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 1 r 0 chgprot
        mlock 0 2                        => """
    on(kernel, story + "-1 EFAULT")
    on(as_intended(kernel), story + "0 ; 0-1=Pr 1-2=Pwd")


# What no entry can keep is taken all the same
@BOTH
def test_undefined_bits_of_prot_are_accepted(kernel):
    story = """
        mmap 0 4 rw shared,fixed f0 0
        remap 0 1 0x9 0 chgprot          => {0}
        remap 1 1 0x01000001 1 chgprot   => {0}
    """
    on(kernel, story.format("0"))
    on(as_intended(kernel), story.format("-1 EINVAL"))


# A private mapping is refused, unless what is asked for is what it has
@BOTH
def test_a_private_mapping_that_would_not_change_is_accepted(kernel):
    story = """
        mmap 0 4 rw private,fixed f0 0
        remap 0 1 r 0 chgprot            => {} | 0-4 rw-p 0 f0 -nl -mp
        remap 0 1 rw 0 chgprot           => -1 EINVAL
    """
    on(kernel, story.format("0"))
    on(as_intended(kernel), story.format("-1 EINVAL"))


# ... and so does putting pages out: the saved entry is taken for a page in the window
def test_reclaim_stops_the_kernel_on_x86_64(tasks):
    kernel = Kernel(APRIL, "x86_64", swap_pages=16)
    task = kernel.spawn()
    fd = task.memfd("f", 16)
    addr = task.mmap(None, 4 * PAGE, 3, 1, fd)
    task.remap_file_pages(addr, PAGE, 0, 9, CHGPROT)
    assert evict_file(kernel.machine, task.files[fd].filemap) == 1
    with pytest.raises(KernelBug, match=r"mm/rmap.c:522"):
        evict_file(kernel.machine, task.files[fd].filemap)
    tasks.clear()


# Above everything there is no VMA to find, and so no new test to leave its errno behind.
@BOTH
def test_mprotect_above_everything_says_enomem(kernel):
    task = Kernel(kernel, "i386").spawn()
    assert task.syscall("mprotect", 0x10000, PAGE, 1) == -errno.ENOMEM


# ... and so does handling it as the page that it looks like: a child would share frame 9, and
# mprotect, which looks at the first VMA alone, would open it
@pytest.mark.parametrize("handle", ["fork", "mprotect 0 4 r"])
def test_a_saved_entry_passes_for_a_page_on_x86_64(handle, tasks):
    story = f"""
        mmap 0 2 none shared,fixed f1 0
        mmap 2 2 rw shared,fixed f0 2
        remap 2 1 none 9 chgprot
        evict                            => ok ; 2-3=Pndo
        {handle}
    """
    with pytest.raises(KernelBug, match=r"mm/rmap.c:522"):
        on(APRIL, story, "x86_64")
    tasks.clear()
    on(V4, story.replace("2-3=Pndo", "2-3=F9:n"), "x86_64")
