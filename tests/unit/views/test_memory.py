"""Does the picture of memory tell what every frame and every slot holds, however many there are?"""

import pytest

from tests.unit.views import samples
from tests.unit.views.collisions import collisions
from tests.unit.views.machines import FEW, MAPS
from vmalab.records.memory import FrameRow, MemoryMap
from vmalab.views import memory_and_swap, physical_memory, swap_map
from vmalab.views.scene import Rect


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("draw", [physical_memory, swap_map, memory_and_swap])
def test_no_words_collide(draw, name):
    assert not collisions(draw(MAPS[name]).scene)


def test_memory_and_swap_are_one_picture():
    assert memory_and_swap(FEW).text == samples.golden("memory")


def test_many_frames_are_small_cells():
    text = physical_memory(MAPS["many"]).text
    assert "capital: mapped · * dirty · ' referenced · \" both" in text
    assert "\n0x120     " in text


# 0x20 │a│f│…│    ⋮ 4000 free frames from 0x40    0x1000 │f│f│…
def test_rows_of_free_frames_are_folded():
    text = physical_memory(MAPS["sparse"]).text
    assert "⋮ 4032 free frames from 0x40" in text
    assert "0x1000" in text


def test_what_is_not_drawn_is_counted():
    drawing = physical_memory(MAPS["huge"])
    assert f"{5000 - 24 * 32} more frames are not drawn." in drawing.text
    assert len(drawing.scene.table.rows) == 201
    assert drawing.scene.table.rows[-1][0].startswith("and ")
    assert "241 more frames are not drawn." in physical_memory(MAPS["long"]).text
    assert f"{1000 - 24 * 32} more slots are not drawn." in swap_map(MAPS["many"]).text


def test_the_clock_hand_is_a_frame_and_a_word_on_the_side_where_there_is_room():
    (frame,) = [
        shape
        for shape in physical_memory(FEW).scene.shapes
        if isinstance(shape, Rect) and shape.outline == "frame"
    ]
    assert frame.about == "clock hand"
    assert "▲ clock hand" in physical_memory(FEW).text
    assert "clock hand ▲" in physical_memory(MAPS["some"]).text
    assert "clock hand" not in physical_memory(MAPS["one"]).text


def pressure(free):
    rows = [FrameRow(pfn, "free" if pfn < free else "anon") for pfn in range(16)]
    return physical_memory(MemoryMap(tuple(rows), (), 0, 4, 8)).scene.description


def test_the_gauge_says_whether_there_is_pressure():
    assert "below the low watermark" in pressure(0)
    assert "below the low watermark" in pressure(3)
    assert "between the watermarks" in pressure(4)
    assert "nothing is reclaimed" in pressure(8)


def test_a_frame_tells_who_holds_it():
    abouts = [one.about for one in physical_memory(FEW).scene.shapes if isinstance(one, Rect)]
    assert "frame 0x2: anonymous, page 3 of anon_vma 1, mapped once, dirty, referenced" in abouts
    assert "frame 0x4: shared memory, page 0 of shm1, mapped 2 times, dirty" in abouts


def test_a_frame_with_many_addresses_lists_the_first():
    row = physical_memory(FEW).scene.table.rows[0]
    assert row[-1] == "1:0x0 1:0x10000 1:0x20000 1:0x30000 and 8 more"


def test_a_slot_tells_how_many_entries_name_it():
    drawing = swap_map(FEW)
    assert drawing.scene.description == (
        "Swap: 4 slots, 2 used. Slot 0x1: 2 entries name it. "
        "Slot 0x2: 1 entry names it, frame 0x10 has the page."
    )
    assert drawing.scene.table.rows == (("0x1", "2", "-"), ("0x2", "1", "0x10"))


def test_a_title_can_be_given():
    for draw in (physical_memory, swap_map, memory_and_swap):
        assert draw(FEW, title="A title").text.startswith("A title")
