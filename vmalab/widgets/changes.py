"""What is new of plain data, for a page that has the old: the page puts it together again.

    old  {"line": "read 3", "maps": [A, B, C, D]}
    new  {"line": "read 3", "maps": [A, B, X, D]}
    told {"parts": {"maps": {"runs": [[0, 2], {"put": X}, [3, 1]]}}}

``assets/common.js`` does the opposite, and keeps what was not told: the same objects as before, so
that it knows which parts of the page may stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def change(old: Any, new: Any) -> dict[str, Any]:
    """How to make the new data of the old ones.

    >>> change({"at": 1, "said": "x"}, {"at": 2, "said": "x"})
    {'parts': {'at': {'now': 2}}, 'gone': []}
    >>> change(["a", "b", "c"], ["b", "c", "d"])
    {'runs': [[1, 2], {'put': 'd'}]}
    """
    if isinstance(old, dict) and isinstance(new, dict):
        parts = {
            name: change(old.get(name), value)
            for name, value in new.items()
            if name not in old or old[name] != value
        }
        return {"parts": parts, "gone": [name for name in old if name not in new]}
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return {"runs": runs(old, new)}
    return {"now": new}


def runs(old: Sequence[Any], new: Sequence[Any]) -> list[Any]:
    """A list as runs of an old one, ``[first, count]``, and what is in none: ``{"put": item}``."""
    found: list[Any] = []
    places: dict[str, int] | None = None
    at = 0  # where the next one was, if all stays in order; -1 where that is not known
    for place, item in enumerate(new):
        if not (0 <= at < len(old) and old[at] == item):
            if at == len(old) or _only_replaced(old, at, new, place):
                found.append({"put": item})
                at = min(at + 1, len(old))
                continue
            if places is None:
                places = {_name(one): known for known, one in enumerate(old)}
            at = places.get(_name(item), -1)
        if at < 0:
            found.append({"put": item})
            continue
        if found and isinstance(found[-1], list) and sum(found[-1]) == at:
            found[-1][1] += 1
        else:
            found.append([at, 1])
        at += 1
    return found


def _only_replaced(old: Sequence[Any], at: int, new: Sequence[Any], place: int) -> bool:
    """Does the item after the next one stand where it stood?"""
    follows = place + 1 < len(new) and 0 <= at < len(old) - 1
    return follows and bool(old[at + 1] == new[place + 1])


def _name(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item)
