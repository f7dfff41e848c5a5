"""A scene as aligned text: what a notebook stores, a terminal shows and a screen reader reads."""

from __future__ import annotations

from itertools import pairwise
from typing import assert_never

from vmalab.views.canvas import Canvas, column
from vmalab.views.scene import Arrow, Bracket, Label, Rect, Scene, Shape, Table, fit


def render(scene: Scene) -> str:
    """The picture in box-drawing characters and, under it, its data as a table.

    >>> from vmalab.views.scene import Rect
    >>> box = Rect(0, 0, 8, 2, "anon", "a VMA", (("rw-p", "rw"),))
    >>> print(render(Scene("One VMA", "", 9, 3, (box,))))
    ┌───────┐
    │ rw-p  │
    └───────┘
    """
    canvas = Canvas(column(scene.width) + 1, column(scene.height) + 1)
    for shape in scene.shapes:
        _draw(canvas, shape)
    parts = [str(canvas)]
    if scene.table is not None and scene.table.rows:
        parts.append(format_table(scene.table))
    return "\n\n".join(part for part in parts if part)


def format_table(table: Table) -> str:
    """A table in aligned columns; numbers keep to the right.

    >>> print(format_table(Table(("VMA", "pages"), (("rw-p", "2"), ("r--p", "16")))))
    VMA   pages
    rw-p      2
    r--p     16
    """
    rows = [table.headers, *table.rows]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    right = [
        all(cell in {"0", "-"} or (cell.isdecimal() and cell[0] != "0") for cell in cells)
        for cells in zip(*table.rows, strict=True)
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    )


def _draw(canvas: Canvas, shape: Shape) -> None:
    match shape:
        case Rect():
            _rect(canvas, shape)
        case Label():
            canvas.text(column(shape.left), column(shape.y), shape.text)
        case Bracket():
            _bracket(canvas, shape)
        case Arrow():
            _arrow(canvas, shape)
        case _:
            assert_never(shape)


def _rect(canvas: Canvas, rect: Rect) -> None:
    if rect.outline in {"frame", "veil"}:
        return  # labels say the same
    left, right = column(rect.x), column(rect.x + rect.width)
    top, bottom = column(rect.y), column(rect.y + rect.height)
    height = bottom - top
    if height >= 2:
        canvas.box(left, top, right, bottom, dashed=rect.outline == "dashed")
        first, room = left + 1, right - left - 1
        y = top + 1
    else:
        first, room, y = left, right - left, top
        if not rect.lines:
            canvas.text(left, top, "█" * max(right - left, 1))
    for row, text in enumerate(fit(line, room) for line in rect.lines):
        if y + row < max(bottom, top + 1):
            canvas.text(first + (room - len(text) + (height < 2)) // 2, y + row, text)


def _bracket(canvas: Canvas, bracket: Bracket) -> None:
    left, right = column(bracket.x), column(bracket.x + bracket.width)
    y = column(bracket.y)
    canvas.horizontal(left, right, y)
    canvas.text(left, y, "├")
    canvas.text(right, y, "┤")
    if (label := bracket.label) is not None:
        words = f" {label.text} " if label.anchor == "middle" else label.text
        start = column(label.left) - (len(words) - len(label.text)) // 2
        canvas.text(start, y, words)


_HEADS = {(0, 1): "▼", (0, -1): "▲", (1, 0): "▶", (-1, 0): "◀"}


def _arrow(canvas: Canvas, arrow: Arrow) -> None:
    if not arrow.in_text:
        return
    cells = [(column(x), column(y)) for x, y in arrow.points]
    for (x1, y1), (x2, y2) in pairwise(cells):
        if y1 == y2:
            canvas.horizontal(x1, x2, y1, dashed=arrow.dashed)
        else:
            canvas.vertical(x1, y1, y2, dashed=arrow.dashed)
    if arrow.head:
        (x1, y1), (x2, y2) = cells[-2], cells[-1]
        step = ((x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1))
        canvas.text(x2, y2, _HEADS.get(step, "•"))
