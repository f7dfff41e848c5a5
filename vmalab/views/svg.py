"""A scene as SVG: the same bytes every time, readable by people, machines and screen readers.

The drawing is one image (``role="img"``) with a title and a description; every shape has a tooltip.
It follows the page: JupyterLab's theme where there is one, the reader's preference for light or
dark elsewhere. All identifiers come from a digest of the scene, so a stored drawing can be compared
as text; give ``key`` where one page shows the same scene twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from html import escape
from typing import Final, assert_never

from vmalab.views.palette import PALETTE, PAPER_DARK, PAPER_LIGHT
from vmalab.views.scene import (
    Arrow,
    Bracket,
    Hatch,
    Label,
    Rect,
    Role,
    Scene,
    Shape,
    fit,
)

CELL_WIDTH: Final = 8.5
CELL_HEIGHT: Final = 18
MARGIN: Final = 10
CHAR_WIDTH: Final = 7.3
"""The widest monospaced character in use at 12 pixels, and a little."""
STRIPE: Final = 5
"""How deep the patterned foot of a box is."""
PITCH: Final = 15
"""From one line of a box to the next."""

_MONO: Final = "var(--jp-code-font-family,ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace)"
_SANS: Final = "var(--jp-ui-font-family,system-ui,'Segoe UI',Helvetica,Arial,sans-serif)"
_FACES: Final = {
    "mono": ("m", "12px", ""),
    "strong": ("m", "13px", "font-weight:600"),
    "prose": ("s", "14px", ""),
    "small": ("s", "12px", ""),
    "title": ("s", "16px", "font-weight:600"),
}
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_TILES: Final[dict[Hatch, str]] = {
    "diagonal": "M-1 7L7-1M-1 1L1-1M5 7L7 5",
    "back": "M-1-1L7 7M-1 5L1 7M5-1L7 1",
    "cross": "M-1 7L7-1M-1-1L7 7",
    "dots": "M1.5 3h2",
    "bars": "M3-1V7",
    "dense": "M-1 4L4-1M-1 7L7-1M2 7L7 2M-1-1L7 7",
}


def render(scene: Scene, *, key: str = "") -> str:
    """The scene as one SVG element."""
    digest = hashlib.sha256(f"{key}\n{scene!r}".encode()).hexdigest()
    return Pen(scene, f"vma-{digest[:10]}").svg()


def breadth(text: str) -> float:
    """How wide words in small print are (pixels): those of DejaVu Sans, a wide face.

    >>> breadth("mm") > breadth("nn") > breadth("ii")
    True
    """
    ems = (0.96 if c in "mwMW" else 0.36 if c in "iljtfr.,:;'|!I()[] " else 0.62 for c in text)
    return sum(ems) * 12


def _number(value: float) -> str:
    """A coordinate without needless digits.

    >>> _number(3.0), _number(2.25), _number(1 / 3)
    ('3', '2.25', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def rules(scope: str, roles: Iterable[Role]) -> str:
    """The style of everything within a selector that plays one of the roles."""
    paper = f"var(--jp-layout-color0,{_both(PAPER_LIGHT, PAPER_DARK)})"
    found = [
        f"{scope}{{color-scheme:light dark}}",
        f'[data-jp-theme-light="true"] {scope}{{color-scheme:light}}',
        f'[data-jp-theme-light="false"] {scope}{{color-scheme:dark}}',
        f"{scope} .paper{{fill:{paper}}}",
        f"{scope} .on-paper{{stroke:{paper}}}",
        f"{scope} text{{white-space:pre;paint-order:stroke;stroke-width:4px}}",
        f"{scope} .m{{font-family:{_MONO}}}",
        f"{scope} .s{{font-family:{_SANS}}}",
    ]
    for role in roles:
        style = PALETTE[role]
        fill, line, ink = (
            _both(getattr(style.light, part), getattr(style.dark, part))
            for part in ("fill", "line", "ink")
        )
        found += [
            f"{scope} .f-{role}{{fill:{fill}}}",
            f"{scope} .l-{role}{{stroke:{line}}}",
            f"{scope} .t-{role}{{fill:{ink};color:{ink}}}",
            f"{scope} .h-{role}{{fill:{line}}}",
            f"{scope} .k-{role}{{stroke:{fill}}}",
        ]
    return "".join(found)


class Pen:
    """Draws one scene; knows the identifiers of everything in it, which begin with a name."""

    def __init__(self, scene: Scene, name: str) -> None:
        self.scene = scene
        self.name = name
        self.roles: dict[Role, None] = {"ink": None}
        self.hatches: dict[tuple[Hatch, Role], str] = {}

    def svg(self) -> str:
        """The whole element."""
        body = "\n".join(self.shape(shape) for shape in self.scene.shapes)
        width = _number(self.scene.width * CELL_WIDTH + 2 * MARGIN)
        height = _number(self.scene.height * CELL_HEIGHT + 2 * MARGIN)
        name = self.name
        labelled = f'aria-labelledby="{name}-t {name}-d"'
        area = (
            f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'style="max-width:100%;height:auto"'
        )
        return "\n".join(
            [
                f'<svg xmlns="{_NAMESPACE}" id="{name}" role="img" {labelled} {area}>',
                f'<title id="{name}-t">{escape(self.scene.title)}</title>',
                f'<desc id="{name}-d">{escape(self.scene.description)}</desc>',
                f"<style>{rules(f'#{name}', self.roles)}</style>",
                *(["<defs>", *self.patterns(), "</defs>"] if self.hatches else []),
                f'<rect class="paper" width="{width}" height="{height}" fill="{PAPER_LIGHT}"/>',
                f'<g transform="translate({MARGIN} {MARGIN})">',
                body,
                "</g>",
                "</svg>",
            ]
        )

    def patterns(self) -> list[str]:
        """What the shapes drawn so far are hatched with."""
        return [
            f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<path class="l-{role}" d="{_TILES[hatch]}" stroke="{PALETTE[role].light.line}" '
            f'stroke-width="{"2" if hatch == "dots" else "1.2"}" fill="none"/></pattern>'
            for (hatch, role), name in self.hatches.items()
        ]

    def name_pattern(self, hatch: Hatch, role: Role) -> str:
        """The identifier of a pattern that has none yet."""
        return f"{self.name}-p{len(self.hatches)}"

    def _pattern(self, hatch: Hatch, role: Role) -> str:
        if (hatch, role) not in self.hatches:
            self.hatches[hatch, role] = self.name_pattern(hatch, role)
        return f"url(#{self.hatches[hatch, role]})"

    def shape(self, shape: Shape) -> str:
        """One shape as markup."""
        if shape.role not in self.roles:
            self.roles[shape.role] = None
        match shape:
            case Rect():
                return self._rect(shape)
            case Label():
                return self._label(shape)
            case Bracket():
                return self._bracket(shape)
            case Arrow():
                return self._arrow(shape)
            case _:
                assert_never(shape)

    def _rect(self, rect: Rect) -> str:
        if rect.outline in {"frame", "veil"}:
            return self._overlay(rect)
        x, y = rect.x * CELL_WIDTH, _top(rect)
        width, height = rect.width * CELL_WIDTH, rect.height * CELL_HEIGHT
        paint = PALETTE[rect.role].light
        area = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}"'
        border = _BORDERS[rect.outline]
        look = f'class="f-{rect.role} l-{rect.role}" fill="{paint.fill}" stroke="{paint.line}"'
        parts = [f'<rect {look} {area} height="{_number(height)}" {border}/>']
        if rect.hatch:
            parts.append(
                f'<rect {area} height="{_number(height)}" '
                f'fill="{self._pattern(rect.hatch, rect.role)}" opacity=".45"/>'
            )
        elif rect.outline == "plain" and rect.height > 1:
            parts.append(self._stripe(rect, x, y + height - STRIPE, width))
        parts += self._words(rect, y, height)
        return f"<g><title>{escape(rect.about)}</title>{''.join(parts)}</g>"

    def _overlay(self, rect: Rect) -> str:
        """A frame around a box or a veil over it: the box's own words stay readable."""
        x, y = rect.x * CELL_WIDTH + 1, _top(rect) + 1
        width, height = rect.width * CELL_WIDTH - 2, rect.height * CELL_HEIGHT - 2
        area = (
            f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
        )
        line = PALETTE[rect.role].light.line
        border = f'class="l-{rect.role}" stroke="{line}" stroke-width="2"'
        inside = 'fill="none"'
        if rect.outline == "veil":
            pattern = self._pattern(rect.hatch, rect.role)
            inside = f'fill="{pattern}" fill-opacity=".4" stroke-dasharray="5 3"'
        return (
            f'<g pointer-events="none"><title>{escape(rect.about)}</title>'
            f"<rect {area} {inside} {border}/></g>"
        )

    def _stripe(self, rect: Rect, x: float, y: float, width: float) -> str:
        """The band at a box's foot whose pattern tells its role."""
        hatch, line = PALETTE[rect.role].hatch, PALETTE[rect.role].light.line
        area = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{STRIPE}"'
        if hatch:
            return f'<rect {area} fill="{self._pattern(hatch, rect.role)}"/>'
        return f'<rect class="h-{rect.role}" {area} fill="{line}"/>'

    def _words(self, rect: Rect, top: float, height: float) -> list[str]:
        """The lines of a box, at the same heights in every box of a lane."""
        left, width = (columns * CELL_WIDTH for columns in rect.place)
        middle, room = left + width / 2, (width - 3) / CHAR_WIDTH
        slots, foot = (rect.height - 1, STRIPE) if rect.height > 1 else (1, 0)
        first = top + (height - foot - PITCH * slots) / 2 + 11.2
        ink = PALETTE[rect.role].light.ink
        halo = f" k-{rect.role}" if rect.hatch else ""
        return [
            f'<text class="m t-{rect.role}{halo}" x="{_number(middle)}" '
            f'y="{_number(first + PITCH * row)}" text-anchor="middle" font-size="12px" '
            f'fill="{ink}">{escape(text)}</text>'
            for row, line in enumerate(rect.lines)
            if (text := fit(line, room))
        ]

    def _label(self, label: Label) -> str:
        family, font_size, extra = _FACES[label.face]
        style = f' style="{extra}"' if extra else ""
        halo = " on-paper" if label.face == "small" else ""
        ink = PALETTE[label.role].light.ink
        x, y = label.x * CELL_WIDTH, label.y * CELL_HEIGHT + 13
        return (
            f'<text class="{family} t-{label.role}{halo}" x="{_number(x)}" y="{_number(y)}" '
            f'text-anchor="{label.anchor}" font-size="{font_size}" fill="{ink}"{style}>'
            f"{escape(label.text)}</text>"
        )

    def _bracket(self, bracket: Bracket) -> str:
        left, right = bracket.x * CELL_WIDTH, (bracket.x + bracket.width) * CELL_WIDTH
        y = bracket.y * CELL_HEIGHT + CELL_HEIGHT / 2
        pieces = f"M{_number(left)} {_number(y - 4)}v8M{_number(right)} {_number(y - 4)}v8"
        label = bracket.label
        if label is not None and label.anchor == "middle":
            half = breadth(label.text) / 2 + 4
            middle = label.x * CELL_WIDTH
            pieces += f"M{_number(left)} {_number(y)}H{_number(middle - half)}"
            pieces += f"M{_number(middle + half)} {_number(y)}H{_number(right)}"
        else:
            pieces += f"M{_number(left)} {_number(y)}H{_number(right)}"
        words = "" if label is None else self._label(label)
        return (
            f"<g><title>{escape(bracket.about)}</title>"
            f'<path class="l-{bracket.role}" d="{pieces}" fill="none" '
            f'stroke="{PALETTE[bracket.role].light.line}" stroke-width="1.5"/>{words}</g>'
        )

    def _arrow(self, arrow: Arrow) -> str:
        points = [(x * CELL_WIDTH, (y + 0.5) * CELL_HEIGHT) for x, y in arrow.points]
        path = "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
        dash = ' stroke-dasharray="4 3"' if arrow.dashed else ""
        line = PALETTE[arrow.role].light.line
        head = self._head(arrow, points) if arrow.head else ""
        return (
            f"<g><title>{escape(arrow.about)}</title>"
            f'<path class="l-{arrow.role}" d="{path}" fill="none" stroke="{line}" '
            f'stroke-width="1.5" stroke-linejoin="round"{dash}/>{head}</g>'
        )

    def _head(self, arrow: Arrow, points: list[tuple[float, float]]) -> str:
        (x1, y1), (x2, y2) = points[-2], points[-1]
        dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
        wings = [
            (x2 - 7 * dx - 4 * dy, y2 - 7 * dy - 4 * dx),
            (x2 - 7 * dx + 4 * dy, y2 - 7 * dy + 4 * dx),
        ]
        corners = " ".join(f"{_number(x)},{_number(y)}" for x, y in [(x2, y2), *wings])
        line = PALETTE[arrow.role].light.line
        return f'<polygon class="h-{arrow.role}" points="{corners}" fill="{line}"/>'


_BORDERS: Final = {
    "plain": 'stroke-width="1"',
    "dashed": 'stroke-width="1" stroke-dasharray="4 3"',
}


def _top(rect: Rect) -> float:
    """The upper edge of a box: in the middle of its first row, where a text drawing has it."""
    return (rect.y + 0.5 * (rect.height > 1)) * CELL_HEIGHT


def _both(light: str, dark: str) -> str:
    return light if light == dark else f"light-dark({light},{dark})"
