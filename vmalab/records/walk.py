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
    file's page from a swapped one where none is. ``mask`` may have gaps.
    """

    name: str
    mask: int
    meaning: str

    def is_set_in(self, entry: int) -> bool:
        """Is any of its bits set?

        >>> EntryField("RW", 0x2, "the page may be written").is_set_in(0x67)
        True
        """
        return entry & self.mask != 0


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
    """

    addr: int
    offset_bytes: int
    entry_bits: int
    steps: tuple[WalkStep, ...]
    outcome: str
    pfn: int | None = None

    @property
    def entry(self) -> int:
        """The last entry read: the page's own, unless the walk ended early."""
        return self.steps[-1].entry
