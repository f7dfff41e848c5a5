"""The stepper on kernels of 2006, in a real browser: nonlinear areas, one program on several."""

import pytest

from tests.browser.driver import DARK, LIGHT, Notebook
from vmalab.trace.film import film
from vmalab.widgets.pictures import to_program

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROGRAM = "database-window"
STEPPER = ".vma-card:has(.vma-transport)"


@pytest.fixture(scope="module")
def course(server, page):
    """Notebook 05, open and run from a fresh kernel."""
    notebook = Notebook(server, page, "05_remap_file_pages.ipynb")
    notebook.restart_and_run_all()
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def stepper(course):
    """Its stepper, on the plain kernel of 2006, before the first operation."""
    found = course.page.locator(STEPPER).first
    found.scroll_into_view_if_needed()
    choose(found, "linux-2.6")
    return found


def choose(stepper, kernel):
    stepper.get_by_label("Kernel").select_option(kernel)
    stepper.get_by_role("button", name="Forward one event").press("Home")
    stepper.locator(".vma-where", has_text="before the first").wait_for()


def maps(stepper, operation):
    """What maps says after so many operations."""
    stepper.locator(".vma-where", has_text=f"operation {operation} of").wait_for()
    return stepper.locator(".vma-maps tbody tr:not(.vma-gone) .vma-entry").all_inner_texts()


@pytest.mark.parametrize("kernel", ["linux-2.6", "linux-6", "linux-2.6-manyprots-v4"])
def test_each_kernel_shows_its_own_vmas(stepper, kernel):
    choose(stepper, kernel)
    run = film(to_program(PROGRAM), kernel).run
    for number in range(1, 6):
        stepper.get_by_role("button", name="Forward one operation").click()
        assert maps(stepper, number) == [row.line for row in run.state(number).vmas]


def test_the_picture_says_which_pages_the_area_shows(stepper):
    for number in range(1, 6):
        stepper.get_by_role("button", name="Forward one operation").click()
        maps(stepper, number)
    words = stepper.locator("svg[role=img] text").all_text_contents()
    assert "shows" in words
    assert {"40", "17", "18", "63"} <= set(words)
    assert "nonlinear" in stepper.inner_text()


# Page i of the window, page j of the file: a line from box to box for each.
def test_window_and_file_are_joined_by_lines_that_follow_the_theme(course):
    for theme in (LIGHT, DARK):
        course.theme(theme)
        picture = course.page.locator("svg:has-text('Pages of f0 through a window')").first
        picture.scroll_into_view_if_needed()
        assert picture.locator("path").count() >= 8
        assert course.violations("figure") == []
    course.theme(LIGHT)
