"""Does the long benchmark do what it says, in small, and leave the machine as it was? No times."""

import json

import pytest
from rich.console import Console

import benchmarks.million
from benchmarks.million import (
    PHASES,
    Run,
    as_table,
    in_a_child,
    main,
    measure,
    middle,
    ratios,
    room_for,
    scattered,
)
from benchmarks.spaces import WINDOW
from vmalab.host import HostError, unavailable
from vmalab.units import PAGE_SIZE

LIVE_REASON = unavailable()


def test_every_page_comes_once_and_none_follows_its_neighbour_in_the_file():
    where = dict(scattered(500))
    assert sorted(where) == [WINDOW + page * PAGE_SIZE for page in range(500)]
    assert sorted(where.values()) == [page * PAGE_SIZE for page in range(500)]
    for addr, at in where.items():
        assert where.get(addr + PAGE_SIZE) != at + PAGE_SIZE


def test_the_model_has_a_vma_a_page_or_one():
    told = []
    runs = {who: in_a_child(who, 700, told.append) for who in ("mmap", "rfp")}
    assert (runs["mmap"].vmas, runs["rfp"].vmas) == (700, 1)
    assert told == [f"{who}: {phase}" for who in runs for phase in PHASES]
    for run in runs.values():
        assert list(run.seconds) == list(PHASES)
        assert run.us > 0
        assert run.table_bytes >= 2 * PAGE_SIZE


@pytest.mark.host
@pytest.mark.skipif(LIVE_REASON is not None, reason=LIVE_REASON or "")
def test_the_live_kernel_takes_part():
    run = in_a_child("live", 300, lambda _: None)
    assert (run.who, run.vmas, set(run.seconds)) == ("live", 300, set(PHASES))


def test_a_child_that_comes_to_grief_is_told_of():
    with pytest.raises(HostError, match="try fewer"):
        in_a_child("nobody", 10, lambda _: None)


def test_the_limit_is_raised_only_with_leave_and_put_back(monkeypatch, tmp_path):
    limit = tmp_path / "max_map_count"
    limit.write_text("65530\n")
    monkeypatch.setattr(benchmarks.million, "MAX_MAP_COUNT", limit)
    with room_for(60_000, may_raise=False) as reason:
        assert reason == unavailable()
    with room_for(70_000, may_raise=False) as reason:
        assert "--raise-max-map-count" in reason
        assert limit.read_text() == "65530\n"
    with pytest.raises(ZeroDivisionError), room_for(70_000, may_raise=True):
        assert 1 / (int(limit.read_text()) - 71_000) > 0  # raised to 71,000, so it comes to grief
    assert limit.read_text() == "65530\n"


def test_runs_are_printed_and_saved(monkeypatch, tmp_path, capsys):
    seconds = dict.fromkeys(PHASES, 1.0)
    runs = [Run("mmap", 1_000_000, seconds, 1_000_000, 8_400_000, 250_000_000)]
    monkeypatch.setattr(benchmarks.million, "measure", lambda *_, **__: runs)
    path = tmp_path / "million.json"
    assert main(["--pages", "1000000", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    assert "1,000,000" in out
    assert "8.40" in out
    assert json.loads(path.read_text())[0]["who"] == "mmap"


def test_a_table_has_a_row_a_run():
    runs = [Run("rfp", 100, dict.fromkeys(PHASES, 1e-4), 1, 900, 0)]
    console = Console(width=120)
    with console.capture() as captured:
        console.print(as_table(runs))
    assert "5.00" in captured.get()


def run(who, us, pages=100, grew=0):
    """A run in which every phase took so many microseconds a page."""
    return Run(who, pages, dict.fromkeys(PHASES, us * pages / 1e6), pages, 900, grew)


# live 1 2 9      the median of each phase, not the mean: one slow turn is somebody else's work
def test_turns_become_one_run_of_medians():
    one = middle([run("live", 9.0, grew=5), run("live", 1.0), run("live", 2.0, grew=7)])
    assert one.us == pytest.approx(5 * 2.0)
    assert (one.who, one.resident_bytes) == ("live", 7)


def test_ratios_are_of_one_size():
    runs = [run("live", 4.0), run("mmap", 5.0), run("rfp", 2.0), run("mmap", 9.0, 700)]
    assert list(ratios(runs)) == [
        "100 pages: mmap / live 1.25",
        "100 pages: rfp / mmap 0.40",
    ]


# pages     live mmap rfp  live mmap rfp    each turn at the live kernel's size ...
#                                mmap rfp    ... then the model alone at its own
def test_contestants_take_turns(monkeypatch):
    asked = []

    def answer(who, pages, told):
        asked.append((who, pages))
        return run(who, 1.0, pages)

    monkeypatch.setattr(benchmarks.million, "in_a_child", answer)
    monkeypatch.setattr(benchmarks.million, "unavailable", lambda: None)
    quiet = Console(quiet=True)
    runs = measure(900, 300, rounds=2, may_raise=False, console=quiet)
    turn = [("live", 300), ("mmap", 300), ("rfp", 300)]
    assert asked == [*turn, *turn, ("mmap", 900), ("rfp", 900)]
    assert [(one.who, one.pages) for one in runs] == [*turn, ("mmap", 900), ("rfp", 900)]
    monkeypatch.setattr(benchmarks.million, "unavailable", lambda: "no such kernel")
    assert [one.who for one in measure(300, 300, rounds=1, may_raise=False, console=quiet)] == [
        "mmap",
        "rfp",
    ]
