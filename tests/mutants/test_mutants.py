"""If the model got one rule wrong, would comparing it with the machine's kernel notice?

A fixed set of programs is run on the host once; each mutant of the model then runs them until one
comes out differently.
"""

import functools
from collections import Counter

import pytest

from tests.live import not_live
from tests.mutants import calls, faults, merging
from tests.mutants.directed import DIRECTED
from vmalab.host import Host, HostUnsupportedError
from vmalab.workloads.differential import comparable, compare
from vmalab.workloads.fuzz import default_model
from vmalab.workloads.random_programs import random_program

SEED = 2006
PROGRAMS = {"anon": 160, "file": 100, "mixed": 20, "ext": 200, "search": 20}
"""So many programs of each profile; more would only be slower."""
OPS = 60
MUTANTS = [*merging.MUTANTS, *calls.MUTANTS, *faults.MUTANTS]

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(not_live() is not None, reason=not_live() or ""),
]


def programs_of(profile):
    if profile == "directed":
        return DIRECTED
    return [random_program(SEED, index, profile, OPS) for index in range(PROGRAMS[profile])]


@functools.cache
def real_runs(profile):
    """The host's run of each program of a profile that it can run, made once."""
    with Host(sealed=profile == "search") as host:
        runs = host.run_all(programs_of(profile))
    for run in runs:
        if isinstance(run, Exception) and not isinstance(run, HostUnsupportedError):
            raise run
    return [run for run in runs if not isinstance(run, Exception)]


def differences(profile):
    """Each difference of the model as it now is, with the number of the program that shows it."""
    sealed = profile == "search"
    model = functools.partial(default_model, sealed=sealed)
    for number, real in enumerate(real_runs(profile)):
        mine = model(real.program)
        if comparable(mine, real) and (found := compare(mine, real, sealed=sealed)):
            yield number, found


@pytest.mark.parametrize("profile", [*PROGRAMS, "directed"])
def test_without_a_mutation_there_is_no_difference(profile):
    assert real_runs(profile), "the host ran none of the programs"
    assert not [str(found) for _, found in differences(profile)]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_kernel_with_one_wrong_rule_is_caught(mutant, monkeypatch, tasks):
    mutant.apply(monkeypatch)
    caught = None
    for profile in dict.fromkeys([*mutant.profiles, "directed"]):
        caught = caught or next(differences(profile), None)
    tasks.clear()
    assert caught is not None, f"nobody noticed that {mutant.sentence}"


def test_no_two_mutants_have_one_name():
    counted = Counter(mutant.name for mutant in MUTANTS)
    assert max(counted.values()) == 1, counted.most_common(3)
    assert len(MUTANTS) > 60
