"""What random programs are made of: five profiles, and how often each does what.

| profile | window | what it is good at finding |
|---|---|---|
| ``mixed`` | 64 pages | wrong lengths, holes, several VMAs at once |
| ``anon`` | 14 pages | anon_vma, VM_ACCOUNT, pgoff of moved memory: few pages, many write faults |
| ``file`` | 14 pages | offsets, several open files, remap_file_pages that goes home |
| ``ext`` | 14 pages | locks, guards, stacks, heap, limits, fork, advice |
| ``search`` | 32 pages | addresses that the kernel chooses (run sealed) |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """Weights, in parts of any sum.

    ``kinds`` weighs what mmap maps, ``prots`` its protections, ``extras`` the mmap flags that one
    mapping in ``extra_of`` gets; ``advice`` the madvise advice; ``bad`` is the share of operations
    with an argument that is wrong; ``natural`` the share of file mappings at the offset of their
    own page; ``longest`` the longest range in pages.
    """

    name: str
    pages: int
    weights: Mapping[str, int]
    kinds: Mapping[str, int]
    prots: Mapping[str, int]
    advice: Mapping[str, int]
    extras: Mapping[str, int] = field(default_factory=dict)
    bad: float = 0.06
    natural: float = 0.5
    longest: int = 5
    fork: float = 0.0
    heap: float = 0.0
    limit: float = 0.0

    @property
    def sealed(self) -> bool:
        """Must the host leave the kernel no addresses but the window?"""
        return self.name == "search"


_PROTS: Final = {"rw": 10, "r": 5, "none": 3, "rx": 1, "rwx": 2, "w": 1, "x": 1}
_ADVICE: Final = {
    "dontneed": 4,
    "dontfork": 4,
    "dofork": 4,
    "random": 2,
    "seq": 2,
    "normal": 3,
    "dontdump": 2,
    "dodump": 2,
    "willneed": 1,
}
_MORE_ADVICE: Final = {
    **_ADVICE,
    "free": 2,
    "remove": 1,
    "wipeonfork": 2,
    "keeponfork": 2,
    "mergeable": 2,
    "unmergeable": 2,
    "hugepage": 1,
    "nohugepage": 2,
    "cold": 1,
    "pageout": 2,
    "populate_read": 2,
    "populate_write": 4,
    "dontneed_locked": 1,
    "guard_install": 4,
    "guard_remove": 3,
}

PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            "mixed",
            64,
            weights={
                "mmap": 24,
                "munmap": 12,
                "mprotect": 22,
                "mremap": 12,
                "remap": 8,
                "madvise": 8,
                "write": 9,
                "read": 5,
                "probe": 1,
                "contents": 1,
                "mincore": 1,
                "truncate": 1,
            },
            kinds={"anon": 10, "shm": 3, "file": 6, "private-file": 4},
            prots=_PROTS,
            advice=_ADVICE,
            longest=16,
            fork=0.06,
        ),
        Profile(
            "anon",
            14,
            weights={
                "mmap": 20,
                "munmap": 8,
                "mprotect": 20,
                "mremap": 20,
                "madvise": 6,
                "write": 22,
                "read": 4,
                "probe": 1,
                "contents": 1,
                "mincore": 1,
            },
            kinds={"anon": 1},
            prots={"rw": 14, "r": 4, "none": 2, "rwx": 2},
            advice={"dontneed": 4, "dontfork": 2, "dofork": 3, "free": 1},
            bad=0.03,
            fork=0.1,
        ),
        Profile(
            "file",
            14,
            weights={
                "mmap": 22,
                "munmap": 9,
                "mprotect": 18,
                "mremap": 12,
                "remap": 16,
                "madvise": 8,
                "write": 10,
                "read": 3,
                "truncate": 2,
                "probe": 1,
                "contents": 1,
                "mincore": 1,
            },
            kinds={"shm": 3, "file": 10, "private-file": 5},
            prots=_PROTS,
            advice={**_ADVICE, "pageout": 1},
            natural=0.8,
            fork=0.06,
        ),
        Profile(
            "ext",
            14,
            weights={
                "mmap": 20,
                "munmap": 7,
                "mprotect": 14,
                "mremap": 12,
                "remap": 5,
                "madvise": 20,
                "write": 12,
                "read": 4,
                "mlock": 4,
                "mlock2": 3,
                "munlock": 5,
                "msync": 2,
                "mincore": 2,
                "truncate": 1,
                "probe": 2,
                "contents": 1,
            },
            kinds={"anon": 10, "shm": 2, "file": 4, "private-file": 3, "stack": 2},
            prots={"rw": 14, "r": 4, "none": 2, "rwx": 1, "x": 1},
            advice=_MORE_ADVICE,
            extras={
                "populate": 4,
                "locked": 2,
                "noreserve": 4,
                "stack": 2,
                "nonblock": 1,
                "populate,nonblock": 1,
                "denywrite": 1,
            },
            fork=0.12,
            heap=0.08,
            limit=0.06,
        ),
        Profile(
            "search",
            32,
            weights={
                "mmap": 36,
                "munmap": 22,
                "mremap": 26,
                "mprotect": 8,
                "write": 6,
                "madvise": 2,
                "contents": 1,
            },
            kinds={"anon": 10, "shm": 2, "file": 4, "private-file": 2},
            prots=_PROTS,
            advice=_ADVICE,
            longest=8,
        ),
    )
}
"""Every profile by name."""
