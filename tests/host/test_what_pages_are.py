"""smaps and pagemap of a real process: does the model count the same pages in the same way?"""

from pathlib import Path

import pytest

from tests.live import not_live
from vmalab import host
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.uapi.pagemap import PM_FILE, PM_PRESENT, PM_SOFT_DIRTY
from vmalab.workloads.differential import compare
from vmalab.workloads.fuzz import Job, fuzz
from vmalab.workloads.profiles import PROFILES

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(not_live() is not None, reason=str(not_live())),
]

PROGRAMS = {
    "zero page": "mmap 0 8 rw private,anon,fixed\nwrite 1 7\nread 2",
    "guards": "mmap 0 8 rw private,anon,fixed\nwrite 1 7\nmadvise 1 2 guard_install",
    "prot none": "mmap 0 4 rw private,anon,fixed\nwrite 1 7\nmprotect 0 4 none",
    "shared memory": "mmap 0 8 rw shared,anon,fixed\nwrite 1 7\nread 2",
    "file": "mmap 0 8 rw shared,fixed f0 0\nwrite 1 7\nread 2",
    "fault-around": "mmap 5 18 rw private,fixed f0 0\nread 7\nwrite 6 3",
    "fault-around at the end": "truncate f0 4\nmmap 0 8 r shared,fixed f0 0\nread 5",
    "two views": "mmap 0 4 rw shared,fixed f0 0\nmmap 8 4 rw private,fixed f0 0\nread 0\nwrite 9 1",
    "free": "mmap 0 4 rw private,anon,fixed\nwrite 1 7\nwrite 2 7\nmadvise 0 4 free\nwrite 2 3",
    "free, populated": "mmap 0 4 rw private,anon,fixed,populate\nmadvise 0 4 free\n"
    "madvise 1 1 populate_write",
    "free, protected": "mmap 0 4 rw private,anon,fixed,populate\nmadvise 0 4 free\nmprotect 1 1 r",
    "free, shared": "mmap 0 4 rw private,anon,fixed,populate\nfork\nmadvise 0 2 free",
    "free, locked by the parent": "mmap 0 2 rw private,anon,fixed\nmlock 1 1\nfork\n"
    "madvise 1 1 free",
    "free, locked and left behind": "mmap 1 5 rw private,anon,fixed\nmlock 4 2\n"
    "mremap 1 4 4 maymove,fixed,dontunmap 7\nmadvise 2 4 free",
    "cold": "mmap 0 4 rw private,anon,fixed\nwrite 1 7\nread 2\nmadvise 0 4 cold",
    "fork": "mmap 0 8 rw private,anon,fixed\nwrite 1 7\nwrite 2 7\nfork\nwrite 2 3",
    "fork, file": "mmap 0 8 rw private,fixed f0 0\nwrite 1 7\nread 2\nfork\nread 3",
    "locked": "mmap 0 4 rw private,anon,fixed\nmlock 1 2\nmlock2 3 1 onfault",
    "moved": "mmap 0 4 rw private,anon,fixed,populate\nmremap 1 2 2 maymove,fixed 8",
    "moved, kept": "mmap 0 4 rw private,anon,fixed,populate\n"
    "mremap 1 2 2 maymove,fixed,dontunmap 8",
    "dropped": "mmap 0 4 rw private,anon,fixed,populate\nmadvise 1 2 dontneed",
    "punched": "mmap 0 4 rw shared,fixed f0 0\nwrite 1 1\nwrite 2 1\nmadvise 1 1 remove",
    "remapped": "mmap 0 8 rw shared,fixed f0 0\nwrite 1 1\nremap 2 2 none 20",
}
NO_SWAP = {
    "put out, private": "mmap 0 4 rw private,anon,fixed\nwrite 1 7\nmadvise 0 4 pageout",
    "put out, shared": "mmap 0 8 rw shared,fixed f0 0\nwrite 1 7\nmadvise 0 8 pageout",
    "put out, given away": "mmap 0 4 rw private,anon,fixed\nwrite 1 7\nmadvise 0 4 free\n"
    "madvise 0 4 pageout\nread 1",
}


def has_swap():
    return len(Path("/proc/swaps").read_text().splitlines()) > 1


@pytest.fixture(scope="module")
def kernel():
    with host.Host(memory=True) as running:
        yield running


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_pages_are_there(kernel, name):
    program = parse_program(PROGRAMS[name])
    assert compare(run_program(program, memory=True), kernel.run(program)) is None


@pytest.mark.skipif(has_swap(), reason="this machine has swap, and the pages might go there")
@pytest.mark.parametrize("name", NO_SWAP)
def test_what_cannot_go_to_swap_stays_in_memory(kernel, name):
    program = parse_program(NO_SWAP[name])
    assert compare(run_program(program, memory=True), kernel.run(program)) is None


def test_a_real_pagemap_is_read_page_by_page(kernel):
    real = kernel.run(parse_program("seq 1 4 hole\nmmap 1 2 rw shared,fixed f0 0\nwrite 2 1"))
    after = real.steps[-1].after
    told = [entry & (PM_PRESENT | PM_FILE) for entry in after.pagemap]
    assert told == [0, 0, PM_PRESENT | PM_FILE, 0]
    assert (after.memory[0].rss, after.memory[0].start) == (4, after.vmas[0].start)


def test_a_difference_in_pages_is_told(kernel):
    program = parse_program("mmap 0 2 rw private,anon,fixed\nwrite 1 7")
    other = parse_program("mmap 0 2 rw private,anon,fixed\nwrite 0 7")
    model, real = run_program(other, memory=True), kernel.run(program)
    assert "pagemaps differ" in str(compare(model, real))
    assert not any(entry & PM_SOFT_DIRTY for entry in model.steps[-1].after.pagemap)


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_random_programs_leave_the_same_pages(profile):
    report = fuzz(Job(profile, 11, 100, memory=True))
    assert not report.found
    assert report.share_ok > 0.6
