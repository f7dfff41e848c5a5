"""A learner breaks a page table in a real browser: by mouse, by keyboard, in both themes."""

import pytest

from tests.browser.driver import DARK, LIGHT, Notebook, tab_through

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def tables(server, page):
    """Notebook 03, open and run from a fresh kernel."""
    notebook = Notebook(server, page, "03_page_tables.ipynb")
    notebook.restart_and_run_all()
    return notebook


@pytest.fixture
def explorer(tables):
    """Its walk explorer, whole, at the page it begins with."""
    found = tables.page.locator(".vma-walk")
    found.scroll_into_view_if_needed()
    found.get_by_role("button", name="Put it back").dispatch_event("click")
    says(found, "Everything is as it was")
    look_up(found, "0x10000000")
    return found


def says(explorer, text):
    """Wait until the explorer says it."""
    explorer.locator(".vma-sentence", has_text=text).wait_for()


def look_up(explorer, addr):
    explorer.get_by_label("Address", exact=True).fill(addr)
    explorer.get_by_label("Address", exact=True).press("Enter")
    says(explorer, f"Looking up {addr}")


def test_a_click_on_a_page_looks_it_up(explorer):
    explorer.get_by_role("button", name="Page 0x10003000: in swap").click()
    says(explorer, "Looking up 0x10003000: 4 tables are read. The page is in swap.")
    assert explorer.get_by_label("Address", exact=True).input_value() == "0x10003000"
    explorer.get_by_role("button", name="Page 0x10004000").click()
    says(explorer, "A marker stands")
    explorer.get_by_role("button", name="Load a byte").click()
    says(explorer, "SIGSEGV SEGV_MAPERR, the page holds a guard marker")


def test_a_flipped_bit_a_stale_entry_a_flush_and_put_back(explorer):
    bit = explorer.get_by_role("button", name="Flip bit 1, RW")
    assert bit.get_attribute("aria-pressed") == "true"
    bit.click()
    says(explorer, "Bit 1 (RW) of the pte entry is clear now")
    assert bit.get_attribute("aria-pressed") == "false"
    explorer.get_by_role("button", name="Store a byte").click()
    says(explorer, "a stale entry")
    explorer.get_by_role("button", name="Flip bit 2, USER").click()
    explorer.get_by_role("button", name="Flush TLB").click()
    says(explorer, "The TLB forgot")
    explorer.get_by_role("button", name="Load a byte").click()
    says(explorer, "SIGSEGV SEGV_ACCERR")
    explorer.get_by_role("button", name="Put it back").click()
    says(explorer, "Everything is as it was")
    assert bit.get_attribute("aria-pressed") == "true"


def test_a_flipped_bit_is_shown_before_the_kernel_has_answered(explorer):
    bit = explorer.get_by_role("button", name="Flip bit 5, ACCESSED")
    flips_at_once = """(bit) => {
      const before = bit.ariaPressed;
      bit.click();
      return bit.ariaPressed !== before;
    }"""
    bit.focus()
    for _ in range(20):
        explorer.page.wait_for_timeout(100)
        if bit.evaluate(flips_at_once):
            break
    else:
        pytest.fail("the page never knew what a flip leads to")
    explorer.get_by_role("button", name="Put it back").click()
    says(explorer, "Everything is as it was")
    assert bit.get_attribute("aria-pressed") == "true", "Python heard of every flip"


def test_the_keyboard_does_it_all(explorer):
    keys = explorer.page.keyboard
    explorer.get_by_role("button", name="Page 0x10000000").focus()
    keys.press("ArrowRight")
    keys.press("Enter")
    says(explorer, "Looking up 0x10001000")
    explorer.get_by_role("button", name="Flip bit 63, NX").focus()
    keys.press("End")
    keys.press("Enter")
    says(explorer, "Bit 0 (PRESENT) of the pte entry is clear now")
    focused = "() => document.activeElement.getAttribute('aria-label')"
    assert explorer.page.evaluate(focused).startswith("Flip bit 0"), "the focus stays"
    explorer.get_by_role("button", name="pmd entry 128").press("Enter")
    says(explorer, "These are the bits of entry 128 of the pmd.")


def test_a_wrong_address_says_what_one_looks_like(explorer):
    explorer.get_by_label("Address", exact=True).fill("nowhere")
    explorer.get_by_role("button", name="Look up").click()
    wrong = explorer.get_by_role("alert")
    wrong.wait_for()
    assert "write hexadecimal digits, as in 0x10000000" in wrong.inner_text()
    assert explorer.get_by_label("Address", exact=True).input_value() == "nowhere"
    look_up(explorer, "0x10000000")
    wrong.wait_for(state="hidden")


def test_every_control_is_reached_by_tab_and_shows_its_focus(explorer):
    explorer.get_by_label("Address", exact=True).focus()
    reached = tab_through(explorer.page, 14)
    assert "Load a byte at the address" in reached
    assert any(name.startswith("Page 0x10000000") for name in reached)
    assert any(name.startswith("Flip bit") for name in reached)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_axe_finds_nothing_serious(tables, explorer, theme):
    tables.theme(theme)
    explorer.get_by_role("button", name="Flip bit 12").click()
    says(explorer, "Bit 12 (pfn)")
    explorer.locator("summary", has_text="What each bit means").click()
    found = tables.violations(".jp-OutputArea")
    tables.theme(LIGHT)
    assert not found, "\n".join(found)


def test_nothing_was_asked_of_any_other_machine(tab, tables):
    assert tables.errors() == []
    assert tab[1] == []
