"""Can everybody read what is drawn: in light, in dark, and without seeing colours?"""

from itertools import combinations
from typing import get_args

import pytest

from vmalab.views.palette import PALETTE, PAPER_DARK, PAPER_LIGHT, chart_colours
from vmalab.views.scene import Role

ROLES = get_args(Role)
WORDS = ("ink", "muted", "changed", "gone")


def luminance(colour):
    def linear(channel):
        share = int(channel, 16) / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[at : at + 2]) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_every_role_has_a_style():
    assert set(PALETTE) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_what_they_stand_on(role, theme):
    paint = getattr(PALETTE[role], theme)
    assert contrast(paint.fill, paint.ink) >= (4.5 if role in {*WORDS, "hole"} else 7)


@pytest.mark.parametrize("role", WORDS)
def test_words_stand_out_from_the_page(role):
    assert contrast(PALETTE[role].light.ink, PAPER_LIGHT) >= 4.5
    assert contrast(PALETTE[role].dark.ink, PAPER_DARK) >= 4.5


@pytest.mark.parametrize("role", ["anon", "file", "shmem", "heap", "stack", "special", "none"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_borders_stand_out_from_the_page(role, theme):
    """WCAG 1.4.11: what one must see to understand has a contrast of 3 to 1."""
    paper = PAPER_LIGHT if theme == "light" else PAPER_DARK
    assert contrast(getattr(PALETTE[role], theme).line, paper) >= 3


def test_what_backs_a_vma_can_be_told_without_colour():
    hatches = {role: PALETTE[role].hatch for role in ("anon", "file", "shmem", "heap", "stack")}
    assert all(hatches[one] != hatches[two] for one, two in combinations(hatches, 2))


@pytest.mark.parametrize(("dark", "paper"), [(False, PAPER_LIGHT), (True, PAPER_DARK)])
def test_lines_of_a_chart_stand_out_from_the_page(dark, paper):
    colours = chart_colours(dark=dark)
    assert len(set(colours)) == len(colours)
    assert all(contrast(colour, paper) >= 3 for colour in colours)
