"""What differs between releases of ld.so, and between kernels' execve: data, one row a release.

Mirrors: elf/dl-load.c, elf/dl-map-segments.h, elf/dl-reloc.c of the glibc release tags;
fs/binfmt_elf.c and fs/exec.c of Linux 2.6.18 and 6.18.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from vmalab.uapi.mman import PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE

Sealed = Literal["to the last segment", "to the end of the bss"]


@dataclass(frozen=True, slots=True)
class Era:
    """One ld.so.

    ``relro``: does it protect PT_GNU_RELRO after relocation?
    ``sealed``: how far the first mprotect of a library with holes reaches.
    ``aligns``: does it honour a p_align of more than a page?
    ``strict_align``: must p_align be whole pages, and vaddr and offset agree modulo it?
    ``loads_pie``: will dlopen take a position-independent program for a library?
    ``checks_holes``: does it refuse a last segment that begins below the first one's end?
    ``text_prot``: which rights of a read-only segment are kept while a DT_TEXTREL file's text is
    relocated; reading and writing are always added.
    """

    name: str
    released: str
    relro: bool
    sealed: Sealed
    aligns: bool
    strict_align: bool
    loads_pie: bool
    checks_holes: bool
    text_prot: int


GLIBC_2_3_3: Final = Era(
    name="2.3.3",
    released="2003",
    relro=False,
    sealed="to the end of the bss",
    aligns=False,
    strict_align=True,
    loads_pie=True,
    checks_holes=False,
    text_prot=PROT_NONE,
)
GLIBC_2_3_4: Final = replace(GLIBC_2_3_3, name="2.3.4", released="December 2004", relro=True)
GLIBC_2_4: Final = replace(
    GLIBC_2_3_4, name="2.4", released="March 2006", sealed="to the last segment"
)
GLIBC_2_36: Final = replace(
    GLIBC_2_4,
    name="2.36",
    released="August 2022",
    aligns=True,  # 2.35, BZ 28676
    strict_align=False,
    loads_pie=False,
    checks_holes=True,  # BZ 28838
    text_prot=PROT_READ | PROT_WRITE | PROT_EXEC,  # August 2018, BZ 20480
)
ERAS: Final = {era.name: era for era in (GLIBC_2_3_3, GLIBC_2_3_4, GLIBC_2_4, GLIBC_2_36)}
"""Every ld.so that is known here, by its release."""
NEWEST: Final = "2.36"


@dataclass(frozen=True, slots=True)
class ExecEra:
    """One kernel's execve.

    ``kernels``: how the names of vmalab's kernels that do it so begin.
    ``stack_pages``: the stack's VMA, for a short command line.
    ``reserves_pie``: is a PIE's whole span mapped first, and cut to the first segment then?
    ``interp_hint``: does a prelinked interpreter get the place that it was linked for?
    ``bss``: a mapping after each segment, or one at the end, up to the highest end.
    ``bss_exec``: is the bss of an executable segment executable?
    ``special``: what the kernel maps besides: name, pages, permissions, lowest first.
    """

    name: str
    kernels: str
    stack_pages: int
    reserves_pie: bool
    interp_hint: bool
    bss: Literal["after each segment", "one at the end"]
    bss_exec: bool
    special: tuple[tuple[str, int, str], ...]


LINUX_2_6: Final = ExecEra(
    name="2006",
    kernels="linux-2.6",
    stack_pages=22,
    reserves_pie=False,
    interp_hint=True,
    bss="one at the end",
    bss_exec=False,
    special=(),
)
LINUX_6: Final = ExecEra(
    name="6.x",
    kernels="linux-6",
    stack_pages=33,
    reserves_pie=True,
    interp_hint=False,
    bss="after each segment",
    bss_exec=True,
    special=(("[vvar]", 4, "r--p"), ("[vvar_vclock]", 2, "r--p"), ("[vdso]", 2, "r-xp")),
)
EXEC_ERAS: Final = {era.name: era for era in (LINUX_2_6, LINUX_6)}
"""Every execve that is known here, by the kernel's time."""


def exec_era_of(generation: str) -> ExecEra:
    """The execve of the kernel of that name.

    >>> exec_era_of("linux-2.6-manyprots-v4").name, exec_era_of("linux-6").name
    ('2006', '6.x')
    """
    return next(era for era in EXEC_ERAS.values() if generation.startswith(era.kernels))
