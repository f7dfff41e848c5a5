"""Seconds a submission: `vmalab grade` beside plain nbval and nbgrader's autograde.

The submissions are honest: the worked notebook of one set, each of another length, so that none is
known already. The clock says what a class waits for; on a busy machine it says little.

Usage: python -m benchmarks.grading [N] [PEERS]     N submissions, PEERS for the others (200, 20)
       VMALAB_NBGRADER=DIR/bin python -m ...        an environment with nbgrader 0.9.6 and vmalab
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools import exercises

SET = "01"
ROOT = exercises.ROOT


def main(argv: Sequence[str]) -> int:
    """Measure, and print a line each."""
    number, peers = (int(one) for one in [*argv, "200", "20"][:2])
    worked = json.loads(
        next(exercises.SOLUTIONS.glob(f"{SET}_*.ipynb")).read_text(encoding="utf-8")
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        submit(worked, folder / "submitted", number)
        submit(worked, folder / "few", peers)
        words = [sys.executable, "-m", "vmalab", "grade", "--bundle", str(exercises.SEALED)]
        with told("vmalab grade", number):
            run([*words, str(folder / "submitted"), "--out", str(folder / "out")])
        files = sorted(map(str, (folder / "few").rglob("*.ipynb")))
        nbval = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
        with told("plain nbval, one at a time", peers):
            run([*nbval, "--nbval-current-env", "--rootdir", name, *files])
        if nbgrader := os.environ.get("VMALAB_NBGRADER"):
            nbgraded = course(Path(nbgrader), folder, worked, peers)
            with told("nbgrader autograde", peers):
                nbgraded("autograde")
    return 0


def submit(worked: dict[str, object], folder: Path, number: int) -> None:
    """So many submissions, no two the same."""
    for index in range(number):
        path = folder / f"learner{index:03}" / SET / f"{SET}_address_spaces.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({**worked, "nbformat_minor": 5}) + " " * index)


def course(
    programs: Path, folder: Path, worked: dict[str, object], number: int
) -> Callable[[str], None]:
    """A course of nbgrader's with so many submissions: what runs one of its verbs there."""
    place = folder / "course"
    exercises.main(["nbgrader", str(place)])
    (place / "nbgrader_config.py").write_text("c = get_config()\n")
    submit(worked, place / "submitted", number)
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}

    def nbgrader(verb: str) -> None:
        words = ["nbgrader", verb, SET, "--create"]
        subprocess.run(words, cwd=place, env=env, check=True, capture_output=True)

    nbgrader("generate_assignment")
    return nbgrader


def run(words: list[str]) -> None:
    """Run a program, quietly."""
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)


@contextmanager
def told(name: str, number: int) -> Iterator[None]:
    """Print what happened inside took, a submission."""
    began = time.monotonic()
    yield
    clock = (time.monotonic() - began) / number
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(
        f"{name:28} {number:4} submissions  {clock:6.2f} s each"
        f"  load {os.getloadavg()[0]:.1f}  largest process so far {largest} MiB",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
