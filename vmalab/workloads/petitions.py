"""Who wanted many protections in one VMA, in small: the calls they had, and those they hoped for.

    guest      pages of one file, anywhere, with rights of their own    (UML; shared)
    database   pages of one file, anywhere, all with the same rights    (remap_file_pages as it was)
    library    text, hole, relro, data of one file                      (private)
    stacks     guard pages                                              (private, of no file)

The first two hopes name their pages by remap_file_pages. Ulrich Drepper's for libraries does too;
his for stacks (6 May 2006) was that mprotect should not split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program

_GUEST: Final = ((5, "rw"), (2, "rw"), (7, "r"), (0, "rw"), (6, "r"), (3, "rw"))
"""The page of the file, and the rights, of each page of a guest's window."""


@dataclass(frozen=True, slots=True)
class Petition:
    """The same memory, made by the calls that there were, and by those that were hoped for."""

    who: str
    had: str
    hoped: str


def _guest(form: str, first: str = "") -> str:
    """One call for each page of the guest's window, behind the first call if there is one."""
    made = [
        form.format(page=page, pgoff=pgoff, rights=rights)
        for page, (pgoff, rights) in enumerate(_GUEST)
    ]
    return "\n".join([first, *made] if first else made)


_STACKS: Final = """\
mmap 0 12 rw private,anon,fixed
mprotect 0 1 none
mprotect 4 1 none
mprotect 8 1 none"""

PETITIONS: Final[Mapping[str, Petition]] = {
    "guest": Petition(
        "six pages of a UML guest",
        _guest("mmap {page} 1 {rights} shared,fixed f0 {pgoff}"),
        _guest("remap {page} 1 {rights} {pgoff} chgprot", "mmap 0 6 none shared,fixed f0 0"),
    ),
    "database": Petition(
        "six pages of a database's cache",
        _guest("mmap {page} 1 rw shared,fixed f0 {pgoff}"),
        _guest("remap {page} 1 none {pgoff}", "mmap 0 6 rw shared,fixed f0 0"),
    ),
    "library": Petition(
        "one shared library",
        """\
mmap 0 8 rx private,fixed f0 0
mprotect 2 2 none
mmap 4 4 rw private,fixed f0 2
mprotect 4 1 r""",
        """\
mmap 0 8 rx private,fixed f0 0
remap 2 2 none 2 chgprot
remap 4 4 rw 2 chgprot
remap 4 1 r 2 chgprot""",
    ),
    "stacks": Petition("three stacks with guards", _STACKS, _STACKS),
}
"""Each by a short name, in the order in which the lesson hears them."""


def granted(program: str, kernel: str) -> str:
    """What a program of theirs comes to on a kernel: its VMAs, or the first refusal.

    >>> granted(PETITIONS["library"].hoped, "linux-2.6-manyprots-v4")
    'EINVAL'
    >>> granted(PETITIONS["library"].hoped, "linux-2.6-manyprots-private")
    '1'
    """
    run = run_program(parse_program(f"seq 1 16 hole\n{program}"), kernel, events=False)
    refused = next((step.result for step in run.steps if step.failed), "")
    return refused.removeprefix("-1 ") or str(run.steps[-1].after.map_count)
