"""Every entry format by the name of its architecture and of the bits a kernel uses in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vmalab.arch.i386 import (
    I386,
    I386_2006_04,
    I386_2006_04_BEFORE_11,
    I386_2006_04_MENDED,
    I386_V4,
)
from vmalab.arch.i386_pae import (
    I386_PAE,
    I386_PAE_2006_04,
    I386_PAE_2006_04_MENDED,
    I386_PAE_V4,
    I386_PAE_V4_MENDED,
)
from vmalab.arch.own_rights import I386_PAE_PRIVATE, I386_PRIVATE, X86_64_PRIVATE
from vmalab.arch.pte import PteFormat
from vmalab.arch.uml import UML, UML_2006_04, UML_2006_04_BEFORE_11, UML_V4
from vmalab.arch.x86_64 import (
    X86_64,
    X86_64_2006_04,
    X86_64_2006_04_MENDED,
    X86_64_V4,
    X86_64_V4_MENDED,
)
from vmalab.arch.x86_64_v6 import X86_64_V6

FORMATS: Final[Mapping[tuple[str, str], PteFormat]] = {
    ("i386", "plain"): I386,
    ("i386", "2006-04"): I386_2006_04,
    ("i386", "2006-04-before-11"): I386_2006_04_BEFORE_11,
    ("i386", "2006-04-mended"): I386_2006_04_MENDED,
    ("i386", "v4"): I386_V4,
    ("i386", "v4-mended"): I386_V4,
    ("i386-pae", "plain"): I386_PAE,
    ("i386-pae", "2006-04"): I386_PAE_2006_04,
    ("i386-pae", "2006-04-mended"): I386_PAE_2006_04_MENDED,
    ("i386-pae", "v4"): I386_PAE_V4,
    ("i386-pae", "v4-mended"): I386_PAE_V4_MENDED,
    ("x86_64", "plain"): X86_64,
    ("x86_64", "2006-04"): X86_64_2006_04,
    ("x86_64", "2006-04-mended"): X86_64_2006_04_MENDED,
    ("x86_64", "v4"): X86_64_V4,
    ("x86_64", "v4-mended"): X86_64_V4_MENDED,
    ("x86_64", "v6"): X86_64_V6,
    ("i386", "private"): I386_PRIVATE,
    ("i386-pae", "private"): I386_PAE_PRIVATE,
    ("x86_64", "private"): X86_64_PRIVATE,
    ("uml", "plain"): UML,
    ("uml", "2006-04"): UML_2006_04,
    ("uml", "2006-04-before-11"): UML_2006_04_BEFORE_11,
    ("uml", "v4"): UML_V4,
}


def pte_format(arch: str, bits: str = "plain") -> PteFormat:
    """The entries of an architecture, as one kernel (or one patch series) lays them out.

    Raises:
        ValueError: there is no such pair.

    >>> pte_format("i386", "v4").file_max_bits
    27
    """
    try:
        return FORMATS[arch, bits]
    except KeyError:
        known = ", ".join(" ".join(pair) for pair in FORMATS)
        msg = f"no entry format {arch} {bits}: choose one of {known}"
        raise ValueError(msg) from None
