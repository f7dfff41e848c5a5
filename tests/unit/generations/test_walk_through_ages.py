"""One walk on four kernels: where does the model say the same, and where may it not?

    rfp(b+2*PG,PG,0,9,0)                     -> ok
      vma pages   0-16  rw-s pgoff=0                    2.6.11, 2.6.32, 3.18: one VMA
      vma pages   0-2 … 2-3 … 3-16                      6.18: three
      pages: ABJDEFGHIJKLMNOP                           all: file page 9 at page 2

6.18 is modelled, and so is 2.6.18, which lies between 2.6.11 and 2.6.32: what it shares with all
three, it must do.
"""

import re

import pytest

from tests.walks import PG, Walk, read, rights
from vmalab.mm.flags import VM_NONLINEAR
from vmalab.uapi.errors import SegmentationFault, VmalabSignal
from vmalab.uapi.mman import MAP_ANONYMOUS, MAP_NONBLOCK, MAP_PRIVATE, MAP_SHARED

NAME = "2.6.11-2.6.32-3.18-and-6.18"
WALKS = {"6.18": ("linux-6", 4), "2.6.11": ("linux-2.6", 3), "2.6.32": ("linux-2.6", 2)}
WALKS["3.18"] = ("linux-2.6", 1)
LATER = {5, 7, 8, 10, 11, 16}
"""From 2.6.23 a remap first writes entries, for pages beyond the end of the file too (5, 7), and
then faults its pages in, but for MAP_NONBLOCK (8, 10, 11); mincore asks the page tables (16)."""
DIFFERS = {
    "6.18": set(),
    "2.6.11": {15},  # it merges nothing after madvise, and has no DONTFORK
    "2.6.32": LATER | {17},  # with MAP_NONBLOCK it leaves a locked page out
    "3.18": LATER,
}
SECOND = 500
"""Where a second mapping of the file goes (pages from the window)."""
LETTERS = {"SIGSEGV": "x", "SIGBUS": "!"}


class WalkThroughAges(Walk):
    """A walk as the program about nonlinear mappings prints it."""

    pages = 16
    margin = 100
    knows_nonlinear = True

    def word(self, page):
        return bytes([ord("A") + page % 26])

    def looks(self):
        return {
            r"=> (\d+) vmas?": lambda said: said[0].replace(said[1], str(len(self.vmas())), 1),
            r"pages: (\S+) (.*)": lambda said: f"pages: {self.shown(said)} {said[2]}",
            r"file : (\S+)": self.file,
            r"pagemap: \S+  mincore\(ok\): \S+": self.presence,
            r"pread\(file page (\d+)\) = '(.)'": self.pread,
            r"write: signal \d+": self.write,
            r"after the store 'z': .*": self.store,
        }

    def start_of_row(self, line):
        row = re.match(r"vma pages +(\d+)-", line)
        return int(row[1]) if row else None

    def compare(self, said, ours):
        said = re.sub(r"  /\S+( \(deleted\))?", "", said).replace("errno 75", "EOVERFLOW")
        super().compare(said, ours)

    def row(self, vma):
        start, end = ((edge - self.at) // PG for edge in (vma.vm_start, vma.vm_end))
        nonlinear = self.knows_nonlinear and vma.vm_flags & VM_NONLINEAR
        told = f"vma pages {start}-{end} {rights(vma)} pgoff={vma.vm_pgoff}"
        return told + " [VmFlags nl]" * bool(nonlinear)

    def vmas(self):
        return self.task.mm.tree.overlapping(self.at, self.at + SECOND * PG)

    def reverse(self, flags=lambda page: 0):
        for page in range(16):
            self.remap(page, 0, 15 - page, flags(page))

    def new_window(self, *args, **options):
        """A window on a file written anew."""
        self.task.ftruncate(self.fd, 0)
        self.write_file(0, 16)
        self.window(*args, **options)

    # What a line says on our kernel

    def letter(self, page):
        try:
            return chr(self.task.load(self.at + page * PG)[0] or ord("0"))
        except VmalabSignal as signal:
            return LETTERS[signal.signal]

    def shown(self, said):
        return "".join(map(self.letter, range(len(said[1]))))

    def elsewhere(self, look):
        """Look at the file through a second mapping."""
        self.map(SECOND, 16, 3, 0)
        self.at = self.b + SECOND * PG
        told = look()
        self.at = self.b
        return told

    def file(self, said):
        return f"file : {self.elsewhere(lambda: self.shown(said))}"

    def presence(self, _):
        there = self.task.pagemap(self.at, 16)
        letters = "".join("P" if entry >> 63 else "-" for entry in there)
        return f"pagemap: {letters}  mincore(ok): {self.task.mincore(self.at, 16 * PG)}"

    def pread(self, said):
        byte = self.elsewhere(lambda: self.letter(int(said[1])))
        return f"pread(file page {said[1]}) = '{byte}'"

    def write(self, said):
        with pytest.raises(SegmentationFault):
            self.task.store(self.b + 5 * PG, b"z")
        return said[0]

    def store(self, _):
        self.task.store(self.b + 5 * PG, b"z")
        page_12, page_5 = self.elsewhere(lambda: (self.letter(12), self.letter(5)))
        return f"after the store 'z': file page 12 = '{page_12}', file page 5 = '{page_5}'"


# What the program did between its lines, section by section


def one_page(walk):
    walk.new_window()
    walk.until("a second mapping")
    walk.map(SECOND, 16, 3, 0)
    walk.at = walk.b + SECOND * PG
    walk.until("store '#'")
    walk.task.store(walk.at + 9 * PG, b"#")
    walk.at = walk.b
    walk.until("store '%'")
    walk.task.store(walk.b + 2 * PG, b"%")


def window(walk):
    walk.new_window()


def reversed_window(walk):
    walk.new_window()
    walk.reverse()


def kinds_of_mapping(walk):
    walk.new_window(flags=MAP_PRIVATE)
    walk.until("MAP_PRIVATE|MAP_ANONYMOUS:")
    walk.window(flags=MAP_PRIVATE | MAP_ANONYMOUS)
    walk.until("MAP_SHARED|MAP_ANONYMOUS (shmem):")
    walk.window(flags=MAP_SHARED | MAP_ANONYMOUS)
    for page in range(16):
        walk.task.store(walk.b + page * PG, walk.word(page))
    walk.until("MAP_SHARED, PROT_READ, fd O_RDWR:")
    walk.window(1)
    walk.until("MAP_SHARED, PROT_READ, fd O_RDONLY:")
    walk.window(1, fd=walk.task.open(walk.task.files[walk.fd].filemap, writable=False))
    walk.until("MAP_SHARED, PROT_NONE:")
    walk.window(0)
    walk.until("two adjacent VMAs")
    walk.window()
    walk.task.mprotect(walk.b + 8 * PG, 8 * PG, 1)


def not_waited_for(walk):
    walk.new_window()
    walk.reverse(lambda page: MAP_NONBLOCK)


def fork(walk):
    walk.new_window()
    walk.reverse(lambda page: page % 2 * MAP_NONBLOCK)
    walk.until("child:")
    back_to_the_parent = walk.fork()
    walk.until("parent afterwards:")
    back_to_the_parent()


def holes(walk):
    reversed_window(walk)
    walk.until("map the hole again")
    walk.map(6, 4, 3, 6)


def neighbours(walk):
    walk.new_window(pages=8)
    walk.play()
    walk.map(8, 8, 3, 8)
    walk.until("(control")
    walk.window(pages=8)
    walk.map(8, 8, 3, 8)


def mremap(walk):
    reversed_window(walk)
    walk.at = walk.base


def one_displaced(prot):
    def section(walk):
        walk.new_window(prot)
        walk.remap(5, 0, 12, 0)

    return section


SECTIONS = {
    2: one_page,
    3: reversed_window,
    4: window,
    5: window,
    6: kinds_of_mapping,
    7: window,
    8: window,
    9: reversed_window,
    10: not_waited_for,
    11: fork,
    12: holes,
    13: neighbours,
    14: mremap,
    15: reversed_window,
    16: reversed_window,
    17: window,
    18: one_displaced(3),
    19: one_displaced(1),
}
"""Left out: sizes of other objects (1, 23), a count of all VMAs of the process (20), file systems
and huge pages that are not modelled (21, 22)."""


@pytest.mark.parametrize("number", SECTIONS)
@pytest.mark.parametrize("kernel", WALKS)
def test_the_walk_is_the_same_where_it_may_be(kernel, number):
    name, part = WALKS[kernel]
    lines = [line for line in read(NAME, part)[number] if line != "(no pagemap)"]
    walk = WalkThroughAges(name, "x86_64", lines)
    walk.knows_nonlinear = kernel == "3.18"
    SECTIONS[number](walk)
    walk.until()
    if number in DIFFERS[kernel]:
        assert walk.differing
    else:
        assert walk.differing == []
    assert [line for line in walk.passed_over if " -> " in line or "= '" in line] == []
