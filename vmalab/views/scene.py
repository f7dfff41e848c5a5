"""A scene: rectangles, labels, brackets and lines, before anyone has drawn them.

A scene is laid out on a grid of character cells, x to the right and y downwards. One cell is one
character of a text drawing, and 8.5 by 18 pixels of an SVG; so a label of six letters takes six
cells, whoever draws it, and whether labels collide can be decided here.

    y  0    ┌───────┬───┐       Rect(0, 0, 8, 3, …)   Rect(8, 0, 4, 3, …)
       1    │ rw-p  │r--│       a line of text is a tuple of spellings, longest first:
       2    │ anon  │   │       the renderer takes the first that fits, or none
       3    └───────┴───┘

Every shape says what it is (``about``), which role it plays in the palette, and, where colour
alone would tell, how it is hatched. Renderers read scenes; they know nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Role = Literal[
    "anon", "file", "shmem", "heap", "stack", "special", "none",  # what backs a VMA
    "hole", "guard", "zero",  # what a page is
    "set", "clear",  # what a bit of an entry is
    "changed", "gone",  # what became of it
    "ink", "muted",  # words
]  # fmt: skip
"""The part a shape plays; the palette gives each role its colours and its hatching."""
Hatch = Literal["", "diagonal", "back", "cross", "dots", "bars", "dense"]
"""A pattern, so that nothing depends on colour alone."""
Outline = Literal["plain", "dashed", "frame", "veil"]
"""A box; a box of dashes; a frame around another box; a hatched veil over another box."""
Anchor = Literal["start", "middle", "end"]
_BEFORE: Final[dict[Anchor, float]] = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""How much of the words stands before their place."""
Face = Literal["mono", "strong", "prose", "small", "title"]
"""How words look: data, weighty data, sentences, small print, the heading."""
Line = tuple[str, ...]
"""One line of text in its spellings, longest first."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A box, with text centred in it; in a picture in its ``clear`` part, if it has one."""

    x: float
    y: float
    width: float
    height: float
    role: Role
    about: str
    lines: tuple[Line, ...] = ()
    hatch: Hatch = ""
    outline: Outline = "plain"
    clear: tuple[float, float] | None = field(default=None, repr=False)

    @property
    def place(self) -> tuple[float, float]:
        """Where its words stand in a picture: the left of it, and how wide it is."""
        return self.clear or (self.x, self.width)


@dataclass(frozen=True, slots=True)
class Label:
    """Words, standing in row ``y``; ``x`` is their start, middle or end."""

    x: float
    y: float
    text: str
    role: Role = "ink"
    anchor: Anchor = "start"
    face: Face = "mono"

    @property
    def left(self) -> float:
        """The column the first character stands in.

        >>> Label(10, 0, "four", anchor="middle").left
        8.0
        """
        return self.x - len(self.text) * _BEFORE[self.anchor]

    @property
    def right(self) -> float:
        """The column after the last character."""
        return self.left + len(self.text)


@dataclass(frozen=True, slots=True)
class Bracket:
    """A horizontal span with ticks at both ends, in one row: ``├── text ──┤``.

    Where the text does not fit inside it is written beside the bracket, on the side where
    ``limit`` (the scene's width) leaves room.
    """

    x: float
    y: float
    width: float
    role: Role
    about: str
    text: str = ""
    limit: float = 0

    @property
    def label(self) -> Label | None:
        """Where its text stands, or None where there is none."""
        if not self.text:
            return None
        if len(self.text) + 5 <= self.width:
            middle = self.x + self.width / 2
            return Label(middle, self.y, self.text, self.role, "middle", "small")
        beside = self.x + self.width + 1.5
        if beside + len(self.text) <= self.limit:
            return Label(beside, self.y, self.text, self.role, "start", "small")
        return Label(self.x - 0.5, self.y, self.text, self.role, "end", "small")


@dataclass(frozen=True, slots=True)
class Arrow:
    """A path of horizontal and vertical pieces, with a head at its end or none.

    A path that is not ``in_text`` may slant: a text drawing leaves it out, and words say the same.
    """

    points: tuple[tuple[float, float], ...]
    role: Role
    about: str
    head: bool = True
    dashed: bool = False
    in_text: bool = field(default=True, repr=False)


Shape = Rect | Label | Bracket | Arrow


@dataclass(frozen=True, slots=True)
class Table:
    """The figure's data, for those who read it instead of seeing it."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole drawing: what it is called, what it shows, and its shapes in drawing order."""

    title: str
    description: str
    width: float
    height: float
    shapes: tuple[Shape, ...]
    table: Table | None = None


def labels_of(scene: Scene) -> list[Label]:
    """Every free-standing word of a scene, brackets' included."""
    found: list[Label] = []
    for shape in scene.shapes:
        match shape:
            case Label():
                found.append(shape)
            case Bracket(label=Label() as label):
                found.append(label)
            case _:
                pass
    return found


def fit(line: Line, room: float) -> str:
    """The longest spelling that fits into ``room`` characters, or nothing.

    >>> fit(("rw-p", "rw-"), 3.5), fit(("anon",), 3)
    ('rw-', '')
    """
    return next((text for text in line if len(text) <= room), "")
