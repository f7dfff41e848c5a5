"""Are predictions kept over a restart, and is no file able to stop a lesson?

predict ─▶ note ─▶ file ─▶ (kernel restarted) ─▶ of ─▶ reveal
"""

import json

import pytest

from vmalab.cli.lab import lab_environment
from vmalab.workloads.predictions import FILE_NAME, PLACE, Predictions, Tally, kept_predictions


@pytest.fixture
def path(tmp_path):
    return tmp_path / FILE_NAME


def test_a_prediction_outlives_the_kernel(path):
    Predictions(path).note("00.vmas", "2")
    later = Predictions(path)
    assert later.of("00.vmas") == "2"
    assert later.of("00.errors") is None
    assert [one.name for one in path.parent.iterdir()] == [FILE_NAME], (
        "no half-written file is left"
    )


def test_two_lessons_that_are_open_at_once_keep_both(path):
    one, other = Predictions(path), Predictions(path)
    one.note("00.vmas", "2")
    other.note("01.mprotect", "0-6 rw")
    one.reveal("00.vmas")
    kept = Predictions(path)
    assert (kept.of("00.vmas"), kept.of("01.mprotect")) == ("2", "0-6 rw")


def test_what_was_revealed_without_a_prediction_counts_as_skipped(path):
    first = Predictions(path)
    first.note("00.vmas", "3")
    first.reveal("00.vmas")
    first.reveal("00.first-mmap")
    assert Predictions(path).tallies() == [Tally("00", made=1, right=1, skipped=1)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "\xff",
        '{"predicted": 7, "revealed": 7}',
        '{"predicted": {"99.none": "x", "00.vmas": "forty", "00.errors": 3}, "revealed": [7]}',
    ],
)
def test_a_spoilt_file_or_one_of_another_course_is_as_none(path, text):
    path.write_bytes(text.encode("latin-1"))
    assert Predictions(path).tallies() == []


def test_a_place_that_cannot_be_written_leaves_the_memory(tmp_path):
    kept = Predictions(tmp_path / "no" / "such" / "folder")
    kept.note("00.vmas", "3")
    kept.note("00.errors", "EINVAL")
    assert kept.of("00.vmas") == "3"


def test_the_lab_names_the_file_beside_the_lessons(tmp_path, monkeypatch):
    monkeypatch.delenv(PLACE, raising=False)
    place = lab_environment(tmp_path / "00_start_here.ipynb")[PLACE]
    monkeypatch.setenv(PLACE, place)
    kept_predictions().note("00.vmas", "4")
    kept = json.loads((tmp_path / FILE_NAME).read_text())
    assert kept["predicted"] == {"00.vmas": "4"}


def test_without_a_place_they_are_in_memory(monkeypatch):
    monkeypatch.delenv(PLACE, raising=False)
    kept_predictions().note("00.vmas", "4")
    assert kept_predictions().of("00.vmas") is None
