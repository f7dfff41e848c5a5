"""A number kept in a page-table entry, in whatever bits the hardware left free.

When PRESENT is clear the processor looks at nothing else, so a kernel may keep what it likes in the
other bits: where in swap the page went, or which page of a file belongs here. But some bits tell
the kinds of entry apart and are taken, so a number is often cut in pieces that go around them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Packed:
    """Where the bits of one number lie in an entry: pieces as (lowest bit, width), low end first.

        the page offset of a 2-level i386 file entry, Packed("page offset", ((1, 5), (8, 24)))

        31                         8 7 6 5       1 0
        +---------------------------+-+-+---------+-+
        |  bits 28 … 5              | | |  4 … 0  | |
        +---------------------------+-+-+---------+-+

    ``inverted`` stores the number's complement. ``survive`` is how many low bits come back where
    the kernel's decoder masks more than its encoder wrote (None: all of them).

    >>> pgoff = Packed("page offset", ((1, 5), (8, 24)))
    >>> hex(pgoff.pack(0x12345)), hex(pgoff.unpack(0x91a4a)), pgoff.width
    ('0x91a0a', '0x12345', 29)
    """

    name: str
    pieces: tuple[tuple[int, int], ...]
    inverted: bool = False
    survive: int | None = None

    @property
    def width(self) -> int:
        """How many bits the number may have."""
        return sum(width for _, width in self.pieces)

    @property
    def mask(self) -> int:
        """The entry's bits that belong to the number."""
        return sum(((1 << width) - 1) << low for low, width in self.pieces)

    def pack(self, value: int) -> int:
        """The entry bits that hold ``value``.

        Raises:
            ValueError: the number does not fit; a kernel tests for that before it gets here.
        """
        if not 0 <= value < 1 << self.width:
            msg = (
                f"{self.name} {value:#x} does not fit the {self.width} bits the entry has for it: "
                f"stay below {1 << self.width:#x}, as the caller must check first"
            )
            raise ValueError(msg)
        if self.inverted:
            value = ~value
        entry = 0
        for low, width in self.pieces:
            entry |= (value & ((1 << width) - 1)) << low
            value >>= width
        return entry

    def unpack(self, entry: int) -> int:
        """The number held in an entry."""
        value = shift = 0
        for low, width in self.pieces:
            value |= (entry >> low & ((1 << width) - 1)) << shift
            shift += width
        if self.inverted:
            value ^= (1 << shift) - 1
        return value if self.survive is None else value & ((1 << self.survive) - 1)
