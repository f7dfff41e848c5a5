"""The colours and patterns of every role, for light and for dark pages.

Hues are those of Okabe and Ito, which people with any of the common colour-vision deficiencies
can tell apart: orange, sky blue, bluish green, yellow, reddish purple, blue, vermillion. Fills are
tints (or shades) of a hue, lines its full strength; words on a fill keep a contrast of at least
7 to 1, and accents on the page one of at least 4.5 to 1 (tests/unit/views/test_palette.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vmalab.views.scene import Hatch, Role


@dataclass(frozen=True, slots=True)
class Paint:
    """One role on one kind of page: the area, its border and pattern, the words on it."""

    fill: str
    line: str
    ink: str


@dataclass(frozen=True, slots=True)
class Style:
    """A role's paints, and the pattern that says the same without colour."""

    light: Paint
    dark: Paint
    hatch: Hatch = ""


PAPER_LIGHT: Final = "#ffffff"
PAPER_DARK: Final = "#111111"


def paper(*, dark: bool) -> str:
    """The colour of what everything is drawn on."""
    return PAPER_DARK if dark else PAPER_LIGHT


_INK: Final = "#1b1f24"
_CHALK: Final = "#f2f4f6"


def _tint(light: str, line: str, dark: str, dark_line: str, hatch: Hatch = "") -> Style:
    return Style(Paint(light, line, _INK), Paint(dark, dark_line, _CHALK), hatch)


def _words(light: str, dark: str, hatch: Hatch = "") -> Style:
    return Style(Paint(PAPER_LIGHT, light, light), Paint(PAPER_DARK, dark, dark), hatch)


PALETTE: Final[Mapping[Role, Style]] = {
    "anon": _tint("#fdebc8", "#b67a00", "#4a3405", "#e69f00"),
    "file": _tint("#d6ebfa", "#2b7bb0", "#123a55", "#56b4e9", "diagonal"),
    "shmem": _tint("#cdeee2", "#00805c", "#053f30", "#2fbf95", "dots"),
    "heap": _tint("#f9f5c0", "#8a8000", "#43400a", "#f0e442", "bars"),
    "stack": _tint("#f6dfeb", "#a8527f", "#4b2339", "#cc79a7", "back"),
    "special": _tint("#e9ebee", "#6a7079", "#33383e", "#9aa2ac", "cross"),
    "none": _tint("#f4f5f6", "#757c85", "#22262a", "#8a929c", "diagonal"),
    "hole": Style(
        Paint(PAPER_LIGHT, "#9aa1aa", "#57606a"), Paint(PAPER_DARK, "#5d656e", "#adb5be")
    ),
    "guard": _tint("#dfe2e6", "#57606a", "#3a4047", "#adb5be", "dense"),
    "zero": _tint("#fbfbfb", "#8c939c", "#1d2124", "#7b838c"),
    "set": Style(
        Paint("#004f82", "#00324f", "#ffffff"), Paint("#8fd0f5", "#d3edfb", "#0b1a26"), "dense"
    ),
    "clear": _tint("#fbfbfb", "#757c85", "#1d2124", "#8a929c"),
    "changed": _words("#005a94", "#6cbcf0"),
    "gone": _words("#a83c00", "#ff9559", "back"),
    "ink": _words(_INK, _CHALK),
    "muted": _words("#57606a", "#adb5be"),
}
"""Every role's style; renderers take colours from nowhere else."""

CHART: Final[tuple[Role, ...]] = ("file", "gone", "shmem", "stack", "anon", "special", "heap")
"""Whose colours tell the lines of a chart apart, in this order."""


def chart_colours(*, dark: bool = False) -> list[str]:
    """The colours of a chart's lines on such paper."""
    return [(PALETTE[role].dark if dark else PALETTE[role].light).line for role in CHART]
