"""Breaking one rule of the model: a function's text with one phrase replaced, put in its place."""

import __future__

import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from vmalab.generations.v6 import Linux6

FLAGS = __future__.annotations.compiler_flag


@dataclass(frozen=True)
class Mutant:
    """A kernel that gets one rule wrong.

    ``sentence`` says what it does instead; in ``function`` the phrase ``old`` becomes ``new``.
    ``profiles`` names the random programs that notice, the likeliest first.
    """

    name: str
    sentence: str
    function: Callable
    old: str
    new: str
    profiles: tuple[str, ...]

    def apply(self, patch: pytest.MonkeyPatch) -> None:
        """Put the broken function everywhere the right one is known."""
        broken = self.compile()
        owner, _, name = self.function.__qualname__.rpartition(".")
        if owner:
            patch.setattr(sys.modules[self.function.__module__].__dict__[owner], name, broken)
        for module in [m for key, m in sys.modules.items() if key.startswith("vmalab.")]:
            for attribute, value in list(vars(module).items()):
                if value is self.function:
                    patch.setattr(module, attribute, broken)
                elif isinstance(value, dict):
                    for key in [k for k, v in value.items() if v is self.function]:
                        patch.setitem(value, key, broken)

    def compile(self) -> Callable:
        """The broken function.

        Raises:
            LookupError: the function's text no longer holds the phrase exactly once.
        """
        text = textwrap.dedent(inspect.getsource(self.function))
        if text.count(self.old) != 1:
            raise LookupError(f"{self.function.__qualname__} holds {self.old!r} not once: {text}")
        names = {}
        where = f"<mutant {self.name}>"
        code = compile(text.replace(self.old, self.new), where, "exec", FLAGS, dont_inherit=True)
        exec(code, self.function.__globals__, names)
        return names[self.function.__name__]


class WrongAnswer(Mutant):
    """A generation that answers one of the questions of Policy wrongly."""

    def apply(self, patch: pytest.MonkeyPatch) -> None:
        """Put the broken function into the generation."""
        patch.setattr(Linux6, self.function.__name__, staticmethod(self.compile()))
