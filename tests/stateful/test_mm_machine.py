"""After any sequence of calls and touches, does every page show what a dictionary of pages says?

VMAs are compared page by page, so neither how they are cut nor why they merged plays a part.
"""

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.oracles import EXEC, READ, WRITE, PageOracle
from vmalab.kernel import Kernel
from vmalab.mm.validate import validate_machine, validate_mm
from vmalab.uapi.errors import VmalabSignal

PAGE = 4096
BASE = 0x2000_0000_0000
WINDOW = 12
FILE_PAGES = 8

page_numbers = st.integers(0, WINDOW - 1)
counts = st.integers(1, 5)
prots = st.sampled_from([0, READ, WRITE, READ | WRITE, READ | WRITE, READ | EXEC, 7])
values = st.integers(1, 255)


class MmMachine(RuleBasedStateMachine):
    """One task and the oracle, told the same."""

    @initialize()
    def boot(self):
        self.task = Kernel(ram_pages=2048).spawn()
        self.oracle = PageOracle({"a": FILE_PAGES, "b": FILE_PAGES})
        self.fds = {name: self.task.memfd(name, FILE_PAGES) for name in "ab"}
        self.read_only = self.task.open(self.task.files[self.fds["a"]].filemap, writable=False)
        self.nr_shared = 0

    def agree(self, name, expected, *args):
        assert self.task.syscall(name, *args) == expected

    @rule(page=page_numbers, count=counts, prot=prots)
    def map_private_anonymous(self, page, count, prot):
        addr = BASE + page * PAGE
        assert self.task.mmap(addr, count * PAGE, prot, 0x32) == addr
        self.oracle.mmap(page, count, prot, shared=False, thing=None, pgoff=0)

    @rule(page=page_numbers, count=counts, prot=prots)
    def map_shared_anonymous(self, page, count, prot):
        addr = BASE + page * PAGE
        self.task.mmap(addr, count * PAGE, prot, 0x31)
        thing = f"shm{self.nr_shared}"
        self.nr_shared += 1
        self.oracle.file_pages[thing] = count
        self.oracle.mmap(page, count, prot, shared=True, thing=thing, pgoff=0)

    @rule(
        page=page_numbers,
        count=counts,
        prot=prots,
        name=st.sampled_from("ab"),
        shared=st.booleans(),
        pgoff=st.integers(0, FILE_PAGES),
    )
    def map_a_file(self, page, count, prot, name, shared, pgoff):
        addr, kind = BASE + page * PAGE, 0x11 if shared else 0x12
        self.task.mmap(addr, count * PAGE, prot, kind, self.fds[name], pgoff * PAGE)
        self.oracle.mmap(page, count, prot, shared=shared, thing=name, pgoff=pgoff)

    @rule(page=page_numbers, count=counts)
    def map_a_read_only_file(self, page, count):
        addr = BASE + page * PAGE
        self.task.mmap(addr, count * PAGE, READ, 0x11, self.read_only, page * PAGE)
        mode = READ | EXEC
        self.oracle.mmap(page, count, READ, shared=True, thing="a", pgoff=page, mode=mode)

    @rule(page=page_numbers, count=counts)
    def unmap(self, page, count):
        expected = self.oracle.munmap(page, count)
        self.agree("munmap", expected, BASE + page * PAGE, count * PAGE)

    @rule(page=page_numbers, count=counts, prot=prots)
    def protect(self, page, count, prot):
        expected = self.oracle.mprotect(page, count, prot)
        self.agree("mprotect", expected, BASE + page * PAGE, count * PAGE, prot)

    @rule(page=page_numbers, count=counts, goal=page_numbers)
    def move(self, page, count, goal):
        expected = self.oracle.move(page, count, goal)
        old, new = BASE + page * PAGE, BASE + goal * PAGE
        size = count * PAGE
        self.agree("mremap", expected or new, old, size, size, 3, new)

    @rule(page=page_numbers, count=counts, pgoff=st.integers(0, FILE_PAGES))
    def rearrange(self, page, count, pgoff):
        expected = self.oracle.remap(page, count, pgoff)
        self.agree("remap_file_pages", expected, BASE + page * PAGE, count * PAGE, 0, pgoff, 0)

    @rule(page=page_numbers, count=counts)
    def forget_pages(self, page, count):
        expected = self.oracle.dontneed(page, count)
        self.agree("madvise", expected, BASE + page * PAGE, count * PAGE, 4)

    @rule(page=page_numbers, count=counts)
    def lock(self, page, count):
        expected = self.oracle.lock(page, count, locked=True)
        if expected == 0 and self.oracle.unfaultable(page, count):
            expected = -12
        self.agree("mlock", expected, BASE + page * PAGE, count * PAGE)

    @rule(page=page_numbers, count=counts)
    def unlock(self, page, count):
        expected = self.oracle.lock(page, count, locked=False)
        self.agree("munlock", expected, BASE + page * PAGE, count * PAGE)

    @rule(page=page_numbers, value=values)
    def write(self, page, value):
        try:
            self.task.store(BASE + page * PAGE, bytes([value]))
            found = "ok"
        except VmalabSignal as signal:
            found = signal.signal
        assert found == self.oracle.write(page, value)

    @rule(page=page_numbers)
    def read(self, page):
        try:
            found = self.task.load(BASE + page * PAGE)[0]
        except VmalabSignal as signal:
            found = signal.signal
        assert found == self.oracle.read(page)

    @rule()
    def fork_and_go_on_in_the_child(self):
        parent, self.task = self.task, self.task.fork()
        for name, cell in self.oracle.cells.items():
            if cell.locked:
                self.oracle.lock(name, 1, locked=False)
        parent.exit()

    @invariant()
    def every_page_shows_what_it_should(self):
        if not hasattr(self, "task"):
            return
        found = {}
        for row in self.task.snapshot().vmas:
            anonymous = row.backing == "anon"
            for offset in range(row.nr_pages):
                page = (row.start - BASE) // PAGE + offset
                thing = None if anonymous else row.backing
                pgoff = 0 if anonymous else row.pgoff + offset
                found[page] = (row.perms, thing, pgoff, "lo" in row.flags)
        assert found == {
            page: (cell.perms, cell.thing, cell.pgoff, cell.locked)
            for page, cell in self.oracle.cells.items()
        }

    @invariant()
    def the_laws_hold(self):
        if not hasattr(self, "task"):
            return
        validate_mm(self.task.mm)
        filemaps = {file.filemap for file in self.task.files.values()}
        filemaps |= {vma.vm_file.filemap for vma in self.task.mm.tree if vma.vm_file}
        validate_machine(self.task.kernel.machine, [self.task.mm], filemaps)


MmMachine.TestCase.settings = settings(
    max_examples=300 if os.environ.get("HYPOTHESIS_PROFILE") == "night" else 60,
    stateful_step_count=40,
)
TestAddressSpaceAgainstAPageOracle = MmMachine.TestCase
