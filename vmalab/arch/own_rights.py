"""Entries that keep a page's own rights, whatever they are: counterfactual, no kernel had them.

    bit    31 or 63 … 12   11  10   9    8 … 1    0
           ------------------------------------------
           frame            X   W   R    as ever  1    present; PROTNONE has them too
           page offset      X   W   R    F        0    a file entry
           swap offset      X   W   R    type     0    a swap entry

The three bits that the hardware leaves to the kernel say what mprotect was asked for. Which bits
the hardware may see follows from them, and from whether a private page has been copied yet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vmalab.arch.i386 import I386
from vmalab.arch.i386_pae import I386_PAE
from vmalab.arch.packed import Packed
from vmalab.arch.x86 import FLAGS, NX
from vmalab.arch.x86_64 import X86_64
from vmalab.records.walk import EntryField

RIGHTS_SHIFT: Final = 9
OWN_RIGHTS: Final = EntryField("rights", 7 << RIGHTS_SHIFT, "what the page may be used for: RWX")

I386_PRIVATE: Final = replace(
    I386,
    name="i386 with own rights (counterfactual)",
    flags=(*FLAGS, OWN_RIGHTS),
    rights=OWN_RIGHTS.mask,
    swap_offset=Packed("swap offset", ((12, 20),)),
    file_pgoff=Packed("page offset", ((1, 5), (12, 20))),
)
"""Files to 128 GiB, swap to 4 GiB."""

I386_PAE_PRIVATE: Final = replace(
    I386_PAE,
    name="i386-pae with own rights (counterfactual)",
    flags=(*FLAGS, OWN_RIGHTS, NX),
    rights=OWN_RIGHTS.mask,
)

X86_64_PRIVATE: Final = replace(
    X86_64,
    name="x86_64 with own rights (counterfactual)",
    flags=(*FLAGS, OWN_RIGHTS, NX),
    rights=OWN_RIGHTS.mask,
    swap_offset=Packed("swap offset", ((12, 52),)),
)
