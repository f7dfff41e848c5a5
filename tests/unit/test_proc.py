"""Does /proc say what is there?"""

from vmalab.kernel import Kernel
from vmalab.proc import snapshot

PAGE = 4096


def test_maps_reads_like_the_kernel_s():
    task = Kernel(ram_pages=64).spawn()
    fd = task.memfd("f0", 8)
    task.mmap(0x10000, 2 * PAGE, 3, 0x32)
    task.mmap(0x20000, PAGE, 5, 0x11, fd, 3 * PAGE)
    task.mmap(0x30000, PAGE, 0, 0x31)
    task.mm.start_brk = task.mm.brk = 0x40000
    task.brk(0x41000)
    assert task.maps().splitlines() == [
        "00010000-00012000 rw-p 00000000 anon",
        "00020000-00021000 r-xs 00003000 f0",
        "00030000-00031000 ---s 00000000 shm0",
        "00040000-00041000 rw-p 00000000 [heap]",
    ]


# Offsets of private anonymous memory are the kernel's own business: maps prints 0.
def test_a_snapshot_counts_and_names():
    task = Kernel(ram_pages=64).spawn()
    task.mmap(0x10000, 4 * PAGE, 3, 0x32)
    task.mlock(0x10000, PAGE)
    task.load(0x12000)
    task.madvise(0x13000, PAGE, 102)
    seen = snapshot(task.mm)
    assert (seen.total_vm, seen.locked_vm, seen.map_count) == (4, 1, 2)
    assert seen.present == ((0x10000, "anon"), (0x12000, "zero"), (0x13000, "guard"))
    locked, rest = seen.vmas
    assert "lo" in locked.flags
    assert "gu" in rest.flags
    assert (locked.pgoff, locked.anon_vma, rest.anon_vma) == (0, 1, 2)


def test_a_snapshot_is_of_its_moment():
    task = Kernel(ram_pages=64).spawn()
    task.mmap(0x10000, PAGE, 3, 0x32)
    before = task.snapshot()
    task.munmap(0x10000, PAGE)
    assert before.map_count == 1
    assert task.snapshot().map_count == 0


# What else an entry can hold: pages of files, and of files that were written to privately.
def test_pages_are_named_by_whose_they_are():
    task = Kernel(ram_pages=64).spawn()
    fd = task.memfd("f0", 8)
    task.mmap(0x10000, 2 * PAGE, 3, 0x12, fd)
    task.load(0x10000)
    task.store(0x11000)
    assert task.snapshot().present == ((0x10000, "file"), (0x11000, "anon"))
