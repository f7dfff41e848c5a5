"""Does the figure hold what the scene holds, without pyplot?"""

import subprocess
import sys

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from tests.unit.views import samples
from vmalab.views import address_space
from vmalab.views.mpl import render
from vmalab.views.scene import Bracket, Rect, Scene, labels_of


@pytest.mark.parametrize("name", samples.STEPS)
def test_every_box_and_every_word_is_there(name):
    scene = samples.drawn(name).scene
    (ax,) = render(scene).axes
    drawn = {patch.get_label() for patch in ax.patches if isinstance(patch, Rectangle)}
    assert {shape.about for shape in scene.shapes if isinstance(shape, Rect)} <= drawn
    words = {text.get_text() for text in ax.texts}
    assert {label.text for label in labels_of(scene)} <= words


def test_arrows_have_heads():
    (ax,) = samples.drawn("moving").figure().axes
    assert any(isinstance(patch, FancyArrowPatch) for patch in ax.patches)


def test_a_bracket_without_a_word_is_one_line_with_two_ends():
    scene = Scene("", "", 20, 2, (Bracket(0, 0, 9, "changed", ""),))
    (ax,) = render(scene).axes
    assert len(ax.lines) == 3


def test_it_draws_into_the_readers_own_axes():
    figure = Figure()
    ax = figure.add_subplot(1, 2, 1)
    assert address_space(samples.FEW, samples.WINDOW).figure(ax) is figure
    assert ax.patches


def test_axes_without_a_figure_are_refused_with_the_cure():
    ax = Figure().add_subplot()
    ax.remove()
    with pytest.raises(ValueError, match="add_subplot"):
        render(Scene("", "", 1, 1, ()), ax)


def test_it_can_be_saved(tmp_path):
    path = samples.drawn("splitting").save(tmp_path / "split.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_views_load_without_matplotlib():
    code = "import sys, vmalab.views; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
