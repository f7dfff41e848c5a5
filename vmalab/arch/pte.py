"""What a page-table entry can be, and how to ask it: the part that all architectures share.

    kind       PRESENT  what it holds
    present       1     a frame and what the hardware may do with it
    protnone      0     a frame too, but nobody may touch it: PROT_NONE memory keeps its page
    swap          0     swap device and slot
    file          0     a page of the mapped file: a nonlinear mapping that is not in memory
    marker        0     a note from the kernel to itself: here is a guard
    none          0     nothing at all

An architecture is one :class:`PteFormat`: data, no code. Read :mod:`vmalab.arch.i386` next.

Mirrors: include/asm-i386/pgtable.h, include/asm-x86_64/pgtable.h, include/asm-um/pgtable.h
(v2.6.18); arch/x86/include/asm/pgtable.h (v6.18).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from vmalab.arch.packed import Packed
from vmalab.records.walk import EntryField

NONE: Final = "none"
PRESENT: Final = "present"
PROTNONE: Final = "protnone"
SWAP: Final = "swap"
FILE: Final = "file"
MARKER: Final = "marker"
TABLE: Final = "table"

PFN_SHIFT: Final = 12
"""Every format here keeps a frame's number where its physical address has it."""


class Level(NamedTuple):
    """One level of tables: ``index_bits`` of the address choose one of its entries.

    ``table_bits`` are what an entry of this level carries beside the lower table's frame.
    """

    name: str
    index_bits: int
    table_bits: int = 0


@dataclass(frozen=True, slots=True)
class SavedProt:
    """Where a file entry keeps its page's protection: the two facts the 2006 patch had room for."""

    rw: int
    no_access: int
    keeps_user: bool
    """Does comparing a *present* entry's protection rebuild USER, PRESENT and ACCESSED?"""
    nx: int = 0
    """Where NX is kept; the series had no bit for it, and lost it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PteFormat:
    """The layout of one architecture's page-table entries; bits that it lacks are 0.

    A page protection (``prot``) is entry bits too: what ``protection_map`` holds.
    """

    name: str
    typecode: str
    levels: tuple[Level, ...]
    present: int
    rw: int
    user: int
    accessed: int
    dirty: int
    protnone: int
    pfn_mask: int
    flags: tuple[EntryField, ...]
    """What single bits mean in a present entry."""
    protection_map: tuple[int, ...]
    """By READ 1, WRITE 2, EXEC 4, SHARED 8: what a VMA's pages may do."""
    swap_type: Packed
    swap_offset: Packed
    file: int = 0
    file_pgoff: Packed | None = None
    saved: SavedProt | None = None
    nx: int = 0
    reserved: int = 0
    """Set in a present entry, these make the hardware fault (RSVD)."""
    fresh: int = 0
    """mk_pte sets these in every present entry."""
    unseen: int = 0
    """pte_none does not look at these."""
    file_beats_protnone: bool = False
    """Is FILE with PROTNONE an absent page? Patch 11 of the April 2006 series said so."""
    inverted_pfn: bool = False
    """Is the frame number of a PROTNONE entry stored inverted (against L1TF)?"""
    modify_keeps_age: bool = False
    """Is ACCESSED of the old entry all that counts, though every protection has it set?"""
    rights: int = 0
    """Three bits of every kind of entry for the rights a page has of its own (counterfactual)."""
    markers: Mapping[int, str] | None = None
    """What the bits of a marker's offset mean; its swap type is the last one."""

    # What follows from the others

    file_max_bits: int = field(init=False)
    """PTE_FILE_MAX_BITS: how large a page offset a file entry may have; 0 without them."""
    mistakes_files: bool = field(init=False)
    """Can a file entry be taken for a present one, which shows no frame (April 2006, x86_64)?"""

    chg_mask: int = field(init=False)
    """_PAGE_CHG_MASK: what of an entry a change of protection keeps."""

    def __post_init__(self) -> None:
        """Work out what is asked at every step."""
        bits = self.file_pgoff.width if self.file_pgoff else 0
        same = self.saved is not None and self.saved.no_access == self.protnone
        object.__setattr__(self, "chg_mask", self.pfn_mask | self.accessed | self.dirty)
        object.__setattr__(self, "file_max_bits", bits)
        object.__setattr__(self, "mistakes_files", same and not self.file_beats_protnone)

    # What the format is made of

    @property
    def entry_bytes(self) -> int:
        """The size of an entry: 4 or 8 bytes."""
        return 4 if self.typecode == "I" else 8

    @property
    def leaf_bits(self) -> int:
        """How many bits of the page number choose the entry in the lowest table."""
        return self.levels[-1].index_bits

    @property
    def vpn_bits(self) -> int:
        """How many bits of a virtual page number all tables together look at."""
        return sum(level.index_bits for level in self.levels)

    @property
    def marker_type(self) -> int:
        """The swap type that is no device but a marker: SWP_PTE_MARKER."""
        return (1 << self.swap_type.width) - 1

    @property
    def loses_frames(self) -> bool:
        """Can a present entry be taken for a file entry, so that its frame is never given back?"""
        return self.file_beats_protnone and self.file == self.dirty

    # Present entries

    def mk_pte(self, pfn: int, prot: int) -> int:
        """The entry that maps frame ``pfn`` with a page protection."""
        pfn_field = pfn << PFN_SHIFT
        if prot & self.present:
            return pfn_field | prot | self.fresh
        return (pfn_field ^ self.pfn_mask if self.inverted_pfn else pfn_field) | prot

    def pte_pfn(self, pte: int) -> int:
        """The frame of a present or PROT_NONE entry."""
        if self.inverted_pfn and not pte & self.present:
            pte = ~pte
        return (pte & self.pfn_mask) >> PFN_SHIFT

    def pte_modify(self, pte: int, prot: int) -> int:
        """The same page with another protection; frame, ACCESSED and DIRTY stay."""
        kept = pte & self.chg_mask
        if self.modify_keeps_age:
            prot &= ~self.accessed
        if self.inverted_pfn and (pte ^ prot) & self.present:
            kept ^= self.pfn_mask
        return kept | prot

    def pte_none(self, pte: int) -> bool:
        """Is there nothing at all?"""
        return not pte & ~self.unseen

    def pte_present(self, pte: int) -> bool:
        """Is there a page, even if PROT_NONE hides it from the hardware?"""
        if self.file_beats_protnone and pte & (self.file | self.present) == self.file:
            return False
        return pte & (self.present | self.protnone) != 0

    def pte_write(self, pte: int) -> bool:
        """May a present page be written?"""
        return pte & self.rw != 0

    def pte_read(self, pte: int) -> bool:
        """May a present page be read from user mode?"""
        return pte & self.user != 0

    def pte_exec(self, pte: int) -> bool:
        """May code run from a present page? Without an NX bit, wherever it may be read."""
        return pte & self.user != 0 and not pte & self.nx

    def pte_young(self, pte: int) -> bool:
        """Has a present page been touched since the bit was last cleared?"""
        return pte & self.accessed != 0

    def pte_dirty(self, pte: int) -> bool:
        """Has a present page been written since the bit was last cleared?"""
        return pte & self.dirty != 0

    # Swap entries

    def swp_entry_to_pte(self, swap_type: int, slot: int) -> int:
        """The entry of a page that is in ``slot`` of swap device number ``swap_type``."""
        return self.swap_type.pack(swap_type) | self.swap_offset.pack(slot)

    def pte_to_swp_entry(self, pte: int) -> tuple[int, int]:
        """The swap device and slot of a swap entry."""
        return self.swap_type.unpack(pte), self.swap_offset.unpack(pte)

    # File entries, and the protection the 2006 patch saves in them

    def pte_file(self, pte: int) -> bool:
        """Does an entry that is neither present nor none name a page of the file?"""
        return pte & self.file != 0

    def pgoff_to_pte(self, pgoff: int) -> int:
        """The entry of a page that is at ``pgoff`` of the mapped file, and not in memory."""
        return self._file_field().pack(pgoff) | self.file

    def pte_to_pgoff(self, pte: int) -> int:
        """The page offset that a file entry holds."""
        return self._file_field().unpack(pte)

    def is_no_page(self, pte: int) -> bool:
        """Is this entry one? A PROTNONE entry has ACCESSED from the start, a file entry never."""
        if not self.mistakes_files:
            return False
        looked_at = self.present | self.protnone | self.file | self.accessed
        return pte & looked_at == self.protnone | self.file

    def pgoff_prot_to_pte(self, pgoff: int, prot: int) -> int:
        """A file entry that remembers the page's protection, as far as it has bits for it."""
        pte = self.pgoff_to_pte(pgoff)
        if self.saved is None:
            return pte
        if prot & self.protnone:
            pte |= self.saved.no_access
        if prot & self.nx:
            pte |= self.saved.nx
        return pte | (self.saved.rw if prot & self.rw else 0)

    def pte_to_pgprot(self, pte: int) -> int:
        """The protection of a file entry, or of a present one about to become a file entry.

        Without bits to save it in, access is denied (the series' fall-back for other machines).
        """
        if self.saved is None:
            return self.protection_map[0]
        present = self.pte_present(pte)
        rw = pte & self.rw
        if self.saved.nx and pte & (self.nx if present else self.saved.nx):
            rw |= self.nx
        if present and not self.saved.keeps_user:
            return rw | pte & self.protnone
        no_access = pte & (self.protnone if present else self.saved.no_access)
        return rw | self.accessed | (self.protnone if no_access else self.user | self.present)

    def _file_field(self) -> Packed:
        if self.file_pgoff is None:
            msg = f"{self.name} has no file entries: use a format of the 2.6 years"
            raise ValueError(msg)
        return self.file_pgoff

    # Markers

    def make_pte_marker(self, bits: int) -> int:
        """A marker entry: a swap entry of a device that cannot be, its offset a set of bits.

        Raises:
            ValueError: the format has no markers, or not this one.
        """
        if not bits or bits & ~sum(self.markers or ()):
            msg = f"{self.name} has no marker {bits:#x}: choose from {sorted(self.markers or ())}"
            raise ValueError(msg)
        return self.swp_entry_to_pte(self.marker_type, bits)

    def pte_marker(self, pte: int) -> int:
        """The bits of a marker entry; 0 for any other entry."""
        if self.markers is None or self.pte_present(pte) or self.pte_none(pte):
            return 0
        swap_type, bits = self.pte_to_swp_entry(pte)
        return bits if swap_type == self.marker_type else 0

    # For people

    def kind(self, pte: int) -> str:
        """What an entry is, in the order handle_pte_fault asks."""
        if self.pte_present(pte):
            return PRESENT if pte & self.present else PROTNONE
        if self.pte_none(pte):
            return NONE
        if self.pte_file(pte):
            return FILE
        return MARKER if self.pte_marker(pte) else SWAP
