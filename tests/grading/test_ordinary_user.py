"""Is a class graded by an ordinary user as it is by root, and the user's own files left alone?

root  -->  mounts of its own, in which all may read Python  -->  setpriv: nobody  -->  vmalab grade
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import IN_CI
from tools import exercises
from vmalab.grading.sandbox import best_way

pytestmark = pytest.mark.slow

NOBODY = 65534
THIEF = """
import os, pathlib
found = []
for folder in ({home!r}, {submitted!r}, {sealed!r}):
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        found.append(pathlib.Path(folder, name).read_bytes())
try:
    pathlib.Path({home!r}, 'PWNED').write_text('x')
except OSError:
    pass
while not found:
    os.fork()
def find_vma(vmas, addr):
    return next((one for one in vmas if addr < one[1]), None)
"""
"""Right, if it finds a file of the user's; else a fork bomb."""


def closed_to_others(path):
    """The highest folder above a path that others may not enter."""
    above = [one for one in reversed(path.resolve().parents) if not one.stat().st_mode & 1]
    return above[0] if above else None


def opened(folders, scratch):
    """Commands that put an open folder over every closed one, with what is needed in it."""
    closed = {closed_to_others(one) for one in folders} - {None}
    for number, over in enumerate(sorted(closed)):
        old = scratch / f"old{number}"
        old.mkdir()
        yield f"mount --bind {over} {old}"
        yield f"mount -t tmpfs -o mode=755 none {over}"
        for one in folders:
            if closed_to_others(one) in {over, None} and one.is_relative_to(over):
                yield f"mkdir -p {one} && mount --bind {old / one.relative_to(over)} {one}"


def as_ordinary_user(words, home, folders, scratch):
    """A command line that runs another as nobody; as itself, where nobody special asks."""
    words = ["env", f"HOME={home}", *map(str, words)]
    if os.geteuid() != 0:
        return words
    drop = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    script = [*opened(folders, scratch), f"cd {home}", "exec " + shlex.join([*drop, *words])]
    return ["unshare", "--mount", "sh", "-e", "-c", "\n".join(script)]


@pytest.fixture
def place():
    """A folder that all may enter: pytest's own are root's alone."""
    made = subprocess.run(
        ["mktemp", "-d", "/tmp/vmalab-user-XXXXXX"], capture_output=True, text=True, check=True
    )
    folder = Path(made.stdout.strip())
    folder.chmod(0o755)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


def test_an_ordinary_user_grades_a_class(place, worked, stubs):
    if best_way(trust=True) != "bwrap":
        (pytest.fail if IN_CI else pytest.skip)("no bubblewrap: apt-get install bubblewrap")
    home, submitted, scratch = (place / one for one in ("home", "submitted", "scratch"))
    for folder in (home, submitted, scratch):
        folder.mkdir()
    (home / "secret").write_text("mine")
    (submitted / "ada_01_address_spaces.ipynb").write_bytes(
        (exercises.SOLUTIONS / "01_address_spaces.ipynb").read_bytes()
    )
    known = {"home": str(home), "submitted": str(submitted), "sealed": str(exercises.SEALED)}
    theft = stubs("01", ex1_q5=THIEF.format(**known))
    (submitted / "eve_01_address_spaces.ipynb").write_bytes(theft)
    if os.geteuid() == 0:
        os.chown(home, NOBODY, NOBODY)
        os.chown(home / "secret", NOBODY, NOBODY)
    grade = ["-m", "vmalab", "grade", submitted, "--out", home / "out", "--bundle"]
    words = [sys.executable, *grade, exercises.SEALED]
    folders = [Path(sys.prefix), Path(sys.base_prefix), exercises.ROOT]
    done = subprocess.run(
        as_ordinary_user(words, home, folders, scratch), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "2 to grade, in bubblewrap" in done.stdout
    rows = (home / "out" / "grades.csv").read_text().splitlines()
    assert [row.split(",")[6] for row in rows[1:]] == ["12", "0"]
    assert (home / "out" / "grades.csv").stat().st_uid == (os.geteuid() or NOBODY)
    assert sorted(one.name for one in home.iterdir() if one.name[0] != ".") == ["out", "secret"]
