"""COUNTERFACTUAL: private mappings with rights of their own. Does memory hold what 2.6 would say?

a library, after its relocation           linux-2.6                     here
text r-x | gap --- | relro r-- | data rw-  4 VMAs of the file, and bss   1, and bss
"""

import random

import pytest

from tests.old_kernels import PLAIN, PRIVATE, on
from vmalab.kernel import Kernel
from vmalab.records.text import parse_program
from vmalab.trace.capture import Runner

ARCHS = ["i386", "i386-pae", "x86_64"]
EVERY = pytest.mark.parametrize("arch", ARCHS)
PAGE = 4096
PROTS = ["none", "r", "w", "x", "rw", "rx", "wx", "rwx"]


def a_program(rng):
    """Maps, changes of protection, loads and stores; then what every page holds, and allows."""
    lines = [f"seq 1 16 {rng.choice(['hole', 'none'])}"]
    for _ in range(rng.randint(5, 40)):
        at = rng.randrange(16)
        pages = rng.randint(1, 16 - at)
        prot = rng.choice(PROTS)
        kind = rng.choice(["shared", "private", "private", "private,anon", "shared,anon"])
        file = "- 0" if "anon" in kind else f"{rng.choice(['f0', 'f1', 'r0'])} {at}"
        maps = f"mmap {at} {pages} {prot} {kind},fixed {file}"
        changes = f"mprotect {at} {pages} {prot}"
        touches = [f"write {at} {rng.randint(1, 99)}", f"read {at}", f"probe {at} {pages}"]
        lines.append(rng.choice([maps, changes, changes, *touches]))
    return parse_program("\n".join([*lines, "contents", "probe 0 16"]))


# The law: whoever only maps, protects, loads and stores cannot tell the two kernels apart.
@pytest.mark.parametrize("seed", range(60))
def test_no_program_can_tell(seed):
    rng = random.Random(seed)
    arch, program = rng.choice(ARCHS), a_program(rng)
    kernels = [Runner(program, name, events=False, arch=arch) for name in (PLAIN, PRIVATE)]
    for op in program.ops:
        told = [runner.perform(op) for runner in kernels]
        assert told[0] == told[1], (seed, op)
        kernels[1].validate()


# ld.so with remap_file_pages: the span is mapped once, the gap and the data go into entries
@EVERY
def test_a_library_is_one_vma_of_its_file_and_one_anonymous(arch):
    on(
        PRIVATE,
        """
        mmap 0 16 rx private,fixed f0 0
        mprotect 4 6 none                => 0 | 0-16 r-xp 0 f0 +nl +mp
        remap 10 4 rw 4 chgprot          => 0 | 0-16 r-xp 0 f0 +nl +mp
        mmap 14 2 rw private,anon,fixed  => p14 | 0-14 r-xp 0 f0 | 14-16 rw-p 0 anon
        write 10 77
        mprotect 10 1 r                  => 0 | 0-14 r-xp 0 f0 | 14-16 rw-p 0 anon
        write 11 78
        write 10 1                       => SIGSEGV
        read 10                          => #77
        read 12                          => f0@6
        probe 0 16                       => 0-4=oa 4-10=aa 10-11=oa 11-16=oo
        evict
        probe 0 16                       => 0-4=oa 4-10=aa 10-11=oa 11-16=oo
        read 12                          => f0@6
    """,
        arch,
    )


# Private copies: reclaim finds them, rights and all, and they come back with what they held
@EVERY
def test_private_copies_go_out_and_come_back(arch):
    kernel = Kernel(PRIVATE, arch, ram_pages=48, swap_pages=64)
    task = kernel.spawn()
    fd = task.memfd("f", 8)
    addr = task.mmap(None, 8 * PAGE, 1, 2, fd)
    task.remap_file_pages(addr, 4 * PAGE, 3, 4, 0x20000)
    for page in range(4):
        task.store(addr + page * PAGE, bytes([page + 1]))
    task.mprotect(addr, PAGE, 1)
    big = task.mmap(None, 60 * PAGE, 3, 0x22)
    for page in range(60):
        task.store(big + page * PAGE, b"!")
    assert task.mm.nr_swap
    assert [task.load(addr + page * PAGE)[0] for page in range(4)] == [1, 2, 3, 4]
    with pytest.raises(Exception, match="SIGSEGV"):
        task.store(addr)
    task.store(addr + PAGE, b"+")
    child = task.fork()
    child.store(addr + PAGE, b"c")
    assert (task.load(addr + PAGE), child.load(addr + PAGE)) == (b"+", b"c")
    assert task.mm.map_count == 2


# What is dropped comes back as the file's, with its rights; so does anonymous memory, as zeroes
def test_dontneed_keeps_rights():
    on(
        PRIVATE,
        """
        mmap 0 4 rw private,fixed f0 0
        mmap 8 4 rw private,anon,fixed
        remap 2 1 rw 9 chgprot
        write 8 5
        write 0 5
        mprotect 0 1 r
        mprotect 8 1 none                => 0 | 0-4 rw-p 0 f0 +mp | 8-12 rw-p 0 anon +mp -nl
        madvise 0 12 dontneed            => -1 ENOMEM ; 0-1=F0 2-3=F9 8-9=F0
        probe 0 4                        => 0-1=oa 1-4=oo
        probe 8 2                        => 8-9=aa 9-10=oo
        mprotect 8 1 rw
        read 8                           => 0
    """,
    )


# Programs of 2.6 meet its refusals: without MAP_CHGPROT a private mapping keeps its order.
def test_refusals():
    run = on(
        PRIVATE,
        """
        mmap 0 4 r private,fixed f0 0
        mmap 4 4 r shared,fixed r0 0
        remap 0 1 r 1 -                  => -1 EINVAL
        remap 0 1 none 1 -               => -1 EINVAL
        remap 0 1 0x8 1 chgprot          => -1 EINVAL
        remap 4 1 w 1 chgprot            => -1 EPERM
        remap 0 2 r 63 chgprot           => -1 EINVAL
        remap 0 1 w 1 chgprot            => 0 | 0-4 r--p 0 f0 +nl +mp | 4-8 r--s 0 f0 -nl
        write 0 1                        => ok
        mprotect 0 4 rw                  => 0 | 0-4 rw-p 0 f0 +nl +mp | 4-8 r--s 0 f0 -nl
    """,
    )
    assert "with MAP_CHGPROT only" in run.steps[3].because


# mlock takes every page as its rights allow, and a page of none as 2.6 does: EFAULT
def test_mlock_asks_the_page():
    on(
        PRIVATE,
        """
        mmap 0 4 rw private,anon,fixed
        mprotect 1 1 r
        mlock 0 2                        => 0 ; 0-1=Pwd 1-2=Pr
        munlock 0 4
        mprotect 2 1 none
        mlock 2 1                        => -1 EFAULT
    """,
    )


# A page that cannot be had keeps its entry, and with it its place and its rights.
def test_a_page_beyond_the_end_keeps_its_entry():
    on(
        PRIVATE,
        """
        mmap 0 4 r private,fixed f0 0
        remap 1 1 rw 9 chgprot
        truncate f0 5                    => 0 ; 1-2=F9
        probe 1 1                        => 1-2=bb ; 1-2=F9
        truncate f0 64
        probe 1 1                        => 1-2=oo ; 1-2=Pwd
    """,
    )


# Without a frame: the call says so, and the laws hold; a shared mapping needs no flag, as in 2.6
def test_without_frames():
    task = Kernel(PRIVATE, "i386", ram_pages=8).spawn()
    addr = task.mmap(None, 16 * PAGE, 1, 2, task.memfd("f", 16))
    with pytest.raises(OSError, match="no frame is free for a page to show"):
        task.remap_file_pages(addr, 16 * PAGE, 1, 0, 0x20000)
    far = Kernel(PRIVATE, "i386").spawn()
    shared = far.mmap(None, 4 * PAGE, 3, 1, far.memfd("g", 16))
    far.remap_file_pages(shared, PAGE, 0, 9)
    assert far.mm.map_count == 1
    with pytest.raises(OSError, match="has 25 bits"):
        far.remap_file_pages(shared, PAGE, 0, 1 << 25)


# 2.6 waits for no page with MAP_NONBLOCK; the entry brings it at a touch
@EVERY
def test_nonblock(arch):
    on(
        PRIVATE,
        """
        mmap 0 4 r private,fixed f0 0
        evict
        remap 1 1 rw 9 chgprot,nonblock  => 0 ; 1-2=F9
        write 1 5
        read 1                           => #5
    """,
        arch,
    )


# page      2^46 - 2 | 2^46 - 1 |   2^46 …            the last offset that an x86_64 entry can name
# What an entry could not name gets no rights of its own: refused at once, or once it has grown.
def test_offsets_that_no_entry_can_name():
    run = on(
        PRIVATE,
        """
        mmap 0 4 rw shared,anon,fixed - 0x3ffffffffffe000
        remap 0 1 r 1 chgprot            => -1 EOVERFLOW
        mprotect 0 1 r                   => 0 | 0-1 r--s 70368744177662 | 1-4 rw-s 70368744177663
        munmap 0 4
        mmap 0 1 rw shared,anon,fixed - 0x3ffffffffffe000
        remap 0 1 r 0 chgprot            => 0 | 0-1 rw-s 70368744177662 shm1 +mp
        mremap 0 1 4 0                   => p0
        mprotect 1 2 r                   => -1 EOVERFLOW
    """,
        "x86_64",
    )
    words = [step.because for step in run.steps if step.result == "-1 EOVERFLOW"]
    assert ["now" in words[0], "grown" in words[1]] == [True, True]
