"""Do learners' notebooks fail exactly in their graded cells, each with a hint, and no other?

exercises/    [question ok][answer ok][check FAILS: "Hint 1: ..."]
solutions/    make notebooks holds every output of them
"""

import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from tools import exercises
from vmalab.grading.bundle import load_folder

pytestmark = pytest.mark.slow
SETS = load_folder(exercises.SEALED)


def nbval(folder):
    """Every cell of every learner's notebook as nbval finds it: its failure by (notebook, cell)."""
    report = folder / "junit.xml"
    words = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
    words += ["-p", "no:cacheprovider", f"--junitxml={report}"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    subprocess.run(
        [*words, str(exercises.EXERCISES)],
        cwd=exercises.ROOT,
        env=env,
        check=False,
        capture_output=True,
    )
    found = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        failure = case.find("failure")
        number = int(re.search(r"Cell (\d+)", case.get("name"))[1])
        where = re.search(r"0\d_[a-z_]+", case.get("classname") or case.get("name"))[0]
        found[where, number] = None if failure is None else (failure.text or "")
    return found


def test_exactly_the_graded_cells_fail_and_each_says_that_it_waits(tmp_path):
    cases = nbval(tmp_path)
    for path in sorted(exercises.EXERCISES.glob("*.ipynb")):
        held(path, cases)


def held(path, cases):
    """One notebook, beside what nbval found in it."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [one for one in cells if one["cell_type"] == "code"]
    graded = {
        number
        for number, one in enumerate(code)
        if one["metadata"].get("nbgrader", {}).get("grade")
    }
    ran = {number: text for (name, number), text in cases.items() if name == path.stem}
    assert len(ran) == len(code)
    assert {number for number, text in ran.items() if text is not None} == graded
    kinds = {item.name: item.kind for item in SETS[path.stem[:2]].items}
    for number in graded:
        name = re.search(r"ex\d\.q\d", "".join(code[number]["source"]))[0]
        waits = "not written yet" if kinds[name] == "implement" else "no answer yet"
        assert waits in ran[number]


@pytest.mark.parametrize("path", sorted(exercises.EXERCISES.glob("*.ipynb")), ids=lambda p: p.stem)
def test_the_metadata_is_nbgraders_schema_three(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    marked = [one for one in cells if "nbgrader" in one["metadata"]]
    ids = [one["metadata"]["nbgrader"]["grade_id"] for one in marked]
    assert len(set(ids)) == len(ids) == 2 * len(SETS[path.stem[:2]].items)
    for one in marked:
        meta = one["metadata"]["nbgrader"]
        assert meta["schema_version"] == 3
        assert meta["grade"] == meta["locked"] != meta["solution"]
        assert ("points" in meta) == meta["grade"]
        assert re.fullmatch(r"[\w-]+", meta["grade_id"])
        points = meta.get("points")
        source = "".join(one["source"])
        assert meta["checksum"] == exercises.checksum(source, meta["grade_id"], points)
