"""A page-table walk, written down: which table was read at each level, and what stood there.

The MMU takes this path for every page it does not remember; a picture of it is lesson three.
Nothing here knows an architecture: an entry comes with its fields, each with its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EntryField:
    """Some bits of a page-table entry and what they mean *in this kind of entry*.

    The same bit may mean different things: bit 6 is DIRTY where a page is present, and tells a
    file's page from a swapped one where none is. ``mask`` may have gaps; a number of several bits
    may be stored ``inverted``.
    """

    name: str
    mask: int
    meaning: str
    inverted: bool = False

    @property
    def nr_bits(self) -> int:
        """How many bits it has."""
        return self.mask.bit_count()

    def is_set_in(self, entry: int) -> bool:
        """Is any of its bits set?

        >>> EntryField("RW", 0x2, "the page may be written").is_set_in(0x67)
        True
        """
        return entry & self.mask != 0

    def value_in(self, entry: int) -> int:
        """The number it holds: its bits put together, over the gaps.

        >>> hex(EntryField("page offset", 0xFFFFFF3E, "which page").value_in(0x00091A4A))
        '0x12345'
        """
        value = nr_bits = 0
        for bit in range(self.mask.bit_length()):
            if self.mask >> bit & 1:
                value |= (entry >> bit & 1) << nr_bits
                nr_bits += 1
        return value ^ ((1 << nr_bits) - 1) if self.inverted else value


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One table read: entry ``index`` of the table in frame ``table_pfn`` held ``entry``.

    ``level`` is the table's name, ``index_bits`` how many bits of the address chose the entry;
    ``kind`` is what the entry is (``table``, ``present``, ``swap``, ``none`` …) and ``bits`` what
    its bits mean, being of that kind.
    """

    level: str
    index_bits: int
    index: int
    table_pfn: int
    entry: int
    kind: str
    bits: tuple[EntryField, ...]

    @property
    def set_bits(self) -> tuple[str, ...]:
        """The names of the fields that are not zero."""
        return tuple(field.name for field in self.bits if field.is_set_in(self.entry))


@dataclass(frozen=True, slots=True)
class Walk:
    """How an address was looked up, from the top table down.

    ``offset_bytes`` is the part of the address that no table looks at: the byte in the page.
    ``outcome`` is ``no table`` where an upper level was empty, else the kind of the last entry;
    ``pfn`` is the frame it names, if the entry holds one. Entries are ``entry_bits`` wide.
    ``unread`` are the levels below that an early end left alone: names and index bits.
    """

    addr: int
    offset_bytes: int
    entry_bits: int
    steps: tuple[WalkStep, ...]
    outcome: str
    pfn: int | None = None
    unread: tuple[tuple[str, int], ...] = ()

    @property
    def entry(self) -> int:
        """The last entry read: the page's own, unless the walk ended early."""
        return self.steps[-1].entry
