"""The protection series of 2006 where it does what it says: as posted and as intended agree.

window   |  rw  |  r-  |  --  |  rw  |      one VMA of a file, rw-s nl mp
"""

import pytest

from tests.old_kernels import APRIL, PLAIN, V4, as_intended, on
from vmalab.generations import generation
from vmalab.generations.manyprots import ManyProts
from vmalab.kernel import Kernel

PAGE = 4096
EVERY = pytest.mark.parametrize("kernel", [APRIL, V4, as_intended(APRIL), as_intended(V4)])
CHGPROT = 0x20000


# Rights of its own for each page, at the first touch and at the second
@EVERY
def test_each_page_has_its_own_rights(kernel):
    on(
        kernel,
        """
        mmap 0 8 rw shared,fixed f0 0
        remap 0 1 none 0 chgprot         => 0 | 0-8 rw-s 0 f0 +nl +mp ; 0-1=Pn
        remap 1 1 r 1 chgprot            => 0 ; 0-1=Pn 1-2=Pr
        remap 2 1 rw 9 chgprot           => 0 ; 0-1=Pn 1-2=Pr 2-3=Pw
        probe 0 5                        => 0-1=aa 1-2=oa 2-5=oo
        read 2                           => f0@9
        remap 0 1 none 0 -               => 0 ; 0-1=Pw 1-2=Pr 2-5=Pwd
        probe 0 1                        => 0-1=oo
    """,
    )


# Where there is no NX, PROT_READ and PROT_EXEC are one protection and set no flag.
@pytest.mark.parametrize(
    ("arch", "flag"), [("i386", "-mp"), ("i386-pae", "+mp"), ("x86_64", "+mp")]
)
def test_read_and_execute_are_one_without_nx(arch, flag):
    on(
        V4,
        f"""
        mmap 0 4 r shared,fixed f0 0
        remap 1 1 x 1 chgprot            => 0 | 0-4 r--s 0 f0 {flag}
    """,
        arch,
    )


# prot without the flag; too far; a right that can never be; a private mapping; each before the next
@EVERY
def test_refusals(kernel):
    bits = generation(kernel, "i386").pte_format.file_max_bits
    run = on(
        kernel,
        f"""
        mmap 0 4 r shared,fixed r0 0
        mmap 4 4 rw private,fixed f0 4
        remap 0 1 w {1 << bits} -        => -1 EINVAL
        remap 0 1 w {1 << bits} chgprot  => -1 EOVERFLOW
        remap 12 1 w 0 chgprot           => -1 EINVAL
        remap 0 1 w 0 chgprot            => -1 EPERM
        remap 0 1 none 1 chgprot         => -1 EINVAL
        remap 4 1 none 9 -               => -1 EINVAL
        remap 4 1 none 4 -               => 0 | 0-4 r--s 0 f0 | 4-8 rw-p 4 f0 ; 4-5=Pr
    """,
    )
    words = ["without MAP_CHGPROT", "needs more", "no file", "never have", "keeps its order"]
    for step, word in zip(run.steps[2:], words, strict=False):
        assert word in step.because


@pytest.mark.parametrize(("kernel", "bits"), [(APRIL, 28), (V4, 27), (as_intended(V4), 27)])
def test_how_long_a_file_may_be(kernel, bits):
    task = Kernel(kernel, "i386").spawn()
    addr = task.mmap(None, PAGE, 3, 1, task.memfd("f", 4))
    with pytest.raises(OSError, match=f"has {bits} bits"):
        task.remap_file_pages(addr, PAGE, 1, (1 << bits) - 1, CHGPROT)
    with pytest.raises(OSError, match="the file ends"):
        task.remap_file_pages(addr, PAGE, 1, (1 << bits) - 2, CHGPROT)


# Mapping a private file with MAP_POPULATE does populate it, from patch 07 on.
def test_a_private_mapping_is_populated():
    story = "mmap 0 2 rw private,fixed,populate f0 4 => p0 ; "
    on(PLAIN, story + "-")
    on(V4, story + "0-2=Pr")


# Out and in again: offset and protection survive. What April leaves empty, v4 saves all the same.
#   page 0  linear, default      1  linear, own rights      2  moved, default      3  moved, own
@pytest.mark.parametrize(
    ("kernel", "left"),
    [
        (PLAIN, "2-3=F9 3-4=F10"),
        (APRIL, "1-2=F1:r 2-3=F9:w 3-4=F10:n"),
        (V4, "0-1=F0:w 1-2=F1:r 2-3=F9:w 3-4=F10:n"),
    ],
)
def test_what_stays_in_the_entry_after_reclaim(kernel, left):
    chgprot = "-" if kernel == PLAIN else "chgprot"
    own = ("none", "none") if kernel == PLAIN else ("r", "none")
    default = "none" if kernel == PLAIN else "rw"
    back = "0-4=oo" if kernel == PLAIN else "0-1=oo 1-2=oa 2-3=oo 3-4=aa"
    for out in ("evict", "madvise 0 8 dontneed"):
        on(
            kernel,
            f"""
            mmap 0 8 rw shared,fixed f0 0
            read 0
            remap 1 1 {own[0]} 1 {chgprot}
            remap 2 1 {default} 9 {chgprot}
            remap 3 1 {own[1]} 10 {chgprot}
            {out}                        => ; {left}
            probe 0 4                    => {back}
        """,
        )


# In the window of the intended use, all of it PROT_NONE, one goes back to none by a remap.
@EVERY
def test_the_intended_use_a_window_of_no_rights(kernel):
    on(
        kernel,
        """
        mmap 0 8 none shared,fixed f0 0
        remap 3 1 rw 9 chgprot           => 0 | 0-8 ---s 0 f0 +nl +mp ; 3-4=Pw
        remap 4 1 r 9 chgprot,nonblock   => 0 ; 3-4=Pw 4-5=Pr
        write 3 5
        evict                            => ok ; 3-4=F9:w 4-5=F9:r
        probe 2 4                        => 2-3=aa 3-4=oo 4-5=oa 5-6=aa
        read 4                           => #5
        remap 3 1 none 9 chgprot,nonblock
        evict                            => ok ; 3-4=F9:n 4-5=F9:r
        probe 3 2                        => 3-4=aa 4-5=oa ; 3-4=Pn 4-5=Pr
    """,
    )


# fork copies rights and places; truncate and growing again find them; mremap carries them
@EVERY
def test_rights_outlive_fork_truncation_and_mremap(kernel):
    on(
        kernel,
        """
        mmap 0 4 rw shared,fixed f0 0
        remap 1 1 r 9 chgprot
        remap 2 1 none 3 chgprot
        fork                             => child ; 1-2=Pro 2-3=Pno
        truncate f0 4                    => 0 ; 1-2=F9:r 2-3=Pno
        probe 1 2                        => 1-2=bb 2-3=aa
        truncate f0 64
        probe 1 2                        => 1-2=oa 2-3=aa
        mremap 0 4 4 maymove,fixed 8     => p8 | 8-12 rw-s 0 f0 +nl +mp
        probe 8 4                        => 8-9=oo 9-10=oa 10-11=aa 11-12=oo
    """,
    )


# An untouched page, and one in swap, have the VMA's rights; only a file entry is followed unasked.
def test_who_asks_whom():
    kernel = Kernel(V4, "i386", swap_pages=16)
    task = kernel.spawn()
    addr = task.mmap(None, 4 * PAGE, 1, 1, task.memfd("f", 4))
    task.remap_file_pages(addr, PAGE, 3, 0, CHGPROT)
    task.store(addr, b"x")
    for touch in (lambda: task.store(addr + PAGE), lambda: task.store(addr + 2 * PAGE)):
        with pytest.raises(Exception, match="entry does not allow it"):
            touch()
    task.madvise(addr, 4 * PAGE, 4)
    before = task.mm.maj_flt
    task.store(addr, b"y")
    assert task.mm.maj_flt == before + 1


def test_a_series_that_was_never_posted():
    with pytest.raises(ValueError, match="no series 2005 as-posted: choose"):
        ManyProts("i386", variant="2005")
    with pytest.raises(ValueError, match="as-hoped: choose"):
        ManyProts("i386", bugs="as-hoped")
    with pytest.raises(ValueError, match=r"linux-2.6-manyprots-v4 runs on .*, not on 'arm'"):
        ManyProts("arm")


# Out of memory and in again, on every machine of every variant that survives it
@pytest.mark.parametrize("arch", ["i386", "i386-pae", "x86_64"])
@pytest.mark.parametrize("kernel", [APRIL, V4, as_intended(APRIL), as_intended(V4)])
def test_a_whole_cycle_through_swap(kernel, arch):
    if (kernel, arch) == (APRIL, "x86_64"):
        pytest.skip("that kernel stops: tests/unit/generations/manyprots/test_bugs.py")
    run = on(
        kernel,
        """
        mmap 0 8 none shared,fixed f0 0
        remap 0 1 r 20 chgprot
        remap 1 1 rw 21 chgprot
        remap 2 1 rwx 2 chgprot
        remap 3 1 none 23 chgprot
        write 1 5
        evict
        probe 0 5                        => 0-1=oa 1-3=oo 3-5=aa
        contents
        evict
        probe 0 5                        => 0-1=oa 1-3=oo 3-5=aa
        mprotect 0 8 r                   => -1 EACCES
    """,
        arch,
    )
    assert run.steps[6].entries == run.steps[9].entries != run.steps[8].entries
