"""Is docs/gallery.md what `make docs` makes of it today, figures and all?"""

import pytest

from tools.gallery import FIGURES, PAGE, PAPERS, PLOTS, page, svg
from vmalab import views


def test_the_page_is_current_and_shows_every_plot():
    assert PAGE.read_text() == page(), "docs/gallery.md is out of date: run make docs"
    assert {plot.name for plot in PLOTS} == {name for name in views.__all__ if "plot_" in name}
    drawn = {f"{plot.name}-{paper}.svg" for plot in PLOTS for paper in PAPERS}
    assert {path.name for path in FIGURES.iterdir()} == drawn


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.name)
def test_a_figure_is_what_its_lines_draw(plot):
    kept = (FIGURES / f"{plot.name}-dark.svg").read_text()
    assert kept == svg(plot, "dark"), "docs/gallery is out of date: run make docs"
