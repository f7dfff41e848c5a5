"""A learner's hour in a real browser: every lesson runs, and everything in it can be used."""

from pathlib import Path

import pytest

from tests.browser.driver import DARK, LIGHT, Notebook
from vmalab.trace.film import film
from vmalab.widgets.pictures import to_program

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LESSONS = sorted(
    path.name for path in (Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb")
)
STEPPER = ".vma-card:has(.vma-transport)"
PROGRAM = "four-calls"


@pytest.fixture
def stepper(lesson):
    """The first stepper of notebook 01, at the beginning of its program."""
    found = lesson.page.locator(STEPPER).first
    found.scroll_into_view_if_needed()
    found.get_by_role("button", name="Forward one event").press("Home")
    found.locator(".vma-where", has_text="before the first").wait_for()
    return found


def maps_after(step):
    """What maps says after so many operations, computed here."""
    return [row.line for row in film(to_program(PROGRAM)).run.state(step).vmas]


def shows(stepper, text):
    """Wait until the stepper says where it is, and read its maps."""
    stepper.locator(".vma-where", has_text=text).wait_for()
    return stepper.locator(".vma-maps tbody tr:not(.vma-gone) .vma-entry").all_inner_texts()


def test_run_all_leaves_no_error(lesson):
    assert lesson.errors() == []
    assert lesson.page.locator(STEPPER).count() == 2


def test_the_mouse_steps_from_operation_to_operation(stepper):
    for number in range(1, len(to_program(PROGRAM).ops) + 1):
        stepper.get_by_role("button", name="Forward one operation").click()
        assert shows(stepper, f"operation {number} of 8, done") == maps_after(number)
    stepper.get_by_role("button", name="Back one operation").click()
    assert shows(stepper, "operation 7 of 8, done") == maps_after(7)


def test_the_keyboard_steps_as_well_and_into_a_call(stepper):
    keys = stepper.page.keyboard
    stepper.get_by_role("button", name="Forward one event").focus()
    for number in range(1, 5):
        keys.press("ArrowDown")
        assert shows(stepper, f"operation {number} of 8, done") == maps_after(number)
    keys.press("ArrowUp")
    moments = film(to_program(PROGRAM)).moments[3]
    for event, state in enumerate(moments, 1):
        keys.press("ArrowRight")
        shown = shows(stepper, f"operation 4 of 8, event {event} of {len(moments)}")
        assert shown == [row.line for row in state.vmas]
    assert "split" in stepper.locator(".vma-events").inner_text()
    keys.press("End")
    assert shows(stepper, "operation 8 of 8, done") == maps_after(8)
    keys.press("Home")
    assert shows(stepper, "before the first") == []


def test_every_control_can_be_reached_by_tab_and_shows_its_focus(stepper):
    page = stepper.page
    stepper.locator("select").first.focus()
    reached = set()
    for _ in range(14):
        reached.add(
            page.evaluate(
                "() => document.activeElement.getAttribute('aria-label') || "
                "document.activeElement.tagName"
            )
        )
        page.keyboard.press("Tab")
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    assert {"SELECT", "Play", "Forward one event", "Moment"} <= reached


def test_a_typed_program_runs_and_a_wrong_one_says_where(stepper):
    stepper.get_by_role("button", name="Edit the program").click()
    editor = stepper.get_by_role("textbox", name="Program text")
    editor.fill("mmap 0 4 rw private,anon,fixed\nmunmap 0 4 5")
    editor.press("Control+Enter")
    wrong = stepper.get_by_role("alert")
    wrong.wait_for()
    assert "Line 2, column 12" in wrong.inner_text()
    assert editor.input_value().endswith("munmap 0 4 5"), "the learner's text stays"
    editor.fill("mmap 0 4 rw private,anon,fixed\nmunmap 0 4")
    stepper.get_by_role("button", name="Run this program").click()
    stepper.locator(".vma-where", has_text="before the first of 2").wait_for()
    assert not wrong.is_visible()
    stepper.get_by_role("button", name="Close the editor").click()
    stepper.locator("select").first.select_option(PROGRAM)
    stepper.locator(".vma-where", has_text="before the first of 8").wait_for()


def test_playing_goes_on_by_itself_and_stops(stepper):
    stepper.get_by_role("button", name="Play").click()
    stepper.locator(".vma-where", has_text="event 2").wait_for()
    stepper.get_by_role("button", name="Pause").click()
    where = stepper.locator(".vma-where").inner_text()
    stepper.page.wait_for_timeout(1600)
    assert stepper.locator(".vma-where").inner_text() == where


def test_a_question_answers_at_once(lesson):
    asked = lesson.page.locator(".vma-ask", has_text="One munmap covers")
    asked.get_by_label("EINVAL").check()
    asked.get_by_role("button", name="Check").click()
    asked.locator(".vma-wrong", has_text="Not quite.").wait_for()
    asked.get_by_label("0, and everything in the range is gone").check()
    asked.get_by_label("0, and everything in the range is gone").press("Enter")
    asked.locator(".vma-right", has_text="Right.").wait_for()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_axe_finds_nothing_serious_in_our_output(lesson, stepper, theme):
    lesson.theme(theme)
    refused = lesson.page.locator(STEPPER).nth(1)
    refused.get_by_role("button", name="Forward one operation").click()
    refused.locator(".vma-refused").wait_for()
    stepper.get_by_role("button", name="Forward one operation").click()
    shows(stepper, "operation 1 of 8, done")
    stepper.get_by_role("button", name="Edit the program").click()
    stepper.get_by_role("textbox", name="Program text").fill("munmap")
    stepper.get_by_role("button", name="Run this program").click()
    stepper.get_by_role("alert").wait_for()
    found = lesson.violations(".jp-OutputArea")
    stepper.locator("select").first.select_option("split")
    stepper.locator("select").first.select_option(PROGRAM)
    stepper.get_by_role("button", name="Close the editor").click()
    lesson.theme(LIGHT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", [name for name in LESSONS if not name.startswith("01")])
def test_every_other_lesson_runs_clean_too(server, page, lesson, name):
    notebook = Notebook(server, page, name)
    notebook.restart_and_run_all()
    assert notebook.errors() == []
    assert notebook.violations(".jp-OutputArea") == []


def test_nothing_was_asked_of_any_other_machine(tab, lesson):
    assert tab[1] == []
