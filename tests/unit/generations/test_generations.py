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


# With a limit of 3:  | vma |  | vma |  | vma |     three are allowed, and one more can be mapped;
# but with three already, none of them may be cut. The two checks differ by one.
@pytest.mark.parametrize("name", ["linux-6", "linux-2.6"])
def test_the_limits_for_mapping_and_for_cutting_differ_by_one(name):
    mm = Kernel(name).spawn().mm
    mm.policy.max_map_count = 3
    found = []
    for nr_vmas in range(5):
        mm.tree.count = nr_vmas
        found.append((mm.may_map(), mm.may_split()))
    mm.tree.count = 0
    assert found == [(True, True)] * 3 + [(True, False), (False, False)]
