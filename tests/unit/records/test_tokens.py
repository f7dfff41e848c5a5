"""How does a transcript say what pages hold?

0-2=f1@3   pages 3 and 4 of f1        2-4=0   zeroes        5-6=#9   a stored 9        4: SIGSEGV
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmalab.records.program import FILE_PAGES, NR_FILES
from vmalab.records.tokens import content_runs, first_word, probe_runs, token

PLACES = [(file, page) for file in range(NR_FILES) for page in range(FILE_PAGES)]


@pytest.mark.parametrize(("file", "page"), PLACES[:: 10 * FILE_PAGES - 1])
def test_a_page_of_a_file_is_known_by_its_first_word(file, page):
    word = first_word(file, page)
    assert token(int.from_bytes(word[:4], "little")) == f"f{file}@{page}"
    assert word[8:] == b"\xc3", "a return instruction"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (0, "0"),
        (1, "#1"),
        (0xF0000000 | NR_FILES << 16, f"#{0xF0000000 | NR_FILES << 16}"),
        (0xF0000000 | FILE_PAGES, f"#{0xF0000000 | FILE_PAGES}"),
        (0xE0000000, f"#{0xE0000000}"),
        (0xFFFFFFFF, f"#{0xFFFFFFFF}"),
    ],
)
def test_any_other_word_is_a_number(word, said):
    assert token(word) == said


def test_first_words_differ():
    assert len({first_word(file, page) for file, page in PLACES}) == len(PLACES)


# consecutive pages of a file are one run; the same page twice is two
def test_runs_of_contents():
    assert content_runs([]) == ""
    assert content_runs([".", "."]) == ""
    assert content_runs(["f0@1", "f0@2", "f0@2", "f1@3"]) == "0-2=f0@1 2-3=f0@2 3-4=f1@3"
    assert content_runs(["#7", "#7", ".", "#7"]) == "0-2=#7 3-4=#7"
    assert content_runs(["!", "!", "0"]) == "0-2=! 2-3=0"


pages = st.sampled_from([".", "0", "!", "#1", "f0@1", "f0@2", "f0@3", "f1@2"])


@given(st.lists(pages, max_size=12))
def test_runs_say_all_that_was_there(tokens):
    told = ["."] * len(tokens)
    for run in content_runs(tokens).split():
        span, _, name = run.partition("=")
        first, last = map(int, span.split("-"))
        file, _, at = name.partition("@")
        for page in range(first, last):
            told[page] = f"{file}@{int(at) + page - first}" if at else name
    assert told == tokens


@given(st.lists(st.sampled_from(["oo", "oa", "mm"]), max_size=12), st.integers(0, 9))
def test_runs_of_probes_say_all_that_was_there(pairs, first):
    told = []
    for run in probe_runs(pairs, first).split():
        span, _, pair = run.partition("=")
        low, high = map(int, span.split("-"))
        assert low == first + len(told)
        told += [pair] * (high - low)
    assert told == pairs
