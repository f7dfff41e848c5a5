"""Is a grading folder whole at every moment, and an instructor's word kept?

results/ada.01.json   written beside its place, then renamed: the old one or the new one
"""

import json
import threading

import pytest

from tests.toy_set import RIGHT
from vmalab.grading.results import Job, Verdict, lost, result_of
from vmalab.grading.sandbox import PROBES, Limits
from vmalab.grading.store import Store, safe_name, write_whole


@pytest.fixture
def result(toy):
    verdicts = {("ex1.q1", 0): Verdict("ex1.q1", 0, passed=True, said='{"n":3}')}
    return result_of(Job("ada", "01", b""), toy, "key", verdicts, "")


def test_only_verdicts_that_passed_count_and_what_is_missing_is_nothing(result):
    assert (result["points"], result["most"]) == (1, 6)
    assert [one["points"] for one in result["items"]] == [1, 0]


def test_a_failed_open_probe_is_explained_and_a_hidden_one_is_not(toy):
    verdicts = {
        (name, number): Verdict(name, number, passed=False, said='{"n":7}')
        for name, number in [("ex1.q1", 0), ("ex1.q1", 1), ("ex1.q2", 1)]
    }
    result = result_of(Job("ada", "01", b""), toy, "key", verdicts, "")
    opened, hidden = result["items"][0]["probes"]
    assert opened["lines"] == ["hint of its size", "n: expected 3", "   yours    7"]
    assert hidden["lines"] == ["hint of its parity"]
    assert "expected" not in hidden
    assert "odd" not in json.dumps(hidden)
    assert "expected" not in result["items"][1]["probes"][1]


def test_a_result_is_known_by_its_key_and_a_fault_never(tmp_path, toy, result):
    store = Store(tmp_path)
    assert not store.known("ada", "01", "key")
    store.save(result)
    assert store.known("ada", "01", "key")
    assert not store.known("ada", "01", "another key")
    store.save(lost(Job("ada", "01", b""), toy, "key", "lost"))
    assert not store.known("ada", "01", "key")


def test_a_torn_file_is_no_result(tmp_path, result):
    store = Store(tmp_path)
    store.save(result)
    path = store.path_of("ada", "01")
    path.write_text(path.read_text()[:100])
    assert not store.known("ada", "01", "key")
    assert store.all_results() == []


def test_an_instructors_points_win_and_are_said(tmp_path, result):
    store = Store(tmp_path)
    store.save(result)
    decided = {"ada": {"ex1.q2": {"points": 3.5, "because": "nearly"}}, "bob": {}}
    (tmp_path / "overrides.json").write_text(json.dumps(decided))
    (one,) = store.all_results()
    assert one["points"] == 4.5
    assert one["items"][1]["override"].endswith("instructor: nearly")
    store.save(result)
    assert store.all_results()[0]["points"] == 4.5


@pytest.mark.parametrize("text", ["{", "[]", '{"ada": {"ex1.q1": 3}}', '{"ada": 3}'])
def test_overrides_that_cannot_be_read_are_refused(tmp_path, text):
    (tmp_path / "overrides.json").write_text(text)
    with pytest.raises(ValueError, match="form"):
        Store(tmp_path).overrides()


def test_the_key_depends_on_everything_that_the_result_does(toy):
    job, limits = Job("ada", "01", b"x"), Limits()
    keys = {
        job.key(toy, limits, "bwrap"),
        job.key(toy, limits, "trust"),
        job.key(toy, Limits(cell_seconds=1), "bwrap"),
        job.key(toy.public(), limits, "bwrap"),
        Job("bob", "01", b"x").key(toy, limits, "bwrap"),
        Job("ada", "01", b"y").key(toy, limits, "bwrap"),
    }
    assert len(keys) == 6


def test_a_file_is_never_seen_half_written(tmp_path):
    path, seen, over = tmp_path / "x.json", set(), threading.Event()

    def read():
        while not over.is_set():
            if path.exists():
                seen.add(len(path.read_text()))

    reader = threading.Thread(target=read)
    reader.start()
    for size in (10, 1_000_000) * 10:
        write_whole(path, "x" * size)
    over.set()
    reader.join()
    assert seen <= {10, 1_000_000}
    assert [one.name for one in tmp_path.iterdir()] == ["x.json"]


def test_two_names_are_two_files():
    names = ["ada", "Ada L", "Ada_L", "../ada", "ada/", "", ".", "ä", "x" * 300]
    assert len({safe_name(one) for one in names}) == len(names)
    assert not [one for one in map(safe_name, names) if "/" in one or one in {"", ".", ".."}]


def test_the_image_has_the_model_and_nothing_of_the_course(tmp_path):
    store = Store(tmp_path)
    image = store.image()
    assert store.image() == image
    names = {
        str(path.relative_to(image)) for path in image.rglob("*") if "__pycache__" not in str(path)
    }
    assert "vmalab/kernel.py" in names
    assert {name for name in names if name.startswith("vmalab/grading/")} == {
        f"vmalab/grading/{one}.py" for one in ("__init__", "canonical", *PROBES)
    }
    assert not [name for name in names if RIGHT["ex1_q1"] in name or "public" in name]
