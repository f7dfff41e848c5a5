"""CompareKernels, RemapBoard and LibraryExplorer in a real browser: by mouse and by keyboard.

And what all widgets share: pictures that are changed where they differ, and shown ahead of Python.
"""

import re

import nbformat
import pytest

from tests.browser.driver import DARK, LIGHT, Notebook, tab_through
from tools.notebooks import METADATA
from vmalab.widgets import CompareKernels, RemapBoard
from vmalab.widgets.library_explorer import LibraryExplorer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

V4 = "linux-2.6-manyprots-v4"
LIBC = "Fedora Core 5: libc-2.4.so"
CELLS = (
    f"from vmalab.widgets import CompareKernels\nCompareKernels('stars', ('linux-2.6', {V4!r}))",
    f"from vmalab.widgets import RemapBoard\nRemapBoard(kernel={V4!r})",
    f"from vmalab.widgets.library_explorer import LibraryExplorer\nLibraryExplorer({LIBC!r})",
    "from vmalab.widgets import Stepper\nStepper('split')",
    "Stepper('split')",
)


@pytest.fixture(scope="module")
def boards(server, page):
    """A notebook with one of each, run from a fresh kernel."""
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.write(notebook, server.home / "course" / "boards.ipynb")
    opened = Notebook(server, page, "boards.ipynb")
    opened.restart_and_run_all()
    assert opened.errors() == []
    return opened


def card(boards, name):
    found = boards.page.locator(f".vma-{name}")
    found.scroll_into_view_if_needed()
    return found


@pytest.fixture
def compare(boards):
    """The comparison, at the first difference of its first program."""
    found = card(boards, "compare")
    found.get_by_role("combobox", name="Program").select_option("stars")
    found.get_by_role("button", name="Show the first difference").click()
    says(found, "the answers differ")
    return found


@pytest.fixture
def board(boards):
    """The board, with nothing on it."""
    found = card(boards, "board")
    found.get_by_role("button", name="Start again").click()
    says(found, "Map 8 pages")
    return found


@pytest.fixture
def explorer(boards):
    """The explorer, before the first step."""
    found = card(boards, "library")
    found.get_by_role("group", name="Picture").press("Home")
    found.locator(".vma-where", has_text="before the first").wait_for()
    return found


def says(found, text):
    """Wait until the card says it below its picture's heading."""
    found.locator(".vma-said .vma-sentence", has_text=text).last.wait_for()


def kernels_of(board):
    rows = board.locator(".vma-all tbody tr")
    return {cells[1]: cells[2:] for cells in (row.split("\t") for row in rows.all_inner_texts())}


def test_the_kernel_that_is_drawn_is_marked_before_anything_is_done(boards):
    marked = card(boards, "board").locator("tr.vma-shown button")
    assert marked.all_inner_texts() == [V4]
    assert marked.get_attribute("aria-pressed") == "true"


def test_the_mouse_looks_at_an_operation_on_both_kernels(compare):
    shown = CompareKernels("stars", ("linux-2.6", V4))
    compare.get_by_role("button", name="5 probe 0 8").click()
    shown.move(5)
    compare.locator(".vma-where", has_text="operation 5 of 10").wait_for()
    for group, told in zip(
        shown.view["groups"].values(), compare.locator(".vma-group").all(), strict=True
    ):
        assert group["sentence"] in told.inner_text()
    row = compare.locator("tr.vma-first")
    assert "first difference" in row.inner_text()
    assert "EINVAL" in row.inner_text()


def test_the_keyboard_goes_from_operation_to_operation_and_edits(compare):
    keys = compare.page.keyboard
    compare.get_by_role("group", name="Every operation").focus()
    keys.press("End")
    compare.locator(".vma-where", has_text="operation 10 of 10").wait_for()
    keys.press("ArrowUp")
    compare.locator(".vma-where", has_text="operation 9 of 10").wait_for()
    keys.press("d")
    compare.locator(".vma-where", has_text="operation 2 of 10").wait_for()
    compare.get_by_role("button", name="Edit the program").press("Enter")
    text = compare.get_by_label("Program text")
    text.fill("mmap 0 4 rw private,anon,fixd")
    text.press("Control+Enter")
    wrong = compare.get_by_role("alert")
    wrong.wait_for()
    assert "Line 1, column 13" in wrong.inner_text()
    text.fill("mmap 0 4 rw private,anon,fixed")
    text.press("Control+Enter")
    compare.locator(".vma-verdict", has_text="The 2 kernels agree").wait_for()
    compare.get_by_role("button", name="Close the editor").press("Enter")


def test_kernels_are_ticked_one_by_one(compare):
    compare.locator("summary", has_text="Kernels").first.press("Enter")
    compare.get_by_role("checkbox", name="linux-6").press("Space")
    compare.locator("thead th", has_text="6").nth(2).wait_for()
    compare.locator("summary", has_text="Kernels: 3 of 9").wait_for()
    compare.get_by_role("checkbox", name="linux-6").press("Space")
    compare.locator("summary", has_text="Kernels: 2 of 9").press("Enter")


def test_a_file_page_is_dragged_into_the_window(board):
    file_page = board.get_by_role("button", name="File page 9", exact=True)
    file_page.drag_to(board.get_by_role("button", name="Window page 2:"))
    says(board, "Let 1 page at page 2 show the file from its page 9")
    expected = RemapBoard("remap 2 1 none 9", kernel=V4)
    board.locator(".vma-all tr", has_text="linux-6").get_by_text("0 1 9 3 4 5 6 7").wait_for()
    shown = kernels_of(board)
    for row in expected.kernels:
        assert shown[row["name"]] == [row["answer"], str(row["vmas"]), row["shows"]]
    assert board.get_by_role("button", name="Window page 2: file page 9").count() == 1
    board.get_by_role("button", name="Undo").click()
    says(board, "Map 8 pages")


def test_a_drop_beside_the_window_does_nothing(board):
    board.get_by_role("button", name="File page 9", exact=True).drag_to(board.locator(".vma-keys"))
    assert board.locator(".vma-ghost").count() == 0
    assert board.locator("[aria-pressed=true][data-file]").count() == 0
    says(board, "Map 8 pages")


def test_the_keyboard_picks_up_puts_down_reads_and_evicts(board):
    keys, page = board.page.keyboard, board.page
    board.get_by_role("button", name="File page 0", exact=True).focus()
    for key in ("ArrowRight", "ArrowDown", "Space"):
        keys.press(key)
    assert "File page 17 is in hand" in board.locator(".vma-hand").inner_text()
    keys.press("Escape")
    focused = "() => document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "File page 17"
    for key in ("Space", "Home", "ArrowRight", "Space"):
        keys.press(key)
    says(board, "Let 1 page at page 1 show the file from its page 17")
    keys.press("e")
    says(board, "Reclaim every page")
    noted = re.compile("Window page 1: file page 17, .*not in memory")
    board.get_by_role("button", name=noted).wait_for()
    assert page.evaluate(focused).startswith("Window page 1"), "the focus stays"
    keys.press("r")
    says(board, "The answer is f0@17")
    keys.press("u")
    keys.press("u")
    says(board, "Let 1 page")


def test_pages_are_typed_with_rights_of_their_own(board):
    board.get_by_label("File page", exact=True).fill("40")
    board.get_by_label("Window page", exact=True).fill("6")
    board.get_by_label("Rights", exact=True).select_option("r")
    board.get_by_label("Window page", exact=True).press("Enter")
    says(board, "asking for read-only")
    board.locator(".vma-all").get_by_role("button", name="linux-6").click()
    says(board, "Refused with EINVAL")
    board.get_by_role("combobox", name="Kernel").select_option(V4)
    board.get_by_label("Window page", exact=True).fill("8")
    board.get_by_role("button", name="Put", exact=True).click()
    wrong = board.get_by_role("alert")
    board.get_by_label("Window page", exact=True).fill("6")
    assert not wrong.is_visible(), "the field itself does not take page 8"


def test_the_explorer_steps_by_mouse_and_by_key(explorer):
    expected = LibraryExplorer(LIBC)
    keys = explorer.page.keyboard
    explorer.get_by_role("button", name="Forward one step").click()
    for number in range(1, expected.view["last"] + 1):
        expected.move(number)
        explorer.locator(".vma-where", has_text=f"step {number} of").wait_for()
        shown = explorer.locator(".vma-maps tbody tr:not(.vma-gone) .vma-entry").all_inner_texts()
        assert shown == [row["line"] for row in expected.view["maps"] if row["mark"] != "gone"]
        keys.press("ArrowRight")
    explorer.get_by_role("slider", name="Step of the plan").fill("2")
    says(explorer, "Seal the hole")
    explorer.get_by_role("button", name="4 bss").click()
    says(explorer, "Map zeroes")


def test_another_loader_is_chosen_and_a_wrong_path_told(explorer):
    explorer.get_by_role("combobox", name="Loaded by").select_option("remapped")
    explorer.get_by_role("button", name="To the end").click()
    explorer.locator(".vma-because", has_text="prot must be 0").wait_for()
    explorer.get_by_label("Path of another library").fill("/nowhere.so")
    explorer.get_by_label("Path of another library").press("Enter")
    wrong = explorer.get_by_role("alert")
    wrong.wait_for()
    assert "No such file" in wrong.inner_text()
    explorer.get_by_role("combobox", name="Loaded by").select_option("2.4")
    wrong.wait_for(state="hidden")


def test_every_control_is_reached_by_tab_and_shows_its_focus(boards, compare, board, explorer):
    reached = []
    for found in (compare, board, explorer):
        found.get_by_role("combobox").first.focus()
        reached += tab_through(boards.page, 7)
    for name in ("Edit the program", "Undo the last operation", "File page", "Open"):
        assert any(told.startswith(name) for told in reached), name


def test_axe_finds_nothing_serious_in_either_theme(boards, compare, board, explorer):
    explorer.locator("summary").press("Enter")
    found = boards.violations(".jp-OutputArea")
    boards.theme(DARK)
    found += boards.violations(".jp-OutputArea")
    boards.theme(LIGHT)
    assert not found, "\n".join(found)


def test_nothing_was_asked_of_any_other_machine(tab, boards):
    assert boards.errors() == []
    assert tab[1] == []


def stepped(boards, number):
    """One of the two steppers, with the focus on its picture."""
    found = boards.page.locator(".vma-card:has([aria-label='Moment'])").nth(number)
    found.get_by_role("group", name="Picture").focus()
    return found


def at(stepper, text):
    stepper.locator(".vma-where", has_text=re.compile(f"^{text}")).wait_for()


def everything_in(card):
    """All of a card as it is on the page, but for its drawing's name and the height kept for it."""
    html = card.evaluate("(card) => card.outerHTML")
    return re.sub(r"vma-[0-9a-f]{10}|min-height: \d+px", "", html)


def test_a_page_that_was_changed_step_by_step_is_the_same_as_one_made_at_once(boards):
    walked, fresh = stepped(boards, 0), stepped(boards, 1)
    keys = ["ArrowDown", "ArrowRight", "ArrowRight", "End", "ArrowUp", "Home", *["ArrowDown"] * 3]
    walked.get_by_role("group", name="Picture").focus()
    for key in keys:
        boards.page.keyboard.press(key)
    at(walked, "operation 3 of")
    fresh.locator(".vma-op").nth(2).click()
    at(fresh, "operation 3 of")
    fresh.get_by_role("group", name="Picture").focus()
    assert everything_in(walked) == everything_in(fresh)


# A busy kernel answers nothing: what it has told before is shown all the same, and it agrees later.
def test_a_likely_step_is_shown_while_the_kernel_is_busy(boards):
    stepper = stepped(boards, 0)
    boards.page.keyboard.press("Home")
    at(stepper, "before the first")
    stepper.get_by_role("button", name="Forward one operation").click()
    at(stepper, "operation 1 of .* done")
    boards.page.wait_for_timeout(300)
    boards.page.evaluate(
        """() => {
          const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
          window.busy = true;
          kernel.requestExecute({ code: "import time; time.sleep(1)" }).done
            .then(() => { window.busy = false; });
        }"""
    )
    stepper.get_by_role("group", name="Picture").focus()
    boards.page.keyboard.press("ArrowDown")
    where = "() => [window.busy, document.activeElement.closest('.vma-card').innerText]"
    busy, text = boards.page.evaluate(where)
    assert busy
    assert "operation 2 of 8, done" in text
    boards.page.wait_for_function("() => !window.busy")
    boards.page.keyboard.press("ArrowDown")
    at(stepper, "operation 3 of .* done")
