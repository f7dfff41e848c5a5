"""Does `vmalab grade` say in one line what is wrong, and `vmalab progress` what is left?"""

import json
import shutil

import pytest
from typer.testing import CliRunner

from tools import exercises
from vmalab.cli.app import app
from vmalab.cli.status import CannotError
from vmalab.grading.sandbox import best_way

SEALED = ("--bundle", str(exercises.SEALED))


def call(*words):
    result = CliRunner().invoke(app, list(map(str, words)), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to grade"),
        (("--resume",), "nothing was asked for"),
        (("nowhere",), "no such file"),
        ((".", "--bundle", "nowhere"), "no exercise set"),
    ],
)
def test_what_is_wrong_is_said_with_a_cure(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotError, match=said):
        call("grade", *words, "--out", tmp_path / "out")


def test_a_machine_without_a_sandbox_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    best_way.cache_clear()
    (tmp_path / "x").mkdir()
    with pytest.raises(CannotError, match="bubblewrap") as error:
        call("grade", tmp_path / "x", "--out", tmp_path / "out", *SEALED)
    assert error.value.status == 3
    best_way.cache_clear()


@pytest.mark.slow
def test_a_submission_is_graded_once_and_reported(tmp_path):
    folder, out = tmp_path / "submitted" / "ada", tmp_path / "out"
    folder.mkdir(parents=True)
    folder.joinpath("x.ipynb").write_bytes(
        (exercises.SOLUTIONS / "03_page_tables.ipynb").read_bytes()
    )
    folder.joinpath("essay.ipynb").write_text("{}")
    said = call("grade", folder.parent, "--out", out, "-j", 1, *SEALED)
    assert "1 submissions, 1 to grade, in bubblewrap" in said
    assert "12.0 points on average" in said
    assert "1 submissions, 0 to grade" in call("grade", "--resume", "--out", out)
    assert "12 of 12" in (out / "reports" / "ada.html").read_text()


@pytest.mark.slow
def test_progress_says_what_is_done_and_what_is_left(tmp_path):
    data = json.loads((exercises.EXERCISES / "03_page_tables.ipynb").read_text())
    for cell in data["cells"]:
        if cell["id"] == "ex3_q1":
            cell["source"] = 'indexes = "0 0 128 1 291 64"'
        if cell["id"] == "ex3_q3":
            cell["source"] = 'far = "mmap 0 1 rw private,anon,fixed"'
    path = tmp_path / "03_page_tables.ipynb"
    path.write_text(json.dumps(data))
    said = call("progress", path)
    assert "✓ ex3.q1 Cut an address: 2 of 2" in said
    assert "✗ ex3.q3 Far apart: 0 of 1, 1 judged later" in said
    assert "· ex3.q4" in said


def test_progress_without_exercises_says_so(tmp_path):
    with pytest.raises(CannotError, match="no exercise"):
        call("progress", tmp_path)
    with pytest.raises(CannotError, match="no such file"):
        call("progress", tmp_path / "x")


@pytest.fixture
def one_set(tmp_path):
    """The options that name sealed bundles: one set, its worked notebook beside it."""
    sealed = tmp_path / "sealed"
    sealed.mkdir()
    shutil.copy(exercises.SEALED / "01.json", sealed)
    shutil.copy(exercises.SOLUTIONS / "01_address_spaces.ipynb", tmp_path)
    return ("--bundle", sealed)


@pytest.mark.slow
def test_the_canaries_get_what_they_should(one_set):
    said = call("grade", "--self-test", *one_set)
    assert said.count("as it should be") == 3
    assert "golden 01: 12 points" in said
    assert "thief 01: 0 points" in said


@pytest.mark.slow
def test_the_canaries_notice_that_files_can_be_read(one_set, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "prlimit").symlink_to(shutil.which("prlimit"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    best_way.cache_clear()
    with pytest.raises(CannotError, match="1 of 3 canaries: thief 01: 3 points") as error:
        call("grade", "--self-test", "--trust", *one_set)
    assert error.value.status == 3
    best_way.cache_clear()


def test_the_canaries_need_worked_notebooks(one_set, tmp_path):
    (tmp_path / "01_address_spaces.ipynb").unlink()
    with pytest.raises(CannotError, match="no worked notebook"):
        call("grade", "--self-test", *one_set)
