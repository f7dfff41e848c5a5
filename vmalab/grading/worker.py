"""A judge's process: jobs come in on standard input, results go out, a line of JSON each.

    {"sets": {...}, "way": "bwrap", "image": "...", "limits": {...}}      first, once
    {"learner": "ada", "exercise": "01", "data": "<base64>"}              then a line a submission

The same process serves the local pool and, started by a worker of dask, a cluster. When the input
ends, so does it: a grader that is killed leaves none behind.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

from vmalab.grading.bundle import ExerciseSet, dump, load
from vmalab.grading.results import Job, Result
from vmalab.grading.sandbox import Limits, Way


def setup_line(sets: dict[str, ExerciseSet], way: Way, image: Path, limits: Limits) -> str:
    """The first line of a worker's input."""
    return json.dumps(
        {
            "sets": {name: dump(one) for name, one in sets.items()},
            "way": way,
            "image": str(image),
            "limits": {name: getattr(limits, name) for name in Limits.__slots__},
        }
    )


def job_line(job: Job) -> str:
    """A submission as a line."""
    data = base64.b64encode(job.data).decode()
    return json.dumps({"learner": job.learner, "exercise": job.exercise, "data": data})


def serve(lines: TextIO, results: TextIO) -> None:
    """Grade what comes in until nothing comes any more."""
    from vmalab.grading.grade import grade  # noqa: PLC0415 - pytest, and only here

    setup: dict[str, Any] = json.loads(lines.readline())
    sets = {name: load(text) for name, text in setup["sets"].items()}
    limits, image = Limits(**setup["limits"]), Path(setup["image"])
    with tempfile.TemporaryDirectory(prefix="vmalab-judge-") as folder:
        for line in lines:
            asked = json.loads(line)
            job = Job(asked["learner"], asked["exercise"], base64.b64decode(asked["data"]))
            result: Result = grade(
                job, sets[job.exercise], setup["way"], image, limits, Path(folder)
            )
            results.write(json.dumps(result) + "\n")
            results.flush()


def main() -> None:
    """Serve standard input; whatever pytest or a plugin prints goes nowhere."""
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    serve(sys.stdin, results)


if __name__ == "__main__":
    main()
