"""What crosses the boundary between a learner's process and the judge: canonical JSON, and no more.

One value has one spelling, so that comparing is comparing text::

    {"b": (1, 2), "a": True}     ->     {"a":true,"b":[1,2]}

Only plain values pass: an object with an ``__eq__`` of its own has nothing here to act on. The
judge spells anew whatever it is told, so that white space and order never decide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

MOST_BYTES: Final = 64 * 1024
"""The longest answer of one probe (bytes)."""
MOST_LEVELS: Final = 20
"""How deep values may be nested."""
DIGEST: Final = "sha256:"

Plain = bool | int | str | Sequence["Plain"] | Mapping[str, "Plain"] | None


def plain(value: object, levels: int = MOST_LEVELS) -> Plain:
    """A value made of JSON's own types; what cannot be one is named instead.

    >>> plain((1, {2}, 0.5, {"a": None}))
    [1, 'a set', 'a float', {'a': None}]
    """
    if value is None or type(value) in {bool, int, str}:
        return value  # type: ignore[return-value]  # exactly these types, no subclass
    if levels and type(value) in {list, tuple}:
        return [plain(one, levels - 1) for one in value]  # type: ignore[attr-defined]
    if levels and type(value) is dict:
        return {str(key): plain(one, levels - 1) for key, one in value.items()}
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def canonical(value: object) -> str:
    """The one spelling of a value.

    >>> canonical({"b": (1, 2), "a": True})
    '{"a":true,"b":[1,2]}'
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"))


def parse(text: str) -> Plain:
    """The value that a line of JSON spells.

    Raises:
        ValueError: it is too long, too deep, or not JSON.
    """
    if len(text) > MOST_BYTES:
        msg = f"an answer of {len(text)} characters; a probe's has at most {MOST_BYTES}"
        raise ValueError(msg)
    try:
        value = json.loads(text, parse_float=_no_number, parse_constant=_no_number)
    except RecursionError:
        msg = "an answer nested too deep"
        raise ValueError(msg) from None
    return plain(value)


def _no_number(text: str) -> str:
    msg = f"{text} is not a whole number"
    raise ValueError(msg)


def last_value(output: str) -> str | None:
    r"""The answer at the end of what a probe printed, spelled anew; None if there is none.

    What a learner's function prints on its way stands before it, and does not matter.

    >>> last_value('debugging\n{"n": 3}\n')
    '{"n":3}'
    """
    lines = output[-2 * MOST_BYTES :].rstrip().rsplit("\n", maxsplit=1)
    try:
        return canonical(parse(lines[-1]))
    except ValueError:
        return None


def digest(spelled: str, salt: str) -> str:
    """A value that can be recognised and not read: for probes whose answer is not to be shown."""
    return DIGEST + hashlib.sha256(f"{salt}\0{spelled}".encode()).hexdigest()


def spell_as(expected: str, said: str | None, salt: str) -> str:
    """What was said, in the form of what was expected: itself, or its digest made with ``salt``."""
    if said is None:
        return ""
    return digest(said, salt) if expected.startswith(DIGEST) else said


def agrees(expected: str, said: str | None, salt: str) -> bool:
    """Is what was said what was expected? The one comparison, in the notebook and outside.

    ``expected`` is a canonical spelling, or a digest of one made with ``salt``.

    >>> agrees('{"n":3}', '{"n":3}', "ex2.q1"), agrees(digest("3", "x"), "3", "x")
    (True, True)
    """
    return spell_as(expected, said, salt) == expected
