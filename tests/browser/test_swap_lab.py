"""The SwapLab in a real browser: by mouse, by keyboard, in light and in dark."""

import pytest

from tests.browser.driver import DARK, LIGHT, Notebook
from vmalab.trace.references import parse_references, play
from vmalab.widgets.swap_lab import STRINGS
from vmalab.widgets.swap_words import tell_moment

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STRING = STRINGS["A favourite page"]


@pytest.fixture(scope="module")
def course(server, page):
    """Notebook 04, open and run from a fresh kernel."""
    notebook = Notebook(server, page, "04_faults_and_swap.ipynb")
    notebook.restart_and_run_all()
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def lab(course):
    """The first lab of the notebook, before the first reference of its string."""
    found = course.page.locator(".vma-swap").first
    found.scroll_into_view_if_needed()
    found.get_by_role("combobox", name="Ready-made strings").select_option(STRING)
    slide(found, "RAM", 10)
    found.get_by_role("button", name="Forward one reference").press("Home")
    shows(found, "before the first")
    return found


def slide(lab, name, value):
    lab.get_by_role("slider", name=name).fill(str(value))
    lab.locator("output", has_text=f"{value} ").first.wait_for()


def shows(lab, text):
    """Wait until the lab says where it is: its sentence."""
    lab.locator(".vma-where", has_text=text).wait_for()
    return lab.locator(".vma-sentence").inner_text()


def sentences(text, **sizes):
    """What each reference has to say, computed here."""
    story = play(parse_references(text), **sizes)
    return [tell_moment(story, number) for number in range(len(story.moments))]


def test_the_mouse_steps_through_the_string(lab):
    told = sentences(STRING)
    for number in range(1, 6):
        lab.get_by_role("button", name="Forward one reference").click()
        assert shows(lab, f"reference {number} of ") == told[number]
    lab.get_by_role("button", name="Back one reference").click()
    assert shows(lab, "reference 4 of ") == told[4]
    lab.get_by_role("button", name="Reference 12,").click()
    assert shows(lab, "reference 12 of ") == told[12]


def test_the_keyboard_steps_as_well(lab):
    told, keys = sentences(STRING), lab.page.keyboard
    lab.get_by_role("group", name="Picture").focus()
    for number in range(1, 4):
        keys.press("ArrowRight")
        assert shows(lab, f"reference {number} of ") == told[number]
    keys.press("ArrowLeft")
    assert shows(lab, "reference 2 of ") == told[2]
    keys.press("End")
    last = len(told) - 1
    assert shows(lab, f"reference {last} of {last}") == told[-1]


def test_the_slider_runs_the_string_anew_at_once(lab):
    lab.get_by_role("button", name="To the end").click()
    shows(lab, "reference 19 of 19")
    lab.get_by_role("slider", name="RAM").focus()
    lab.page.keyboard.press("End")
    lab.locator(".vma-counts", has_text="major faults 0").wait_for()
    lab.page.keyboard.press("Home")
    lab.get_by_role("heading", name="Physical memory: 8 frames").or_(
        lab.get_by_text("Physical memory: 8 frames").first
    ).first.wait_for(state="attached")
    assert shows(lab, "reference 19 of 19") == sentences(STRING, ram_pages=8)[19]


def test_evicting_a_page_changes_the_kind_of_its_entry(lab):
    lab.get_by_role("button", name="Reference 3,").click()
    shows(lab, "reference 3 of ")
    lab.get_by_role("button", name="Evict page 2", exact=True).click()
    assert "was put out to swap slot 1" in shows(lab, "reference 4 of ")
    row = lab.locator(".vma-entries tr.vma-new")
    assert "swap slot 1" in row.inner_text()
    box = lab.get_by_role("textbox", name="Reference string")
    assert box.input_value().startswith("2w 1w 3w 2! 1 4w")


def test_a_typed_string_runs_and_a_wrong_one_says_why(lab):
    box = lab.get_by_role("textbox", name="Reference string")
    box.fill("1w 2x")
    box.press("Enter")
    wrong = lab.get_by_role("alert")
    wrong.wait_for()
    assert "'2x' is no reference" in wrong.inner_text()
    assert box.input_value() == "1w 2x", "the learner's text stays"
    box.fill("1w f0")
    lab.get_by_role("button", name="Run", exact=True).click()
    lab.get_by_role("button", name="To the end").click()
    assert "a major fault" in shows(lab, "reference 2 of 2")
    assert not wrong.is_visible()


def test_out_of_memory_has_a_verdict(lab):
    name = STRINGS["More than RAM and swap"]
    lab.get_by_role("combobox", name="Ready-made strings").select_option(name)
    slide(lab, "Swap", 2)
    lab.get_by_role("button", name="To the end").click()
    assert "all 2 swap slots are taken" in shows(lab, "reference 8 of 16")
    assert lab.locator(".vma-strip .vma-SIGKILL").inner_text().endswith("OOM")
    slide(lab, "Swap", 8)


def test_every_control_can_be_reached_by_tab_and_shows_its_focus(lab):
    page, reached = lab.page, set()
    lab.get_by_role("textbox", name="Reference string").focus()
    for _ in range(9):
        reached.add(page.evaluate("() => document.activeElement.ariaLabel || 'Run'"))
        assert (
            page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
        )
        page.keyboard.press("Tab")
    assert {"Reference string", "Run", "RAM, in frames", "Swap, in slots", "Play"} <= reached


def test_playing_goes_on_by_itself_and_stops(lab):
    lab.get_by_role("button", name="Play").click()
    shows(lab, "reference 2 of ")
    lab.get_by_role("button", name="Pause").click()
    where = lab.locator(".vma-where").inner_text()
    lab.page.wait_for_timeout(1600)
    assert lab.locator(".vma-where").inner_text() == where


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_axe_finds_nothing_serious_in_the_lab(course, lab, theme):
    course.theme(theme)
    lab.get_by_role("button", name="To the end").click()
    shows(lab, "reference 19 of 19")
    found = course.violations(".jp-OutputArea")
    course.theme(LIGHT)
    assert not found, "\n".join(found)


def test_nothing_was_asked_of_any_other_machine(tab, course):
    assert tab[1] == []
