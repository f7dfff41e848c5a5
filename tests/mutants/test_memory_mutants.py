"""If the model got one rule about pages wrong, would the dict and the laws notice?"""

from collections import Counter

import pytest

from tests.mutants.memory import MUTANTS
from tests.stateful.drive import DIRECTED, drive, tell

pytestmark = pytest.mark.slow

SEEDS = range(20)
"""Each is one random run; a mutant must be noticed in one of them, or in a story."""


def test_without_a_mutation_all_is_well(tasks):
    for story in DIRECTED.values():
        tell(story)
    for seed in SEEDS:
        drive(seed)
    tasks.clear()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_kernel_with_one_wrong_rule_is_caught(mutant, monkeypatch, tasks):
    mutant.apply(monkeypatch)
    noticed = any(goes_wrong(tell, story) for story in DIRECTED.values())
    noticed = noticed or any(goes_wrong(drive, seed) for seed in SEEDS)
    tasks.clear()
    assert noticed, f"nobody noticed that {mutant.sentence}"


def goes_wrong(run, what):
    try:
        run(what)
    except Exception:
        return True
    return False


def test_no_two_mutants_have_one_name():
    counted = Counter(mutant.name for mutant in MUTANTS)
    assert max(counted.values()) == 1, counted.most_common(3)
    assert len(MUTANTS) >= 12
