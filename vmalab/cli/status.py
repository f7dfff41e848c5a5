"""How commands end: four statuses, and one line with the cure."""

from __future__ import annotations

from typing import Final

OK: Final = 0
DIFFERENT: Final = 1
"""The command worked, and found what it was looking for: a difference."""
BAD_INPUT: Final = 2
"""Wrong usage, or a file that is not what it should be."""
IMPOSSIBLE: Final = 3
"""Not possible on this machine, or for this user."""
OUR_FAULT: Final = 4
"""vmalab itself is wrong."""

STATUSES: Final = (
    "Exit status: 0 all is well; 1 a difference was found; 2 wrong usage or bad input; "
    "3 not possible on this machine; 4 vmalab itself is wrong."
)


class CannotError(Exception):
    """A command cannot go on: what is wrong, the cure, and the exit status."""

    def __init__(self, message: str, cure: str = "", status: int = BAD_INPUT) -> None:
        super().__init__(message, cure, status)
        self.message = message
        self.cure = cure
        self.status = status

    def __str__(self) -> str:
        return f"{self.message}; {self.cure}" if self.cure else self.message
