"""A class on many machines: dask.distributed carries submissions out and results back, as JSON.

Each task starts a judge of its own on the machine it lands on, with that machine's sandbox. vmalab
has to be installed there, in the same version; nothing else is shared, no folder either.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from vmalab.grading.bundle import dump, load
from vmalab.grading.pool import Setting, Worker
from vmalab.grading.results import Job, Result
from vmalab.grading.sandbox import Limits, best_way
from vmalab.grading.store import Store
from vmalab.grading.worker import job_line

BATCH: Final = 4
"""Submissions a task: a judge's start is shared, and a lost machine costs little."""


def grade_batch(lines: list[str], sets: dict[str, str], limits: dict[str, Any]) -> list[str]:
    """What a cluster's worker does: grade some submissions here. JSON in, JSON out."""
    loaded = {name: load(text) for name, text in sets.items()}
    with tempfile.TemporaryDirectory(prefix="vmalab-cluster-") as folder:
        image = Store(Path(folder)).image()
        worker = Worker(Setting(loaded, best_way(), image, Limits(**limits)))
        try:
            results = []
            for line in lines:
                asked = json.loads(line)
                job = Job(asked["learner"], asked["exercise"], base64.b64decode(asked["data"]))
                results.append(json.dumps(worker.grade(job)))
            return results
        finally:
            worker.close()


def grade_on_cluster(
    jobs: Iterable[Job], setting: Setting, done: Callable[[Result], None], scheduler: str
) -> None:
    """Grade every job on the workers of a dask scheduler (``tcp://…``).

    Raises:
        ImportError: dask.distributed is not installed.
        OSError: nobody answers at that address.
    """
    from distributed import Client, as_completed  # noqa: PLC0415 - an extra: vmalab[cluster]

    sets = {name: dump(one) for name, one in setting.sets.items()}
    limits = {name: getattr(setting.limits, name) for name in Limits.__slots__}
    with Client(scheduler, timeout="20s") as client:
        futures = [
            client.submit(grade_batch, [job_line(one) for one in batch], sets, limits, pure=False)
            for batch in _batches(jobs)
        ]
        for future in as_completed(futures):
            for text in future.result():
                done(json.loads(text))


def _batches(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    left = iter(jobs)
    while batch := list(islice(left, BATCH)):
        yield batch
