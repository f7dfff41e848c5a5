"""Is an answer that is data read without running it?

three = "a" + "b" * 2        read: "abb"
three = open("x").read()     not read: it would have to be run
"""

import pytest

from vmalab.grading.literal import NotLiteralError, defines, read_literal


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a = 'x'", "x"),
        ("a: str = 'x'", "x"),
        ("import os\na = 'x'\nprint(a)", "x"),
        ("b = 'y'\na = 'x' + b", "xy"),
        ("a = '\\n'.join(['x', 'y'])", "x\ny"),
        ("a = ' X '.strip().lower()", "x"),
        ("import textwrap\na = textwrap.dedent('  x')", "x"),
        ("a = [1, -2, (3,), {'k': None}]", [1, -2, [3], {"k": None}]),
        ("a = f'x'", "x"),
        ("a = 1 | 4", 5),
        ("a = 'x' * 3", "xxx"),
        ("a = 'old'\na = 'new'", "new"),
    ],
)
def test_plain_values_are_read(source, value):
    assert read_literal(source, "a") == value


@pytest.mark.parametrize(
    "source",
    [
        "a = open('/etc/passwd').read()",
        "a = 'x'\na = input()",
        "a = __import__('os').system('true')",
        "a = 'x'.join(y for y in 'ab')",
        "a = 10 ** 10 ** 10",
        "a = 'x' * 10**9",
        "a = ('x' * 60000) * 60000",
        "a = 'x'.format_map({})",
        "def a(): pass",
        "a = (",
        "b = 1",
        "a = " + "-" * 100_000 + "1",
        "a = " + "(" * 5000 + ")" * 5000,
        "a = '" + "x" * 70_000 + "'",
        "\0",
    ],
)
def test_what_would_have_to_be_run_is_not(source):
    with pytest.raises(NotLiteralError):
        read_literal(source, "a")


def test_a_cell_that_does_not_parse_may_still_say_what_it_defines():
    assert defines("%time\ndef find(a):\n  return a", "find")
    assert not defines("%time\nprint(find)", "find")
