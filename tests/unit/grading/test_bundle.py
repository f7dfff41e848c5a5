"""Does a learner get what may be shown, and nothing more?

sealed:  open + closed + hidden, all answers     public:  open, digests of closed, names of hidden
"""

import pytest

from vmalab.grading.bundle import PUBLIC, dump, load, load_folder, public_item


def test_a_bundle_survives_being_written(toy):
    assert load(dump(toy)) == toy


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="make exercises"):
        load('{"format": 0}')


def test_the_public_part_has_no_answer_that_may_not_be_shown(toy):
    number, double = toy.public().items
    assert number.probes[0] == toy.items[0].probes[0]
    assert number.probes[1].source == number.probes[1].hint == ""
    assert not number.probes[1].expected
    assert all(one.startswith("sha256:") for one in double.probes[1].expected)
    assert toy.public().points == toy.points == 6


def test_the_public_sets_of_the_package_hide_what_is_hidden():
    for one in load_folder(PUBLIC).values():
        for probe in (probe for item in one.items for probe in item.probes):
            if probe.level == "hidden":
                assert (probe.source, probe.expected, probe.hint) == ("", (), "")
            if probe.level == "closed":
                assert all(text.startswith("sha256:") for text in probe.expected)


def test_a_learner_has_one_variant_however_the_name_is_typed(toy):
    item = toy.items[0]
    assert item.variant("Ada  Lovelace ") == item.variant("ada lovelace")
    assert item.variant("") == 0
    assert {item.variant(f"learner {n}") for n in range(20)} == {0, 1}


def test_an_unknown_item_is_told_with_those_there_are():
    with pytest.raises(ValueError, match=r"ex1\.q1"):
        public_item("ex1.q99")


def test_an_empty_folder_is_no_bundle(tmp_path):
    with pytest.raises(ValueError, match="make exercises"):
        load_folder(tmp_path)
