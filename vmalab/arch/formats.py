"""Every entry format by the name of its architecture and of the bits a kernel uses in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vmalab.arch import i386, i386_pae, own_rights, uml, x86_64, x86_64_v6
from vmalab.arch.pte import PteFormat

FORMATS: Final[Mapping[tuple[str, str], PteFormat]] = {
    ("i386", "plain"): i386.I386,
    ("i386", "2006-04"): i386.I386_2006_04,
    ("i386", "2006-04-before-11"): i386.I386_2006_04_BEFORE_11,
    ("i386", "2006-04-mended"): i386.I386_2006_04_MENDED,
    ("i386", "v4"): i386.I386_V4,
    ("i386", "v4-mended"): i386.I386_V4,
    ("i386-pae", "plain"): i386_pae.I386_PAE,
    ("i386-pae", "2006-04"): i386_pae.I386_PAE_2006_04,
    ("i386-pae", "2006-04-mended"): i386_pae.I386_PAE_2006_04_MENDED,
    ("i386-pae", "v4"): i386_pae.I386_PAE_V4,
    ("i386-pae", "v4-mended"): i386_pae.I386_PAE_V4_MENDED,
    ("x86_64", "plain"): x86_64.X86_64,
    ("x86_64", "2006-04"): x86_64.X86_64_2006_04,
    ("x86_64", "2006-04-mended"): x86_64.X86_64_2006_04_MENDED,
    ("x86_64", "v4"): x86_64.X86_64_V4,
    ("x86_64", "v4-mended"): x86_64.X86_64_V4_MENDED,
    ("x86_64", "v6"): x86_64_v6.X86_64_V6,
    ("i386", "private"): own_rights.I386_PRIVATE,
    ("i386-pae", "private"): own_rights.I386_PAE_PRIVATE,
    ("x86_64", "private"): own_rights.X86_64_PRIVATE,
    ("uml", "plain"): uml.UML,
    ("uml", "2006-04"): uml.UML_2006_04,
    ("uml", "2006-04-before-11"): uml.UML_2006_04_BEFORE_11,
    ("uml", "v4"): uml.UML_V4,
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
