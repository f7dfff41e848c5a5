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
from itertools import groupby
from typing import Any, Final, get_args

from vmalab.views.scene import Arrow, Hatch, Role, Scene, Shape
from vmalab.views.svg import CELL_HEIGHT, CELL_WIDTH, MARGIN, Pen, rules

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
    pen = _Pen(scene, f"vma-{hashlib.sha256(key.encode()).hexdigest()[:10]}")
    tops = [_top(shape) for shape in scene.shapes]
    drawn = [pen.shape(_up(*one)) for one in zip(scene.shapes, tops, strict=True)]
    return {
        "name": pen.name,
        "title": scene.title,
        "about": scene.description,
        "width": round(scene.width * CELL_WIDTH + 2 * MARGIN, 2),
        "height": round(scene.height * CELL_HEIGHT + 2 * MARGIN, 2),
        "margin": MARGIN,
        "patterns": pen.patterns(),
        "tops": [[round(top * CELL_HEIGHT, 2), len(list(same))] for top, same in groupby(tops)],
        "shapes": drawn,
    }


class _Pen(Pen):
    """Names patterns by what they look like, whichever was needed first."""

    def name_pattern(self, hatch: Hatch, role: Role) -> str:
        return f"{self.name}-{hatch}-{role}"


def _top(shape: Shape) -> float:
    return min(y for _, y in shape.points) if isinstance(shape, Arrow) else shape.y


def _up(shape: Shape, top: float) -> Shape:
    if isinstance(shape, Arrow):
        return replace(shape, points=tuple((x, y - top) for x, y in shape.points))
    return replace(shape, y=shape.y - top)
