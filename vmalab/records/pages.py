"""What each page of a mapped file's window shows: where the page table has its own opinion.

A linear VMA can tell which page of its file belongs to an address, and what may be done with it. In
a nonlinear one only the page table knows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page of a window: which page of the file it shows, or would, and with which rights.

    ``kind`` is that of its entry: ``present``, ``protnone``, ``file`` (a note of the page and, on
    some kernels, of its rights), ``none`` (nothing is noted: the VMA decides), ``swap``. ``perms``
    are ``rwx`` letters, only ``rw`` where the machine cannot tell reading from executing; ``own``
    where they are not those of the VMA.
    """

    addr: int
    kind: str
    pgoff: int
    perms: str
    own: bool = False
