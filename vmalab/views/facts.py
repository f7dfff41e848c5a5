"""What a picture says about one VMA: its role, its labels, its line of a table, its sentence."""

from __future__ import annotations

from typing import Final

from vmalab.records.resolve import Window
from vmalab.records.snapshot import VmaRow
from vmalab.records.words import FLAG_WORDS, count_pages, name_prot, window_page
from vmalab.views.scene import Hatch, Line, Role, Table

TOLD_BY_PERMS: Final = frozenset({"rd", "wr", "ex", "sh", "mr", "mw", "me", "ms", "sd", "??"})
"""VmFlags that the permissions already tell, or that mean nothing here."""

PRESENT: Final[dict[str, tuple[Role, str, Hatch]]] = {
    "anon": ("anon", "a", ""),
    "zero": ("zero", "0", ""),
    "file": ("file", "f", "diagonal"),
    "shmem": ("shmem", "s", "dots"),
    "guard": ("guard", "g", "dense"),
    "swap": ("special", "w", "cross"),
    "note": ("special", "n", "bars"),
}
"""How a page's cell is drawn, by what its page-table entry holds: role, letter, hatching."""


KIND_WORDS: Final = {
    "anon": "anonymous",
    "zero": "the shared zero page",
    "file": "a file's page",
    "shmem": "a shared object's page",
    "guard": "guard marker",
    "swap": "swapped out",
    "note": "a note: which page of the file belongs here",
}
"""The kinds of present pages, as the key under a picture tells them."""


def role_of(row: VmaRow) -> Role:
    """Which part of the palette a VMA takes.

    >>> role_of(VmaRow(0, 4096, "rw-p", 0, "[heap]")), role_of(VmaRow(0, 4096, "---p", 0, "f0"))
    ('heap', 'none')
    """
    if row.perms.startswith("---"):
        return "none"
    match row.backing:
        case "anon":
            return "anon"
        case "[heap]":
            return "heap"
        case "[stack]":
            return "stack"
        case name if name.startswith("["):
            return "special"
        case name if name.startswith("shm") or name in _SHMEM_FILES:
            return "shmem"
        case _:
            return "file"


_SHMEM_FILES: Final = frozenset({"/dev/zero (deleted)", "/dev/shm"})


def hatch_of(row: VmaRow) -> Hatch:
    """Memory that nobody may touch is hatched all over."""
    return "diagonal" if role_of(row) == "none" else ""


def flags_of(row: VmaRow) -> tuple[str, ...]:
    """The VmFlags worth a reader's attention.

    >>> flags_of(VmaRow(0, 4096, "rw-p", 0, "anon", ("rd", "wr", "mr", "ac", "lo")))
    ('ac', 'lo')
    """
    return tuple(flag for flag in row.flags if flag not in TOLD_BY_PERMS)


def is_file(row: VmaRow) -> bool:
    """Does the offset mean something to a reader: is there a file or an object behind the VMA?"""
    return row.backing != "anon" and not row.backing.startswith("[")


def backing_line(row: VmaRow) -> Line:
    """The backing and, for a file, the page of it that the VMA begins with.

    >>> backing_line(VmaRow(0, 4096, "r--s", 9, "f0"))
    ('f0 from page 9', 'f0 +9', 'f0+9', 'f0')
    """
    short = row.backing.rsplit("/", 1)[-1]
    if not is_file(row):
        return (row.backing, short.strip("[]"))
    cut = [f"{short[:room]}…" for room in (6, 3) if len(short) > room + 1]
    page = row.pgoff
    long = (f"{row.backing} from page {page}", f"{short} from page {page}")
    return tuple(dict.fromkeys((*long, f"{short} +{page}", f"{short}+{page}", short, *cut)))


def extras_line(row: VmaRow) -> Line:
    """Flags and anon_vma; an empty line where there is neither."""
    flags = " ".join(flags_of(row))
    if row.anon_vma is None:
        return (flags,) if flags else ()
    number = row.anon_vma
    return (
        f"{flags} · anon_vma {number}".removeprefix(" · "),
        f"{flags} av{number}".strip(),
        flags,
    )


def perms_line(row: VmaRow) -> Line:
    """The permissions, without the last letter where room is short."""
    return (row.perms, row.perms[:3])


def lines_of(row: VmaRow) -> tuple[Line, ...]:
    """What stands in a VMA's box: permissions, backing, and flags where it has any."""
    lines = (perms_line(row), backing_line(row), extras_line(row))
    return lines if lines[-1] else lines[:-1]


def place_of(row: VmaRow, window: Window | None) -> str:
    """Where a VMA lies, as ``from-to`` in window pages or as hexadecimal addresses.

    >>> row = VmaRow(0x12000, 0x14000, "rw-p", 0, "anon")
    >>> place_of(row, Window(0x10000, 8)), place_of(row, None)
    ('2-4', '00012000-00014000')
    """
    first, after = window_page(row.start, window), window_page(row.end, window)
    if first is None or after is None:
        return f"{row.start:08x}-{row.end:08x}"
    return f"{first}-{after}"


def about(row: VmaRow, window: Window | None) -> str:
    """One VMA in one sentence, for tooltips and for those who do not see the picture.

    >>> about(VmaRow(0x12000, 0x14000, "rw-s", 9, "f0", ("lo",)), Window(0x10000, 8))
    'VMA 2-4: 2 pages, read-write, shared, f0 from page 9; locked in memory.'
    """
    sharing = {"p": "private", "s": "shared"}.get(row.perms[3:], "")
    words = [count_pages(row.nr_pages), name_prot(row.perms), sharing]
    backing = "anonymous" if row.backing == "anon" else row.backing
    words.append(f"{backing} from page {row.pgoff}" if is_file(row) else backing)
    more = [FLAG_WORDS.get(flag, flag) for flag in flags_of(row)]
    if row.anon_vma is not None:
        more.append(f"anon_vma {row.anon_vma}")
    text = f"VMA {place_of(row, window)}: {', '.join(filter(None, words))}"
    return f"{text}; {', '.join(more)}." if more else f"{text}."


MOST_TOLD: Final = 24
"""How many VMAs a description tells one by one."""


def describe_rows(rows: tuple[VmaRow, ...], window: Window | None) -> str:
    """Every VMA in a sentence; of very many, the first ones."""
    told = [about(row, window) for row in rows[:MOST_TOLD]]
    if len(rows) > MOST_TOLD:
        told.append(f"And {len(rows) - MOST_TOLD} more VMAs.")
    return " ".join(told) or "No VMA: nothing is mapped."


def table_of(rows: tuple[VmaRow, ...], window: Window | None) -> Table:
    """VMAs as a table: the data behind the picture."""
    known = any(row.anon_vma is not None for row in rows)
    headers = ("VMA", "pages", "perms", "backing", "pgoff", "flags")
    cells = [
        (
            place_of(row, window),
            str(row.nr_pages),
            row.perms,
            row.backing,
            str(row.pgoff) if is_file(row) else "-",
            " ".join(flags_of(row)) or "-",
            *([str(row.anon_vma) if row.anon_vma is not None else "-"] if known else []),
        )
        for row in rows
    ]
    return Table((*headers, "anon_vma") if known else headers, tuple(cells))
