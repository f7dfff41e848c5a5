"""The folder of a grading run: every finished result in a file of its own, whole or not at all.

    OUT/results/LEARNER.SET.json     one result; its key says what it was made from
    OUT/run.json                     what was asked for last: --resume does it again
    OUT/overrides.json               an instructor's own points; no run ever writes here
    OUT/.image/                      the model as the sandbox sees it

A file is written beside its place and renamed into it, so a reader, a crash and a second grader in
the same folder see the old one or the new one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vmalab import __version__
from vmalab.grading.results import RESULT_FORMAT, Result
from vmalab.grading.sandbox import make_image


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there completely or as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(fd, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
        file.flush()
        os.fsync(fd)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def safe_name(text: str) -> str:
    """A file name for any learner: what it looked like, and a digest that keeps two apart.

    >>> safe_name("ada"), safe_name("../x")
    ('ada', '.._x-d6b96a97')
    """
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", text)[:40]
    if plain and plain == text and not plain.startswith("."):
        return plain
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


class Store:
    """One grading folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"

    def path_of(self, learner: str, exercise: str) -> Path:
        """Where a result is kept."""
        return self.results / f"{safe_name(learner)}.{exercise}.json"

    def known(self, learner: str, exercise: str, key: str) -> bool:
        """Is there a finished result that was made from exactly this?"""
        result = _read(self.path_of(learner, exercise))
        return result is not None and result.get("key") == key and not result.get("fault")

    def save(self, result: Result) -> None:
        """Keep a result."""
        text = json.dumps(result, indent=1, sort_keys=True) + "\n"
        write_whole(self.path_of(result["learner"], result["exercise"]), text)

    def all_results(self) -> list[Result]:
        """Every result there is, by learner and set, with the instructor's own points in it."""
        found = [_read(path) for path in sorted(self.results.glob("*.json"))]
        whole = [one for one in found if one and one.get("format") == RESULT_FORMAT]
        overrides = self.overrides()
        for one in whole:
            _override(one, overrides.get(one["learner"], {}))
        return sorted(whole, key=lambda one: (one["learner"], one["exercise"]))

    def overrides(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What the instructor decided: ``{learner: {item: {"points": 2, "because": "..."}}}``.

        Raises:
            ValueError: the file is there and is not that.
        """
        path = self.folder / "overrides.json"
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            for items in found.values():
                for one in items.values():
                    float(one["points"])
        except (ValueError, TypeError, KeyError, AttributeError):
            msg = f'{path} is not of the form {{"LEARNER": {{"ex1.q1": {{"points": 2}}}}}}'
            raise ValueError(msg) from None
        return dict(found)

    def remember_run(self, asked: dict[str, Any]) -> None:
        """Note what was asked for."""
        write_whole(self.folder / "run.json", json.dumps(asked, indent=1) + "\n")

    def last_run(self) -> dict[str, Any] | None:
        """What was asked for last."""
        return _read(self.folder / "run.json")

    def image(self) -> Path:
        """The model for the sandbox, made once for each state of the package."""
        package = Path(__file__).resolve().parent.parent
        told = hashlib.sha256(f"{sys.version} {__version__}".encode())
        for path in sorted(package.rglob("*.py")):
            told.update(path.read_bytes())
        target = self.folder / ".image" / told.hexdigest()[:16]
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(dir=target.parent))
            make_image(new).chmod(0o755)
            try:
                new.rename(target)
            except OSError:  # another grader was first
                shutil.rmtree(new)
        return target.resolve()

    @contextmanager
    def reports_locked(self) -> Iterator[None]:
        """Only one grader writes reports at a time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _override(result: Result, items: dict[str, dict[str, Any]]) -> None:
    """Put an instructor's points in the place of the judge's, and say so."""
    for item in result["items"]:
        if item["name"] in items:
            decided = items[item["name"]]
            item["points"] = decided["points"]
            because = str(decided.get("because", "")).strip()
            item["override"] = f"decided by your instructor{': ' if because else ''}{because}"
    result["points"] = sum(item["points"] for item in result["items"])
