"""One JupyterLab and one Chromium for the whole suite: starting them is most of what it costs."""

import shutil
from pathlib import Path

import pytest

from tests.browser.driver import Notebook, Server, browser_page

COURSE = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="session")
def server(chromium, tmp_path_factory):
    """JupyterLab on a copy of the course, with settings of its own."""
    home = tmp_path_factory.mktemp("lab")
    root = home / "course"
    root.mkdir()
    for notebook in COURSE.glob("*.ipynb"):
        shutil.copy(notebook, root)
    lab = Server(root, home)
    yield lab
    lab.stop()


@pytest.fixture(scope="session")
def tab(chromium):
    """A page of a laptop's size, and what it asked of other machines."""
    with browser_page(chromium) as page_and_strangers:
        yield page_and_strangers


@pytest.fixture(scope="session")
def page(tab):
    return tab[0]


@pytest.fixture(scope="session")
def lesson(server, page):
    """Notebook 01, open and run from a fresh kernel."""
    notebook = Notebook(server, page, "01_address_spaces_and_vmas.ipynb")
    notebook.restart_and_run_all()
    return notebook
