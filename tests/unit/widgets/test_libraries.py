"""Does what lesson 06 shows say what the loader says, here and where there is no Linux?"""

import pytest

from vmalab.generations import GENERATIONS
from vmalab.loader import live
from vmalab.loader.writer import drepper
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.widgets import libraries


def test_the_recorded_libc_is_made_again():
    recorded = str(libraries.recorded_libc()).splitlines()
    made = str(libraries.vmas_of(libraries.libc_of_2006(), era="2.4", on="linux-2.6")).splitlines()
    assert [line.split()[1] for line in recorded] == [line.split()[4] for line in made]
    assert len(made) == 5


def test_a_life_and_its_steps():
    steps = str(libraries.steps_of(drepper(), era="2.4")).splitlines()
    assert [line.split()[0] for line in steps] == ["reserve", "seal", "segment", "bss", "relro"]
    drawing = libraries.life(drepper(), era="2.4")
    assert drawing.text.count("VMAs)") == 4
    assert "9 pages of file" in libraries.beside(drepper()).text


# Today's linkers: more VMAs than Drepper's five, and fewer made by mprotect.
def test_separate_code_has_six():
    made = str(libraries.vmas_of(libraries.separate_code())).splitlines()
    assert [line.split()[4] for line in made] == ["r--p", "r-xp", "r--p", "r--p", "rw-p", "rw-p"]


def test_the_two_steps_of_the_recorded_process():
    last = str(libraries.fedora_core_5()).splitlines()[-1].split()
    assert last == ["11", "libraries", "39", "25", "25", "14"]


def test_where_the_plan_ends():
    told = str(libraries.carried_out(drepper())).splitlines()
    refused = [line for line in told if "EINVAL" in line]
    assert len(refused) == len(libraries.KERNELS) - 1
    assert "    2 VMAs: of the file, anonymous" in told
    assert "277 of 277 pages" in str(libraries.every_page_agrees(drepper()))


def test_the_counted_table_adds_up():
    lines = str(libraries.counted()).splitlines()
    assert "878 (72%)" in lines[3]
    assert len({len(line) for line in lines}) == 1


# A whole start goes through on every kernel. Where mprotect cuts nothing, three cuts are not made.
def test_a_recorded_start_on_every_kernel():
    program = parse_program(libraries.start_of_cat())
    ends = {}
    for name in GENERATIONS:
        run = run_program(program, name, events=False)
        assert not [step.op for step in run.steps if step.failed], name
        ends[name] = run.steps[-1].after
    assert ends.pop(libraries.PRIVATE).map_count == 16
    assert {end.map_count for end in ends.values()} == {19}
    assert len({end.maps() for end in ends.values()}) == 1


def test_elsewhere_the_recorded_process_is_shown(monkeypatch):
    monkeypatch.setattr(libraries.sys, "platform", "darwin")
    assert "Fedora Core 5" in libraries.own_process().text
    monkeypatch.undo()
    monkeypatch.setattr(live, "unavailable", lambda: "no Linux")
    assert str(libraries.ask_ld_so()) == "This machine's ld.so cannot be asked: no Linux"


@pytest.mark.host
@pytest.mark.skipif(live.unavailable() is not None, reason=str(live.unavailable()))
def test_this_machine_is_asked():
    told = str(libraries.ask_ld_so(4)).splitlines()
    assert len(told) == 4
    assert not [line for line in told if "differs" in line]
    assert "VMAs by kind" in libraries.own_process().text
