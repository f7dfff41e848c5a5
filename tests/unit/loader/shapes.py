"""What the tests of the loader look at: a library in memory, and its VMAs in pages."""

import io

from vmalab.loader.elf import parse_elf
from vmalab.loader.writer import write_elf
from vmalab.mm.filemap import bytes_of

PAGE = 4096


def elf_of(plan):
    """A written library as a record, and where its bytes are."""
    data = write_elf(plan)
    return parse_elf(io.BytesIO(data), len(data), plan.name), bytes_of(data)


def shape(loaded):
    """(first page, pages, permissions, page of the file or -) of each VMA."""
    return [
        (
            (row.start - loaded.base) // PAGE,
            row.nr_pages,
            row.perms[:3],
            "-" if row.backing == "anon" else row.pgoff,
        )
        for row in loaded.rows
    ]
