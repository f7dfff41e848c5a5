"""Random shared libraries: any mix of segments that ld.so might have to put together.

Library I of a seed is always the same. Segments may be empty, overlap in a page, leave holes, lie
in the file in any order, have any rights and any alignment; RELRO may be anywhere.
"""

from __future__ import annotations

import random
from typing import Final

from vmalab.loader.elf import PF_R, PF_W, PF_X, Segment
from vmalab.loader.writer import HEAD_BYTES, Blueprint
from vmalab.units import PAGE_SIZE, page_align, page_align_down, pages_to_bytes

RIGHTS: Final = (
    *[PF_R] * 4,
    *[PF_R | PF_X] * 4,
    *[PF_R | PF_W] * 6,
    PF_R | PF_W | PF_X,
    0,
    PF_W,
    PF_X,
)
ALIGNMENTS: Final = (*[PAGE_SIZE] * 12, 0, 1, 0x3000, 0x10000, 0x200000)
GAPS: Final = (0, 0, 0, 0, 1, 2, 5, 0xFF)
MOST_SEGMENTS: Final = 6


def random_library(seed: int, index: int) -> Blueprint:
    """Library number ``index`` of a seed."""
    rng = random.Random(f"{seed}/{index}")
    shares_pages = rng.random() < 0.15
    base = pages_to_bytes(rng.choice([0] * 9 + [0x3_4500_0000]))
    first = pages_to_bytes(rng.randint(1, 3)) if shares_pages else rng.randint(HEAD_BYTES, 0x4000)
    loads = [_segment(rng, base, 0, first, rng.choice((PF_R, PF_R | PF_X, PF_R | PF_W)))]
    for _ in range(rng.randint(0, MOST_SEGMENTS - 1)):
        loads.append(_next(rng, loads[-1], shares_pages=shares_pages))
    return Blueprint(
        tuple(loads),
        relro=_relro(rng, loads) if rng.random() < 0.6 else None,
        stack_flags=rng.choice([PF_R | PF_W] * 9 + [PF_R | PF_W | PF_X]),
        textrel=rng.random() < 0.1,
        relocated=_relocated(rng, loads) if rng.random() < 0.4 else (),
        name=f"random-{index}.so",
    )


def _segment(rng: random.Random, vaddr: int, at: int, filesz: int, flags: int) -> Segment:
    bss = rng.choice((0, 0, 0, rng.randint(1, 0x800), rng.randint(1, 0x5000)))
    return Segment(at, vaddr, filesz, filesz + bss, flags, rng.choice(ALIGNMENTS))


def _next(rng: random.Random, last: Segment, *, shares_pages: bool) -> Segment:
    """A segment above the last one, somewhere in the file."""
    end = last.allocend
    if shares_pages and rng.random() < 0.5:
        vaddr = end + rng.randint(0, 0x400)
    else:
        vaddr = page_align(end) + pages_to_bytes(rng.choice(GAPS))
        vaddr += rng.choice((0, 0, rng.randint(0, PAGE_SIZE - 1)))
    filesz = rng.choice((0, rng.randint(1, 0x1000), rng.randint(1, 0x4000)))
    going_on = last.offset_bytes + vaddr - last.vaddr
    elsewhere = pages_to_bytes(rng.randint(0, 12)) + vaddr % PAGE_SIZE
    next_page = page_align(last.offset_bytes + last.filesz) + vaddr % PAGE_SIZE
    near = going_on < pages_to_bytes(64)
    at = rng.choice((going_on if near else elsewhere, next_page, elsewhere))
    return _segment(rng, vaddr, at, filesz, rng.choice(RIGHTS))


def _relro(rng: random.Random, loads: list[Segment]) -> tuple[int, int]:
    """The start of a writable segment, as linkers have it, or anything inside the span."""
    writable = [one for one in loads if one.flags & PF_W]
    if writable and rng.random() < 0.6:
        one = rng.choice(writable)
        return one.vaddr, rng.randint(0, one.memsz)
    start = rng.randint(loads[0].vaddr, loads[-1].allocend)
    return start, rng.randint(0, loads[-1].allocend - start)


def _relocated(rng: random.Random, loads: list[Segment]) -> tuple[int, ...]:
    """Some words of writable segments, beyond the file's head."""
    found = []
    for one in loads:
        low = max(one.vaddr, loads[0].vaddr + HEAD_BYTES) + 8
        if one.flags & PF_W and one.allocend - 16 > low:
            found += [rng.randint(low, one.allocend - 16) for _ in range(rng.randint(0, 2))]
    return tuple(page_align_down(at) + at % PAGE_SIZE // 8 * 8 for at in found)
