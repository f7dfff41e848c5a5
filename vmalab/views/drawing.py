"""What the drawing functions return: a scene that shows itself in whichever way it is asked."""

from __future__ import annotations

import html
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmalab.views import live, mpl, svg, text
from vmalab.views.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, repr=False)
class Drawing:
    """A picture that has not decided what it is made of.

    As the last value of a notebook cell it is shown as SVG, with its text twin for everything that
    cannot draw; ``print(drawing)`` (or :func:`show`) stores nothing but text.
    """

    scene: Scene

    @property
    def text(self) -> str:
        """Aligned text."""
        return text.render(self.scene)

    @property
    def svg(self) -> str:
        """One SVG element, the same bytes every time."""
        return svg.render(self.scene)

    def svg_as(self, key: str) -> str:
        """The SVG with identifiers of its own, for a page that shows the scene twice."""
        return svg.render(self.scene, key=key)

    def live(self, key: str) -> dict[str, Any]:
        """The picture in shapes, for a page that shows another after it (:mod:`.live`)."""
        return live.render(self.scene, key)

    @property
    def html(self) -> str:
        """The SVG with its text twin folded away under it."""
        twin = html.escape(self.text)
        return (
            f'<figure style="margin:0">{self.svg}<details><summary>As text</summary>'
            f'<pre tabindex="0" style="overflow:auto">{twin}</pre></details></figure>'
        )

    def figure(self, ax: Axes | None = None, *, dark: bool = False) -> Figure:
        """A matplotlib figure, for print and for learners' own plots."""
        return mpl.render(self.scene, ax, dark=dark)

    def save(self, path: str | Path) -> Path:
        """Write the drawing to a file: ``.svg``, ``.txt``, or whatever matplotlib can write."""
        target = Path(path)
        match target.suffix:
            case ".svg":
                target.write_text(self.svg + "\n", encoding="utf-8")
            case ".txt":
                target.write_text(self.text + "\n", encoding="utf-8")
            case _:
                self.figure().savefig(target)
        return target

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """Inline SVG in HTML, not ``image/svg+xml``: an image would not follow the theme."""
        bundle = {"text/plain": self.text, "text/html": self.html}
        return {
            kind: data
            for kind, data in bundle.items()
            if (not include or kind in include) and kind not in (exclude or ())
        }


def show(drawing: Drawing) -> None:
    """Print a drawing as text: what a stored notebook keeps.

    >>> from vmalab.views.scene import Label, Scene
    >>> show(Drawing(Scene("", "", 9, 1, (Label(0, 0, "a picture"),))))
    a picture
    """
    print(drawing.text)  # noqa: T201 - printing is what it is for
