"""Does the tree keep to its words?"""

import ast
from pathlib import Path

from tools import vocabulary

HERE = Path(__file__)


def found(check, source):
    return [finding.text for finding in check(HERE, ast.parse(source))]


def test_the_tree_keeps_to_its_words():
    findings = [str(finding) for finding in vocabulary.findings()]
    assert not findings, "\n".join(findings)


def test_a_name_without_its_unit_is_found():
    assert found(vocabulary.names_without_unit, "def f(offset): ptr = pgoff = 1") == [
        "offset: say pgoff (pages) or offset_bytes",
        "ptr: say addr",
    ]


def test_a_shift_by_a_page_is_found():
    assert len(found(vocabulary.page_shifts, "a << 12; a >> PAGE_SHIFT; a & PAGE_MASK")) == 3
    assert not found(vocabulary.page_shifts, "a << 3; 12 << a; a & b")


def test_code_may_not_ask_which_kernel_it_is_but_a_docstring_may_tell():
    assert len(found(vocabulary.kernel_names, "if name == 'linux-6': pass")) == 1
    assert not found(vocabulary.kernel_names, "def f():\n    'As linux-6 does it.'")
