"""A class on one machine: some judges at work at once, each a process of its own.

A judge that dies or hangs costs its submission a second try with a fresh one, and nobody else
anything.
"""

from __future__ import annotations

import json
import queue
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vmalab.grading.bundle import ExerciseSet
from vmalab.grading.results import Job, Result, lost
from vmalab.grading.sandbox import Limits, Way
from vmalab.grading.worker import job_line, setup_line

SPARE_SECONDS: Final = 120.0
"""What a judge may take beyond its submission's time: starting, and a busy machine."""
TRIES: Final = 2


@dataclass(frozen=True, slots=True)
class Setting:
    """What all submissions of a run have in common."""

    sets: dict[str, ExerciseSet]
    way: Way
    image: Path
    limits: Limits


class WorkerLostError(Exception):
    """A judge's process ended or hung."""


class Worker:
    """One judge's process, from the outside."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._process: subprocess.Popen[bytes] | None = None

    def grade(self, job: Job) -> Result:
        """Grade a submission, with a fresh process if the first is lost over it."""
        for _ in range(TRIES):
            try:
                return self._ask(job)
            except (WorkerLostError, OSError):
                self.close()
        exercise = self._setting.sets[job.exercise]
        key = job.key(exercise, self._setting.limits, self._setting.way)
        return lost(job, exercise, key, "the judge was lost over this submission, twice")

    def _ask(self, job: Job) -> Result:
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise WorkerLostError
        process.stdin.write(job_line(job).encode() + b"\n")
        process.stdin.flush()
        wait = self._setting.limits.total_seconds + SPARE_SECONDS
        if not select.select([process.stdout], [], [], wait)[0]:
            raise WorkerLostError
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            raise WorkerLostError
        result: Result = json.loads(line)
        return result

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vmalab.grading.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            if self._process.stdin is None:
                raise WorkerLostError
            s = self._setting
            line = setup_line(s.sets, s.way, s.image, s.limits)
            self._process.stdin.write(line.encode() + b"\n")
        return self._process

    def close(self) -> None:
        """End the process; another job would start a new one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def grade_all(
    jobs: Iterable[Job], setting: Setting, done: Callable[[Result], None], workers: int
) -> None:
    """Grade every job; ``done`` hears of each result as it comes, one at a time."""
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    lock, broken = threading.Lock(), threading.Event()
    errors: list[BaseException] = []

    def work() -> None:
        worker = Worker(setting)
        try:
            while not broken.is_set():
                result = worker.grade(waiting.get_nowait())
                with lock:
                    done(result)
        except queue.Empty:
            pass
        except BaseException as error:  # e.g. the disk is full: everybody stops, and it is said
            errors.append(error)
            broken.set()
        finally:
            worker.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.5)
    if errors:
        raise errors[0]
