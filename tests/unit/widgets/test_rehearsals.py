"""Is what a page is told ahead of a message what the message then leads to, and does it do no harm?

          rehearsed ───► the page shows it before Python has answered
message ─┤                                        ║ the same, or it goes
          obeyed ──────► the answer ──────────────╝
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clicks import click
from tests.pages import Page
from vmalab.generations import GENERATIONS
from vmalab.kernel import Kernel
from vmalab.widgets import RemapBoard, SwapLab, WalkExplorer
from vmalab.widgets.face import Face
from vmalab.widgets.remap_board import AREAS, RIGHTS
from vmalab.workloads.small_process import CODE, MEMORY

ADDRESSES = [f"{addr:x}" for addr in (CODE, *range(MEMORY, MEMORY + 0x6000, 0x1000), 0x123)]
WALKS = st.one_of(
    st.builds(lambda bit: {"do": "flip", "bit": bit}, st.integers(-1, 64)),
    st.builds(lambda addr: {"do": "go", "addr": addr}, st.sampled_from([*ADDRESSES, "here"])),
    st.builds(lambda how: {"do": "touch", "access": how}, st.sampled_from(["read", "write", "x"])),
    st.builds(lambda depth: {"do": "level", "depth": depth}, st.integers(0, 4)),
    st.sampled_from([{"do": "flush"}, {"do": "put back"}]),
)

PAGES = st.integers(-1, 8)
REMAPS = st.one_of(
    st.builds(
        lambda j, i, rights: {"do": "put", "file_page": j, "page": i, "rights": rights},
        st.sampled_from([0, 9, 63, 64]),
        PAGES,
        st.sampled_from(["all", *RIGHTS]),
    ),
    st.builds(
        lambda how, page: {"do": how, "page": page}, st.sampled_from(["read", "write"]), PAGES
    ),
    st.builds(lambda name: {"do": "kernel", "name": name}, st.sampled_from([*GENERATIONS, "x"])),
    st.sampled_from([{"do": "evict"}, {"do": "undo"}]),
)


def named(message):
    return {**message, "as": json.dumps(message, separators=(",", ":"))}


def shown(view):
    """All of a view, but not what it and its widget are called."""
    whole = {**view, "key": ""}
    return json.dumps(whole, sort_keys=True).replace(view["picture"]["name"], "")


def ask(page, message, likely=()):
    """The page asks; what it shows before it is answered, if it was told."""
    run = int(page.shows.split(":")[0])
    ahead = page.views.get(f"{run + 1}:{named(message)['as']}")
    click(page.widget, **named(message), likely=list(map(named, likely)))
    return ahead


def rehearse(page, *messages):
    click(page.widget, do="likely", likely=list(map(named, messages)))


def drive(make, messages):
    """Each message rehearsed with others, then asked for; another widget does it unrehearsed."""
    page, plain = Page(make()), make()
    for message, other in zip(messages, [*messages[1:], *messages[:1]], strict=True):
        before, twin = page.view, repr(page.widget)
        rehearse(page, other, message)
        assert (page.view, repr(page.widget)) == (before, twin), "nothing has happened"
        ahead = ask(page, message)
        click(plain, **message)
        assert shown(page.view) == shown(plain.view)
        assert repr(page.widget) == repr(plain)
        assert page.widget.error == plain.error
        assert ahead in (None, page.view)
        yield message, ahead is not None


def makes_sense(message):
    match message:
        case {"bit": bit}:
            return 0 <= bit < 64
        case {"page": page}:
            return (
                0 <= page < 8 and message.get("file_page") != 64 and "all" not in message.values()
            )
        case _:
            return "x" not in message.values() and "here" not in message.values()


@settings(max_examples=settings.default.max_examples // 4)
@given(st.lists(WALKS, min_size=1, max_size=8))
def test_whatever_is_done_to_an_entry_is_told_before_and_done_once(messages):
    for message, foretold in drive(WalkExplorer, messages):
        assert foretold == makes_sense(message), message


@pytest.mark.parametrize("area", AREAS)
@settings(max_examples=settings.default.max_examples // 10)
@given(kernel=st.sampled_from(list(GENERATIONS)), messages=st.lists(REMAPS, min_size=1, max_size=6))
def test_whatever_is_done_on_a_board_is_told_before_and_done_once(area, kernel, messages):
    for message, foretold in drive(lambda: RemapBoard(kernel=kernel, area=area), messages):
        assert message == {"do": "undo"} or foretold == makes_sense(message), message


def test_what_a_board_is_asked_for_again_is_told_again():
    page = Page(RemapBoard("remap 2 1 none 9", pages=40))
    read, evict = {"do": "read", "page": 2}, {"do": "evict"}
    rehearse(page, read)
    for message in (read, evict, read, {"do": "undo"}, {"do": "undo"}, evict):
        again = [read, evict, {"do": "undo"}]
        assert ask(page, message, likely=again) == page.view, message


def test_bits_of_every_level_are_told_before():
    page = Page(WalkExplorer())
    for depth in range(4):
        ask(page, {"do": "level", "depth": depth})
        for bit in (0, 1, 2, 7, 12, 51, 63):
            flip = {"do": "flip", "bit": bit}
            rehearse(page, flip)
            assert ask(page, flip, likely=[flip]) == page.view
            assert ask(page, flip) == page.view, "and back: the focus has stayed"


def test_what_is_rehearsed_on_the_learners_own_task_nobody_hears():
    heard = []
    task = Kernel(listener=heard.append).spawn()
    task.mmap(None, 0x1000, 3, 0x22)
    page = Page(WalkExplorer(task))
    frames = task.kernel.machine.memory.nr_free  # the page itself needs three tables
    heard.clear()
    rehearse(page, {"do": "touch", "access": "write"}, {"do": "flip", "bit": 0})
    assert not heard
    assert task.kernel.machine.memory.nr_free == frames
    ask(page, {"do": "touch", "access": "write"})
    assert heard


class Forgetful(WalkExplorer):
    """What is rehearsed is not what is done then."""

    def rehearse(self, content):
        if content["do"] == "flush":
            raise RuntimeError
        return {**super().rehearse(content), "sentence": "wrong"}


def test_a_wrong_view_goes_when_the_answer_comes():
    page = Page(Forgetful())
    flip = {"do": "flip", "bit": 1}
    rehearse(page, flip)
    assert ask(page, flip)["sentence"] == "wrong"
    assert page.view["sentence"].startswith("Bit 1 (RW)")
    assert page.view == json.loads(json.dumps(page.widget.view))


def test_what_goes_wrong_in_a_rehearsal_is_not_shown():
    page = Page(Forgetful())
    rehearse(page, {"do": "flush"}, {"do": "go", "addr": "here"})
    assert page.widget.error == {}
    assert ask(page, {"do": "flush"}) is None
    assert page.view["sentence"].startswith("The TLB forgot")


def test_where_it_takes_long_nothing_is_rehearsed_any_more(monkeypatch):
    monkeypatch.setattr("vmalab.widgets.face.LONG_S", 0)
    page = Page(WalkExplorer())
    rehearse(page, {"do": "flush"}, {"do": "flip", "bit": 1})
    assert ask(page, {"do": "flip", "bit": 1}) is None


def test_a_widget_that_cannot_rehearse_says_nothing():
    page = Page(SwapLab())
    rehearse(page, {"do": "ram", "pages": 8}, {})
    assert len(page.views) == 1
    assert page.heard[-1]["likely"], "and the page may say more"
    assert Face.rehearse(page.widget, {}) is None
