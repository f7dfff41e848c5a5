"""What memory should hold, in dicts: no frames, no entries, no swap.

A page is two words, the one at its start and the one at its middle. Where a page of a mapping has
been written privately, ``own`` has its words; elsewhere they are the object's, or zeroes.

    Space.areas   page -> Area(object, index, rights)          what may be
    Space.own     page -> [word, word]                         what was written privately
    Space.loose   pages given away with MADV_FREE              they may turn to zeroes, or not
    Object.words  index -> [word, word]                        what is shared
"""

from dataclasses import dataclass, field

ZEROES = [0, 0]
BUS, SEGV = "SIGBUS", "SIGSEGV"


@dataclass(eq=False)
class Object:
    """A file or a shared anonymous object, ``halves`` half pages long."""

    halves: int
    words: dict = field(default_factory=dict)

    @property
    def nr_pages(self):
        return (self.halves + 1) // 2


@dataclass(frozen=True)
class Area:
    """What one page of an address space maps; no object is private anonymous memory."""

    thing: Object | None
    index: int
    shared: bool
    prot: int


@dataclass(eq=False)
class Space:
    """One task's memory."""

    areas: dict = field(default_factory=dict)
    own: dict = field(default_factory=dict)
    loose: set = field(default_factory=set)

    def fork(self):
        own = {page: list(words) for page, words in self.own.items()}
        return Space(dict(self.areas), own, set(self.loose))

    def map(self, page, area):
        self.forget(page)
        self.areas[page] = area

    def unmap(self, page):
        self.forget(page)
        self.areas.pop(page, None)

    def move(self, page, to):
        self.unmap(to)
        self.areas[to] = self.areas.pop(page)
        if page in self.own:
            self.own[to] = self.own.pop(page)
        if page in self.loose:
            self.loose.remove(page)
            self.loose.add(to)

    def protect(self, page, prot):
        area = self.areas[page]
        self.areas[page] = Area(area.thing, area.index, area.shared, prot)

    def trouble(self, page, *, write):
        """The signal that a touch ends in, or None."""
        area = self.areas.get(page)
        if area is None or not area.prot & 3 or (write and not area.prot & 2):
            return SEGV
        beyond = area.thing is not None and area.index >= area.thing.nr_pages
        return BUS if beyond and page not in self.own else None

    def words(self, page):
        """What a page holds."""
        area = self.areas[page]
        if page in self.own:
            return self.own[page]
        return ZEROES if area.thing is None else area.thing.words.get(area.index, ZEROES)

    def write(self, page, half, word):
        area = self.areas[page]
        if area.shared:
            words = area.thing.words.setdefault(area.index, [0, 0])
        else:
            words = self.own.setdefault(page, list(self.words(page)))
        words[half] = word

    def populate(self, page, *, write):
        """MADV_POPULATE_WRITE: a private page of a file is copied."""
        if write and not self.areas[page].shared:
            self.own.setdefault(page, list(self.words(page)))

    def forget(self, page):
        """MADV_DONTNEED."""
        self.own.pop(page, None)
        self.loose.discard(page)

    def give_away(self, page):
        """MADV_FREE."""
        if page in self.own:
            self.loose.add(page)

    def settle(self, page, found):
        """A page that was given away was seen to hold these words: was it dropped?"""
        if page in self.loose and found == ZEROES:
            self.forget(page)


def truncate(spaces, thing, halves):
    """Another length: what is beyond it is gone, private copies of whole pages too."""
    shorter = halves < thing.halves
    thing.halves = halves
    if not shorter:
        return
    for index in [index for index in thing.words if index >= thing.nr_pages]:
        del thing.words[index]
    if halves % 2 and halves // 2 in thing.words:
        thing.words[halves // 2][1] = 0
    for space in spaces:
        for page, area in space.areas.items():
            if area.thing is thing and area.index >= thing.nr_pages:
                space.forget(page)
