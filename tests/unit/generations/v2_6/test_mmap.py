"""mmap, munmap, mprotect and brk of 2.6.18: which check comes first, and what is gone by then?"""

import errno

import pytest

from tests.old_kernels import PLAIN, on
from vmalab.kernel import Kernel
from vmalab.mm.flags import VM_MAYSHARE, VM_MAYWRITE, VM_SHARED
from vmalab.uapi.errors import KernelError, SegmentationFault

PAGE = 4096
FIXED_ANON, ANON = 0x32, 0x22
ARCHS = pytest.mark.parametrize("arch", ["i386", "x86_64"])


@pytest.fixture(params=["i386", "x86_64"])
def task(request):
    return Kernel(PLAIN, request.param, ram_pages=4096).spawn()


def refused(call, *args):
    with pytest.raises(KernelError) as caught:
        call(*args)
    return errno.errorcode[caught.value.errno]


# "s" in /proc/PID/maps is MAYSHARE. SHARED itself went when the file turned out to be read-only:
# what is left is a private mapping in all but name.
@ARCHS
def test_a_shared_mapping_of_a_read_only_file_is_shared_in_name(arch):
    run = on(
        PLAIN,
        """
        mmap 0 2 r shared,fixed r0 0         => p0 | 0-2 r--s 0 f0
        mprotect 0 1 rw                      => -1 EACCES | 0-2 r--s
        remap 0 1 none 1 -                   => -1 EINVAL
        mmap 2 2 rw shared,fixed r0 0        => -1 EACCES
        mmap 2 2 rw private,fixed w0 0       => -1 EACCES
    """,
        arch,
    )
    row = run.steps[0].after.vmas[0]
    assert "ms" in row.flags
    assert {"sh", "mw"}.isdisjoint(row.flags)


# MAP_POPULATE calls remap_file_pages on the new area and looks at nothing that it says. Shared
# pages come, with the area's rights; private ones do not, for remap_file_pages wants SHARED.
@ARCHS
def test_populate_brings_shared_pages_and_no_private_ones(arch):
    x = "x" if arch == "x86_64" else ""
    on(
        PLAIN,
        f"""
        mmap 0 2 rwx shared,fixed,populate f0 4  => p0 | 0-2 rwxs 4 f0 ; 0-2=Pw{x}
        mmap 2 2 rw private,fixed,populate f0 4  => p2 | 0-2 rwxs | 2-4 rw-p ; 0-2=Pw{x}
        mmap 4 2 rw shared,anon,fixed,populate - 0 => p4 ; 0-2=Pw{x} 4-6=Pw
        mmap 6 2 r shared,fixed,populate r0 0    => p6 ; 0-2=Pw{x} 4-6=Pw
    """,
        arch,
    )


# What is in the way goes before the limits are asked, and before a stack of a file is refused.
#
#     |---- rw ----|   mmap over 1-2, refused   ->   | rw |  hole  | rw |
@ARCHS
def test_a_refused_mapping_has_already_made_its_hole(arch):
    on(
        PLAIN,
        """
        mmap 0 4 rw private,anon,fixed
        mmap 1 1 r private,fixed,growsdown f0 0  => -1 EINVAL | 0-1 rw-p | 2-4 rw-p
        limit as 0
        mmap 2 3 r private,anon,fixed            => -1 ENOMEM | 0-1 rw-p
    """,
        arch,
    )


# Shared anonymous memory could be a stack then.
def test_a_stack_may_be_shared_but_not_of_a_file(task):
    addr = task.mmap(0x10_0000, PAGE, 3, 0x131)
    assert task.maps().split()[1] == "rw-s"
    assert addr == 0x10_0000


# One mistake a line, each of which would be found behind the one before it.
def test_the_order_of_the_checks(task):
    top = task.mm.task_size
    assert refused(task.mmap, 1, 0, 3, 0x10) == "EBADF"
    assert refused(task.mmap, 1, 0, 3, 0x30) == "EINVAL"
    assert refused(task.mmap, 1, top + PAGE, 3, 0x30) == "ENOMEM"
    assert refused(task.mmap, top, PAGE, 3, 0x30) == "ENOMEM"
    assert refused(task.mmap, 1, PAGE, 3, 0x30) == "EINVAL"
    task.mm.limits.cap_ipc_lock, task.mm.limits.memlock = False, 0
    assert refused(task.mmap, 0x10_0000, PAGE, 3, 0x2030) == "EPERM"
    task.mm.limits.memlock = PAGE
    assert refused(task.mmap, 0x10_0000, 2 * PAGE, 3, 0x2030) == "EAGAIN"
    assert refused(task.mmap, 0x10_0000, PAGE, 3, 0x2030) == "EINVAL"
    assert refused(task.mmap, 0x10_0000, 1 << 30, 3, FIXED_ANON) == "ENOMEM"
    assert task.mmap(0x10_0000, PAGE, 3, FIXED_ANON | 0x2000) == 0x10_0000


# 2^32 - 1 bytes round up to 0 in a 32-bit register, and an end past it wraps to the beginning. Only
# mmap's offset may be larger: mmap2 counts it in pages.
def test_numbers_wrap_at_32_bits_on_i386():
    task = Kernel(PLAIN, "i386", ram_pages=64).spawn()
    assert refused(task.mmap, 0, 0xFFFF_FFFF, 3, ANON) == "ENOMEM"
    assert refused(task.mprotect, 0x10_0000, 0xFFFF_FFFF, 3) == "ENOMEM"
    assert refused(task.madvise, 0x10_0000, 0xFFFF_FFFF, 4) == "EINVAL"
    assert refused(task.mlock, 0x10_0000, 0xFFFF_F000) == "EINVAL"
    assert refused(task.msync, 0x10_0000, 0xFFFF_F000, 4) == "ENOMEM"
    assert task.mmap(1 << 32 | 0x10_0000, PAGE, 3, FIXED_ANON) == 0x10_0000
    fd = task.memfd("f", 1)
    assert refused(task.mmap, 0, 2 * PAGE, 1, 2, fd, 0xFFFF_FFFF_F000) == "EOVERFLOW"


# i386 searches downwards, 128 MiB below the top; x86_64 upwards from a third. A hint is rounded up.
#
#     0 ........ 2aaaaaaab000 ->          <- b8000000 ... c0000000
def test_where_a_mapping_goes():
    i386, x86_64 = (Kernel(PLAIN, arch).spawn() for arch in ("i386", "x86_64"))
    assert [i386.mmap(None, 2 * PAGE, 3, ANON) for _ in "ab"] == [0xB7FF_E000, 0xB7FF_C000]
    first = x86_64.mmap(None, 2 * PAGE, 3, ANON)
    second = x86_64.mmap(None, PAGE, 3, 0x21)
    assert (first, second) == (0x2AAA_AAAA_B000, 0x2AAA_AAAA_D000)
    x86_64.munmap(first, PAGE)
    assert x86_64.mmap(None, 2 * PAGE, 3, ANON) == 0x2AAA_AAAA_E000
    assert x86_64.mmap(None, PAGE, 3, ANON) == first
    assert x86_64.mmap(0x10_0001, PAGE, 3, ANON) == 0x10_1000
    assert x86_64.mmap(0x10_1000, PAGE, 3, 0x21) == 0x2AAA_AAAB_0000


# When nothing is free below, i386 looks above mmap_base; when nothing is free at all, ENOMEM.
def test_when_the_way_down_is_full():
    task = Kernel(PLAIN, "i386").spawn()
    task.mmap(0x1000, 0xB800_0000 - 0x1000, 0, FIXED_ANON)
    assert task.mmap(None, PAGE, 3, ANON) == 0xB800_0000
    assert refused(task.mmap, 0, 0x800_0000, 0, ANON) == "ENOMEM"


# prot is looked at last of the parameters, and only when there is something to do.
def test_mprotects_checks(task):
    task.mmap(0x10_0000, 2 * PAGE, 3, FIXED_ANON)
    assert refused(task.mprotect, 0x10_0001, PAGE, 0x3000000) == "EINVAL"
    assert refused(task.mprotect, 0x10_0001, 0, 3) == "EINVAL"
    assert task.mprotect(0x10_0000, 0, 0x40) is None
    assert refused(task.mprotect, 0x10_0000, PAGE, 0x40) == "EINVAL"
    assert refused(task.mprotect, 0x10_0000, 4 * PAGE, 1) == "ENOMEM"
    assert task.maps().split()[1] == "r--p"


# Giving back a heap that munmap took already is no failure then; growing into another area is.
def test_the_heap(task):
    task.mm.start_brk = task.mm.brk = 0x10_0000
    assert task.brk(0x10_4000) == 0x10_4000
    assert task.brk(0xF_F000) == 0x10_4000
    task.munmap(0x10_2000, 2 * PAGE)
    assert task.brk(0x10_2000) == 0x10_2000
    task.mmap(0x10_4000, PAGE, 3, 0x31)
    assert task.brk(0x10_3000) == 0x10_3000
    assert task.brk(0x10_4000) == 0x10_3000


# The fault handler asks where the stack pointer is: more than 64 KiB and 32 words below it, an
# access is a bug and not a growing stack. There is no gap below a stack.
#
#     |other|............|-- stack --|    sp
def test_a_stack_grows_only_near_the_stack_pointer(task):
    task.mmap(0x20_0000, PAGE, 3, FIXED_ANON | 0x100)
    task.mmap(0x1F_D000, PAGE, 3, 0x31)
    with pytest.raises(SegmentationFault):
        task.store(0x1F_F000)
    words = task.mm.policy.word_mask.bit_length() // 8 * 32
    task.mm.stack_pointer = 0x1F_F000 + 65536 + words + 1
    with pytest.raises(SegmentationFault):
        task.store(0x1F_F000)
    task.mm.stack_pointer -= 1
    task.store(0x1F_F000)
    task.mm.stack_pointer = 0x1F_E000
    task.store(0x1F_E000)
    assert task.mm.tree.at(0x1F_E000) is task.mm.tree.at(0x20_0000)
    with pytest.raises(SegmentationFault):
        task.store(0x1F_C000)


def test_the_flags_of_the_read_only_shared_mapping_are_what_they_are_called():
    task = Kernel(PLAIN, "i386").spawn()
    fd = task.memfd("f", 1)
    read_only = task.open(task.files[fd].filemap, writable=False)
    addr = task.mmap(None, PAGE, 1, 1, read_only)
    assert not task.mm.tree.at(addr).vm_flags & (VM_SHARED | VM_MAYWRITE)
    assert task.mm.tree.at(addr).vm_flags & VM_MAYSHARE
