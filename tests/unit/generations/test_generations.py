"""Which kernels are there?"""

import pytest

from vmalab.generations import GENERATIONS, generation
from vmalab.kernel import Kernel


def test_each_generation_goes_by_its_name():
    assert {name: generation(name).name for name in GENERATIONS} == {n: n for n in GENERATIONS}


def test_a_name_that_is_none_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match=r"no kernel is called .linux-7.; .*linux-6"):
        Kernel("linux-7")


def test_two_kernels_do_not_share_what_one_changes():
    first, second = Kernel(), Kernel()
    first.policy.max_map_count = 1
    assert second.policy.max_map_count == 65530


# 65530 VMAs are allowed, and one more can be reached: the two checks differ by one.
def test_the_limits_of_6_18_differ_by_one():
    policy = generation("linux-6")
    assert (policy.may_map(65530), policy.may_map(65531)) == (True, False)
    assert (policy.may_split(65529), policy.may_split(65530)) == (True, False)
