"""Can a learner read the report, in both themes, on a laptop and on a narrow screen?

answers, right and wrong  -->  one HTML file, opened as it is  -->  axe, and what can be seen
"""

import importlib

import pytest

from tests.browser.driver import violations
from tests.grading.test_discrimination import judged
from tools import exercises
from vmalab.grading.bundle import load_folder
from vmalab.grading.report_html import report
from vmalab.grading.results import Job, Verdict, result_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SETS = ("01", "06")


def graded(exercise):
    """A set of which every second item was answered wrongly."""
    answers = importlib.import_module(f"tests.grading.answers.ex{exercise.name}")
    verdicts = {}
    for number, item in enumerate(exercise.items):
        wrong = number % 2 == 0
        source = answers.WRONG[item.name][0][0] if wrong else answers.RIGHT[item.name][0]
        verdicts[item.name, None] = Verdict(item.name, None, passed=True)
        for probe, found in enumerate(judged(item, source)):
            verdicts[item.name, probe] = Verdict(item.name, probe, found.passed, found.said)
    return result_of(Job("ada", exercise.name, b""), exercise, "key", verdicts, "")


@pytest.fixture(scope="module")
def text():
    """A report with all that one can have: pictures, notes, a stopped answer, an override."""
    known = load_folder(exercises.SEALED)
    results = [graded(known[name]) for name in SETS]
    results[0]["notes"] = ["ex1.q1: its cell has lost its id; found by its content"]
    results[0]["sandbox"] = "in bubblewrap: no network, no files of this machine"
    results[1]["items"][0]["stopped"] = "it took too long"
    results[1]["items"][1]["override"] = "decided by your instructor: a slip of the pen"
    results[1]["items"][4]["answered"] = False
    return report(results)


@pytest.fixture(scope="module")
def sheet(page, text, tmp_path_factory):
    """The report in a tab of its own, from a file, as an instructor hands it on."""
    path = tmp_path_factory.mktemp("reports") / "ada.html"
    path.write_text(text, encoding="utf-8")
    tab = page.context.browser.new_page(viewport={"width": 1366, "height": 768})
    tab.goto(path.as_uri())
    yield tab
    tab.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_report(sheet, theme):
    sheet.emulate_media(color_scheme=theme)
    assert violations(sheet, "body") == []


def test_both_sides_of_a_wrong_answer_are_drawn_and_nothing_overflows(sheet):
    assert sheet.locator("figure svg").count() >= 2
    for width in (1366, 480):
        sheet.set_viewport_size({"width": width, "height": 768})
        beyond = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert sheet.evaluate(beyond) <= 0, f"at {width}"
