"""A graded submission as nbgrader keeps it: a notebook whose test cells end in their points.

nbgrader reads partial credit from the number that a test cell ends in, so that a shop which
collects with nbgrader can go on with these.
"""

from __future__ import annotations

import json
from typing import Any

from vmalab.grading.results import Result


def autograded(result: Result) -> str:
    """The notebook, in nbformat 4.5."""
    cells: list[dict[str, Any]] = [_markdown("about", _about(result))]
    for item in result["items"]:
        name = item["name"].replace(".", "_")
        answer = result["answers"].get(item["name"], "")
        lines = [f"{item['name']} {item['title']}"]
        for probe in item["probes"]:
            mark = "✓" if probe["passed"] else "✗"
            lines.append(f"{mark} {probe['name']}: {probe['points']} of {probe['most']}")
            lines += [f"    {line}" for line in probe["lines"]]
        cells.append(_code(name, answer, {"grade": False, "solution": True, "locked": False}, []))
        meta = {"grade": True, "solution": False, "locked": True, "points": item["most"]}
        text = "\n".join(lines) + "\n"
        outputs = [
            {"output_type": "stream", "name": "stdout", "text": text},
            {
                "output_type": "execute_result",
                "execution_count": 1,
                "metadata": {},
                "data": {"text/plain": f"{item['points']}"},
            },
        ]
        cells.append(_code(f"{name}_check", f'check("{item["name"]}")', meta, outputs))
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "vmalab": {"exercise": result["exercise"]}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1) + "\n"


def _about(result: Result) -> str:
    notes = "".join(f"\n- {note}" for note in result["notes"])
    head = f"# {result['title']}: {result['points']} of {result['most']}"
    return f"{head}\n\nRun {result['sandbox']}.\n{notes}"


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def _code(name: str, source: str, meta: dict[str, Any], outputs: list[Any]) -> dict[str, Any]:
    about = {"schema_version": 3, "grade_id": name, "task": False, "cell_type": "code", **meta}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {"nbgrader": about},
        "execution_count": 1 if outputs else None,
        "outputs": outputs,
        "source": source,
    }
