"""The kernels of history, one room each: what each answers to the questions of mm/policy.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vmalab.generations.v6 import Linux6
from vmalab.mm.policy import Policy

GENERATIONS: Final[dict[str, Callable[[], Policy]]] = {"linux-6": Linux6}
"""Every kernel that can be booted, by the name that all interfaces use."""


def generation(name: str) -> Policy:
    """A fresh policy by name.

    Raises:
        ValueError: no kernel has that name; the message lists those there are.
    """
    if name not in GENERATIONS:
        msg = f"no kernel is called {name!r}; choose one of: {', '.join(GENERATIONS)}"
        raise ValueError(msg)
    return GENERATIONS[name]()
