"""Do the reports say what was found, to people and to programs, and nothing that is hidden?

one result  -->  HTML, two CSV, JUnit, Gradescope, a notebook for nbgrader
"""

import csv
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import nbformat
import pytest

from vmalab.grading.report_html import report
from vmalab.grading.report_nbgrader import autograded
from vmalab.grading.report_tables import canvas_csv, class_csv, gradescope, junit
from vmalab.grading.reports import write_reports
from vmalab.grading.results import Job, Verdict, result_of
from vmalab.grading.store import Store

EVIL = "<script>alert(1)</script>\x07=1+1"


@pytest.fixture
def result(toy):
    """Two probes passed, one failed with what somebody put there, the hidden ones failed."""
    verdicts = {
        ("ex1.q1", None): Verdict("ex1.q1", None, passed=True),
        ("ex1.q1", 0): Verdict("ex1.q1", 0, passed=True, said='{"n":3}'),
        ("ex1.q1", 1): Verdict("ex1.q1", 1, passed=False, said='{"odd":0}'),
        ("ex1.q2", None): Verdict("ex1.q2", None, passed=True),
        ("ex1.q2", 0): Verdict("ex1.q2", 0, passed=False, said=json.dumps({"n": EVIL})),
        ("ex1.q2", 1): Verdict("ex1.q2", 1, passed=True, said='{"n":0}'),
        ("ex1.q2", 2): Verdict("ex1.q2", 2, passed=False, said=None, stopped="it took too long"),
    }
    found = result_of(Job(f"=ada {EVIL}", "01", b""), toy, "key", verdicts, "")
    return {**found, "notes": [f"a note {EVIL}"], "answers": {"ex1.q1": "number = 3"}}


class Page(HTMLParser):
    """The tags and texts of a page, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_is_whole_and_needs_nothing_else(result):
    text = report([result])
    page = Page(text)
    assert not page.open
    assert not [tag for tag, attrs in page.tags if tag in {"script", "link", "img", "iframe"}]
    assert not re.search(r"(src|href)=\"(?!#)", text)
    assert "default-src 'none'" in text


def test_the_page_can_be_heard(result):
    page = Page(report([result]))
    assert ("html", {"lang": "en"}) in page.tags
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels == [1, 2, 3, 3]
    tables = [tag for tag, _ in page.tags if tag in {"table", "caption"}]
    assert tables == ["table", "caption"] * 3
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert page.text.count("✓ passed") == 2
    assert page.text.count("✗ not yet") == 3


def test_the_page_says_points_hints_and_what_stopped_it(result):
    text = Page(report([result])).text
    for word in ("2 of 6 points", "hint of its parity", "it took too long", "expected 4"):
        assert word in text


@pytest.mark.parametrize("write", [lambda r: report([r]), gradescope, lambda r: junit([r])])
def test_nobody_is_told_what_a_hidden_probe_asks_or_expects(write, result):
    text = write(result)
    assert "its parity" in text
    assert "tell(" not in text
    assert '"odd"' not in text


def test_a_spreadsheet_takes_no_name_for_a_formula(result):
    rows = list(csv.reader(io.StringIO(class_csv([result]))))
    assert rows[0][:3] == ["learner", "ex1.q1", "ex1.q2"]
    assert rows[1][0].startswith("'=")
    assert rows[1][1:] == ["1", "1", "2", "2", "6", "1"]


def test_canvas_has_its_columns_and_its_second_line(result):
    rows = list(csv.reader(io.StringIO(canvas_csv([result]))))
    assert rows[0][0] == "Student"
    assert rows[0][-1] == "A toy set"
    assert rows[1][-1] == "6"
    assert rows[2][-1] == "2"


def test_junit_has_a_case_a_probe_with_its_points(result):
    root = ET.fromstring(junit([result]))
    cases = root.findall(".//testcase")
    assert len(cases) == 5
    points = [one.get("value") for one in root.findall(".//property[@name='points']")]
    assert points == ["1", "0", "0", "1", "0"]
    assert len(root.findall(".//failure")) == 3


def test_gradescope_waits_with_hidden_probes(result):
    found = json.loads(gradescope(result))
    assert found["score"] == 2
    assert [one["visibility"] for one in found["tests"]].count("after_published") == 2
    assert sum(one["score"] for one in found["tests"]) == 2


def test_nbgraders_notebook_ends_each_test_in_its_points(result):
    notebook = nbformat.reads(autograded(result), as_version=4)
    nbformat.validate(notebook)
    ends = [cell.outputs[-1].data["text/plain"] for cell in notebook.cells if cell.get("outputs")]
    assert ends == ["1", "1"]


def test_every_report_is_written(tmp_path, result):
    store = Store(tmp_path)
    store.save(result)
    write_reports(store)
    kinds = sorted(path.suffix for path in tmp_path.rglob("*") if path.is_file())
    assert kinds == ["", ".csv", ".csv", ".html", ".ipynb", ".json", ".json", ".xml"]


def test_vmas_that_differ_are_drawn(toy, result):
    probe = result["items"][1]["probes"][0]
    probe["expected"] = '{"vmas":[[0,2,"rw-p"],[2,4,"r--p"]]}'
    probe["said"] = '{"vmas":[[0,4,"rw-p"]]}'
    page = Page(report([result]))
    assert sum(tag == "svg" for tag, _ in page.tags) == 2
