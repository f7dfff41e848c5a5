"""The small words of the descriptions: how a page, a range and a length are named in English.

A range is told as *how many pages, and where they start* ("4 pages at page 2"), so that nobody has
to guess whether an end counts. With a window, addresses become its page numbers; without one, or
far from it, they stay hexadecimal.
"""

from __future__ import annotations

import re
from typing import Final

from vmalab.records.resolve import Window
from vmalab.records.snapshot import NEAR_PAGES
from vmalab.units import PAGE_SIZE, addr_to_vpn, bytes_to_pages, format_bytes, offset_in_page


def count_pages(nr_pages: int) -> str:
    """A count of pages, in the singular where it must be.

    >>> count_pages(1), count_pages(4)
    ('1 page', '4 pages')
    """
    return "1 page" if nr_pages == 1 else f"{nr_pages} pages"


def window_page(addr: int, window: Window | None) -> int | None:
    """The window page an address lies in (negative before it), or None where it is far away.

    >>> window_page(0x12345, Window(0x10000, 4)), window_page(0x12345, None)
    (2, None)
    """
    if window is None:
        return None
    page = addr_to_vpn(addr) - addr_to_vpn(window.start)
    return page if -NEAR_PAGES <= page <= window.pages + NEAR_PAGES else None


def name_addr(addr: int, window: Window | None = None) -> str:
    """An address as people point at it.

    >>> window = Window(0x10000, 4)
    >>> name_addr(0x12000, window), name_addr(0x12011, window), name_addr(0x7f0000, window)
    ('page 2', 'byte 17 of page 2', '0x7f0000')
    """
    page = window_page(addr, window)
    if page is None:
        return f"{addr:#x}"
    inside = offset_in_page(addr)
    return f"byte {inside} of page {page}" if inside else f"page {page}"


def name_range(start: int, end: int, window: Window | None = None) -> str:
    """A range of addresses as people point at it.

    >>> name_range(0x12000, 0x14000, Window(0x10000, 4)), name_range(0x12000, 0x13000)
    ('2 pages at page 2', '1 page at 0x12000')
    """
    len_bytes = end - start
    whole = not len_bytes % PAGE_SIZE
    much = count_pages(bytes_to_pages(len_bytes)) if whole else format_bytes(len_bytes)
    return f"{much} at {name_addr(start, window)}"


def in_window(text: str, window: Window | None) -> str:
    """A reason with its hexadecimal addresses replaced by page numbers, where the window has them.

    >>> in_window("there is no VMA at 0x12000", Window(0x10000, 4))
    'there is no VMA at page 2'
    """
    return _HEX.sub(lambda found: name_addr(int(found[0], 16), window), text)


_HEX = re.compile(r"0x[0-9a-f]+")


def prot_letters(prot: int) -> str:
    """A protection's bits as the program format spells them.

    >>> prot_letters(3), prot_letters(0), prot_letters(0x41)
    ('rw', 'none', '0x41')
    """
    letters = "".join(letter for bit, letter in ((1, "r"), (2, "w"), (4, "x")) if prot & bit)
    return (letters or "none") if not prot & ~7 else hex(prot)


def name_prot(letters: str) -> str:
    """The letters of a protection, or of a maps line's permissions, in words.

    >>> name_prot("rw"), name_prot("r--p"), name_prot("none")
    ('read-write', 'read-only', 'no access')
    """
    kept = "".join(letter for letter in "rwx" if letter in letters.replace("none", ""))
    return _PROT_WORDS[kept]


_PROT_WORDS = {
    "": "no access",
    "r": "read-only",
    "w": "write-only",
    "x": "execute-only",
    "rw": "read-write",
    "rx": "read-execute",
    "wx": "write-execute",
    "rwx": "read-write-execute",
}


FLAG_WORDS: Final = {
    "ac": "accounted",
    "dc": "not copied on fork",
    "dd": "left out of core dumps",
    "de": "may not grow by mremap",
    "dp": "droppable",
    "ex": "executable",
    "gd": "grows down",
    "gu": "may hold guard markers",
    "hg": "huge pages wanted",
    "ht": "huge TLB pages",
    "io": "device memory",
    "lf": "locked when touched",
    "lo": "locked in memory",
    "me": "may be made executable",
    "mg": "mergeable by KSM",
    "mm": "mixed frames",
    "mp": "many protections",
    "mr": "may be made readable",
    "ms": "may be shared",
    "mw": "may be made writable",
    "nh": "no huge pages",
    "nl": "nonlinear",
    "nr": "nothing reserved",
    "pf": "bare frames",
    "rd": "readable",
    "rr": "random access expected",
    "sh": "shared",
    "sl": "sealed",
    "sr": "sequential access expected",
    "wf": "wiped on fork",
    "wr": "writable",
}
"""The two-letter codes of VmFlags in words; ``smaps`` prints the codes."""


def name_flag(code: str) -> str:
    """A VmFlags code with its meaning.

    >>> name_flag("lo"), name_flag("zz")
    ('lo (locked in memory)', 'zz')
    """
    return f"{code} ({FLAG_WORDS[code]})" if code in FLAG_WORDS else code
