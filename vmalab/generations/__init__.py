"""The kernels of history, one room each: what each answers to the questions of mm/policy.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from vmalab.generations.manyprots import ManyProts
from vmalab.generations.manyprots_private import ManyProtsPrivate
from vmalab.generations.v2_6 import Linux26
from vmalab.generations.v6 import Linux6
from vmalab.generations.what_if import MprotectAll, MprotectDefault
from vmalab.mm.policy import Policy

GENERATIONS: Final[dict[str, Callable[[str], Policy]]] = {
    "linux-2.6": Linux26,
    "linux-2.6-manyprots-2006-04": partial(ManyProts, variant="2006-04"),
    "linux-2.6-manyprots-2006-04:as-intended": partial(
        ManyProts, variant="2006-04", bugs="as-intended"
    ),
    "linux-2.6-manyprots-v4": partial(ManyProts, variant="v4"),
    "linux-2.6-manyprots-v4:as-intended": partial(ManyProts, variant="v4", bugs="as-intended"),
    "linux-2.6-manyprots-v4:mprotect-default": MprotectDefault,
    "linux-2.6-manyprots-v4:mprotect-all": MprotectAll,
    "linux-2.6-manyprots-private": ManyProtsPrivate,
    "linux-6": Linux6,
}
"""Every kernel that can be booted, by the name that all interfaces use: from its machine's name."""


def generation(name: str, arch: str = "x86_64") -> Policy:
    """A fresh policy by name, for a machine: ``i386``, ``i386-pae`` or ``x86_64``.

    Raises:
        ValueError: no kernel has that name, or it does not run on that machine; the message lists
            what there is.
    """
    if name not in GENERATIONS:
        msg = f"no kernel is called {name!r}; choose one of: {', '.join(GENERATIONS)}"
        raise ValueError(msg)
    return GENERATIONS[name](arch)
