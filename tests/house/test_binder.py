"""Would Binder find what it needs? repo2docker itself is not run here, its scripts are."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tools.sizes import ROOT
from vmalab.cli.course import course_files

BINDER = ROOT / "binder"


def test_its_python_is_one_that_vmalab_runs_on():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    floor = tuple(map(int, re.findall(r"\d+", wanted)))
    named = re.fullmatch(r"python-(\d+)\.(\d+)\n", (BINDER / "runtime.txt").read_text())
    assert named is not None
    assert tuple(map(int, named.groups())) >= floor


def test_its_packages_are_those_of_the_lock():
    [line] = (BINDER / "requirements.txt").read_text().splitlines()
    assert (BINDER / line.removeprefix("-r ")).resolve() == ROOT / "requirements.lock"


# pip would install what is installed here already, so it is taken out of the way.
def test_its_last_step_leaves_the_course_in_the_home_folder(tmp_path):
    away = tmp_path / "bin"
    away.mkdir()
    (away / "pip").write_text('#!/bin/sh\necho "$@" > "$HOME/asked"\n')
    (away / "pip").chmod(0o755)
    (away / "vmalab").write_text(f'#!/bin/sh\nexec {sys.executable} -m vmalab "$@"\n')
    (away / "vmalab").chmod(0o755)
    env = os.environ | {"HOME": str(tmp_path), "PATH": f"{away}:{os.environ['PATH']}"}
    bash = shutil.which("bash")
    assert bash is not None
    subprocess.run([bash, BINDER / "postBuild"], cwd=ROOT, env=env, check=True)
    assert Path(tmp_path, "asked").read_text().split()[-1] == "."
    assert course_files(tmp_path / "course") == course_files(ROOT)
