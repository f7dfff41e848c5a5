"""Is what tasks read always what was last written, while reclaim takes pages at any moment?

Hypothesis drives a few tasks on a machine with too little memory for them; a dict (oracle.py) says
what each page should hold. After every step all laws hold.

    96 frames:  page tables, page cache and private pages of up to four tasks; the rest is in swap
"""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.laws.machine import check_kernel
from tests.memory import PAGE, kind, machine, page, pfn
from tests.stateful.oracle import Area, Object, Space, truncate
from vmalab.mm.filemap import Filemap, bytes_of
from vmalab.mm.vmscan import evict_page, is_evictable
from vmalab.uapi.errors import VmalabSignal

pytestmark = pytest.mark.slow

FRAMES, SLOTS = 96, 600
PAGES = 20
FILE_PAGES = 8
MOST_TASKS = 4
HALF = PAGE // 2

numbers = st.integers(0, PAGES - 1)
lengths = st.integers(1, 6)
choices = st.integers(0, 1 << 16)
words = st.integers(1, (1 << 32) - 1)
halves = st.integers(0, 1)
prots = st.sampled_from([3, 3, 3, 1, 0])


def encode(word):
    return word.to_bytes(4, "little")


def disk_word(index):
    return 0xD15C0000 + index


class Memory(RuleBasedStateMachine):
    """Each task has a window of PAGES pages, and two files open: one of shmem, one on disk."""

    def __init__(self, frames=FRAMES):
        super().__init__()
        self.kernel = machine(ram=frames, swap=SLOTS)
        first = self.kernel.spawn()
        disk = b"".join(encode(disk_word(index)).ljust(PAGE, b"\0") for index in range(FILE_PAGES))
        on_disk = Filemap("disk", len(disk), source=bytes_of(disk))
        self.fds = [first.memfd("shmem", FILE_PAGES), first.open(on_disk)]
        self.files = [Object(2 * FILE_PAGES), Object(2 * FILE_PAGES)]
        self.files[1].words = {index: [disk_word(index), 0] for index in range(FILE_PAGES)}
        self.tasks = [(first, Space())]

    def pick(self, choice):
        return self.tasks[choice % len(self.tasks)]

    def mapped_pages(self, choice, number, length):
        """A task, its space, and those pages of a range that are mapped."""
        task, space = self.pick(choice)
        pages = [at for at in span(number, length) if at in space.areas]
        return task, space, pages

    @rule(choice=choices, number=numbers, length=lengths, prot=prots, shared=st.booleans())
    def mmap_anon(self, choice, number, length, prot, shared):
        task, space = self.pick(choice)
        pages = span(number, length)
        thing = Object(2 * len(pages)) if shared else None
        task.mmap(page(number), len(pages) * PAGE, prot, 0x31 if shared else 0x32)
        for index, at in enumerate(pages):
            space.map(at, Area(thing, index, shared, prot))

    @rule(
        choice=choices,
        number=numbers,
        length=lengths,
        prot=prots,
        shared=st.booleans(),
        which=halves,
        index=st.integers(0, FILE_PAGES),
    )
    def mmap_file(self, choice, number, length, prot, shared, which, index):
        task, space = self.pick(choice)
        pages = span(number, length)
        kind = 0x11 if shared else 0x12
        task.mmap(page(number), len(pages) * PAGE, prot, kind, self.fds[which], index * PAGE)
        for offset, at in enumerate(pages):
            space.map(at, Area(self.files[which], index + offset, shared, prot))

    @rule(choice=choices, number=numbers, half=halves)
    def load(self, choice, number, half):
        self.check(*self.pick(choice), number, half)

    def check(self, task, space, number, half):
        if number in space.loose and space.trouble(number, write=False) is None:
            space.settle(number, both_words(task, number))
        wanted = space.trouble(number, write=False) or encode(space.words(number)[half])
        try:
            found = task.load(page(number) + half * HALF, 4)
        except VmalabSignal as signal:
            found = signal.signal
        assert found == wanted, f"page {number}.{half} of task {task.pid}"

    @rule(choice=choices, number=numbers, half=halves, word=words)
    def store(self, choice, number, half, word):
        task, space = self.pick(choice)
        wanted = space.trouble(number, write=True)
        ended = None
        try:
            task.store(page(number) + half * HALF, encode(word))
        except VmalabSignal as signal:
            ended = signal.signal
        assert ended == wanted, f"page {number} of task {task.pid}"
        if ended is None:
            self.written(task, space, number, half, word)

    def written(self, task, space, number, half, word):
        """A page that was given away and is written again stays, whatever it holds by now."""
        if number in space.loose:
            found = both_words(task, number)
            assert found[half] == word
            space.settle(number, [0, found[1 - half]])
            space.loose.discard(number)
        space.write(number, half, word)

    @rule(choice=choices, number=numbers, word=words)
    def store_everywhere(self, choice, number, word):
        """Fill a range, so that frames get few."""
        task, space = self.pick(choice)
        for at in span(number, 12):
            if space.trouble(at, write=True) is None:
                task.store(page(at), encode(word))
                self.written(task, space, at, 0, word)

    @precondition(lambda self: len(self.tasks) < MOST_TASKS)
    @rule(choice=choices)
    def fork(self, choice):
        task, space = self.pick(choice)
        self.tasks.append((task.fork(), space.fork()))

    @precondition(lambda self: len(self.tasks) > 1)
    @rule(choice=choices)
    def exit(self, choice):
        task, _ = self.tasks.pop(choice % len(self.tasks))
        task.exit()

    @rule(choice=choices, number=numbers, length=lengths)
    def munmap(self, choice, number, length):
        task, space = self.pick(choice)
        task.munmap(page(number), length * PAGE)
        for at in span(number, length):
            space.unmap(at)

    @rule(choice=choices, number=numbers, length=lengths, prot=prots)
    def mprotect(self, choice, number, length, prot):
        task, space, pages = self.mapped_pages(choice, number, length)
        for at in pages:
            task.mprotect(page(at), PAGE, prot)
            space.protect(at, prot)

    @rule(choice=choices, number=numbers, length=lengths, to=numbers)
    def mremap(self, choice, number, length, to):
        task, space, pages = self.mapped_pages(choice, number, length)
        whole = pages == list(span(number, length)) and to + len(pages) <= PAGES
        if not whole or abs(to - number) < len(pages):
            return
        task.mremap(page(number), len(pages) * PAGE, len(pages) * PAGE, 3, page(to))
        for offset, at in enumerate(pages):
            space.move(at, to + offset)

    @rule(choice=choices, number=numbers, length=lengths)
    def dontneed(self, choice, number, length):
        task, space, pages = self.mapped_pages(choice, number, length)
        for at in pages:
            task.madvise(page(at), PAGE, 4)
            space.forget(at)

    @rule(choice=choices, number=numbers, length=lengths)
    def free(self, choice, number, length):
        """Give private anonymous pages away."""
        task, space, pages = self.mapped_pages(choice, number, length)
        for at in pages:
            if space.areas[at].thing is None:
                task.madvise(page(at), PAGE, 8)
                space.give_away(at)

    @rule(choice=choices, number=numbers, length=lengths, write=st.booleans())
    def populate(self, choice, number, length, write):
        task, space, pages = self.mapped_pages(choice, number, length)
        for at in pages:
            if space.areas[at].prot & 3 and space.trouble(at, write=write) is None:
                task.madvise(page(at), PAGE, 23 if write else 22)
                space.populate(at, write=write)

    @rule(choice=choices, number=numbers, length=lengths)
    def pageout(self, choice, number, length):
        task, _, pages = self.mapped_pages(choice, number, length)
        for at in pages:
            task.madvise(page(at), PAGE, 21)

    @rule(hand=choices, much=st.integers(1, 40))
    def evict(self, hand, much):
        """Put out so many frames from a place on, whoever they belong to."""
        counts = self.kernel.machine.memory.count
        for offset in range(much):
            frame = (hand + offset) % len(counts)
            if is_evictable(self.kernel.machine, frame):
                assert evict_page(self.kernel.machine, frame) in {True, False}

    @rule(choice=choices, number=numbers)
    def point_the_hand(self, choice, number):
        """Let the clock come by a page next, and find it unused."""
        task, _ = self.pick(choice)
        if kind(task, page(number)) == "present":
            frame = pfn(task, page(number))
            self.kernel.clock._was_referenced(frame)
            self.kernel.clock.hand = frame - 1

    @rule(which=halves, length=st.integers(0, 2 * FILE_PAGES + 2))
    def truncate(self, which, length):
        self.tasks[0][0].ftruncate(self.fds[which], length * HALF)
        truncate([space for _, space in self.tasks], self.files[which], length)

    @rule(which=halves, index=st.integers(0, FILE_PAGES - 1), half=halves, word=words)
    def pwrite(self, which, index, half, word):
        thing = self.files[which]
        if 2 * index + half >= thing.halves:
            return
        self.tasks[0][0].pwrite(self.fds[which], encode(word), index * PAGE + half * HALF)
        thing.words.setdefault(index, [0, 0])[half] = word

    @invariant()
    def laws(self):
        check_kernel(self.kernel)

    def teardown(self):
        for task, space in self.tasks:
            for number in range(PAGES):
                for half in (0, 1):
                    self.check(task, space, number, half)
        for task, _ in self.tasks:
            task.exit()
        assert self.kernel.machine.memory.nr_used == 1, "only the zero page is left"
        assert self.kernel.machine.swap.nr_free == SLOTS


def both_words(task, number):
    return [int.from_bytes(task.load(page(number) + half * HALF, 4), "little") for half in (0, 1)]


def span(number, length):
    return range(number, min(number + length, PAGES))


TestMemory = Memory.TestCase
