"""Hand-written page-table entries and walks, laid out as on i386 and x86_64."""

from vmalab.records.walk import EntryField, Walk, WalkStep

PRESENT = EntryField("PRESENT", 1 << 0, "here is a page")
RW = EntryField("RW", 1 << 1, "the page may be written")
USER = EntryField("USER", 1 << 2, "programs may use the page")
ACCESSED = EntryField("ACCESSED", 1 << 5, "the hardware has used this entry")
DIRTY = EntryField("DIRTY", 1 << 6, "the hardware has written to the page")
NX = EntryField("NX", 1 << 63, "no code may run from this page")
FLAGS = (PRESENT, RW, USER, ACCESSED, DIRTY)

PFN = EntryField("pfn", 0xFFFFF000, "the frame that holds the page")
PFN_LONG = EntryField("pfn", ((1 << 34) - 1) << 12, "the frame that holds the page")
PGOFF = EntryField("page offset", 0xFFFFFE3C, "which page of the file belongs here")
FILE = EntryField("FILE", 1 << 6, "a page of the file, not a swapped page")
SAVED_RW = EntryField("saved RW", 1 << 1, "the page may be written when back")
NO_ACCESS = EntryField("no access", 1 << 8, "nobody may touch the page when back")
PROTNONE = EntryField("PROTNONE", 1 << 7, "a page is attached, and nobody may touch it")
SLOT = EntryField("swap offset", 0xFFFFFF00, "which slot of the device")
DEVICE = EntryField("swap type", 0x3E, "which swap device")
MARKERS = EntryField("swap offset", ((1 << 50) - 1) << 9, "which markers: 4 guard", inverted=True)

I386 = (*FLAGS, PFN)
X86_64 = (*FLAGS, PFN_LONG, NX)
SAVED_FILE = (SAVED_RW, PGOFF, FILE, NO_ACCESS)
SWAP = (DEVICE, SLOT)

ADDR = 0x7F12_3456_7ABC
ADDR_INDEXES = (254, 72, 418, 359)
NEXT = (0x102067, 0x103067, 0x104067)
LEVELS = ("pgd", "pud", "pmd", "pte")


def walk_64(entry, kind, bits, pfn=None):
    """A walk down four levels that ends with this entry."""
    tables = (0x101, 0x102, 0x103, 0x104)
    upper = [
        WalkStep(level, 9, index, table, entry, "table", (*FLAGS, PFN_LONG))
        for level, index, table, entry in zip(LEVELS, ADDR_INDEXES, tables, NEXT, strict=False)
    ]
    last = WalkStep("pte", 9, 359, 0x104, entry, kind, bits)
    return Walk(ADDR, 0xABC, 64, (*upper, last), kind, pfn)


def walk_32(entry, kind, bits, pfn=None):
    """A walk down the two levels of i386."""
    upper = WalkStep("pgd", 10, 320, 0x101, 0x102067, "table", I386)
    last = WalkStep("pte", 10, 0, 0x102, entry, kind, bits)
    return Walk(0x50000123, 0x123, 32, (upper, last), kind, pfn)


def walk_pae(entry, kind, bits, pfn=None):
    """A walk down the three levels of PAE: 2 + 9 + 9 bits."""
    steps = (
        WalkStep("pgd", 2, 2, 0x101, 0x102001, "table", (PRESENT, PFN_LONG)),
        WalkStep("pmd", 9, 511, 0x102, 0x103067, "table", X86_64),
        WalkStep("pte", 9, 511, 0x103, entry, kind, bits),
    )
    return Walk(0xBFFFF123, 0x123, 64, steps, kind, pfn)


WALKS = {
    "x86_64": walk_64(1 << 63 | 0x12345067, "present", X86_64, 0x12345),
    "i386": walk_32(0x7067, "present", I386, 7),
    "pae": walk_pae(0x7067, "present", X86_64, 7),
    "empty": walk_32(0, "none", ()),
    "swap": walk_32(0x123402, "swap", SWAP),
    "file": walk_32(0x246856, "file", SAVED_FILE),
    "marker": walk_64((0xFFFFFFFFFFFFFFFF ^ 0x9FF) & ~0x1FF, "marker", (MARKERS,)),
    "protnone": walk_32(0x70A0, "protnone", (PROTNONE, ACCESSED, RW, PFN), 7),
    "odd": walk_32(0x10, "odd", ()),
    "no table": Walk(
        0x123456,
        0x456,
        64,
        (WalkStep("pgd", 9, 0, 0x101, 0, "none", ()),),
        "no table",
        None,
        (("pud", 9), ("pmd", 9), ("pte", 9)),
    ),
}
