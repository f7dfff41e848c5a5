"""Does the article's conclusion hold where a kernel lets one carry it out? Where not, why not?"""

import pytest

from tests.unit.loader.shapes import PAGE, elf_of
from vmalab.generations import GENERATIONS
from vmalab.kernel import Kernel
from vmalab.loader.recorded import areas_of, blueprint_of, libraries_of
from vmalab.loader.remapped import load_remapped, pages_seen, remapped_plan
from vmalab.loader.replay import load_library
from vmalab.loader.writer import drepper

PRIVATE = "linux-2.6-manyprots-private"
RECORDED = {
    name: blueprint_of(rows)
    for name, rows in libraries_of(areas_of()).items()
    if "/ld-" not in name
}
PLANS = {
    **RECORDED,
    "relocated": drepper(name="relocated"),
    "no bss": drepper(bss=0, name="no bss"),
    "bss within a page": drepper(bss=0, name="within"),
}


# One VMA of the file, and one of zeroes if there is a bss: every page as ld.so 2.4 would have it.
#
#     2.6     |r-x| --- |r--|rw-|anon|         here     |   one, many rights   |anon|
@pytest.mark.parametrize("name", PLANS)
def test_two_vmas_and_every_page_right(name):
    elf, source = elf_of(PLANS[name])
    task, classic = Kernel(PRIVATE).spawn(), Kernel("linux-2.6").spawn()
    here = load_remapped(elf, task=task, source=source)
    there = load_library(elf, era="2.4", task=classic, source=source)
    assert not here.refused
    backings = [row.backing for row in here.rows]
    anonymous = [row.backing for row in there.rows].count("anon")
    assert backings == [elf.path] + ["anon"] * anonymous
    assert len(there.rows) > len(here.rows)
    end = elf.span
    assert pages_seen(task, here.base, here.base + end) == pages_seen(
        classic, there.base, there.base + end
    )


@pytest.mark.parametrize("name", [name for name in GENERATIONS if name != PRIVATE])
def test_on_every_other_kernel_the_first_segment_is_refused(name):
    elf, source = elf_of(drepper())
    loaded = load_remapped(elf, kernel=name, source=source)
    assert loaded.steps[-1].stage == "segment"
    assert loaded.refused.startswith("EINVAL: ")
    why = "private mapping" if "manyprots" in name else "prot must be 0"
    assert why in loaded.refused
    assert [row.perms for row in loaded.rows] == ["---p"], "the reservation, as it was"


def test_a_reservation_that_is_refused():
    elf, source = elf_of(drepper())
    task = Kernel(PRIVATE).spawn()
    task.mm.limits.address_space = PAGE
    assert load_remapped(elf, task=task, source=source).refused.startswith("ENOMEM")


def test_no_overlay_and_one_mprotect():
    elf, _ = elf_of(drepper())
    names = [step.call.name for step in remapped_plan(elf, 0x1000_0000) if step.call]
    assert names == ["mmap", "remap_file_pages", "remap_file_pages", "mmap", "mprotect"]


# Relocated words survive: RELRO comes by mprotect, which drops nothing.
def test_relocated_words_stay():
    elf, source = elf_of(drepper())
    task = Kernel(PRIVATE).spawn()
    loaded = load_remapped(elf, task=task, source=source)
    data = loaded.base + 258 * PAGE
    task.store(data, b"kept")
    task.mprotect(data, PAGE, 1)
    assert task.load(data, 4) == b"kept"
    assert len(task.snapshot().vmas) == 2
