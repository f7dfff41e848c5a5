"""The course with nothing installed: does the site run in a browser that can reach nothing else?"""

import functools
import http.server
import shutil
import threading

import pytest

from tests.browser.driver import elsewhere
from tests.conftest import IN_CI
from tools import lite
from vmalab.grading.bundle import public_item
from vmalab.grading.probes import vmas_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 240_000
"""Milliseconds: Python is loaded anew for each notebook, and runs three times slower there."""
full = functools.partial(pytest.param, marks=pytest.mark.full)
LESSONS = [
    "02_split_and_merge",
    full("01_address_spaces_and_vmas"),
    full("05_remap_file_pages"),
    full("08_the_many_prots_patch"),
]
STEPPER = ".vma-card:has(.vma-transport)"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built anew, and served from this machine."""
    if shutil.which("npm") is None:
        (pytest.fail if IN_CI else pytest.skip)("no npm to fetch Pyodide: apt-get install npm")
    folder = lite.build(tmp_path_factory.mktemp("lite") / "site")
    handler = functools.partial(Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing about it."""

    def log_message(self, *_):
        pass


@pytest.fixture
def visitor(page, site):
    """A visitor who was never there before, and what the page asked of other machines."""
    context = page.context.browser.new_context(viewport={"width": 1366, "height": 768})
    strangers = []
    context.on("request", lambda request: strangers.extend(elsewhere(request.url)))
    visit = context.new_page()
    visit.set_default_timeout(PATIENCE)
    yield visit, strangers
    context.close()


def open_notebook(page, site, path):
    page.goto(f"{site}/lab/index.html?path={path}.ipynb")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    session = "window.jupyterapp.shell.currentWidget?.sessionContext?.session"
    page.wait_for_function(f"window.jupyterapp && {session}?.kernel?.status === 'idle'")


def run_all(page):
    """Run every cell; of each code cell its number, and whatever went wrong in it."""
    page.evaluate(
        """() => window.jupyterapp.commands.execute("notebook:run-all-cells").finally(
            () => { window.finished = true; })"""
    )
    page.wait_for_function("window.finished")
    return page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
          .filter((cell) => cell.model.type === "code")
          .map((cell) => ({
            count: cell.model.executionCount,
            source: cell.model.sharedModel.source,
            outputs: cell.model.outputs.toJSON(),
          }))"""
    )


def wrong(cells):
    return [
        (cell["source"], output)
        for cell in cells
        for output in cell["outputs"]
        if output["output_type"] == "error" or output.get("name") == "stderr"
    ]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_and_its_widgets_can_be_used(visitor, site, lesson):
    page, strangers = visitor
    open_notebook(page, site, f"notebooks/{lesson}")
    cells = run_all(page)
    assert wrong(cells) == []
    assert [cell["count"] for cell in cells] == list(range(1, len(cells) + 1))
    stepper = page.locator(STEPPER).first
    stepper.scroll_into_view_if_needed()
    stepper.get_by_role("button", name="Forward one event").press("Home")
    stepper.get_by_role("button", name="Forward one operation").click()
    stepper.locator(".vma-where", has_text="operation 1 of").wait_for()
    assert page.locator("figure svg[role=img]").count() > 0
    assert strangers == []


# The answer is the one that the item's reference gives to a learner without a name.
@pytest.mark.full
def test_an_exercise_is_checked_in_the_page(visitor, site):
    page, strangers = visitor
    item = public_item("ex1.q1")
    shown = item.variants[item.variant("")]["shown"]
    right = ", ".join(f"{low}-{high} {perms}" for low, high, perms in vmas_of(shown))
    open_notebook(page, site, "exercises/01_address_spaces")
    page.evaluate(
        """(answer) => window.jupyterapp.shell.currentWidget.content.widgets
          .filter((cell) => cell.model.sharedModel.source.trim() === 'maps_1 = ""')
          .forEach((cell) => { cell.model.sharedModel.source = `maps_1 = "${answer}"`; })""",
        right,
    )
    cells = run_all(page)
    said = [str(cell["outputs"]) for cell in cells if 'check("ex1.q' in cell["source"]]
    assert f"{item.title}: 2 of" in said[0]
    assert "not yet" in said[1]
    assert strangers == []
