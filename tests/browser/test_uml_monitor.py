"""The UmlMonitor in a real browser: by mouse, by keyboard, in light and in dark."""

import pytest

from tests.browser.driver import DARK, LIGHT, Notebook
from vmalab.widgets.uml_monitor_view import tell_moment
from vmalab.workloads.uml import Params
from vmalab.workloads.uml.film import film
from vmalab.workloads.uml.guest import HINT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOST = "linux-2.6-manyprots-v4"


@pytest.fixture(scope="module")
def course(server, page):
    """Notebook 07, open and run from a fresh kernel."""
    notebook = Notebook(server, page, "07_user_mode_linux.ipynb")
    notebook.restart_and_run_all()
    assert notebook.errors() == []
    return notebook


@pytest.fixture(scope="module")
def day():
    """The day that the monitor shows, computed here."""
    return film(Params(pages=512, commands=1), "mmap", HOST, 65_536)


@pytest.fixture
def monitor(course):
    """The notebook's monitor: the policy mmap, no low limit, the first touch."""
    found = course.page.locator(".vma-uml").first
    found.scroll_into_view_if_needed()
    found.get_by_role("combobox", name="max_map_count").select_option("65536")
    found.get_by_role("button", name="mmap", exact=True).click()
    found.get_by_role("button", name="To the beginning").press("Home")
    shows(found, "touch 1 of 698")
    return found


def shows(monitor, text):
    """Wait until the monitor says where it is: its sentence."""
    monitor.locator(".vma-where", has_text=text).wait_for()
    return monitor.locator(".vma-sentence").inner_text()


def test_the_mouse_steps_and_a_switch_of_policy_leaves_one_window(monitor, day):
    for at in (1, 2, 3):
        monitor.get_by_role("button", name="Forward one moment").click()
        assert shows(monitor, f"touch {day.moments[at].touches} of ") == tell_moment(day, at)
    monitor.get_by_role("button", name="To the end").click()
    assert "the host keeps 541 VMAs" in shows(monitor, "touch 698 of 698")
    monitor.get_by_role("button", name="rfp").click()
    monitor.locator(".vma-list", has_text="guest RAM: the window").wait_for()
    assert monitor.locator(".vma-list tbody tr").count() == 3
    assert monitor.get_by_role("button", name="rfp").get_attribute("aria-pressed") == "true"


def test_the_keyboard_steps_as_well(monitor, day):
    keys = monitor.page.keyboard
    monitor.get_by_role("group", name="Picture").focus()
    keys.press("ArrowRight")
    assert shows(monitor, f"touch {day.moments[1].touches} of ") == tell_moment(day, 1)
    keys.press("End")
    shows(monitor, "touch 698 of 698")
    keys.press("ArrowLeft")
    shows(monitor, f"touch {day.moments[-2].touches} of ")
    monitor.get_by_role("slider", name="Moment").focus()
    keys.press("Home")
    shows(monitor, "touch 1 of 698")


def test_the_limit_kills_and_the_hint_is_shown(monitor):
    monitor.get_by_role("combobox", name="max_map_count").select_option("256")
    monitor.locator(".vma-stage", has_text="max_map_count 256").wait_for()
    monitor.get_by_role("button", name="To the end").click()
    assert HINT in shows(monitor, "touch 345 of 698")
    assert "killed" in monitor.locator(".vma-bill thead").inner_text()


def test_a_slider_runs_another_guest(monitor):
    monitor.get_by_role("slider", name="Guest").focus()
    monitor.page.keyboard.press("Home")
    monitor.locator("output", has_text="64 pages").wait_for()
    monitor.locator(".vma-where", has_text="touch 1 of 11").wait_for()
    monitor.get_by_role("slider", name="Guest").fill("512")
    shows(monitor, "touch 1 of 698")


def test_every_control_can_be_reached_by_tab_and_shows_its_focus(monitor):
    page, reached = monitor.page, set()
    monitor.get_by_role("button", name="mmap", exact=True).focus()
    for _ in range(13):
        reached.add(
            page.evaluate(
                "() => document.activeElement.ariaLabel || document.activeElement.textContent"
            )
        )
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        page.keyboard.press("Tab")
    assert {"rfp", "Host", "Mode", "max_map_count", "Guest, in pages", "Play", "Moment"} <= reached


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_axe_finds_nothing_serious_in_the_monitor(course, monitor, theme):
    course.theme(theme)
    monitor.get_by_role("button", name="To the end").click()
    shows(monitor, "touch 698 of 698")
    found = course.violations(".jp-OutputArea")
    course.theme(LIGHT)
    assert not found, "\n".join(found)


def test_nothing_was_asked_of_any_other_machine(tab, course):
    assert tab[1] == []
