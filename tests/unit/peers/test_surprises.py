"""Does every surprise of tests/surprises.py still hold?"""

import pytest

from tests.surprises import SURPRISES
from vmalab.generations import generation


@pytest.mark.parametrize("program", SURPRISES.values(), ids=SURPRISES)
def test_surprise(both, program):
    both(program)


# 27: the limit is 65530 for a split and 65531 for a new mapping; moving stops a little before.
def test_surprise_27_the_limits_differ_by_one():
    policy = generation("linux-6")
    assert policy.max_map_count == 65530
    assert (policy.may_map(65530), policy.may_split(65530)) == (True, False)


def test_none_is_missing_but_the_one_that_is_not_modelled():
    numbers = {int(title.split()[0]) for title in SURPRISES}
    assert numbers == set(range(1, 29)) - {24, 27}
