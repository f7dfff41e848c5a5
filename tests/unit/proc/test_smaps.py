"""Does /proc count pages as the real files do?"""

import re

import pytest

from vmalab.kernel import Kernel
from vmalab.proc import vma_memory
from vmalab.records.smaps import VmaMemory
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.trace.memory_map import memory_map
from vmalab.uapi import mman
from vmalab.uapi.pagemap import (
    PM_FILE,
    PM_GUARD_REGION,
    PM_MMAP_EXCLUSIVE,
    PM_PFRAME_MASK,
    PM_PRESENT,
    PM_SWAP,
)
from vmalab.units import PAGE_SIZE

AT = 0x10000
RW = mman.PROT_READ | mman.PROT_WRITE
ANON = mman.MAP_PRIVATE | mman.MAP_ANONYMOUS | mman.MAP_FIXED
SHM = mman.MAP_SHARED | mman.MAP_ANONYMOUS | mman.MAP_FIXED

REAL_6_18 = """
Size KernelPageSize MMUPageSize Rss Pss Pss_Dirty Shared_Clean Shared_Dirty Private_Clean
Private_Dirty Referenced Anonymous KSM LazyFree AnonHugePages ShmemPmdMapped FilePmdMapped
Shared_Hugetlb Private_Hugetlb Swap SwapPss Locked THPeligible VmFlags
"""


@pytest.fixture
def kernel():
    return Kernel("linux-6", ram_pages=256, swap_pages=16)


@pytest.fixture
def task(kernel):
    return kernel.spawn()


def anon(task, nr_pages=4, flags=ANON):
    task.mmap(AT, nr_pages * PAGE_SIZE, RW, flags)


def numbers(task, addr=AT):
    return vma_memory(task.mm, task.mm.tree.at(addr))


def test_smaps_has_the_lines_of_6_18_in_their_order(task):
    anon(task)
    header, *lines = task.smaps().splitlines()
    assert header == "00010000-00014000 rw-p 00000000 00:00 0 "
    assert [line.split(":")[0] for line in lines] == REAL_6_18.split()
    assert all(re.fullmatch(r"\w+: +\d+ kB", line) for line in lines[:-2])
    assert lines[-2:] == ["THPeligible:           0", "VmFlags: rd wr mr mw me ac "]
    assert {len(line) for line in lines[:-2]} == {27}


@pytest.mark.parametrize("flags", [ANON, SHM])
def test_a_page_read_counts_in_rss_only_if_it_is_not_the_zero_page(task, flags):
    anon(task, flags=flags)
    task.load(AT)
    shared = flags == SHM
    assert numbers(task).rss == (4 if shared else 0)
    assert numbers(task).private_clean == (4 if shared else 0)


# A page that two tasks map is half a page of each.
#
#   parent |aaaa|aaaa|     Rss 8  Pss 4      child writes:  Pss 4 + 2
#   child  |aaaa|aaaa|
#
def test_pss_divides_what_fork_shares(task):
    anon(task)
    for page in (0, 1):
        task.store(AT + page * PAGE_SIZE)
    child = task.fork()
    assert [(m.rss, m.pss, m.shared_dirty) for m in map(numbers, (task, child))] == [(8, 4, 8)] * 2
    assert (numbers(task).referenced, numbers(child).referenced) == (8, 0)
    child.store(AT)
    assert (numbers(child).pss, numbers(child).private_dirty) == (6, 4)
    child.exit()
    assert numbers(task).pss == 8


def test_swapped_pages_move_from_rss_to_swap(task):
    anon(task)
    task.store(AT, b"a")
    child = task.fork()
    child.exit()
    task.madvise(AT, PAGE_SIZE, mman.MADV_PAGEOUT)
    assert numbers(task) == VmaMemory(AT, swap=4, swap_pss=4)
    child = task.fork()
    assert numbers(child).swap_pss == 2
    assert task.load(AT) == b"a"
    assert (numbers(task).rss, numbers(task).swap) == (4, 0)


def test_shmem_in_swap_counts_for_whoever_maps_it(task):
    anon(task, flags=SHM)
    task.store(AT)
    task.madvise(AT, PAGE_SIZE, mman.MADV_PAGEOUT)
    assert (numbers(task).rss, numbers(task).swap) == (0, 4)


# MADV_FREE: until reclaim comes the bytes are there; a write takes the page back.
def test_freed_pages_are_dropped_unless_written(task):
    anon(task)
    for page in (0, 1, 2):
        task.store(AT + page * PAGE_SIZE, b"old")
    task.madvise(AT, 3 * PAGE_SIZE, mman.MADV_FREE)
    assert (numbers(task).lazy_free, numbers(task).private_clean) == (12, 12)
    assert task.load(AT, 3) == b"old"
    task.store(AT + PAGE_SIZE, b"new")
    assert (numbers(task).lazy_free, numbers(task).private_dirty) == (8, 4)
    task.madvise(AT, 3 * PAGE_SIZE, mman.MADV_PAGEOUT)
    assert (task.load(AT, 3), task.load(AT + PAGE_SIZE, 3)) == (b"\0\0\0", b"new")


def test_freeing_a_swapped_page_gives_its_slot_back(kernel, task):
    anon(task)
    task.store(AT, b"old")
    task.madvise(AT, PAGE_SIZE, mman.MADV_PAGEOUT)
    task.madvise(AT, PAGE_SIZE, mman.MADV_FREE)
    assert (numbers(task).swap, kernel.machine.swap.nr_free) == (0, 16)
    assert task.load(AT, 3) == b"\0\0\0"


def test_locked_pages_are_counted_as_locked(task):
    anon(task)
    task.mlock(AT, 2 * PAGE_SIZE)
    assert (numbers(task).locked, numbers(task).rss) == (8, 8)
    assert "VmLck:\t       8 kB" in task.status().splitlines()


def test_pagemap_tells_frames_slots_and_guards_apart(task):
    anon(task, 6)
    task.mmap(AT + 6 * PAGE_SIZE, PAGE_SIZE, RW, SHM)
    task.store(AT)
    task.load(AT + PAGE_SIZE)
    task.store(AT + 2 * PAGE_SIZE)
    task.madvise(AT + 2 * PAGE_SIZE, PAGE_SIZE, mman.MADV_PAGEOUT)
    task.madvise(AT + 3 * PAGE_SIZE, PAGE_SIZE, mman.MADV_GUARD_INSTALL)
    task.store(AT + 6 * PAGE_SIZE)
    own, zero, swapped, guard, empty, _, shared = task.pagemap(AT, 7)
    assert own & ~PM_PFRAME_MASK == PM_PRESENT | PM_MMAP_EXCLUSIVE
    assert zero == PM_PRESENT
    assert (swapped & ~PM_PFRAME_MASK, (swapped & PM_PFRAME_MASK) >> 5) == (PM_SWAP, 1)
    assert guard & ~PM_PFRAME_MASK == PM_SWAP | PM_GUARD_REGION
    assert (guard & 31, empty) == (31, 0)
    assert shared & ~PM_PFRAME_MASK == PM_PRESENT | PM_FILE | PM_MMAP_EXCLUSIVE


def test_status_tells_anonymous_file_and_shmem_pages_apart(task):
    anon(task, 2)
    task.store(AT)
    fd = task.memfd("f", 2)
    task.mmap(AT + 2 * PAGE_SIZE, PAGE_SIZE, RW, mman.MAP_SHARED | mman.MAP_FIXED, fd)
    task.store(AT + 2 * PAGE_SIZE)
    found = dict(line.split(":") for line in task.status().splitlines())
    assert {name: int(kb.split()[0]) for name, kb in found.items()} == {
        "VmSize": 12,
        "VmLck": 0,
        "VmRSS": 8,
        "RssAnon": 4,
        "RssFile": 0,
        "RssShmem": 4,
        "VmPTE": 12,
        "VmSwap": 0,
    }


def test_vmstat_counts_what_happened(kernel, task):
    anon(task)
    task.store(AT, b"a")
    task.madvise(AT, PAGE_SIZE, mman.MADV_PAGEOUT)
    task.load(AT)
    counts = {k: int(v) for k, v in (line.split() for line in kernel.vmstat().splitlines())}
    assert (counts["pgfault"], counts["pgmajfault"]) == (2, 1)
    assert (counts["pswpin"], counts["pswpout"]) == (1, 1)
    assert counts["nr_free_pages"] == 256 - 6


def test_slabinfo_counts_the_vmas_of_every_task(kernel, task):
    for page in range(22):
        task.mmap(AT + 2 * page * PAGE_SIZE, PAGE_SIZE, RW, ANON)
    other = task.fork()
    name, active, total, size, per_slab, *_ = kernel.slabinfo().split()
    assert (name, active, total, size, per_slab) == ("vm_area_struct", "44", "63", "192", "21")
    other.exit()
    assert kernel.slabinfo().split()[1] == "22"


def test_the_memory_map_knows_who_maps_each_frame(kernel, task):
    anon(task)
    task.store(AT)
    child = task.fork()
    (shared,) = (row for row in memory_map(kernel).frames if row.kind == "anon")
    assert shared.mapped_at == ((task.pid, AT), (child.pid, AT))
    assert (shared.mapcount, shared.flags) == (2, ("dirty",))
    task.mlock(AT, 1)
    kinds = [row.kind for row in memory_map(kernel).frames]
    assert (kinds.count("anon"), kinds.count("free")) == (2, kernel.machine.memory.nr_free)


def test_a_run_notes_its_pages_on_request():
    program = parse_program("mmap 0 2 rw private,anon,fixed\nwrite 1 7")
    plain = run_program(program).steps[-1].after
    noted = run_program(program, memory=True).steps[-1].after
    assert (plain.memory, plain.pagemap) == ((), ())
    assert noted.memory[0].rss == 4
    assert noted.pagemap[:2] == (0, PM_PRESENT | PM_MMAP_EXCLUSIVE)
