"""Is what the documentation says of each kernel what its policy says of itself?"""

import pytest

from vmalab.generations import GENERATIONS, generation
from vmalab.workloads import generation_table as tables


class Plain:
    """A kernel.

    Evidence: none at all.
    """

    size = 4
    """Measured."""
    first = staticmethod(len)
    second = staticmethod(max)
    """Both are borrowed."""

    limit: int = 7

    def may(self) -> bool:
        """mm/x.c:may asks.

        size    may
        4       yes
        """
        return True

    def _hidden(self) -> None:
        """Not a question."""


class Patched(Plain):
    """A patched kernel."""

    size = 8


def test_answers_are_read_from_a_class_body():
    assert [(one.name, one.said, one.value) for one in tables.class_body(Plain)] == [
        ("size", "Measured.", "4"),
        ("first", "Both are borrowed.", "staticmethod(len)"),
        ("second", "Both are borrowed.", "staticmethod(max)"),
        ("limit", "", "7"),
        ("may", "mm/x.c:may asks.", ""),
        ("_hidden", "Not a question.", ""),
    ]
    assert "_hidden" not in {one.name for one in tables.own_answers(Plain)}
    assert [one.name for one in tables.own_answers(Patched)] == ["size"]


@pytest.mark.parametrize("name", GENERATIONS)
def test_every_kernel_says_what_it_is_and_how_we_know(name):
    told = tables.about(name)
    assert told.what.endswith(".")
    assert told.evidence.endswith(".")
    assert told.sizeof_vma == {arch: generation(name, arch).sizeof_vma for arch in told.arches}


# A question that nobody answers is no question, and an answer that nobody asked for is a secret.
@pytest.mark.parametrize("name", GENERATIONS)
def test_every_question_has_an_answer_that_says_whose_rule_it_is(name):
    asked = tables.questions()
    policy = generation(name, tables.about(name).arches[0])
    assert [question for question in asked if not hasattr(policy, question)] == []
    for kind in tables.lineage(name):
        for answer in tables.own_answers(kind):
            assert answer.said or answer.value, answer.name


def test_every_question_is_asked_in_words():
    assert [name for name, words in tables.questions().items() if not words] == ["name"]


def test_system_calls_are_found_where_they_are_written():
    assert tables.syscall_homes("linux-6")["munmap"] == "mm.munmap:munmap"
    assert "mlock2" not in tables.syscall_homes("linux-2.6")
