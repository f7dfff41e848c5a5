"""Does the model do what walks through real kernels of 2006 saw, line by line?

    2. MAP_CHGPROT        vma rw- want r-- -> 0 NONLINEAR MANYPROTS; page 4 rd,wr,ex oao; …
    4. refusals           rfp(b,PG,R_,32,CHG)                            -> -1 EINVAL
    11. swap-out          ptes: 0-1=140 1-2=44 2-3=4a 3-4=4e 4-5=50 …
    13. nonlinear first   read,write: 0-1=oo 1-2=LL 2-12=oo

The transcripts hold random programs; here are all protections by all others, every refusal in its
place, and the bits of the entries. Not compared: how much swap was in use, and which faults were
major, for reading ahead from swap is not modelled.
"""

import pytest

from tests.walk_of_2006 import WalkOf2006
from tests.walks import PG, read
from vmalab.mm.filemap import Filemap
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED

WALKS = {
    "x86_64-plain": ("linux-2.6", "x86_64"),
    "x86_64-v4": ("linux-2.6-manyprots-v4", "x86_64"),
    "i386-v4": ("linux-2.6-manyprots-v4", "i386"),
    "i386-pae-v4": ("linux-2.6-manyprots-v4", "i386-pae"),
    "i386-2006-04": ("linux-2.6-manyprots-2006-04", "i386"),
}
EIGHT = range(8)
"""- r w rw x rx wx rwx, in the walks' order."""


# What the program did between its lines, section by section


def nothing(walk):
    """1, 2: the lines say it all."""


def flags_and_prot(walk):
    """3: a window for the plain calls, and another for MAP_CHGPROT."""
    walk.window()
    walk.until("rfp(b,PG,0,0,CHG)")
    walk.window()


def refusals(walk):
    walk.window()
    walk.until("private file mapping:")
    walk.window(flags=MAP_PRIVATE)
    walk.until("private, PROT_READ:")
    walk.window(1, MAP_PRIVATE)
    walk.until("private anonymous:")
    walk.window(flags=MAP_PRIVATE | MAP_ANONYMOUS)
    walk.until("shared anonymous:")
    walk.window(flags=MAP_SHARED | MAP_ANONYMOUS)
    walk.until("MAP_SHARED of a read-only descriptor:")
    filemap = walk.task.files[walk.fd].filemap
    walk.window(1, fd=walk.task.open(filemap, writable=False))
    walk.until("(regular file on ramfs")
    disk = walk.task.open(Filemap("/f", 8 * PG, source=lambda _: b""))
    walk.write_file(0, 8, disk)
    walk.window(fd=disk, pages=8)


def mprotect(walk):
    walk.window()
    walk.until("range starting in an ordinary VMA")
    walk.window()
    walk.until("rfp(b+20*PG,PG,RW,20,CHG)")
    walk.window()
    walk.map(16, 16, 1, 16)
    walk.until("read,write:")
    walk.at = walk.b + 16 * PG
    walk.play()
    walk.at = walk.b
    walk.until("range starting in a hole")
    walk.window()
    walk.task.munmap(walk.b, 4 * PG)


def fork(walk):
    walk.window()
    walk.remap_all(EIGHT, lambda page: 9 + page)
    walk.evict()
    walk.remap(8, 1, 3)
    walk.until("child:")
    back_to_the_parent = walk.fork()
    walk.until("parent:")
    back_to_the_parent()


def holes(walk):
    walk.window()
    walk.remap_all(range(16), lambda page: 31 - page, lambda page: page & 1)
    walk.until("map the hole again:")
    walk.map(4, 4, 3, 4)


def mremap(walk):
    walk.window()
    walk.remap_all(range(16), lambda page: 20 - page)
    walk.evict()
    walk.remap(0, 1, 20)
    walk.until("V ")
    walk.at = walk.b + 100 * PG
    walk.until("old length 0:")
    walk.at = walk.b + 200 * PG


def dontneed(walk):
    walk.window()
    walk.remap_all(EIGHT, lambda page: page if page < 4 else 20 - page)


def truncate(walk):
    """10: the file is written again where it was cut off."""
    walk.window()
    walk.remap_all(range(16), lambda page: page if page < 8 else 28 - page)
    walk.until("ftruncate(fd,N*PG)")
    walk.play()
    walk.write_file(10, 32)


def swap_out(walk):
    walk.window()
    walk.remap_all(range(16), lambda page: page if page < 8 else 31 - page)
    for page in range(16, 20):
        walk.task.load(walk.b + page * PG)
    for page in range(20, 24):
        walk.task.store(walk.b + page * PG + 64)


def swap_out_of_a_closed_window(walk):
    walk.window(0)
    walk.remap_all(reversed(EIGHT), lambda page: 31 - page)


def offset_first(walk):
    """13: the same in three windows; in the first and the last the pages are put out on the way."""
    for prot, window in ((3, ""), (1, "same in a PROT_READ"), (0, "same in a PROT_NONE")):
        if window:
            walk.until(window)
        walk.window(prot)
        walk.until("rfp(b,PG,0,9,0)")
        walk.play()
        walk.remap_all(range(1, 9), lambda page: page, lambda page: page - 1)
        if prot == 3:
            walk.until("ptes:", again=2)
            walk.evict()
    walk.until("read,write:", again=1)
    walk.evict()


def stored_offsets(walk):
    """14: a window for each offset, nonlinear by its last page; of the others only 1 is cached."""
    walk.evict()
    walk.window()
    walk.task.load(walk.b + PG)
    for _ in range(6):
        walk.window()
        walk.remap(31, 1, 31)
        walk.until("ptes:")
        walk.play()


def ordinary_memory(walk):
    walk.window(flags=MAP_PRIVATE | MAP_ANONYMOUS)
    for page, byte in enumerate(b"\x05\x06"):
        walk.task.store(walk.b + page * PG, bytes([byte]))
    for prot in (0, 3):
        walk.task.mprotect(walk.b, 2 * PG, prot)


def copies(walk):
    walk.window()
    walk.remap_all(range(4), lambda page: page)
    walk.until("a PROT_NONE window")
    walk.window(0)
    walk.remap(1, 3, 1)


def every_other_page(walk):
    walk.window()
    for page in range(0, 32, 2):
        walk.task.mprotect(walk.b + page * PG, PG, 1)
    walk.until("remap_file_pages")
    walk.window()
    walk.remap_all(range(0, 32, 2), lambda page: page, lambda _: 1)


def instruction_fetch(walk):
    walk.window()
    walk.until("ptes:", again=1)
    walk.evict()


def locking(walk):
    walk.window()
    walk.remap_all(range(4), lambda page: page, lambda _: 1)


def closed_window_first_closed(walk):
    walk.window(0)
    walk.play(2)
    walk.remap_all(range(1, 8), lambda page: 31 - page)


def dirty_page(walk):
    """22: the window is put out before its second half; page 1 alone was read, and put out again.

    (Without that, the plain kernel would have an entry for page 1 too.)
    """
    walk.window()
    walk.task.store(walk.b + 64)
    walk.until("rfp(b,PG,0,3,CHG|NB)")
    walk.evict()
    walk.window()
    walk.task.load(walk.b + PG)
    walk.until("ptes:")
    walk.evict()


SECTIONS = {
    1: nothing,
    2: nothing,
    3: flags_and_prot,
    4: refusals,
    5: mprotect,
    6: fork,
    7: holes,
    8: mremap,
    9: dontneed,
    10: truncate,
    11: swap_out,
    12: swap_out_of_a_closed_window,
    13: offset_first,
    14: stored_offsets,
    15: ordinary_memory,
    16: copies,
    17: every_other_page,
    18: instruction_fetch,
    20: locking,
    21: closed_window_first_closed,
    22: dirty_page,
}


@pytest.mark.parametrize("number", SECTIONS)
@pytest.mark.parametrize("name", WALKS)
def test_every_line_of_the_walk(name, number):
    walk = WalkOf2006(*WALKS[name], read(name)[number])
    SECTIONS[number](walk)
    walk.until()
    assert walk.differing == []
    outcomes = [line for line in walk.passed_over if "=" in line or " -> " in line]
    assert outcomes == []


def test_no_section_is_left_out():
    for name in WALKS:
        assert sorted(read(name)) == sorted(SECTIONS)
