"""A scene for a page that will show another one after it: in shapes, of which most stay.

Two pictures of neighbouring moments differ in few places, but whatever stands below a line that
grew has moved. So every shape is drawn as if it stood at the top; where it stands is told apart:

    tops     shapes
    0  4   page    0    1    2       the same in both moments: left alone
    18 3   before  ┌───┐ ┌───┐       another text: the page draws that one anew
    90 3   after   ┌───┐             the same text at another place: the page moves it

Identifiers follow from the key alone, and the style is that of the page (:func:`style_sheet`), so a
shape's text is the same wherever and whenever it is shown.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, get_args

from vmalab.views.scene import Arrow, Hatch, Role, Scene, Shape
from vmalab.views.svg import CELL_HEIGHT, CELL_WIDTH, MARGIN, Pen, rules

_EMPTY: Final = Scene("", "", 0, 0, ())
SCOPE: Final = "svg.vma-drawing"
"""What a page calls the element that it makes of a scene."""


def style_sheet() -> str:
    """The style of every drawing on a page."""
    return rules(SCOPE, get_args(Role))


def render(scene: Scene, key: str) -> dict[str, Any]:
    """The scene as plain data: its size, its words, its patterns, and the markup of its shapes.

    ``tops`` says for so many shapes at a time how far down they stand (pixels).

    >>> from vmalab.views.scene import Label
    >>> shapes = (Label(0, 0, "a"), Label(9, 0, "b"), Label(0, 5, "a"))
    >>> shown = render(Scene("", "", 20, 6, shapes), "key")
    >>> shown["tops"], shown["shapes"][0] == shown["shapes"][2]
    ([[0, 2], [90, 1]], True)
    """
    name = f"vma-{hashlib.sha256(key.encode()).hexdigest()[:10]}"
    drawn = [_drawn(name, shape) for shape in scene.shapes]
    tops = [_top(shape) for shape in scene.shapes]
    return {
        "name": name,
        "title": scene.title,
        "about": scene.description,
        "width": round(scene.width * CELL_WIDTH + 2 * MARGIN, 2),
        "height": round(scene.height * CELL_HEIGHT + 2 * MARGIN, 2),
        "margin": MARGIN,
        "patterns": list(dict.fromkeys(one for _, patterns in drawn for one in patterns)),
        "tops": [[round(top * CELL_HEIGHT, 2), len(list(same))] for top, same in groupby(tops)],
        "shapes": [markup for markup, _ in drawn],
    }


class _Pen(Pen):
    """Names patterns by what they look like, whichever was needed first."""

    def name_pattern(self, hatch: Hatch, role: Role) -> str:
        return f"{self.name}-{hatch}-{role}"


@lru_cache(maxsize=8192)
def _drawn(name: str, shape: Shape) -> tuple[str, tuple[str, ...]]:
    """A shape at the top, and what it is hatched with."""
    pen = _Pen(_EMPTY, name)
    return pen.shape(_up(shape, _top(shape))), tuple(pen.patterns())


def _top(shape: Shape) -> float:
    return min(y for _, y in shape.points) if isinstance(shape, Arrow) else shape.y


def _up(shape: Shape, top: float) -> Shape:
    if isinstance(shape, Arrow):
        return replace(shape, points=tuple((x, y - top) for x, y in shape.points))
    return replace(shape, y=shape.y - top)
