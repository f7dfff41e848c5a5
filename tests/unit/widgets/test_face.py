"""Does a page know what is shown, from what it is told, and is it told before it asks?

Python:  view 0:3 ──┐                     ┌─ told: 0:4 is 0:3, but …      (the answer)
                    ├─ change ─► page ────┤
         view 0:4 ──┘                     └─ told: 0:5 is 0:4, but …      (ahead)
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clicks import click
from tests.pages import Page, made
from vmalab.widgets import CompareKernels, RemapBoard, Stepper, SwapLab, UmlMonitor, WalkExplorer
from vmalab.widgets.changes import change, runs
from vmalab.widgets.library_explorer import LibraryExplorer

STEPS = [{"do": "move", "to": [to]} for to in ("next", "next", "last", "previous", 1, "first")]
WIDGETS = {
    "Stepper": (
        lambda: Stepper("split"),
        [
            *({"do": "move", "to": [to]} for to in ("next event", "next operation", "last", 2)),
            {"do": "choose", "name": "merge"},
            {"do": "move", "to": ["next event", "next event"]},
            {"do": "generation", "name": "linux-2.6"},
        ],
    ),
    "SwapLab": (SwapLab, [*STEPS, {"do": "ram", "pages": 8}, *STEPS]),
    "LibraryExplorer": (
        lambda: LibraryExplorer("Fedora Core 5: libc-2.4.so"),
        [*STEPS, {"do": "era", "name": "remapped"}, *STEPS],
    ),
    "CompareKernels": (
        lambda: CompareKernels("stars", ("linux-2.6", "linux-2.6-manyprots-v4")),
        [*STEPS, {"do": "kernels", "names": ["linux-6"]}, *STEPS],
    ),
    "UmlMonitor": (
        lambda: UmlMonitor(pages=64),
        [*STEPS, {"do": "policy", "value": "rfp"}, *STEPS],
    ),
    "RemapBoard": (
        RemapBoard,
        [
            {"do": "put", "file_page": 9, "page": 3, "rights": "area"},
            {"do": "read", "page": 3},
            {"do": "kernel", "name": "linux-6"},
            {"do": "undo"},
        ],
    ),
    "WalkExplorer": (
        WalkExplorer,
        [{"do": "flip", "bit": 1}, {"do": "flip", "bit": 0}, {"do": "put back"}],
    ),
}
SOME = st.recursive(
    st.integers(0, 3) | st.sampled_from("abc"),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(SOME, SOME)
def test_new_data_are_made_of_the_old_and_what_is_told(old, new):
    assert made(old, json.loads(json.dumps(change(old, new)))) == new


def test_what_stays_is_not_told():
    row = "x" * 1000
    assert change({"rows": [row, "a"], "at": 1}, {"rows": ["b", row], "at": 1}) == {
        "parts": {"rows": {"runs": [{"put": "b"}, [0, 1]]}},
        "gone": [],
    }
    assert runs(list(range(100)), [*range(50), 7, *range(50, 100)]) == [[0, 50], [7, 1], [50, 50]]


@pytest.mark.parametrize("name", WIDGETS)
def test_a_page_shows_what_python_shows_and_hears_of_every_message(name):
    make, messages = WIDGETS[name]
    page = Page(make())
    for number, message in enumerate([*messages, {}, {"do": "nothing"}]):
        click(page.widget, **message, ask=["a page", number])
        assert page.view == json.loads(json.dumps(page.widget.view)), message
    assert page.answers == [["a page", number] for number in range(len(messages) + 2)]


@pytest.mark.parametrize("name", sorted(WIDGETS.keys() - {"RemapBoard", "WalkExplorer"}))
def test_the_likely_views_are_there_before_they_are_asked_for_and_are_right(name):
    page = Page(WIDGETS[name][0]())
    widget = page.widget
    click(widget, do="open", has=page.shows)
    for to in (widget.likely[-1], widget.likely[0]) * 2:
        ahead = page.views[page.view["ways"][to]]
        page.heard.clear()
        click(widget, do="move", to=[to])
        assert ahead == json.loads(json.dumps(widget.view))
        assert page.heard[0]["views"] == [], "told before, and not told again"


def test_views_of_another_program_have_other_keys():
    page = Page(Stepper("split"))
    click(page.widget, do="open", has=page.shows)
    known = set(page.views)
    page.widget.load("munmap 0 1")
    assert page.shows not in known
    assert not known & {page.widget.view["key"], *page.widget.view["ways"].values()}


def test_a_page_that_missed_something_is_told_everything():
    page = Page(Stepper("split"))
    click(page.widget, do="move", to=["next operation"])
    page.views.clear()
    click(page.widget, do="open", has="")
    click(page.widget, do="move", to=["next event"])
    assert page.view == json.loads(json.dumps(page.widget.view))


def test_what_code_does_is_told_as_well():
    page = Page(SwapLab())
    page.widget.move("last")
    page.widget.run("1w 2w")
    assert page.view["key"] == page.widget.view["key"]
    assert page.answers == []
