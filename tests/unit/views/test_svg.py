"""Is the SVG well formed, the same every time, and readable by those who cannot see it?"""

import re
from xml.etree import ElementTree as ET

import pytest

from tests.unit.views import entries, machines, samples
from vmalab.records.events import PageFaulted
from vmalab.views import (
    address_space,
    before_after,
    fault_timeline,
    memory_and_swap,
    page_table_walk,
    pte_compare,
    svg,
)
from vmalab.views.palette import PALETTE
from vmalab.views.pte import EntryState
from vmalab.views.scene import Arrow, Bracket, Hatch, Label, Rect, Scene

SPACE = "{http://www.w3.org/2000/svg}"
BUSY = samples.random_space(30)
DRAWINGS = {
    **{name: samples.drawn(name) for name in samples.STEPS},
    "few": address_space(samples.FEW, samples.WINDOW),
    "busy": address_space(*BUSY),
    "process": address_space(samples.random_process(60)),
    "walk": page_table_walk(entries.WALKS["x86_64"]),
    "entry": pte_compare(
        EntryState(0x7067, entries.I386, "present"), EntryState(0x123402, entries.SWAP, "swap")
    ),
    "memory": memory_and_swap(machines.FEW),
    "faults": fault_timeline([PageFaulted(0x12000, "write", "a zeroed page", "major")]),
}


@pytest.fixture(params=DRAWINGS)
def drawing(request):
    return DRAWINGS[request.param]


def test_it_is_well_formed_xml(drawing):
    assert ET.fromstring(drawing.svg).tag == f"{SPACE}svg"


def test_it_is_one_image_with_a_name_and_a_description(drawing):
    root = ET.fromstring(drawing.svg)
    named = root.get("aria-labelledby").split()
    title, desc = root.find(f"{SPACE}title"), root.find(f"{SPACE}desc")
    assert root.get("role") == "img"
    assert named == [title.get("id"), desc.get("id")]
    assert title.text == drawing.scene.title
    assert desc.text == drawing.scene.description


def test_identifiers_are_unique_and_every_reference_leads_somewhere(drawing):
    root = ET.fromstring(drawing.svg)
    names = [found.get("id") for found in root.iter() if found.get("id")]
    assert len(names) == len(set(names))
    assert set(re.findall(r"url\(#([^)]+)\)", drawing.svg)) <= set(names)


def test_every_class_has_a_rule(drawing):
    root = ET.fromstring(drawing.svg)
    rules = root.find(f"{SPACE}style").text
    used = {name for found in root.iter() for name in found.get("class", "").split()}
    assert not [name for name in used if f".{name}{{" not in rules]


def test_the_same_records_give_the_same_bytes():
    before, done = samples.SPLITTING
    assert before_after(before, done, samples.WINDOW).svg == samples.drawn("splitting").svg


def test_different_scenes_and_different_keys_have_different_identifiers():
    one, two = DRAWINGS["few"], DRAWINGS["busy"]
    names = {re.search(r'id="([^"]+)"', text)[1] for text in (one.svg, two.svg, one.svg_as("2"))}
    assert len(names) == 3


def test_words_of_a_program_cannot_break_the_markup():
    shapes = (
        Label(0, 0, '<&>"'),
        Rect(0, 0, 9, 3, "anon", "a < b", (("<x>",),)),
        Bracket(0, 4, 20, "gone", "<", "<"),
        Arrow(((0, 0), (3, 0)), "gone", "<"),
    )
    root = ET.fromstring(svg.render(Scene("a & b", "<c>", 20, 6, shapes)))
    assert root.find(f"{SPACE}title").text == "a & b"


def test_it_follows_jupyterlabs_theme_and_the_readers_preference():
    text = DRAWINGS["few"].svg
    assert '[data-jp-theme-light="false"]' in text
    assert "color-scheme:light dark" in text
    assert "var(--jp-layout-color0," in text


def test_it_shrinks_with_the_page_but_never_clips():
    root = ET.fromstring(DRAWINGS["few"].svg)
    assert root.get("viewBox").split()[2:] == [root.get("width"), root.get("height")]
    assert "max-width:100%" in root.get("style")


@pytest.mark.parametrize("hatch", [hatch for hatch in Hatch.__args__ if hatch])
def test_every_hatching_has_a_pattern(hatch):
    box = Rect(0, 0, 9, 3, "anon", "", hatch=hatch)
    assert "<pattern " in svg.render(Scene("", "", 9, 3, (box,)))


@pytest.mark.parametrize("role", PALETTE)
def test_every_role_can_be_drawn(role):
    box = Rect(0, 0, 9, 3, role, "", (("words",),))
    assert f".f-{role}" in svg.render(Scene("", "", 9, 3, (box,)))


def test_an_arrow_has_a_head_if_it_wants_one():
    path = ((0, 0), (3, 0))
    heads = [
        "<polygon" in svg.render(Scene("", "", 9, 3, (Arrow(path, "gone", "", head=head),)))
        for head in (True, False)
    ]
    assert heads == [True, False]
