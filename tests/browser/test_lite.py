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

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.full]

PATIENCE = 300_000
"""Milliseconds: Python is loaded anew for each notebook, and runs three times slower there."""
LESSONS = sorted(path.stem for path in (lite.ROOT / "notebooks").glob("*.ipynb"))
STEPPER = (".vma-card:has(.vma-transport)", "Picture", "before the first", "operation 1 of")
COMPARE = (".vma-compare", "Every operation", "operation 1 of", "operation 2 of")
USED = dict.fromkeys(("00", "01", "02", "05", "10"), STEPPER)
USED |= dict.fromkeys(("08", "09"), COMPARE)
"""A lesson's widget: where it takes keys, and what it says after Home and one step down."""


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
    """Forget what was stored, and run every cell: of each code cell its number and outputs."""
    page.evaluate(
        """async () => {
          await window.jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
          window.jupyterapp.commands.execute("notebook:run-all-cells").finally(
            () => { window.finished = true; });
        }"""
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


def step(page, kind, place, before, after):
    """Take a widget's program to its beginning and one operation on."""
    widget = page.locator(kind).first
    widget.scroll_into_view_if_needed()
    widget.get_by_role("group", name=place).first.press("Home")
    widget.locator(".vma-where", has_text=before).wait_for()
    widget.get_by_role("group", name=place).first.press("ArrowDown")
    widget.locator(".vma-where", has_text=after).wait_for()


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_and_its_widgets_can_be_used(visitor, site, lesson):
    page, strangers = visitor
    open_notebook(page, site, f"notebooks/{lesson}")
    cells = run_all(page)
    assert wrong(cells) == []
    assert [cell["count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert page.locator(".vma-card").count() > 0
    assert page.locator(".jp-OutputArea svg[role=img]").count() > 0
    if lesson[:2] in USED:
        step(page, *USED[lesson[:2]])
    assert strangers == []


WITHOUT = """
try:
    import matplotlib.pyplot
except ImportError as sentence:
    print(sentence)
"""


# The answer is the one that the item's reference gives to a learner without a name.
def test_an_exercise_is_checked_in_the_page_and_what_is_missing_says_so(visitor, site):
    page, strangers = visitor
    item = public_item("ex1.q1")
    shown = item.variants[item.variant("")]["shown"]
    right = ", ".join(f"{low}-{high} {perms}" for low, high, perms in vmas_of(shown))
    open_notebook(page, site, "exercises/01_address_spaces")
    page.evaluate(
        """(answer) => window.jupyterapp.shell.currentWidget.content.widgets
          .filter((cell) => cell.model.sharedModel.source.trim() === 'maps_1 = ""')
          .forEach((cell) => { cell.model.sharedModel.source = answer; })""",
        f'maps_1 = "{right}"' + WITHOUT,
    )
    cells = run_all(page)
    said = [str(cell["outputs"]) for cell in cells if 'check("ex1.q' in cell["source"]]
    assert f"{item.title}: 2 of" in said[0]
    assert "no answer yet" in said[1]
    [answer] = [cell for cell in cells if cell["source"].endswith(WITHOUT)]
    assert "There is no matplotlib in this page" in answer["outputs"][0]["text"]
    assert strangers == []
