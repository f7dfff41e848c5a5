"""What crosses the boundary: does one value have one spelling, and is a trick no value?

learner's process   tell(n=...)  -->  {"n":3}  -->  text compared with text   judge's process
"""

import json

import pytest

from vmalab.grading.canonical import MOST_BYTES, agrees, canonical, digest, last_value, parse, plain


class AlwaysEqual(int):
    """A number that says yes to everything."""

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


def test_an_always_equal_number_is_named_and_not_counted():
    assert plain(AlwaysEqual(3)) == "an AlwaysEqual"


def test_order_and_white_space_do_not_matter():
    assert canonical({"b": 1, "a": (2,)}) == canonical(json.loads('{ "a": [2], "b": 1 }'))


def test_true_is_not_one():
    assert canonical(True) != canonical(1)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "1e999", "NaN", "{", "'x'", "0.5", '"' * MOST_BYTES]
)
def test_what_is_no_plain_json_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_too_deep_an_answer_is_cut():
    deep = json.loads("[" * 50 + "]" * 50)
    assert canonical(deep).count("[") <= 21


@pytest.mark.parametrize(
    ("printed", "answer"),
    [
        ('{"n":1}\n', '{"n":1}'),
        ('debug\n{"n": 1}', '{"n":1}'),
        ('{"n":1}\nafterwards', None),
        ("", None),
        ("x" * (3 * MOST_BYTES), None),
    ],
)
def test_the_last_line_is_the_answer(printed, answer):
    assert last_value(printed) == answer


def test_a_digest_is_recognised_only_with_its_salt():
    kept = digest("3", "ex1.q1")
    assert "3" not in kept.split(":")[1] or kept != "3"
    assert agrees(kept, "3", "ex1.q1")
    assert not agrees(kept, "3", "ex1.q2")
    assert not agrees(kept, None, "ex1.q1")
    assert not agrees(kept, kept, "ex1.q1")
