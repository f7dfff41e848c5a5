"""Are submissions found as classes hand them in, and nothing else opened?

submitted/ada/01/x.ipynb     bob_01_maps.ipynb     a link, a pipe, a folder with such a name
"""

import os
from pathlib import Path

import pytest

from vmalab.grading.assemble import MOST_BYTES
from vmalab.grading.collect import collect, learner_of


def put(path, data, *, age=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (1e9 - age, 1e9 - age))
    return path


def test_a_folder_a_learner_a_flat_folder_and_a_file(tmp_path, toy, answered):
    put(tmp_path / "class" / "ada" / "01" / "x.ipynb", answered())
    put(tmp_path / "class" / "bob_01_maps.ipynb", answered())
    put(tmp_path / "cleo.ipynb", answered())
    found = collect([tmp_path / "class", tmp_path / "cleo.ipynb"], {"01": toy})
    assert sorted(job.learner for job in found.jobs) == ["ada", "bob", "cleo"]
    assert not found.notes


def test_of_two_files_of_one_learner_the_newer_counts(tmp_path, toy, answered):
    put(tmp_path / "ada" / "b.ipynb", answered())
    put(tmp_path / "ada" / "a.ipynb", answered(ex1_q1="number = 9"), age=100)
    put(tmp_path / "ada" / "c.ipynb", answered(ex1_q1="number = 8"), age=200)
    found = collect([tmp_path], {"01": toy})
    assert [job.data for job in found.jobs] == [answered()]
    assert len(found.notes) == 2


def test_links_pipes_and_folders_are_not_opened(tmp_path, toy, answered):
    real = put(tmp_path / "real" / "x.ipynb", answered())
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "link.ipynb").symlink_to(real)
    (folder / "dead.ipynb").symlink_to("nowhere")
    (folder / "away").symlink_to(real.parent)
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "folder.ipynb").mkdir()
    (folder / ".ipynb_checkpoints").mkdir()
    put(folder / ".ipynb_checkpoints" / "x.ipynb", answered())
    found = collect([folder], {"01": toy})
    assert not found.jobs
    assert len(found.notes) == 3
    assert sum("symbolic link" in note for note in found.notes) == 2
    assert sum("regular" in note for note in found.notes) == 1


def test_a_file_of_no_set_is_told(tmp_path, toy):
    put(tmp_path / "essay.ipynb", b"{}")
    assert "none of the sets 01" in collect([tmp_path], {"01": toy}).notes[0]


def test_no_more_is_read_than_is_looked_into(tmp_path, toy):
    put(tmp_path / "ada_01_maps.ipynb", b" " * (MOST_BYTES + 100))
    (job,) = collect([tmp_path], {"01": toy}).jobs
    assert len(job.data) == MOST_BYTES + 1


@pytest.mark.parametrize(
    ("path", "learner"),
    [
        ("ada-01_address_spaces (2).ipynb", "ada"),
        ("01_address_spaces.ipynb", "01_address_spaces"),
        ("a\nb/x.ipynb", "a?b"),
        ("\udcff/x.ipynb", "?"),
        ("x" * 200 + ".ipynb", "x" * 80),
    ],
)
def test_strange_names_become_names(path, learner):
    assert learner_of(Path(path)) == learner
