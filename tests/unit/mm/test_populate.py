"""Which pages are there before anybody touches them?

private, writable      written to: pages of one's own
anything else          read: the zero page, the file's pages
PROT_NONE, SIGBUS      cannot be had
"""

from errno import EFAULT, EINVAL, ENOMEM

import pytest

from tests.memory import (
    ANON,
    PAGE,
    PRIVATE,
    anon,
    evict,
    flags,
    kind,
    machine,
    mapped,
    page,
    pfn,
    pte,
)
from vmalab.mm.page_alloc import ZERO_PFN
from vmalab.records.events import PagesPopulated
from vmalab.uapi.errors import KernelError

POPULATE, LOCKED = 0x8000, 0x2000


@pytest.fixture
def task():
    return machine(ram=128, swap=16).spawn()


def test_private_writable_memory_is_written_to(task):
    heard = []
    task.mm.listen(heard.append)
    at = task.mmap(page(0), 3 * PAGE, 3, PRIVATE | ANON | POPULATE)
    assert task.mm.rss_anon == 3
    assert task.mincore(at, 3 * PAGE) == "111"
    assert [event for event in heard if isinstance(event, PagesPopulated)]


def test_other_memory_is_only_read(task):
    at = task.mmap(page(0), 2 * PAGE, 1, PRIVATE | ANON | POPULATE)
    assert pfn(task, at) == pfn(task, at + PAGE) == ZERO_PFN
    fd = task.memfd("f", 2)
    shared = task.mmap(page(8), 2 * PAGE, 3, 0x11 | POPULATE, fd)
    assert not task.mm.fmt.pte_dirty(pte(task, shared))
    assert task.mm.rss_file == 2


def test_what_is_there_is_not_faulted_in_again(task):
    at = anon(task, 0, 2)
    task.store(at, b"here")
    before = task.mm.min_flt
    task.madvise(at, 2 * PAGE, 23)
    assert task.mm.min_flt == before + 1
    assert task.load(at, 4) == b"here"


def test_what_was_only_read_is_written_to(task):
    at = anon(task)
    task.load(at)
    task.madvise(at, PAGE, 22)
    assert pfn(task, at) == ZERO_PFN
    task.madvise(at, PAGE, 23)
    assert pfn(task, at) != ZERO_PFN
    assert task.load(at) == b"\0"


def test_pages_come_back_from_swap(task):
    at = anon(task)
    task.store(at, b"out")
    evict(task, at)
    task.mlock(at, PAGE)
    assert kind(task, at) == "present"
    assert task.load(at, 3) == b"out"


def test_onfault_brings_nothing_in(task):
    at = anon(task)
    task.mlock2(at, PAGE, 1)
    assert kind(task, at) == "none"


def test_what_cannot_be_had_is_said(task):
    fd = task.memfd("f", 1)
    none, file = anon(task, prot=0), mapped(task, fd, 8, pages=2)
    with pytest.raises(KernelError) as caught:
        task.mlock(none, PAGE)
    assert caught.value.errno == ENOMEM
    with pytest.raises(KernelError) as caught:
        task.madvise(none, PAGE, 22)
    assert caught.value.errno == EINVAL
    with pytest.raises(KernelError) as caught:
        task.madvise(file, 2 * PAGE, 23)
    assert caught.value.errno == EFAULT
    assert kind(task, file) == "present", "what lies below is done"


# mmap with MAP_POPULATE does not fail for want of frames; mlock does.
def test_without_frames():
    kernel = machine(ram=24, swap=0)
    task = kernel.spawn()
    at = task.mmap(page(0), 24 * PAGE, 3, PRIVATE | ANON | POPULATE)
    assert 10 < task.mm.rss_anon < 24
    with pytest.raises(KernelError, match="no frame is free for one of its pages") as caught:
        task.mlock(at, 24 * PAGE)
    assert caught.value.errno == ENOMEM
    assert task.mm.locked_vm == 24
    with pytest.raises(KernelError, match="no frame is free for a page to populate") as caught:
        task.madvise(at, 24 * PAGE, 23)
    assert caught.value.errno == ENOMEM


# The processor did not do it, so the entry does not say that the page was written: the frame does.
def test_populating_for_write_marks_the_frame_dirty(task):
    at = task.mmap(page(0), PAGE, 3, 0x11 | ANON)
    task.load(at)
    before = flags(task, at)
    task.madvise(at, PAGE, 23)
    assert (before, flags(task, at)) == (set(), {"dirty"})
