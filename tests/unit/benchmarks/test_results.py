"""Does the page say what was measured, and no more? Nothing here is timed.

race.json  peers.json  million.json  ...  --->  results.md, figures/*.svg
a part that fails leaves its old numbers where they are
"""

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import benchmarks.guest
from benchmarks import figures, results
from benchmarks.page import aim, page, spread
from benchmarks.peers.contenders import PHASES
from benchmarks.peers.field import Entry, Standing, as_data

CALLS = ("mmap", "mprotect", "find_vma", "munmap")


def one_round(model, live):
    return {"model": dict.fromkeys(CALLS, model), "live": dict.fromkeys(CALLS, live)}


def race(*rounds, reason=""):
    one = {"no_live_kernel_because": reason, "rounds": list(rounds)}
    return {"races": [one | {"vmas": vmas} for vmas in (1000, 60_000)]}


def peers():
    def rounds(*sums):
        return [dict.fromkeys(PHASES, one / 4) for one in sums]

    def entry(name, *standings, reason=""):
        return Entry(name, "1.0", reason, list(standings))

    entries = [
        entry("model", Standing(1000, rounds(8.0, 9.0)), Standing(60_000, rounds(10.0, 10.0))),
        entry("live", Standing(1000, rounds(4.0, 9.0)), Standing(60_000, rounds(20.0, 20.0))),
        entry("angr", Standing(1000, rounds(80.0)), Standing(60_000, rounds(50.0))),
        entry("unicorn", Standing(1000, rounds(700.0)), Standing(60_000, [], "did not finish")),
        entry("miasm", reason="no compiler"),
    ]
    return as_data(entries, 2, 5)


def run(who, pages, us):
    seconds = dict.fromkeys(("map", "unmap"), us * pages / 2e6)
    vmas = 1 if who == "rfp" else pages
    return {
        "who": who,
        "pages": pages,
        "seconds": seconds,
        "vmas": vmas,
        "table_bytes": 9 * pages,
        "resident_bytes": 40_000_000,
    }


MILLION = [run("live", 60, 10), run("mmap", 1000, 15), run("rfp", 1000, 7), run("mmap", 60, 11)]
GRADING = {
    "set": "01",
    "runs": [
        {"name": "vmalab", "number": 4, "seconds": 6.0, "peak_bytes": 3e8, "points": "4 of 4"}
    ],
    "absent": {"otter": "no wheel"},
    "check": {"item": "ex2.q3", "ms": [12.0, 11.0, 40.0]},
}


def part(data):
    machine = {"processor": "A", "cores": 2, "kernel": "6.18.44", "python": "3.11"}
    loads = {"load": 0.5, "load_after": 1.5}
    return {
        "command": "python -m x",
        "date": "2026-11-23",
        "seconds": 61.0,
        "machine": machine | loads,
        "data": data,
    }


def lines_of(name, data):
    return page({name: part(data)}).splitlines()


def test_a_ratio_is_the_median_of_ratios_of_the_same_round():
    text = lines_of("race", race(one_round(1.0, 2.0), one_round(4.0, 4.0), one_round(9.0, 3.0)))
    assert "| 1,000 | mmap | 4.00 [1.00-9.00] | 3.00 [2.00-4.00] | 1.00 [0.50-3.00] |  |" in text
    assert "| all four together: at most 1.0 times the live kernel | 1.00 | yes |" in text
    assert any("61 s: A, 2 cores, Linux 6.18.44" in line for line in text)


def test_an_aim_that_is_missed_is_said_to_be():
    text = lines_of("race", race(one_round(5.0, 2.0)))
    assert "| no single call above 2 times | 2.50 | no |" in text


def test_what_a_listener_costs_is_told_beside_the_silent_cost():
    heard = {"heard": dict.fromkeys(CALLS, 6.0)}
    text = lines_of("race", race(one_round(2.0, 2.0) | heard, one_round(4.0, 2.0) | heard))
    assert any(line.endswith("| 2.25 [1.50-3.00] |") for line in text)
    assert "| with every event recorded at most 3 times the silent cost | 2.25 | yes |" in text


def test_without_a_live_kernel_the_reason_stands_there_and_no_ratio():
    text = lines_of("race", race(one_round(5.0, 2.0), reason="too old"))
    assert "60,000 VMAs, no live kernel: too old." in text
    assert "| all four together: at most 1.0 times the live kernel | not measured |  |" in text
    assert "| with 60,000 VMAs at most 2.5 times dearer than with 1,000 | 1.00 | yes |" in text


def test_who_does_not_finish_or_takes_no_part_is_not_forgotten():
    text = lines_of("peers", peers())
    assert "| unicorn 1.0 | 60,000 | did not finish |  |  |  |  |  |" in text
    assert "miasm takes no part: no compiler." in text
    assert "| model 1.0 | 1,000 | 2.12 | 2.12 | 2.12 | 2.12 | 8.50 [8.00-9.00] | 1.50 |" in text


def test_vmalab_is_held_to_the_fastest_that_finishes():
    text = lines_of("peers", peers())
    assert "| vmalab over the fastest peer that finishes, at each size | 0.20 | yes |" in text
    (emulators,) = [line for line in text if "manticore, angr, miasm" in line]
    assert emulators.endswith("| 0.20 | yes |")


def test_pages_of_a_user_mode_linux_are_compared_at_one_size():
    text = lines_of("million", MILLION)
    assert "| mmap at most 1.2 times the live kernel, at its size | 1.10 | yes |" in text
    assert "| rfp at most 0.4 times mmap | 0.47 | no |" in text
    assert "| at most 9 bytes of page table a page | 9.00 | yes |" in text


def test_a_graders_seconds_are_a_submissions():
    text = lines_of("grading", GRADING)
    assert "| vmalab | 4 | 1.50 | 300 | 4 of 4 |" in text
    assert "otter takes no part: no wheel." in text
    assert any(line.startswith("12.00 [11.00-40.00] ms") for line in text)


def test_what_was_not_measured_is_not_called_reached():
    assert aim("anything", [], 1.0) == ["anything", "not measured", ""]
    assert spread([2.0]) == "2.00 [2.00-2.00]"


def test_every_part_has_a_plot_that_says_what_is_what(tmp_path):
    data = {"race": race(one_round(1.0, 2.0)), "peers": peers(), "million": MILLION}
    seen = {
        path.stem: "".join(ET.parse(path).getroot().itertext())
        for path in figures.draw(data, tmp_path)
    }
    assert "live kernel" in seen["race"]
    assert "unicorn (no further)" in seen["peers"]
    assert "µs a page" in seen["million"]


def test_the_same_data_give_the_same_plot(tmp_path):
    one, other = (
        figures.draw({"million": MILLION}, tmp_path / folder)[0].read_bytes()
        for folder in ("one", "other")
    )
    assert one == other


def test_a_guest_is_counted_on_each_host_and_drawn(tmp_path, capsys):
    saved = tmp_path / "guest.json"
    assert benchmarks.guest.main(["--pages", "96", "--json", str(saved)]) == 0
    hosts = json.loads(saved.read_text())
    then, now, window = hosts
    assert then["vmas"] == now["vmas"] > 96 > window["vmas"]
    assert then["vma_bytes"] < now["vma_bytes"]
    text = lines_of("guest", hosts)
    assert f"| linux-6, x86_64 | mmap | {now['vmas']} | {now['vma_bytes']:,} |" in "\n".join(text)
    (plot,) = figures.draw({"guest": hosts}, tmp_path / "figures")
    words = "".join(ET.parse(plot).getroot().itertext())
    assert words.count(str(then["vmas"])) == 1, "the same number is written once"
    assert f"{window['vmas']} VMAs" in capsys.readouterr().out


@pytest.fixture
def desk(monkeypatch, tmp_path):
    """The results of another tree, and programs that are not run."""
    monkeypatch.setattr(results, "HERE", tmp_path)
    monkeypatch.setattr(results, "DATA", tmp_path / "results")
    monkeypatch.setattr(results, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(results, "PAGE", tmp_path / "results.md")
    monkeypatch.setattr(results, "FRESH", tmp_path / "fresh")
    monkeypatch.setattr(results, "ROOT", tmp_path)
    return tmp_path


def program(status, data):
    def run(command, **_):
        if status == 0:
            path = Path(command[command.index("--json") + 1])
            path.write_text(json.dumps(data))
        return subprocess.CompletedProcess(command, status)

    return run


def test_a_part_that_is_measured_goes_into_the_page_with_its_command(desk, monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", program(0, MILLION))
    assert results.main(["million"]) == 0
    text = (desk / "results.md").read_text()
    assert "`python -m benchmarks.million`" in text
    assert "| rfp at most 0.4 times mmap | 0.47 | no |" in text
    assert (desk / "figures" / "million.svg").exists()
    assert "results.md: written" in capsys.readouterr().out


def test_a_part_that_fails_leaves_what_was_known(desk, monkeypatch, capsys):
    monkeypatch.setattr(figures, "draw", lambda parts, folder: [])
    monkeypatch.setattr(subprocess, "run", program(0, MILLION))
    results.main(["million"])
    before = (desk / "results.md").read_text()
    monkeypatch.setattr(subprocess, "run", program(3, None))
    assert results.main(["million"]) == 1
    assert (desk / "results.md").read_text() == before
    assert "ended with status 3; its old results stay" in capsys.readouterr().err


def test_an_unknown_part_is_refused(capsys):
    with pytest.raises(SystemExit):
        results.main(["mmap"])
    assert "'mmap' is not a part; choose of guest" in capsys.readouterr().err


def test_the_page_in_the_tree_is_made_of_the_data_in_the_tree():
    assert results.PAGE.read_text() == page(results.measured())
