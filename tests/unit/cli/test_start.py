"""``vmalab start``: is a learner's work ever lost, and does a learner hear what is new?"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.sizes import ROOT
from vmalab.cli import course, start
from vmalab.cli.course import MANIFEST, course_files, find_course, give
from vmalab.cli.status import CannotError

LESSON, OTHER, SHEET = "notebooks/00_a.ipynb", "notebooks/01_b.ipynb", "exercises/01_b.ipynb"
FIRST = ["# A", "## Run"]


def write(path: Path, *texts, outputs=()):
    """A notebook: texts that begin with # are prose, the others code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = ["markdown" if text.startswith("#") else "code" for text in texts]
    cells = [
        {"cell_type": kind, "source": [text], "metadata": {}, "outputs": list(outputs)}
        for kind, text in zip(kinds, texts, strict=True)
    ]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))


@pytest.fixture
def home(tmp_path):
    """A course of three notebooks."""
    for name in (LESSON, OTHER, SHEET):
        write(tmp_path / "course" / name, *FIRST, "print(1)")
    return tmp_path / "course"


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "mine"


def fates(outcomes):
    return {one.name: one.fate for one in outcomes if one.fate != "same"}


def test_the_first_time_everything_is_copied_as_it_is(home, mine):
    assert set(fates(give(home, mine)).values()) == {"new"}
    for name in course_files(home):
        assert (mine / name).read_bytes() == (home / name).read_bytes()
    assert course_files(home) == [LESSON, OTHER, SHEET]
    assert fates(give(home, mine)) == {}


def test_what_the_learner_left_alone_is_updated(home, mine):
    give(home, mine)
    write(home / LESSON, *FIRST, "print(1)", "## Play", "Stepper()")
    [outcome] = [one for one in give(home, mine) if one.fate != "same"]
    assert (outcome.fate, outcome.news) == ("updated", '2 cells are new, under "Play"')
    assert (mine / LESSON).read_bytes() == (home / LESSON).read_bytes()


# Outputs are what running a lesson gives; they are had again by running the new one.
def test_a_lesson_that_was_only_run_is_updated_too(home, mine):
    give(home, mine)
    write(mine / LESSON, *FIRST, "print(1)", outputs=[{"output_type": "stream", "text": "1"}])
    assert fates(give(home, mine)) == {}
    write(home / LESSON, *FIRST, "print(2)")
    assert fates(give(home, mine)) == {LESSON: "updated"}


def test_what_the_learner_wrote_stays_and_the_new_version_is_put_beside_it(home, mine):
    give(home, mine)
    write(mine / SHEET, *FIRST, "answer = 42")
    before = (mine / SHEET).read_bytes()
    assert fates(give(home, mine)) == {SHEET: "yours"}
    write(home / SHEET, *FIRST, "print(3)")
    [outcome] = [one for one in give(home, mine) if one.fate != "same"]
    assert (outcome.fate, outcome.beside) == ("kept", "01_b.new.ipynb")
    assert (mine / SHEET).read_bytes() == before
    assert (mine / "exercises" / "01_b.new.ipynb").read_bytes() == (home / SHEET).read_bytes()
    assert fates(give(home, mine)) == {SHEET: "yours"}  # said once


def test_a_new_version_never_falls_on_one_that_was_worked_in(home, mine):
    give(home, mine)
    write(mine / SHEET, *FIRST, "mine")
    write(home / SHEET, *FIRST, "second")
    give(home, mine)
    write(mine / "exercises" / "01_b.new.ipynb", *FIRST, "mine too")
    write(home / SHEET, *FIRST, "third")
    [outcome] = [one for one in give(home, mine) if one.fate == "kept"]
    assert outcome.beside == "01_b.new2.ipynb"
    assert "mine too" in (mine / "exercises" / "01_b.new.ipynb").read_text()


def test_a_file_already_there_before_the_first_start_is_somebodys_work(home, mine):
    write(mine / LESSON, "# My own notes")
    assert fates(give(home, mine))[LESSON] == "kept"
    assert "My own notes" in (mine / LESSON).read_text()


@pytest.mark.parametrize("damage", ["", "[]", '{"files": 3}', "\x00"])
def test_without_a_readable_memory_nothing_is_taken_for_unchanged(home, mine, damage):
    give(home, mine)
    (mine / MANIFEST).write_text(damage)
    write(home / LESSON, *FIRST, "print(2)")
    old = (mine / LESSON).read_bytes()
    assert fates(give(home, mine)) == {LESSON: "kept"}
    assert (mine / LESSON).read_bytes() == old


def test_a_notebook_that_is_no_longer_one_is_kept(home, mine):
    give(home, mine)
    (mine / LESSON).write_bytes(b"half a noteb\xff")
    write(home / LESSON, *FIRST, "print(2)")
    assert fates(give(home, mine)) == {LESSON: "kept"}
    assert (mine / LESSON).read_bytes() == b"half a noteb\xff"


def test_a_deleted_notebook_comes_back_and_one_that_left_the_course_stays(home, mine):
    give(home, mine)
    (mine / LESSON).unlink()
    (home / OTHER).unlink()
    assert fates(give(home, mine)) == {LESSON: "new", OTHER: "gone"}
    assert (mine / OTHER).exists()
    assert fates(give(home, mine)) == {}


def test_a_dry_run_says_the_same_and_touches_nothing(home, mine):
    assert set(fates(give(home, mine, write=False)).values()) == {"new"}
    assert not mine.exists()
    give(home, mine)
    write(home / LESSON, *FIRST, "print(2)")
    there = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    assert fates(give(home, mine, write=False)) == {LESSON: "updated"}
    assert {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()} == there


# The process may be ended at any of its writes; the next start must find the learner's text whole.
def test_ended_half_way_it_goes_on_where_it_stopped(home, mine, monkeypatch):
    give(home, mine)
    write(mine / SHEET, *FIRST, "answer = 42")
    for name in (LESSON, OTHER, SHEET):
        write(home / name, *FIRST, "print(2)")
    whole = course.write_whole
    written = []

    def fail_second(path, content):
        if written:
            raise KeyboardInterrupt
        written.append(path)
        whole(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(course, "write_whole", fail_second)
        with pytest.raises(KeyboardInterrupt):
            give(home, mine)
    assert "answer = 42" in (mine / SHEET).read_text()
    assert fates(give(home, mine)) == {OTHER: "updated", SHEET: "kept"}
    assert "answer = 42" in (mine / SHEET).read_text()


def test_places_that_are_no_learners_folder(home, mine):
    for place in (home, home / "notebooks", home / "exercises" / "deeper"):
        with pytest.raises(CannotError, match="is the course itself"):
            give(home, place)
    mine.write_text("a file")
    with pytest.raises(CannotError, match="is a file, not a folder"):
        give(home, mine)
    mine.unlink()
    (mine / LESSON).mkdir(parents=True)
    with pytest.raises(CannotError, match="is a folder, where a notebook goes"):
        give(home, mine)


def test_the_command_tells_what_it_did(vmalab, home, mine, monkeypatch):
    monkeypatch.setattr(start, "find_course", lambda: home)
    ended = vmalab("start", mine)
    assert (ended.status, ended.out.splitlines()[-2]) == (0, "3 new")
    write(mine / SHEET, *FIRST, "answer = 42")
    write(home / SHEET, *FIRST, "print(2)")
    (home / LESSON).unlink()
    ended = vmalab("start", mine)
    assert ended.out.splitlines()[1:] == [
        f'  kept     {SHEET}: the new version is 01_b.new.ipynb; 1 cell is new, under "Run"',
        f"  gone     {LESSON}",
        (
            "1 kept as you changed it, with the new version beside it; 1 as it was; "
            "1 no longer in the course, and left to you"
        ),
        f"To begin, or go on: vmalab lab {mine}",
    ]
    ended = vmalab("start", home)
    assert (ended.status, "name a folder of your own" in ended.err) == (2, True)


def test_this_checkout_has_its_course():
    assert find_course() == ROOT
    assert "notebooks/00_start_here.ipynb" in course_files(ROOT)


def test_a_vmalab_without_its_course_says_so(monkeypatch):
    monkeypatch.setattr(course, "FOLDERS", ("nowhere",))
    with pytest.raises(CannotError, match="install vmalab from its wheel"):
        find_course()


@pytest.mark.slow
def test_an_installed_vmalab_brings_the_course_along(tmp_path):
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-w", tmp_path, ROOT], check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    run = [sys.executable, "-m", "vmalab", "start", "mine"]
    away = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    subprocess.run(run, cwd=tmp_path, env=away, check=True, capture_output=True)
    assert course_files(tmp_path / "mine") == course_files(ROOT)
    assert not (tmp_path / "mine" / "notebooks" / "py").exists()
