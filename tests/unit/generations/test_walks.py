"""Does the model do what walks through real kernels of 2006 saw, line by line?

    2. MAP_CHGPROT        vma rw- want r-- -> 0 NONLINEAR MANYPROTS; page 4 rd,wr,ex oao; …
    4. refusals           rfp(b,PG,R_,32,CHG)                            -> -1 EINVAL
    11. swap-out          ptes: 0-1=140 1-2=44 2-3=4a 3-4=4e 4-5=50 …
    13. nonlinear first   read,write: 0-1=oo 1-2=LL 2-12=oo

The transcripts hold random programs; here are all protections by all others, every refusal in its
place, and the bits of the entries. Not compared: how much swap was in use, and which faults were
major, for reading ahead from swap is not modelled.
"""

import re

import pytest

from tests.walks import PG, Walk, marks, read, rights, runs
from vmalab.mm.filemap import Filemap
from vmalab.records.resolve import Window
from vmalab.trace.touches import load_word, probe
from vmalab.uapi.errors import OutOfMemory, SegmentationFault, VmalabSignal
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_CHGPROT, MAP_NONBLOCK, MAP_PRIVATE, MAP_SHARED
from vmalab.units import addr_to_vpn

WALKS = {
    "x86_64-plain": ("linux-2.6", "x86_64"),
    "x86_64-v4": ("linux-2.6-manyprots-v4", "x86_64"),
    "i386-v4": ("linux-2.6-manyprots-v4", "i386"),
    "i386-pae-v4": ("linux-2.6-manyprots-v4", "i386-pae"),
    "i386-2006-04": ("linux-2.6-manyprots-2006-04", "i386"),
}
PROTECTIONS = (
    r"vma (...) want (...) -> .*?; page 4 rd,wr,ex ...; "
    r"untouched page 5 rd,wr,ex ...; untouched page 6 wr,rd .."
)
EIGHT = range(8)
"""- r w rw x rx wx rwx, in the walks' order."""
PRESSURE = "pressure"


class WalkOf2006(Walk):
    """A walk as the program about the protection series prints it."""

    def word(self, page):
        return (0xF000_0000 | page).to_bytes(4, "little") + b"\0\0\0\0\xc3"

    def looks(self):
        return {
            r"vm_area_struct: \d+ bytes per object": self.size,
            PROTECTIONS: self.protection,
            r"ptes: .*": lambda said: f"ptes: {runs(self.entries(pages_of(said)))}",
            r"read,write: .*": lambda said: f"read,write: {self.touches(said, 'rw')}",
            r"write,read: .*": lambda said: f"write,read: {self.touches(said, 'wr')}",
            r"(exec.*:) \d.*": lambda said: f"{said[1]} {self.touches(said, 'x')}",
            r"file page seen: .*": lambda said: f"file page seen: {self.seen(pages_of(said))}",
            r"file pages 0-32 in page cache: \d+ of 32(; .*)": self.cached,
            PRESSURE: self.pressure,
            r"off \w+ prot ...: \w+": self.unrepresentable,
            r"off 0x(\w+) rw, r-, none:": self.offset,
            r"(page (\d).*: pread into it ).*(; pwrite from it ).*": self.copies,
            r"(page (\d): pread into it ).*": self.copies,
            r"mlock: .*": self.mlock,
            r"after mprotect NONE, RW: p\[0\]=\d": self.first_byte,
            r"p\[PG\]=\d": lambda _: f"p[PG]={self.task.load(self.b + PG)[0]}",
            r"child: (exit 0|killed by signal 9)": self.child,
            r"ftruncate64 to 2\^27 pages: .*": self.stretch,
        }

    def start_of_row(self, line):
        row = re.match(r"V (\d+)-", line)
        return int(row[1]) if row else None

    def row(self, vma):
        start, end = ((edge - self.base) // PG for edge in (vma.vm_start, vma.vm_end))
        pgoff = vma.vm_pgoff if vma.vm_file else 0
        return f"V {start}-{end} {rights(vma)} pgoff {pgoff}{marks(vma)}"

    def in_python(self, text):
        top = 0x7FFF_FFF0_0000 if self.task.mm.policy.arch == "x86_64" else 0xBFFF_F000
        return re.sub(r"\(sizeof\(long\).*?\)(?=,)", hex(top), text)

    def remap_all(self, pages, pgoff_of, prot_of=lambda page: page % 8):
        for page in pages:
            self.remap(page, prot_of(page), pgoff_of(page))

    # What a line says on our kernel

    def size(self, _):
        return f"vm_area_struct: {self.kernel.slabinfo().split()[3]} bytes per object"

    def protection(self, said):
        """A window with one protection, page 4 remapped in place with another."""
        vma, want = (sum(1 << "rwx".index(c) for c in prot if c != "-") for prot in said.groups())
        self.window(vma)
        result = self.remap(4, want, 4).replace("ok", "0") + marks(self.task.mm.tree.at(self.b))
        page_4, page_5 = self.touch(4, "rwx"), self.touch(5, "rwx")
        return (
            f"vma {said[1]} want {said[2]} -> {result}; page 4 rd,wr,ex {page_4}; "
            f"untouched page 5 rd,wr,ex {page_5}; untouched page 6 wr,rd {self.touch(6, 'wr')}"
        )

    def entries(self, count):
        first = addr_to_vpn(self.at)
        return [self.entry(self.task.mm.pgtable.get(first + page)) for page in range(count)]

    def entry(self, pte):
        fmt = self.task.mm.fmt
        kind = fmt.kind(pte) if pte else "none"
        if kind not in {"present", "protnone"}:
            return f"{pte:x}" if pte else kind
        bits = (("P", fmt.present), ("RW", fmt.rw), ("US", fmt.user), ("NX", fmt.nx))
        said = " ".join(name for name, bit in bits if pte & bit)
        return f"present({said if kind == 'present' else 'PROTNONE'})"

    def touches(self, said, ways):
        return runs([self.touch(page, ways) for page in range(pages_of(said))])

    def touch(self, page, ways):
        """How each way of touching a page ends, in the order in which they are tried."""
        addr = self.at + page * PG
        return "".join(probe_one(self.task, addr, way) for way in ways)

    def seen(self, count):
        """Which page of the file each page of the window shows."""
        words = [self.shown(page) for page in range(count)]
        apart = [word - page if isinstance(word, int) else word for page, word in enumerate(words)]
        told = []
        for run in runs([str(key) for key in apart]).split():
            place = run.partition("=")[0]
            word = words[int(place.partition("-")[0])]
            told.append(f"{place}={f'@{word}' if isinstance(word, int) else word}")
        return " ".join(told)

    def shown(self, page):
        try:
            return load_word(self.task, self.at + page * PG) & 0xFFFF
        except VmalabSignal as signal:
            return signal.signal.removeprefix("SIG")

    def cached(self, said):
        filemap = self.task.files[self.fd].filemap
        there = sum(filemap.frame(page) >= 0 for page in range(32))
        return f"file pages 0-32 in page cache: {there} of 32{said[1]}"

    def pressure(self, _):
        self.evict()
        return PRESSURE

    def copies(self, said):
        """read(2) into a page and write(2) from it: the kernel touches it for the process."""
        addr = self.b + int(said[2]) * PG + 64
        told = said[1] + answer(lambda: self.task.store(addr, b"8 bytes!"))
        if said.re.groups == 3:
            told += said[3] + answer(lambda: self.task.load(addr, 8))
        return told

    def mlock(self, _):
        result = self.outcome(lambda: self.task.mlock(self.b, 4 * PG))
        return f"mlock: {result.removeprefix('-1 ')}"

    def first_byte(self, _):
        return f"after mprotect NONE, RW: p[0]={self.task.load(self.b)[0]}"

    def child(self, _):
        try:
            self.task.load(self.b)
        except OutOfMemory:
            return "child: killed by signal 9"
        return "child: exit 0"

    def stretch(self, said):
        """x86_64 refuses (EFBIG): tmpfs had a largest file, which the model has not."""
        if said[0].endswith(" 0"):
            self.task.ftruncate(self.fd, PG << 27)
        return said[0]

    def unrepresentable(self, said):
        """A remap of section 14 that failed; those that did not are told of by their entries."""
        _, pgoff, _, prot, _ = re.split(r"[ :]+", said[0])
        page = ("rw-:", "r--:", "---:").index(f"{prot}:")
        result = self.remap(page, (3, 1, 0)[page], int(pgoff, 16), MAP_CHGPROT | MAP_NONBLOCK)
        return f"off {pgoff} prot {prot}: {result.removeprefix('-1 ')}"

    def offset(self, said):
        for page, prot in enumerate((3, 1, 0)):
            self.remap(page, prot, int(said[1], 16), MAP_CHGPROT | MAP_NONBLOCK)
        return said[0]


def pages_of(said):
    """So many pages a line of runs tells of."""
    return int(re.findall(r"-(\d+)=", said[0])[-1])


def probe_one(task, addr, way):
    """One touch as the programs made it: they read what they then wrote."""
    window = Window(addr, 1)
    answers = probe(task, window, addr, 1, way, apart=True)
    return answers.partition("=")[2]


def answer(touch):
    try:
        touch()
    except SegmentationFault:
        return "-1 EFAULT"
    return "8 "


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
