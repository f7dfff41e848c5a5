"""Does the walk explorer tell the truth, whoever asks, and whatever is broken?"""

import json

import pytest

from tests.clicks import click, click_at_once
from vmalab.kernel import Kernel
from vmalab.trace.experiment import Experiment
from vmalab.units import PAGE_SIZE
from vmalab.widgets.walk_explorer import WalkExplorer, parse_addr
from vmalab.widgets.walk_view import MOST_PAGES
from vmalab.workloads.small_process import CODE, GREETING, MEMORY, SEALED, small_process

PRESENT, RW, USER, PFN_0, NX = 0, 1, 2, 12, 63


def letters(explorer):
    return ["".join(page["letter"] for page in vma["pages"]) for vma in explorer.view["vmas"]]


@pytest.fixture
def explorer():
    return WalkExplorer()


def test_every_kind_of_page_is_there_to_click(explorer):
    assert letters(explorer) == ["FF", "AF", "AZ·SGA", "N", "FF"]
    click(explorer, do="go", addr=explorer.view["vmas"][2]["pages"][3]["addr"])
    assert explorer.view["sentence"].endswith("The page is in swap.")
    assert explorer.view["entry"].endswith("a page in swap")


def test_a_typed_address_is_looked_up_and_a_wrong_one_told(explorer):
    click(explorer, do="go", addr="7ffff7e00123")
    assert explorer.experiment.addr == 0x7FFFF7E00123
    before = explorer.view
    for typed in ("here", "", "-1", "1000000000000", "f" * 10_000):
        click(explorer, do="go", addr=typed)
        assert explorer.error
        assert explorer.view == before
    click(explorer, do="go", addr="0x400000")
    assert not explorer.error
    with pytest.raises(ValueError, match="no address: write hexadecimal"):
        parse_addr("x y")


def test_loads_stores_and_fetches_say_fault_or_not(explorer):
    assert f'{GREETING[0]:#x} ("H")' in explorer.touch("read")
    assert "SIGSEGV SEGV_ACCERR" in explorer.touch("exec")
    assert explorer.view["failed"]
    explorer.go(MEMORY + 3 * PAGE_SIZE)
    assert "After a page fault: read back from swap" in explorer.touch("read")
    assert letters(explorer)[2] == "AZ·AGA"
    explorer.go(MEMORY + 4 * PAGE_SIZE)
    assert "guard marker" in explorer.touch("write")
    explorer.go(SEALED)
    assert "SIGSEGV SEGV_ACCERR" in explorer.touch("read")
    explorer.go(0x123)
    assert "SIGSEGV SEGV_MAPERR, no VMA" in explorer.touch("read")


def test_a_stale_entry_serves_until_it_is_flushed(explorer):
    assert "still remembers" in explorer.flip(RW)
    assert explorer.view["stale"]
    assert "stale entry" in explorer.touch("write")
    explorer.flush()
    assert not explorer.view["stale"]
    assert "made writable" in explorer.touch("write")


def test_a_wrong_frame_is_another_pages_data(explorer):
    explorer.flip(PFN_0)
    explorer.flush()
    told = explorer.touch("read")
    assert "Wrong frame" in told
    assert '"H"' not in told


@pytest.mark.parametrize(
    ("bit", "said"), [(USER, "SIGSEGV SEGV_ACCERR"), (PRESENT, "the kernel itself stumbles")]
)
def test_a_broken_bit_breaks_the_load_and_can_be_put_back(explorer, bit, said):
    before = explorer.view
    explorer.flip(bit)
    explorer.flush()
    assert said in explorer.touch("read")
    assert explorer.view["failed"]
    explorer.put_back()
    for key in ("picture", "strips", "vmas", "tlb", "broken"):
        assert explorer.view[key] == before[key]
    assert not explorer.touch("read").startswith("SIG")


def test_code_runs_until_nx_forbids_it():
    trial = Experiment(small_process(), CODE)
    assert not trial.touch("exec").failed
    trial.flip(NX)
    trial.flush()
    assert "SIGSEGV" in trial.touch("exec").sentence


@pytest.mark.parametrize("depth", range(4))
def test_any_bit_of_any_level_may_be_flipped_and_everything_still_shows(depth):
    explorer = WalkExplorer()
    for bit in range(64):
        explorer.look_at(depth)
        explorer.flip(bit)
        explorer.flush()
        for access in ("read", "write"):
            assert explorer.touch(access)
        assert json.loads(json.dumps(explorer.view)) == explorer.view
        assert repr(explorer)
        explorer.put_back()
    assert f'{GREETING[0]:#x} ("H")' in explorer.touch("read"), "the process came to no harm"


def test_the_learners_own_task_is_touched_but_never_broken():
    heard = []
    task = Kernel("linux-6", ram_pages=256, listener=heard.append).spawn()
    addr = task.mmap(None, 100 * PAGE_SIZE, 3, 0x22)
    explorer = WalkExplorer(task)
    assert explorer.view["vmas"][0]["more"] == 100 - MOST_PAGES
    explorer.touch("write", 7)
    assert task.load(addr) == b"\x07"
    explorer.flip(PRESENT)
    explorer.flush()
    heard.clear()
    explorer.touch("write")
    assert not heard, "the copy is nobody's business"
    assert task.load(addr) == b"\x07"
    task.touch_for_write(addr + PAGE_SIZE)
    assert heard, "and the process is still listened to"


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "flip", "bit": 64},
        {"do": "flip", "bit": -1},
        {"do": "flip", "bit": "1"},
        {"do": "level", "depth": 99},
        {"do": "level", "depth": -5},
        {"do": "touch", "access": "all"},
        {"do": "go", "addr": None},
    ],
)
def test_a_message_that_makes_no_sense_does_no_harm(explorer, message):
    click(explorer, **message)
    assert not explorer.view["broken"]


def test_the_text_twin_tells_space_walk_and_tlb(explorer):
    twin = repr(explorer)
    assert "10000000-10006000 rw-p anon   A Z · S G A" in twin
    assert "pmd entry 128" in twin
    assert "The TLB remembers" in twin
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == twin


def test_callbacks_from_two_threads_leave_one_consistent_state(explorer):
    flips = [{"do": "flip", "bit": bit} for bit in (0, 1, 2, 12)]
    walks = [{"do": "go", "addr": f"{MEMORY + n * PAGE_SIZE:#x}"} for n in range(6)]
    mends = [{"do": "touch", "access": "write"}, {"do": "flush"}, {"do": "put back"}]
    assert not click_at_once(explorer, 15, flips, walks, mends)
    assert explorer.view["addr"] == f"{explorer.experiment.addr:#x}"
    explorer.put_back()
    explorer.go(MEMORY)
    assert "frame" in explorer.touch("read")
