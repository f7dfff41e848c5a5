"""A walk about the protection series of 2006: what a line of it says, said of our kernel."""

import re

from tests.walks import PG, Walk, marks, rights, runs
from vmalab.records.resolve import Window
from vmalab.trace.touches import load_word, probe
from vmalab.uapi.errors import OutOfMemory, SegmentationFault, VmalabSignal
from vmalab.uapi.mman import MAP_CHGPROT, MAP_NONBLOCK
from vmalab.units import addr_to_vpn

PROTECTIONS = (
    r"vma (...) want (...) -> .*?; page 4 rd,wr,ex ...; "
    r"untouched page 5 rd,wr,ex ...; untouched page 6 wr,rd .."
)
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
