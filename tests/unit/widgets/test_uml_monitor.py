"""Does the monitor show the host as it is, whoever asks, and however badly?"""

import json

import pytest

from tests.clicks import click, click_at_once
from vmalab.widgets.uml_monitor import HOSTS, LIMITS, UmlMonitor
from vmalab.workloads.uml.guest import HINT


def small(policy="mmap", **how):
    return UmlMonitor(policy, **{"pages": 64} | how)


def told(monitor, name):
    """A count of the policy that is shown, from the table of both."""
    bill = monitor.view["bill"]
    return next(row[bill["now"] + 1] for row in bill["rows"] if row[0] == name)


def test_a_guest_costs_a_vma_a_page_and_a_switch_of_policy_shows_one_window():
    monitor = small(at=999)
    assert monitor.moment.vmas == monitor.moment.nr_present + 2 > 60
    before = monitor.view["where"]
    click(monitor, do="policy", value="rfp")
    assert monitor.moment.vmas == 3
    assert monitor.view["where"] == before, "it is the same touch"
    assert [row[3] for row in monitor.view["rows"]] == [
        "guest RAM: the window",
        "stub: code",
        "stub: data",
    ]
    assert "two of them stubs" in monitor.view["sentence"]


def test_both_policies_stand_side_by_side_at_every_moment():
    monitor = small(at=20)
    counts = [row[1:] for row in monitor.view["bill"]["rows"] if row[0] == "guest page faults"]
    assert counts[0][0] == counts[0][1]
    assert int(told(monitor, "host mmap")) > 20
    monitor.switch("rfp")
    assert (told(monitor, "host mmap"), told(monitor, "VMAs of the first process")) == ("1", "3")


def test_the_host_refuses_and_umls_own_hint_is_shown():
    monitor = UmlMonitor(pages=192, at=999)
    click(monitor, do="limit", value=128)
    click(monitor, do="move", to=["last"])
    assert monitor.view["kind"] == "killed"
    assert HINT in monitor.view["sentence"]
    assert "had 129 VMAs" in monitor.view["sentence"]
    assert monitor.view["bill"]["heads"] == ["mmap, killed", "rfp"]
    click(monitor, do="policy", value="rfp")
    click(monitor, do="move", to=["last"])
    assert (monitor.view["kind"], monitor.moment.vmas) == ("end", 3)


def test_a_host_without_the_patch_pays_under_both_policies():
    monitor = small("rfp", at=999)
    click(monitor, do="on", value="linux-6")
    assert monitor.moment.vmas > 60
    assert int(told(monitor, "host mprotect")) > 60
    assert "host mprotect" in repr(monitor)


def test_what_comes_and_goes_is_told_with_its_price():
    monitor = small()
    sentences = {}
    for at in range(monitor.view["last"] + 1):
        monitor.move(at)
        sentences[monitor.view["kind"]] = monitor.view["sentence"]
    assert "copied" in sentences["fork"]
    assert "its pages lost the right to write" in sentences["fork"]
    assert "called exec" in sentences["exec"]
    click(monitor, do="mode", value="skas3")
    at = next(n for n, one in enumerate(monitor.film.moments) if one.kind == "fork")
    monitor.move(at)
    assert "the host opened an empty address space" in monitor.view["sentence"]
    assert told(monitor, "address spaces opened") == "2"


def test_pages_in_order_share_their_vmas():
    monitor = small(at=999)
    scattered = monitor.moment.vmas
    click(monitor, do="fragmentation", value=0)
    assert monitor.moment.vmas < scattered / 3
    assert monitor.settings["fragmentation"] == 0


def test_moves_end_at_both_ends():
    monitor = small()
    click(monitor, do="move", to=["previous"])
    assert monitor.view["at"] == 0
    click(monitor, do="move", to=["last"])
    click(monitor, do="move", to=["next"])
    assert monitor.view["at"] == monitor.view["last"]
    click(monitor, do="move", to=[7])
    assert monitor.view["at"] == 7


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"policy": "tt"}, "no policy of a guest; choose one of mmap, rfp"),
        ({"mode": "tt"}, "no mode of a guest; choose one of skas0, skas3"),
        ({"pages": 0}, "a guest of 0 pages"),
        ({"fragmentation": 2}, "fragmentation is a probability"),
        ({"on": "linux-7"}, "linux-7"),
    ],
)
def test_a_guest_that_cannot_be_is_refused(how, told):
    with pytest.raises(ValueError, match=told):
        small(**how)


def test_a_move_or_policy_that_is_none_is_named_with_those_there_are():
    monitor = small()
    with pytest.raises(ValueError, match="choose one of: first"):
        monitor.move("sideways")
    with pytest.raises(ValueError, match="'both' is no policy"):
        monitor.switch("both")
    with pytest.raises(ValueError, match="'tt' is no mode"):
        monitor.change(mode="tt")


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "move", "to": ["up"]},
        {"do": "move", "to": [10**9]},
        {"do": "move", "to": [[1]]},
        {"do": "pages", "value": 10**9},
        {"do": "pages", "value": "64"},
        {"do": "policy", "value": "both"},
        {"do": "limit", "value": 3},
        {"do": "on", "value": "linux-7"},
        {"do": "fragmentation", "value": -1},
    ],
)
def test_a_message_that_makes_no_sense_does_no_harm(message):
    monitor = small()
    before = dict(monitor.settings)
    click(monitor, **message)
    assert monitor.settings == before
    assert 0 <= monitor.view["at"] <= monitor.view["last"]


def test_what_is_sent_to_the_page_is_plain_json():
    monitor = small()
    for at in range(monitor.view["last"] + 1):
        monitor.move(at)
        assert json.loads(json.dumps(monitor.view)) == monitor.view
    assert json.loads(json.dumps(monitor.settings)) == monitor.settings


def test_the_text_twin_tells_the_day_and_both_bills():
    monitor = small()
    lines = repr(monitor).splitlines()
    assert lines[0] == "UmlMonitor: 64 guest pages, skas0, mmap on linux-2.6-manyprots-v4"
    assert any(line.endswith("fork: a shell starts a command") for line in lines)
    assert lines[-1].startswith("page tables of all")
    data, _ = monitor._repr_mimebundle_()
    assert data["text/plain"] == repr(monitor)
    killed = UmlMonitor(pages=192, max_map_count=128)
    assert HINT in repr(killed)


def test_callbacks_from_several_threads_leave_one_consistent_state():
    monitor = small()
    moves = [{"do": "move", "to": [to]} for to in UmlMonitor.moves]
    hosts = [{"do": "on", "value": name} for name in HOSTS]
    others = [{"do": "policy", "value": "rfp"}, {"do": "limit", "value": LIMITS[-1]}]
    assert not click_at_once(monitor, 2, moves, hosts, others)
    assert monitor.settings["on"] == monitor.film.kernel
    assert monitor.settings["policy"] == monitor.film.policy == "rfp"
    assert monitor.view["last"] == len(monitor.film.moments) - 1
