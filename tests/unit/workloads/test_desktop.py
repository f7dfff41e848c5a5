"""What does a desktop full of libraries pay for VMAs: then, today, and as it was hoped for?

2006     |text|gap|relro|data|bss|      recorded: 10 libraries of a process, 36 VMAs
today    |r--|text|r--|relro|data|bss|  counted: 212 libraries of a process, 1,173 VMAs
remap    |one                    |bss|  no kernel ever did it
"""

import tomllib
from importlib.resources import files

import pytest

from vmalab.generations import GENERATIONS
from vmalab.kernel import Kernel
from vmalab.loader.errors import ElfError
from vmalab.loader.recorded import areas_of, libraries_of
from vmalab.loader.whatif import examine
from vmalab.workloads.costs import anon_vma_bytes, vma_bytes
from vmalab.workloads.desktop import POLICIES, fill_desktop

PRIVATE = "linux-2.6-manyprots-private"


def fill(kernel, policy="ld.so", **more):
    return fill_desktop(Kernel(kernel), policy, **{"processes": 2, "libraries": 10} | more)


@pytest.mark.parametrize("kernel", [name for name in GENERATIONS if name != PRIVATE])
def test_each_process_has_the_vmas_that_were_recorded_whatever_the_kernel(kernel):
    recorded = libraries_of(areas_of())
    there = sum(len(rows) for name, rows in recorded.items() if "/ld-" not in name)
    desktop = fill(kernel)
    assert desktop.vmas == 2 * there
    assert desktop.vmas_a_library == there / 10


def test_where_mprotect_splits_nothing_the_first_step_is_made_as_whatif_counts_it():
    libraries = [one for one in examine(areas_of()).libraries if ".so" in one.name]
    first = sum(one.counts.scenarios[0] for one in libraries if "/ld-" not in one.name)
    assert fill(PRIVATE).vmas == 2 * first < fill("linux-2.6").vmas


def test_today_a_library_takes_more_vmas_than_then_and_about_as_many_as_were_counted():
    text = files("vmalab.loader.recorded").joinpath("counted.toml").read_text()
    (counted,) = [one for one in tomllib.loads(text)["process"] if one["times"] == 212]
    today = fill("linux-6", shapes="today", processes=1, libraries=212)
    assert today.vmas == 5 * 212 + counted["bss"]
    assert today.vmas == pytest.approx(counted["file"] + counted["bss"], rel=0.03)
    assert today.vmas_a_library > 1.4 * fill("linux-6").vmas_a_library


@pytest.mark.parametrize("shapes", ["2006", "today"])
def test_remapped_a_library_is_one_vma_and_its_bss(shapes):
    then, hoped = fill("linux-2.6", shapes=shapes), fill(PRIVATE, "remap", shapes=shapes)
    assert hoped.vmas == 2 * (10 + 3), "three of the ten have a bss, then and today"
    assert hoped.vma_bytes == then.vma_bytes * hoped.vmas // then.vmas
    assert hoped.table_bytes >= then.table_bytes, "remapping fills the tables at once"


def test_only_the_kernel_that_never_was_loads_them_so():
    for kernel in set(GENERATIONS) - {PRIVATE}:
        with pytest.raises(ElfError, match=r"lib0.so was not loaded: EINVAL"):
            fill(kernel, "remap")


def test_bytes_follow_from_the_counts():
    for name, size, chained in (("linux-2.6", 168, 0), ("linux-6", 192, 64)):
        desktop = fill(name, shapes="today")
        assert desktop.anon_vmas == 20, "data is written to in every library of both processes"
        assert desktop.vma_bytes == vma_bytes(name, size, desktop.vmas)
        both_halves = 2 * desktop.anon_vmas
        assert desktop.anon_vma_bytes == anon_vma_bytes(name, "x86_64", 20, both_halves)
        assert desktop.anon_vma_bytes - anon_vma_bytes(name, "x86_64", 20) == 20 * chained


def test_twice_the_processes_cost_twice_the_vmas():
    one, two = (fill("linux-6", processes=number) for number in (1, 2))
    assert (two.vmas, two.anon_vmas) == (2 * one.vmas, 2 * one.anon_vmas)
    assert two.table_bytes == 2 * one.table_bytes


@pytest.mark.parametrize("wrong", [{"policy": "prelink"}, {"shapes": "1996"}])
def test_what_is_unknown_is_refused(wrong):
    with pytest.raises(ValueError, match="choose one of"):
        fill_desktop(Kernel("linux-6"), **wrong)


def test_there_are_two_ways_to_load():
    assert POLICIES == ("ld.so", "remap")
