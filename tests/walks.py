"""Walks through real kernels, walked again on the model: does each printed line come out the same?

    ## 12. munmap of the middle
       munmap(b+6*PG,4*PG)                  -> ok       the call is made, and its result compared
          V 0-6 rw-s pgoff 0 NONLINEAR                  all VMAs
          ptes: 0-1=164 1-2=present(P US)               the entries, from the window's first page
          read,write: 0-1=aa 1-2=oa                     two touches of each page

A walk's lines are played in order. What its program did without saying so, the test does between
them. tests/data/walks/README.md tells where the walks are from.
"""

import gzip
import re
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from vmalab.kernel import Kernel
from vmalab.mm.flags import VM_MANYPROTS, VM_MAYSHARE, VM_NONLINEAR
from vmalab.mm.validate import validate_mm
from vmalab.mm.vma import VmArea
from vmalab.mm.vmscan import evict_file
from vmalab.records.program import WINDOW_START
from vmalab.uapi import mman
from vmalab.uapi.errors import KernelError, errno_name
from vmalab.units import page_align, page_align_down

FOLDER = Path(__file__).parent / "data" / "walks"
PG = 4096
ROOM = 1000
"""Pages from BASE on that a walk maps anything in."""
RETURN_AT = 8
"""The byte of each page of a file that is a return instruction."""

_CONSTANTS = {name: value for name, value in vars(mman).items() if name.isupper()}
_NAMES = {"R_": 1, "RW": 3, "X_": 4, "CHG": mman.MAP_CHGPROT, "NB": mman.MAP_NONBLOCK, "PG": PG}
_IN_C = re.compile(r"\(char\*\)|(?<=[0-9a-f])U?L\b")
"""What C says of a type, and Python does not."""
_CALL = re.compile(r"(\w+\(.*\)) +-> (ok|-1 .*)")


def read(name: str, part: int = 0) -> dict[int, list[str]]:
    """The sections of a recorded walk by number: their lines, without indentation."""
    text = gzip.decompress((FOLDER / f"{name}.txt.gz").read_bytes()).decode()
    text = text.split("\n######## PART ")[part]
    sections = {}
    for section in text.split("\n## ")[1:]:
        number, _, rest = section.partition(".")
        lines = [line.strip() for line in rest.splitlines()[1:]]
        sections[int(number)] = [line for line in lines if line and not line.startswith("#")]
    return sections


class Walk:
    """One section of a walk, on a kernel of its own.

    ``b`` is the address of the window, ``base`` of all that the section maps; ``at`` is where lines
    about pages begin. ``differing`` are the lines that came out otherwise: as recorded, as ours.
    """

    pages = 32
    margin = 0
    """How many pages of BASE are left free below the window."""

    def __init__(self, kernel: str, arch: str, lines: list[str]) -> None:
        self.kernel = Kernel(kernel, arch=arch, ram_pages=1 << 14, swap_pages=1 << 10)
        self.task = self.kernel.spawn()
        self.base = WINDOW_START[arch]
        self.b = self.at = self.base + self.margin * PG
        self.fd = self.task.memfd("f", self.pages)
        self.write_file(0, self.pages)
        self.lines = lines
        self.played = 0
        self.differing: list[tuple[str, str]] = []
        self.passed_over: list[str] = []

    # What the program did without saying so

    def word(self, page: int) -> bytes:
        """How a page of the file begins."""
        raise NotImplementedError

    def write_file(self, first: int, last: int, fd: int | None = None) -> None:
        """Write pages of the file, each with what tells it from the others."""
        for page in range(first, last):
            self.task.pwrite(self.fd if fd is None else fd, self.word(page), page * PG)

    def window(
        self, prot: int = 3, flags: int = mman.MAP_SHARED, *, fd: int | None = None, pages: int = 0
    ) -> None:
        """Unmap everything and map the window anew."""
        self.task.munmap(self.base, ROOM * PG)
        self.at = self.b
        self.map(0, pages or self.pages, prot, 0, flags, fd=fd)

    def map(
        self,
        page: int,
        pages: int,
        prot: int,
        pgoff: int,
        flags: int = mman.MAP_SHARED,
        *,
        fd: int | None = None,
    ) -> None:
        """Map pages of the file, or of another, at a page of the window."""
        anonymous = flags & mman.MAP_ANONYMOUS
        fd = -1 if anonymous else self.fd if fd is None else fd
        addr = self.b + page * PG
        self.task.mmap(addr, pages * PG, prot, flags | mman.MAP_FIXED, fd, pgoff * PG)

    def remap(self, page: int, prot: int, pgoff: int, flags: int = mman.MAP_CHGPROT) -> str:
        """remap_file_pages of one page; it may fail, as on the plain kernel."""
        addr = self.b + page * PG
        return self.outcome(lambda: self.task.remap_file_pages(addr, PG, prot, pgoff, flags))

    def evict(self) -> None:
        """Put out every page of every file, as memory pressure does."""
        for filemap in {file.filemap for file in self.task.files.values()}:
            evict_file(self.kernel.machine, filemap)

    def fork(self) -> Callable[[], None]:
        """Go on in the child, until what this gives is called."""
        parent, self.task = self.task, self.task.fork()

        def back() -> None:
            self.task.exit()
            self.task = parent

        return back

    # The lines

    def until(self, marker: str = "", *, again: int = 0) -> None:
        """Play lines up to the next that begins with ``marker``, ``again`` of those too; or all."""
        while self.played < len(self.lines):
            if marker and self.lines[self.played].startswith(marker):
                if not again:
                    return
                again -= 1
            self.play()
        assert not marker, f"no line begins with {marker!r}"

    def play(self, count: int = 1) -> None:
        """Play so many lines; the VMAs of one moment count as one."""
        for _ in range(count):
            said = self.lines[self.played : self.played + self.rows_ahead()]
            self.played += len(said) or 1
            if said:
                self.compare("\n".join(said), "\n".join(map(self.row, self.vmas())))
            else:
                self.line(self.lines[self.played - 1])
            validate_mm(self.task.mm)

    def rows_ahead(self) -> int:
        """How many of the next lines are the VMAs of one moment."""
        last, count = -1, 0
        for line in self.lines[self.played :]:
            start = self.start_of_row(line)
            if start is None or start <= last:
                break
            last, count = start, count + 1
        return count

    def line(self, line: str) -> None:
        """Play one line: make the call it names, or look at what it tells of."""
        if call := _CALL.fullmatch(line):
            self.compare(f"{call[1]} -> {call[2]}", f"{call[1]} -> {self.call(call[1])}")
            return
        for pattern, look in self.looks().items():
            if match := re.fullmatch(pattern, line):
                self.compare(line, look(match))
                return
        self.passed_over.append(line)

    def compare(self, said: str, ours: str) -> None:
        """Note a line that came out otherwise."""
        if said.split() != ours.split():
            self.differing.append((said, ours))

    def looks(self) -> dict[str, Callable[[re.Match[str]], str]]:
        """What a line that is no call looks like, and what it says on our kernel."""
        raise NotImplementedError

    def start_of_row(self, line: str) -> int | None:
        """The first page of the VMA that a line tells of; None if it tells of none."""
        raise NotImplementedError

    def row(self, vma: VmArea) -> str:
        """The line that tells of a VMA."""
        raise NotImplementedError

    def vmas(self) -> list[VmArea]:
        """The VMAs of the section."""
        return self.task.mm.tree.overlapping(self.base, self.base + ROOM * PG)

    def call(self, text: str) -> str:
        """Make a call as C spells it: ``ok``, or ``-1`` and the errno."""
        names = {**_CONSTANTS, **_NAMES, "b": self.b, "BASE": self.base, "N": self.pages}
        names |= {"rfp": self.task.remap_file_pages, "mprotect": self.mprotect, "fd": self.fd}
        calls = ("munmap", "mremap", "madvise", "ftruncate", "mlock", "munlock", "msync")
        names |= {name: getattr(self.task, name) for name in calls}
        expression = _IN_C.sub("", self.in_python(text))
        return self.outcome(lambda: eval(expression, {}, names))

    def in_python(self, text: str) -> str:
        """What is C and no Python in a call."""
        return text

    def mprotect(self, addr: int, length: int, prot: int) -> None:
        """The mprotect of the C library that the programs had: it rounds to whole pages."""
        start = page_align_down(addr)
        self.task.mprotect(start, page_align(addr + length) - start, prot)

    def outcome(self, call: Callable[[], object]) -> str:
        """How a call came out."""
        try:
            call()
        except KernelError as refusal:
            return f"-1 {errno_name(refusal.errno)}"
        return "ok"


def rights(vma: VmArea) -> str:
    """The four letters of /proc/PID/maps."""
    letters = (letter if vma.vm_flags >> bit & 1 else "-" for bit, letter in enumerate("rwx"))
    return "".join(letters) + ("s" if vma.vm_flags & VM_MAYSHARE else "p")


def marks(vma: VmArea) -> str:
    """The two flags that the series is about."""
    names = ((VM_NONLINEAR, " NONLINEAR"), (VM_MANYPROTS, " MANYPROTS"))
    return "".join(name for flag, name in names if vma.vm_flags & flag)


def runs(words: list[str]) -> str:
    """Equal neighbours together: ``0-2=oo 2-3=oa``."""
    told = []
    for word, group in groupby(enumerate(words), key=lambda item: item[1]):
        pages = [page for page, _ in group]
        told.append(f"{pages[0]}-{pages[-1] + 1}={word}")
    return " ".join(told)
