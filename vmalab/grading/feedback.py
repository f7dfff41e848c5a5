"""What a learner is told about one probe: words, and a picture where VMAs are compared.

Only an *open* probe shows what it expected. Whatever came out of the learner's process is a
stranger's text: cut short here, and escaped where it meets HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from vmalab.grading.bundle import Probe
from vmalab.grading.canonical import Plain
from vmalab.records.resolve import Window
from vmalab.records.snapshot import Snapshot, VmaRow
from vmalab.units import PAGE_SIZE
from vmalab.views import Drawing, address_space

MOST_SHOWN: Final = 300
"""The longest value that is shown (characters)."""
MOST_ROWS: Final = 24
_WORTH_HEX: Final = 64
_ONLY_HEX: Final = 4096
"""From here on a number may be an entry, and is shown in hexadecimal too; then only so."""
_START: Final = 0x2000_0000_0000
_PERMS_LETTERS: Final = 4
_ROW_WITH_BACKING: Final = 5
_ANY_BACKING: Final = "[any]"
"""What is behind a VMA where a probe did not ask for that."""


def explain(probe: Probe, expected: str, said: str | None) -> list[str]:
    """Why a probe was not passed, in lines of text: its hint, and what may be shown."""
    lines = [probe.hint] if probe.hint else []
    if probe.level != "open":
        return lines
    if said is None:
        return [*lines, "Your answer could not be run to its end."]
    want, have = json.loads(expected), json.loads(said)
    if not isinstance(want, dict) or not isinstance(have, dict):
        return [*lines, f"expected {_short(want)}", f"yours    {_short(have)}"]
    for name, value in want.items():
        if have.get(name) != value:
            lines += _difference(name, value, have.get(name))
    return lines


def _difference(name: str, want: Plain, have: Plain) -> list[str]:
    """One fact that differs; of two lists of the same length, where they first differ."""
    label = name.replace("_", " ")
    rows = _rows(want) is not None
    if not rows and isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        at = next(i for i, (one, other) in enumerate(zip(want, have, strict=True)) if one != other)
        label, want, have = f"{label}, number {at + 1}", want[at], have[at]
    return [f"{label}: expected {_short(want)}", f"{' ' * len(label)}  yours    {_short(have)}"]


def _short(value: Plain) -> str:
    rows = _rows(value)
    if rows is not None:
        text = ", ".join(f"{row[0]}-{row[1]} {' '.join(map(str, row[2:]))}" for row in rows)
        text = text or "no VMAs"
    else:
        text = value if isinstance(value, str) else _spelled(value)
        if type(value) is int and _WORTH_HEX <= value < _ONLY_HEX:
            text = f"{text} ({value:#x})"
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def _spelled(value: Plain) -> str:
    """A value as a learner would write it in Python.

    >>> _spelled([[0x5000, 7, None], {"may": True}])
    "[[0x5000, 7, None], {'may': True}]"
    """
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_spelled(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    return f"{value:#x}" if value is not None and value >= _ONLY_HEX else str(value)


def picture(expected: str, said: str | None) -> list[tuple[str, Drawing]]:
    """Both sides as address spaces, where the first fact that differs is a list of VMAs."""
    want, have = json.loads(expected), json.loads(said or "null")
    if not isinstance(want, dict) or not isinstance(have, dict):
        return []
    for name, value in want.items():
        mine, theirs = _rows(have.get(name)), _rows(value)
        if theirs is not None and have.get(name) != value:
            drawn = [("expected", _draw(theirs, "Expected"))]
            return drawn if mine is None else [*drawn, ("yours", _draw(mine, "Yours"))]
    return []


def _rows(value: Plain) -> list[list[int | str]] | None:
    """The value as rows of VMAs (first page, end, perms, perhaps backing and pgoff), if it is."""
    if not isinstance(value, list) or not value or len(value) > MOST_ROWS:
        return None
    last = -1
    for row in value:
        match row:
            case [int(start), int(end), str(perms)] | [
                int(start),
                int(end),
                str(perms),
                str(),
                int(),
            ] if last <= start < end < 1 << 20 and set(perms) <= set("rwxps-"):
                last = end
            case _:
                return None
    return value


def _draw(rows: list[list[int | str]], title: str) -> Drawing:
    vmas = []
    for start, end, perms, *rest in rows:
        backing, pgoff = rest if rest else (_ANY_BACKING, 0)
        letters = str(perms).ljust(_PERMS_LETTERS, "p")
        low, high = (_START + int(edge) * PAGE_SIZE for edge in (start, end))
        vmas.append(VmaRow(low, high, letters, int(pgoff), str(backing)[:12]))
    pages = max(int(row[1]) for row in rows)
    return address_space(Snapshot(tuple(vmas)), Window(_START, pages), title=title, pages=False)
