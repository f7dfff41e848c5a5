"""What other programs read: CSV of a class, JUnit, Gradescope's results.json."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any, Final
from xml.etree import ElementTree as ET

from vmalab.grading.results import Result

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _cell(text: object) -> str:
    """A text that no spreadsheet takes for a formula."""
    said = str(text)
    return f"'{said}" if said.startswith(_FORMULA) else said


def _sheet(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(one) for one in row] for row in rows)
    return text.getvalue()


def _by_learner(results: list[Result]) -> dict[str, dict[str, Result]]:
    found: dict[str, dict[str, Result]] = {}
    for one in results:
        found.setdefault(one["learner"], {})[one["exercise"]] = one
    return found


def _sets(results: list[Result]) -> dict[str, Result]:
    return {one["exercise"]: one for one in sorted(results, key=lambda r: str(r["exercise"]))}


def class_csv(results: list[Result]) -> str:
    """A line a learner: points of every item and set, the total, and how many notes there are."""
    sets = _sets(results)
    items = [item["name"] for one in sets.values() for item in one["items"]]
    head = ["learner", *items, *(f"set {name}" for name in sets), "total", "out of", "notes"]
    most = sum(one["most"] for one in sets.values())
    rows: list[list[object]] = [head]
    for learner, mine in _by_learner(results).items():
        points = {item["name"]: item["points"] for one in mine.values() for item in one["items"]}
        per_set = [mine[name]["points"] if name in mine else "" for name in sets]
        total = sum(one["points"] for one in mine.values())
        notes = sum(len(one["notes"]) for one in mine.values())
        rows.append(
            [learner, *(points.get(name, "") for name in items), *per_set, total, most, notes]
        )
    return _sheet(rows)


def canvas_csv(results: list[Result]) -> str:
    """The columns that Canvas imports; each learner's name stands as the SIS login."""
    sets = _sets(results)
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    rows: list[list[object]] = [[*head, *(one["title"] for one in sets.values())]]
    rows.append(["    Points Possible", "", "", "", "", *(one["most"] for one in sets.values())])
    for learner, mine in _by_learner(results).items():
        points = [mine[name]["points"] if name in mine else "" for name in sets]
        rows.append([learner, "", "", learner, "", *points])
    return _sheet(rows)


def junit(results: list[Result]) -> str:
    """A suite a submission, a case a probe; points are properties of each case."""
    root = ET.Element("testsuites", name="vmalab")
    for one in results:
        suite = ET.SubElement(root, "testsuite", name=_xml(f"{one['learner']}.{one['exercise']}"))
        cases = [(item, probe) for item in one["items"] for probe in item["probes"]]
        for item, probe in cases:
            case = ET.SubElement(
                suite, "testcase", classname=item["name"], name=_xml(probe["name"])
            )
            noted = ET.SubElement(case, "properties")
            for name in ("points", "most"):
                ET.SubElement(noted, "property", name=name, value=str(probe[name]))
            if not probe["passed"]:
                failure = ET.SubElement(case, "failure", message="not yet")
                failure.text = _xml("\n".join(map(str, probe["lines"])))
        suite.set("tests", str(len(cases)))
        suite.set("failures", str(sum(not probe["passed"] for _, probe in cases)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _xml(text: str) -> str:
    """A text without the characters that XML has no way to say."""
    return "".join(one if one in "\n\t" or one.isprintable() else "?" for one in text)


def gradescope(result: Result) -> str:
    """One submission as Gradescope's results.json: hidden probes wait for publication."""
    tests: list[dict[str, Any]] = []
    for item in result["items"]:
        for probe in item["probes"]:
            hidden = probe["level"] == "hidden"
            tests.append(
                {
                    "name": f"{item['name']} {item['title']}: {probe['name']}",
                    "score": probe["points"],
                    "max_score": probe["most"],
                    "status": "passed" if probe["passed"] else "failed",
                    "output": "\n".join(map(str, probe["lines"])),
                    "visibility": "after_published" if hidden else "visible",
                }
            )
    notes = "\n".join([f"Run {result['sandbox']}.", *map(str, result["notes"])])
    whole = {
        "score": result["points"],
        "output": notes,
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(whole, indent=1) + "\n"
