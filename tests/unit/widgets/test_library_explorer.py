"""Does the explorer show the loader's plan as it is, for libraries of here and of 2006?"""

import json
import sys

import pytest

from tests.clicks import click, click_at_once
from vmalab.generations import GENERATIONS
from vmalab.loader import live
from vmalab.loader.elf import PF_R, PF_W, Segment
from vmalab.loader.errors import ElfError
from vmalab.loader.writer import Blueprint, drepper, write_elf
from vmalab.units import PAGE_SIZE
from vmalab.widgets.libraries import loaded
from vmalab.widgets.library_explorer import (
    PLANS,
    RECORDED,
    REMAPPED,
    LibraryExplorer,
    of_this_process,
)

LIBC = f"{RECORDED}libc-2.4.so"


def maps_shown(explorer):
    return [row["line"] for row in explorer.view["maps"] if row["mark"] != "gone"]


# The plan as the loader makes it by itself: each moment's VMAs must be those on the page.
@pytest.mark.parametrize("era", [name for name in PLANS if name != REMAPPED])
def test_every_step_shows_the_vmas_of_its_moment(era):
    explorer = LibraryExplorer(drepper(), era, "linux-2.6")
    found = loaded(drepper(), era=era, on="linux-2.6")
    assert maps_shown(explorer) == []
    for moment in found.moments:
        click(explorer, do="move", to=["next"])
        assert maps_shown(explorer) == [row.line for row in moment.rows]
        assert explorer.view["line"] == moment.step.told
    assert explorer.view["at"] == explorer.view["last"]


def test_five_vmas_in_2006_and_six_today():
    explorer = LibraryExplorer(LIBC, at=99)
    assert (explorer.era, explorer.kernel) == ("2.4", "linux-2.6")
    assert len(maps_shown(explorer)) == 5
    explorer = LibraryExplorer("made as today: code in pages of its own", at=99)
    assert (explorer.era, explorer.kernel) == ("2.36", "linux-6")
    assert len(maps_shown(explorer)) == 6


def test_the_hope_of_2006_is_refused_everywhere_but_where_it_never_was():
    explorer = LibraryExplorer(LIBC, REMAPPED, at=99)
    for kernel in GENERATIONS:
        click(explorer, do="kernel", name=kernel)
        click(explorer, do="move", to=["last"])
        refused = kernel != "linux-2.6-manyprots-private"
        assert bool(explorer.view["refused"]) == refused
        assert explorer.plan["steps"][-1]["refused"] == refused
    click(explorer, do="kernel", name="linux-2.6-manyprots-private")
    click(explorer, do="move", to=["last"])
    assert len(maps_shown(explorer)) == 2


def test_another_ld_so_stays_at_the_same_step_and_another_library_begins_anew():
    explorer = LibraryExplorer(LIBC, at=3)
    click(explorer, do="era", name="2.3.3")
    assert (explorer.era, explorer.view["at"]) == ("2.3.3", 3)
    click(explorer, do="library", name=f"{RECORDED}ld-2.4.so")
    assert explorer.view["at"] == 0


def test_a_path_is_opened_and_what_is_no_library_is_told(tmp_path):
    path = tmp_path / "small.so"
    path.write_bytes(write_elf(drepper()))
    explorer = LibraryExplorer(LIBC)
    click(explorer, do="library", name=f"  {path} ")
    assert explorer.library == str(path)
    assert [str(path), str(path)] in [list(choice) for choice in explorer.libraries]
    before = explorer.view
    for name, why in [("/nowhere/lib.so", "No such file"), (__file__, "not an ELF file")]:
        click(explorer, do="library", name=name)
        assert why in explorer.error["message"]
        assert "type the path" in explorer.error["cure"]
        assert (explorer.view, explorer.library) == (before, str(path))
        with pytest.raises((OSError, ElfError)):
            LibraryExplorer(name)
    click(explorer, do="library", name=LIBC)
    assert explorer.error == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc/self/maps")
def test_the_libraries_of_this_process_come_first():
    found = of_this_process()
    assert found
    assert LibraryExplorer().library == next(iter(found))


# Only a library that everybody has loaded already is asked of the real ld.so here.
@pytest.mark.host
@pytest.mark.skipif(live.unavailable() is not None, reason="this machine's ld.so is another")
def test_this_machines_ld_so_is_asked():
    explorer = LibraryExplorer("libc.so.6")
    click(explorer, do="ask")
    assert "exactly as ld.so 2.36 on linux-6" in explorer.verdict
    click(explorer, do="library", name=LIBC)
    assert explorer.verdict == ""
    click(explorer, do="ask")
    assert "is a record" in explorer.verdict


def test_very_many_vmas_are_drawn_in_several_lines():
    segments = [Segment(0, 0, PAGE_SIZE, PAGE_SIZE, PF_R, PAGE_SIZE)]
    for number in range(1, 30):
        file, memory = number * PAGE_SIZE, 3 * number * PAGE_SIZE
        segments.append(Segment(file, memory, PAGE_SIZE, 2 * PAGE_SIZE, PF_R | PF_W, PAGE_SIZE))
    explorer = LibraryExplorer(Blueprint(tuple(segments), name="many.so"), at=99)
    assert len(maps_shown(explorer)) > 80
    assert "".join(explorer.view["picture"]["shapes"]).count(">rw-p<") >= 58


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "move", "to": ["up"]},
        {"do": "move", "to": [[1]]},
        {"do": "era", "name": "2.99"},
        {"do": "library", "name": " "},
        {"do": "kernel", "name": "linux-7"},
    ],
)
def test_a_message_that_makes_no_sense_does_no_harm(message):
    explorer = LibraryExplorer(LIBC)
    before = explorer.view
    click(explorer, **message)
    assert explorer.view == before


def test_what_there_is_not_is_named_with_what_there_is():
    with pytest.raises(ValueError, match=r"choose one of: 2\.3\.3"):
        LibraryExplorer(LIBC, "2.99")
    with pytest.raises(ValueError, match="no kernel is called 'linux-7'"):
        LibraryExplorer(LIBC, kernel="linux-7")
    with pytest.raises(ValueError, match="choose one of: first, previous"):
        LibraryExplorer(LIBC).move("sideways")


def test_the_text_twin_tells_every_call_and_why():
    twin = repr(LibraryExplorer(LIBC))
    assert twin.startswith("LibraryExplorer: ld.so of glibc 2.4 (March 2006) on linux-2.6")
    assert "  2  seal      mprotect(" in twin
    assert "nobody may touch what lies between the segments" in twin


def test_what_is_sent_to_the_page_is_plain_json():
    explorer = LibraryExplorer(LIBC)
    for at in range(explorer.view["last"] + 1):
        explorer.move(at)
        sent = [explorer.view, explorer.plan]
        assert json.loads(json.dumps(sent)) == sent


def test_callbacks_from_several_threads_leave_one_consistent_state():
    explorer = LibraryExplorer(LIBC)
    moves = [{"do": "move", "to": [to]} for to in LibraryExplorer.moves]
    eras = [{"do": "era", "name": name} for name in PLANS]
    names = [
        {"do": "library", "name": f"{RECORDED}{name}"} for name in ("libc-2.4.so", "ld-2.4.so")
    ]
    assert not click_at_once(explorer, 3, moves, eras, names)
    assert explorer.view["last"] == len(explorer.loaded.moments) == len(explorer.plan["steps"])
