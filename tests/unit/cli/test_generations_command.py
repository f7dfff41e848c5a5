"""``vmalab generations``: is every kernel there, with what is known of it?"""

import json

from vmalab.generations import GENERATIONS


def test_every_kernel_is_listed(vmalab):
    ended = vmalab("generations")
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert [line for line in lines if line in GENERATIONS] == list(GENERATIONS)
    assert sum(line.startswith("  evidence: ") for line in lines) == len(GENERATIONS)
    assert max(map(len, lines)) <= 96


def test_the_same_as_data(vmalab):
    told = json.loads(vmalab("generations", "--json").out)
    assert [one["name"] for one in told] == list(GENERATIONS)
    assert told[-1]["sizeof_vma"] == {"x86_64": 192}
