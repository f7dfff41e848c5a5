"""Does the benchmark do what it says, and compute what it prints? Nothing here is timed."""

import json
from itertools import pairwise

import pytest

import benchmarks.race
import benchmarks.spaces
from benchmarks.__main__ import main, positive
from benchmarks.race import HEARD, LIVE, MODEL, OPS, Course, Race, Result, course
from benchmarks.report import SUM, Cell, as_json, growth, rows
from benchmarks.spaces import SLOT_BYTES, LiveSpace, ModelSpace, settled, spare, why_not_live
from vmalab.host import HostError
from vmalab.host.maps import own_maps
from vmalab.uapi.mman import PROT_READ

LIVE_REASON = why_not_live(64)
needs_live = pytest.mark.skipif(LIVE_REASON is not None, reason=LIVE_REASON or "")


def result(vmas, model, live=None, reason=""):
    """A race in which every operation took ``model`` and ``live`` microseconds, round by round.

    Recorded, the model took twice as long.
    """
    rounds = [
        {MODEL: dict.fromkeys(OPS, mine), HEARD: dict.fromkeys(OPS, 2 * mine)}
        | ({LIVE: dict.fromkeys(OPS, theirs)} if live is not None else {})
        for mine, theirs in zip(model, live or model, strict=True)
    ]
    return Result(Course(vmas, 8, 1), reason, rounds)


def test_a_row_holds_medians_minima_and_their_ratios():
    table = rows([result(1000, [3.0, 1.0, 2.0], [4.0, 8.0, 2.0])])
    assert [row.op for row in table] == [*OPS, SUM]
    first = table[0]
    assert (first.model, first.live) == (Cell(2.0, 1.0), Cell(4.0, 2.0))
    assert first.ratio == Cell(0.5, 0.5)
    assert first.listening == Cell(2.0, 2.0)
    assert str(first.model) == "2.00 [1.00]"


def test_the_sum_adds_a_rounds_operations_before_the_median_is_taken():
    one, other = dict.fromkeys(OPS, 1.0), dict.fromkeys(OPS, 1.0)
    one["mmap"], other["munmap"] = 5.0, 9.0
    rounds = [{MODEL: one, HEARD: one}, {MODEL: other, HEARD: other}]
    race = Result(Course(1, 8, 1), "no kernel", rounds)
    assert rows([race])[-1].model == Cell(10.0, 8.0)


def test_without_a_live_kernel_there_is_no_ratio_and_a_reason():
    race = result(1000, [1.0], reason="no such kernel")
    assert all(row.live is None and row.ratio is None for row in rows([race]))
    (saved,) = as_json([race])["races"]
    assert saved["no_live_kernel_because"] == "no such kernel"
    assert saved["rows"]["sum"] == {
        "model": {"median": 4.0, "min": 4.0},
        "live": None,
        "ratio": None,
        "heard": {"median": 8.0, "min": 8.0},
        "listening": {"median": 2.0, "min": 2.0},
    }


def test_growth_compares_the_sums_of_two_sizes():
    table = rows([result(1000, [1.0], [2.0]), result(60_000, [1.5], [2.0])])
    assert growth(table) == Cell(1.5, 1.5)
    assert growth(table[:5]) is None


def test_a_batch_fits_the_space_and_the_window():
    for vmas in (1, 7, 8, 1000, 60_000):
        over = course(vmas, 1000)
        assert over.batch <= max(16, vmas // 8)
        assert over.batch <= over.slots
        assert over.room == vmas + over.batch


def test_no_page_of_a_batch_touches_one_that_stays():
    pages = sorted(page for slot in range(3) for page in (settled(slot), spare(slot)))
    gaps = {high[0] - low[0] for low, high in pairwise(pages)}
    assert gaps == {SLOT_BYTES // 2}


def test_the_model_does_what_is_timed():
    space = ModelSpace("linux-6", 16)
    pages = [spare(slot) for slot in range(3)]
    space.fill([settled(0)])
    space.mmap(pages)
    assert space.count() == 4
    space.mprotect(pages)
    space.find_vma(pages)
    found = [space._task.mm.tree.find(addr) for addr, _ in pages]
    assert [vma.vm_start for vma in found] == [addr for addr, _ in pages]
    assert {vma.vm_flags & 7 for vma in found} == {PROT_READ}
    space.munmap(pages)
    assert space.count() == 1


@needs_live
@pytest.mark.host
def test_the_live_kernel_does_what_is_timed_and_gets_everything_back():
    before = {row[:2] for row in own_maps()}
    space = LiveSpace(4, 16)
    try:
        pages = [spare(slot) for slot in range(3)]
        space.fill([settled(0)])
        space.mmap(pages)
        space.mprotect(pages)
        space.find_vma(pages)
        answer = space._query.answer
        assert answer[0] == pages[-1][0]
        assert answer[2] & 7 == PROT_READ
        assert space.count() == 4
        space.munmap(pages)
        assert space.count() == 1
    finally:
        space.close()
    window = [row for row in own_maps() if row[:2] not in before and row[0] >= settled(0)[0]]
    assert not [row for row in window if row[0] < settled(4)[0]]


@needs_live
@pytest.mark.host
def test_a_window_that_is_taken_is_refused():
    space = LiveSpace(2, 16)
    try:
        space.fill([settled(0)])
        with pytest.raises(HostError, match="already lies at"):
            LiveSpace(2, 16)
    finally:
        space.close()


def test_too_small_a_max_map_count_is_named(tmp_path, monkeypatch):
    if (reason := benchmarks.spaces.unavailable()) is not None:
        pytest.skip(reason)
    file = tmp_path / "max_map_count"
    file.write_text("1500\n")
    monkeypatch.setattr(benchmarks.spaces, "MAX_MAP_COUNT", file)
    assert "vm.max_map_count is 1500" in why_not_live(1000)


def test_a_race_without_a_live_kernel_goes_on_alone(monkeypatch):
    monkeypatch.setattr(benchmarks.spaces, "why_not_live", lambda room: "not here")
    race = Race(Course(5, 4, 2))
    assert race.reason == "not here"
    times = race.round()
    assert list(times) == [MODEL, HEARD]
    assert set(times[MODEL]) == set(times[HEARD]) == set(OPS)
    race.close()


def test_events_are_recorded_for_one_contestant_only(monkeypatch):
    monkeypatch.setattr(benchmarks.spaces, "why_not_live", lambda room: "not here")
    race, heard = Race(Course(5, 4, 2)), {}
    for name, space in race.spaces.items():
        race._events.clear()
        race._model.record(race._events if name == HEARD else None)
        space.mmap([spare(0)])
        space.munmap([spare(0)])
        heard[name] = len(race._events)
    assert heard == {MODEL: 0, HEARD: 4}  # two calls entered, one VMA made and removed


def test_a_call_that_does_something_else_is_noticed(monkeypatch):
    monkeypatch.setattr(benchmarks.spaces, "why_not_live", lambda room: "not here")
    race = Race(Course(5, 4, 1))
    race.spaces[MODEL].mmap([spare(0)])
    with pytest.raises(HostError, match="held 6 VMAs at the end, not 5"):
        race.close()


@pytest.mark.host
def test_the_command_prints_a_table_and_saves_every_round(tmp_path, capsys):
    saved = tmp_path / "bench.json"
    command = ["--sizes", "1", "9", "--rounds", "2", "--calls", "8", "--json", str(saved)]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "median [min]" in out
    assert "garbage collector on" in out
    races = json.loads(saved.read_text())["races"]
    assert [race["vmas"] for race in races] == [1, 9]
    assert all(len(race["rounds"]) == 2 for race in races)


def test_a_failed_race_is_one_line(monkeypatch, capsys):
    def fail(*_):
        raise HostError("the child with 1 VMAs ended early")

    monkeypatch.setattr("benchmarks.__main__.run", fail)
    assert main(["--sizes", "1"]) == 1
    assert capsys.readouterr().err.endswith("benchmarks: the child with 1 VMAs ended early\n")


def test_sizes_are_whole_numbers_from_one():
    assert positive("60,000") == 60_000
    with pytest.raises(ValueError, match="0"):
        positive("0")
