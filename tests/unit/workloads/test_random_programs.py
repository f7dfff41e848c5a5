"""Are random programs the same each time, well formed, and varied?"""

from collections import Counter

import pytest

from vmalab.host.compile import make_plan
from vmalab.records.program import Fork, Limit, Mmap
from vmalab.records.text import GRAMMAR, format_program, parse_program
from vmalab.workloads.profiles import PROFILES
from vmalab.workloads.random_programs import random_program

EVERY = pytest.mark.parametrize("profile", PROFILES)


def some(profile, count=60):
    return [random_program(5, index, profile) for index in range(count)]


@EVERY
def test_a_seed_and_a_number_make_one_program(profile):
    assert some(profile, 5) == some(profile, 5)
    assert len({program.ops for program in some(profile, 30)}) == 30
    assert random_program(6, 0, profile).ops != random_program(5, 0, profile).ops


@EVERY
def test_programs_survive_their_text(profile):
    for program in some(profile):
        assert parse_program(format_program(program)) == program


@EVERY
def test_programs_stay_where_the_host_can_run_them(profile):
    for program in some(profile):
        make_plan(program, sealed=PROFILES[profile].sealed)


@EVERY
def test_the_length_asked_for_is_the_length_made(profile):
    assert {len(random_program(1, 1, profile, n).ops) for n in (1, 7, 40)} == {1, 7, 40}


def test_together_the_profiles_make_every_operation_but_those_of_other_issues():
    made = {type(op) for profile in PROFILES for program in some(profile) for op in program.ops}
    missing = {verb for verb, (record, _) in GRAMMAR.items() if record not in made}
    assert missing == {"evict"}


def test_arguments_are_spoilt_in_a_share_of_operations():
    programs = [program for profile in PROFILES for program in some(profile)]
    text = "".join(map(format_program, programs))
    for word in ("0xffffffffffffffff", " x ", "0x7ffffffff000", " 0x1000001", "+17", " 77\n"):
        assert word in text, word


def test_ext_forks_and_limits_now_and_then():
    counts = Counter(type(op) for program in some("ext", 200) for op in program.ops)
    assert 5 < counts[Fork] < 60
    assert 3 < counts[Limit] < 40


def test_search_lets_the_kernel_choose():
    maps = [op for program in some("search") for op in program.ops if isinstance(op, Mmap)]
    assert sum(op.addr is None for op in maps) > len(maps) / 5


def test_an_unknown_profile_is_refused_by_name():
    with pytest.raises(ValueError, match="'uml' is not a profile; choose one of mixed, anon"):
        random_program(1, 1, "uml")
