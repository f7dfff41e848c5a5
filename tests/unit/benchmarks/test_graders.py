"""Are graders given the same notebooks, and is what they say about them read right? No times.

    worked notebook ---> learner000, learner001, ... ---> a grader's own folder ---> full points?

No peer is installed here; `make nbgrader` runs one.
"""

import csv
import json
import os
import sys

import pytest

from benchmarks import agreement, grading, watched
from benchmarks.graders import GRADERS, Nbval, Otter, Vmalab, ok_test
from benchmarks.grading import SET, check_ms, worked
from benchmarks.watched import CommandError, children, tree_bytes, watch
from tools import exercises


def grader(kind, folder, number=2):
    return kind(folder, SET, number, worked(SET))


def test_no_two_submissions_are_the_same_text_and_all_are_the_worked_notebook(tmp_path):
    mine = grader(Vmalab, tmp_path, 3)
    mine.prepare()
    paths = sorted(tmp_path.rglob("*.ipynb"))
    assert [path.parts[-3:-1] for path in paths] == [
        (f"learner00{number}", SET) for number in range(3)
    ]
    assert len({path.read_bytes() for path in paths}) == 3
    assert all(json.loads(path.read_text())["cells"] == mine.worked["cells"] for path in paths)


def test_points_of_the_class_are_read_from_its_table(tmp_path):
    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / "grades.csv").open("w") as file:
        rows = csv.writer(file)
        rows.writerows([["learner", "total", "out of"], ["a", "12", "12.0"], ["b", "11.5", "12"]])
    assert grader(Vmalab, tmp_path).full() == 1


def test_a_notebook_one_cell_of_which_fails_has_failed(tmp_path):
    cell = '<testcase classname="submitted.learner00{}.01.x" name="Cell {}">{}</testcase>'
    cells = [(0, 0, ""), (0, 1, ""), (1, 0, ""), (1, 1, "<failure/>"), (1, 2, "")]
    inside = "".join(cell.format(*one) for one in cells)
    (tmp_path / "junit.xml").write_text(f"<testsuites><testsuite>{inside}</testsuite></testsuites>")
    assert grader(Nbval, tmp_path).full() == 1


def test_otters_summary_without_points_is_no_test(tmp_path):
    summary = {"name": "Public Tests", "output": "ok"}
    for name, score in (("a", 2.0), ("b", 1.0)):
        folder = tmp_path / "out" / name
        folder.mkdir(parents=True)
        tests = [summary, {"name": "q", "score": score, "max_score": 2.0}]
        (folder / "results.json").write_text(json.dumps({"tests": tests}))
    mine = grader(Otter, tmp_path)
    assert (mine.done(), mine.full()) == (2, 1)


def test_otter_asks_the_same_check_with_the_same_points(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.graders.watch", lambda *_: None)
    grader(Otter, tmp_path, 1).prepare()
    tests = sorted((tmp_path / "tests").iterdir())
    marks = [
        one["metadata"]["nbgrader"]
        for one in worked(SET)["cells"]
        if one["metadata"].get("nbgrader", {}).get("grade")
    ]
    assert [path.stem for path in tests] == [one["grade_id"] for one in marks]
    names = {}
    exec(tests[0].read_text(), names)
    asked = 'bool(check("ex1.q1"))'
    assert names["test"] == ok_test("ex1_q1", marks[0]["points"], asked) | {"name": tests[0].stem}


def test_a_command_is_watched_with_all_below_it(tmp_path, monkeypatch):
    monkeypatch.setattr(watched, "EVERY_S", 0.05)
    inner = "import time; held = bytearray(40_000_000); time.sleep(0.5)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    ticks = []
    took = watch([sys.executable, "-c", outer], tmp_path, os.environ, lambda: ticks.append(1))
    assert took.peak_bytes > 40_000_000
    assert took.seconds > 0
    assert len(ticks) >= 2


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path):
    words = [sys.executable, "-c", "import sys; print('first'); sys.exit('no such course')"]
    with pytest.raises(CommandError, match="ended with status 1: no such course"):
        watch(words, tmp_path, os.environ, lambda: None)


def test_memory_is_added_up_over_a_tree_of_processes(tmp_path):
    for pid, parent, kib in ((10, 1, 100), (11, 10, 30), (12, 11, 5), (20, 1, 1000)):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "stat").write_text(f"{pid} (a (b) c) S {parent} 0 0")
        (folder / "smaps_rollup").write_text(f"Rss: 9999 kB\nPss: {kib} kB\nPss_Dirty: 7 kB\n")
    (tmp_path / "12" / "smaps_rollup").unlink()  # it has ended meanwhile
    assert children(tmp_path)[10] == [11]
    assert tree_bytes(10, tmp_path) == 130 * 1024


def test_check_is_timed_with_the_right_answer():
    assert len(check_ms("ex2.q3", 3)) == 3


def test_what_cannot_be_had_takes_no_part_and_the_rest_goes_on(monkeypatch, capsys):
    monkeypatch.setattr(grading, "why_not", lambda name: "no wheel" if "otter" in name else "")

    def one(name, number, bar):
        if name == "nbval":
            raise CommandError("pytest ended with status 2: broken")
        run = {"name": name, "number": number, "seconds": 3.0, "peak_bytes": 5e6}
        return run | {"points": "all"}

    monkeypatch.setattr(grading, "one", one)
    assert grading.main(["--number", "6", "--peers", "3"]) == 0
    out = capsys.readouterr().out
    assert "0.50 s each" in out
    assert "otter run            takes no part: no wheel" in out
    assert "nbval                takes no part: pytest ended with status 2: broken" in out
    assert next(iter(GRADERS)) == "vmalab grade"


def test_an_unworked_submission_lies_beside_the_worked_one(tmp_path):
    agreement.Course(tmp_path, SET, 1, worked(SET)).submit(tmp_path / "submitted")
    blank = next((tmp_path / "submitted" / "blank").rglob("*.ipynb"))
    assert blank.read_bytes() == (exercises.EXERCISES / blank.name).read_bytes()
    assert (tmp_path / "submitted" / "learner000" / SET / blank.name).exists()


def test_without_nbgrader_agreement_is_not_claimed(monkeypatch, capsys):
    monkeypatch.setattr(agreement.environments, "make", lambda peer: "no network")
    assert agreement.main([]) == 1
    assert "NOT CHECKED: nbgrader cannot be installed here: no network" in capsys.readouterr().err


def test_points_that_differ_are_named(monkeypatch, capsys):
    monkeypatch.setattr(agreement.environments, "make", lambda peer: "")
    monkeypatch.setattr(agreement, "differences", lambda *_: ["blank: 2 of 12, not 0 of 12"])
    assert agreement.main(["01"]) == 1
    assert "set 01: nbgrader: blank: 2 of 12, not 0 of 12" in capsys.readouterr().out
    assert agreement.main(["99"]) == 1
