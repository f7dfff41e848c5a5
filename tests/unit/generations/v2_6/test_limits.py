"""max_map_count was 65536, and each call compared with it in its own way.

mmap, brk       map_count >  max          65537 can be reached
split           map_count >= max          any cut, though munmap is about to take the piece
mremap's move   map_count >= max - 3      it may need three
"""

import errno

import pytest

from tests.old_kernels import PLAIN
from vmalab.generations import generation
from vmalab.generations.v2_6 import SIZES_OF_VMA, Linux26
from vmalab.kernel import Kernel

pytestmark = pytest.mark.slow

PAGE = 4096
MAX = 65536
BASE = 0x1000_0000
RW_R = (3, 1)


def full(arch, nr_vmas):
    """A process with so many VMAs of two pages each, readable and writable by turns."""
    task = Kernel(PLAIN, arch, ram_pages=1 << 18).spawn()
    for number in range(nr_vmas):
        at = BASE + 2 * number * PAGE
        assert task.syscall("mmap", at, 2 * PAGE, RW_R[number % 2], 0x32, -1, 0) == at
    assert task.mm.map_count == nr_vmas
    return task


# 65537, with real VMAs: mmap reaches it, and then nobody maps or cuts any more.
def test_65537_vmas_can_be_reached_and_then_nothing_more():
    task = full("i386", MAX)
    last = BASE + 2 * MAX * PAGE
    middle = BASE + 2 * 1000 * PAGE
    assert task.syscall("mprotect", middle, PAGE, 0) == -errno.ENOMEM
    assert task.syscall("mlock", middle, PAGE) == -errno.EAGAIN
    assert task.syscall("madvise", middle, PAGE, 2) == -errno.EAGAIN
    assert task.syscall("munmap", middle, PAGE) == -errno.ENOMEM
    assert task.syscall("munmap", middle + PAGE, PAGE) == -errno.ENOMEM
    assert task.syscall("mmap", middle, PAGE, 7, 0x32, -1, 0) == -errno.ENOMEM
    assert task.mm.map_count == MAX
    assert task.syscall("mmap", last, PAGE, 7, 0x32, -1, 0) == last
    assert task.mm.map_count == MAX + 1
    assert task.syscall("mmap", last + PAGE, PAGE, 0, 0x32, -1, 0) == -errno.ENOMEM
    assert task.syscall("munmap", middle, 2 * PAGE) == 0
    assert task.mm.map_count == MAX


# A neighbour that absorbs the part needs no cut: mprotect of a head goes through at the limit.
#
#     | rw | r  r |  mprotect the first r to rw    | rw  rw | r |
def test_shifting_a_boundary_is_no_cut(monkeypatch):
    task = full("x86_64", 4)
    monkeypatch.setattr(task.mm.policy, "max_map_count", 4)
    assert task.syscall("mprotect", BASE + 2 * PAGE, PAGE, 0) == -errno.ENOMEM
    assert task.syscall("mprotect", BASE + 2 * PAGE, PAGE, 3) == 0
    assert task.mm.map_count == 4
    assert task.syscall("mprotect", BASE + 3 * PAGE, PAGE, 3) == 0
    assert task.mm.map_count == 2


# mremap's move stops three short of the limit, wherever the pages would go; growing does not move.
@pytest.mark.parametrize(("nr_vmas", "moves"), [(MAX - 4, True), (MAX - 3, False)])
def test_a_move_needs_three_to_spare(nr_vmas, moves):
    task = full("x86_64", nr_vmas)
    last, target = BASE + 2 * (nr_vmas - 1) * PAGE, 0x100_0000
    args = (last, 2 * PAGE, 2 * PAGE, 3, target)
    assert task.syscall("mremap", *args) == (target if moves else -errno.ENOMEM)
    if not moves:
        assert task.syscall("mremap", last, 2 * PAGE, 3 * PAGE, 1, 0) == last


# brk compares as mmap does.
def test_the_heap_may_be_the_last(monkeypatch):
    task = full("i386", 3)
    heap = BASE + 100 * PAGE
    task.mm.start_brk = task.mm.brk = heap
    monkeypatch.setattr(task.mm.policy, "max_map_count", 2)
    assert task.brk(heap + PAGE) == heap
    monkeypatch.setattr(task.mm.policy, "max_map_count", 3)
    assert task.brk(heap + PAGE) == heap + PAGE
    assert task.mm.map_count == 4


# sizeof(struct vm_area_struct): what 2.6.18 had by itself, and others for who asks.
def test_the_size_of_a_vma():
    archs = ("i386", "i386-pae", "x86_64")
    assert [Linux26(arch).sizeof_vma for arch in archs] == [84, 88, 168]
    assert [Linux26("i386", sizeof_vma=size).sizeof_vma for size in SIZES_OF_VMA] == [*SIZES_OF_VMA]
    with pytest.raises(ValueError, match=r"no 2\.6 kernel had VMAs of 100 bytes; choose one of 84"):
        Linux26(sizeof_vma=100)
    assert " 84 " in Kernel(PLAIN, "i386").slabinfo()


def test_a_kernel_runs_on_its_own_machines_only():
    with pytest.raises(ValueError, match=r"linux-2.6 runs on i386, i386-pae, x86_64, not on 'vax'"):
        Kernel(PLAIN, "vax")
    with pytest.raises(ValueError, match="linux-6 runs on x86_64 only, not on 'i386'"):
        Kernel("linux-6", "i386")
    assert generation(PLAIN, "i386-pae").task_size == 0xC000_0000
