"""Does a replay find every difference, say where it is, and count what it spoils?"""

import pickle

import pytest

from vmalab.generations import GENERATIONS
from vmalab.records.run import format_transcript
from vmalab.records.text import parse_programs
from vmalab.trace.capture import Runner, run_program
from vmalab.trace.transcript import Said, parse_transcript
from vmalab.uapi.errors import KernelBug
from vmalab.workloads.generation_table import policies
from vmalab.workloads.profiles import PROFILES
from vmalab.workloads.random_programs import random_program
from vmalab.workloads.replay import Kernels, difference, narrate, replay

PROGRAM = """
seq 1 8 hole
mmap 0 8 rw shared,fixed f0 0
write 1 7
mprotect 2 2 r
probe 0 4
contents
munmap 0 8
seq 2 8 none
mprotect 2 2 r
fork
munmap 20 1
"""
SIX = Kernels("linux-6", all_flags=True)


def own_transcript(text=PROGRAM, generation="linux-6"):
    """What the model itself says to some programs."""
    runs = [run_program(program, generation, entries=True) for program in parse_programs(text)]
    return "\n".join(map(format_transcript, runs))


def replayed(text, kernels=SIX, **kwargs):
    return replay(parse_transcript(text).sequences, kernels, **kwargs)


@pytest.mark.parametrize("generation", ["linux-6", "linux-2.6"])
def test_what_the_model_said_it_says_again(generation):
    outcome = replayed(own_transcript(generation=generation), Kernels(generation, all_flags=True))
    assert (outcome.ops_matched, outcome.ops) == (9, 9)
    assert (outcome.sequences_matched, outcome.sequences) == (2, 2)
    assert outcome.kinds() == []


# Each kind of line, spoilt: is the difference found there, and the rest of the sequence lost?
@pytest.mark.parametrize(
    ("right", "wrong", "number", "what"),
    [
        ("write 1 7 => ok", "write 1 7 => SIGBUS", 2, "result"),
        (" V 0-2 rw-s 0 f0", " V 0-2 rw-s 1 f0", 3, "V"),
        (" C 0-1=f0@0", " C 0-1=f0@3", 5, "C"),
        (" T 1-2=Pwd\n", " T 1-2=Pw\n", 2, "T"),
        ("=> 0-2=oo 2-4=oa", "=> 0-2=oo 2-4=oo", 4, "result"),
    ],
)
def test_a_difference_is_found_where_it_is(right, wrong, number, what):
    text = own_transcript()
    assert text.count(right) == 1
    outcome = replayed(text.replace(right, wrong))
    ((count, found),) = outcome.kinds()
    assert (count, found.sequence, found.number, found.what) == (1, "1", number, what)
    assert found.sides[0] != found.sides[1]
    assert (outcome.ops_matched, outcome.ops) == (3 + number - 1, 9)
    assert (outcome.sequences_matched, outcome.sequences) == (1, 2)


def test_differences_of_one_kind_are_told_once_with_their_number():
    text = "\n".join(
        f"@{name} seq 8 hole\n@{name}.1 mmap 0 {name} r private,anon,fixed => p{name}"
        for name in range(1, 6)
    )
    ((count, found),) = replayed(text).kinds()
    assert (count, found.sequence) == (5, "1")
    assert found.before.rows == ()


def test_what_was_not_recorded_is_not_compared():
    ours = Said("0", ("0-4 rw-s 0 f0",), "0-1=Pw", "0-1=0")
    assert difference(Said("0"), ours) == ""
    assert difference(Said("0", (), "0-1=Pw"), ours) == "V"
    assert difference(Said("0", ours.rows, ""), ours) == "T"
    assert difference(Said("0", ours.rows, None, ""), ours) == "C"
    assert difference(Said("-1 EINVAL"), ours) == "result"


# What a read printed and how our own runs call it are one word.
def test_a_read_that_ends_in_a_signal_has_two_spellings():
    assert difference(Said("SIGSEGV"), Said(".")) == ""
    assert difference(Said("!"), Said("SIGBUS")) == ""
    assert difference(Said("."), Said("!")) == "result"
    assert difference(Said("LOOP"), Said("LOOP")) == ""


# A dirty PROT_NONE page that reads as a file entry: its "offset" is a frame number in disguise.
def test_the_number_in_an_entry_that_is_garbage_does_not_count():
    assert difference(Said("0", None, "2-3=F4082184:n"), Said("0", None, "2-3=F3080:n")) == ""
    assert difference(Said("0", None, "2-3=F4082184:n"), Said("0", None, "2-3=Pn")) == "T"
    assert difference(Said("0", None, "2-3=F21:n"), Said("0", None, "2-3=F22:n")) == "T"
    assert difference(Said("0", None, "2-3=F4082184:r"), Said("0", None, "2-3=F3080:r")) == "T"


def test_a_model_that_breaks_down_is_a_difference_too(monkeypatch):
    def break_down(_self):
        raise KernelBug("a page is mapped twice", "dump\nof it")

    text = own_transcript()
    monkeypatch.setattr(Runner, "validate", break_down)
    outcome = replayed(text)
    assert [(count, found.what, found.number) for count, found in outcome.kinds()] == [
        (1, "model", 1),
        (1, "model", 1),
    ]
    _, ours = outcome.kinds()[0][1].sides
    assert ours == "model: KernelBug: broken law: a page is mapped twice"
    assert replayed(text, Kernels("linux-6", all_flags=True, validate=False)).mismatches == []


# 2.6 had two machines with a window at 0x50000000, and its own refusal for a flag it did not know.
def test_a_program_runs_on_the_machine_it_was_recorded_on():
    (program,) = parse_programs("mmap 0x50002000 1 r private,anon,fixed\nmunmap 2 1")
    told = list(narrate(program, Kernels("linux-2.6", "i386")))
    assert [said.result for said in told] == ["p2", "0"]
    assert told[0].rows == ("2-3 r--p 0 anon",)
    with pytest.raises(ValueError, match="x86_64"):
        list(narrate(program, Kernels("linux-6", "i386")))


# Every profile of random programs, on every kernel: what it says twice, it says alike.
@pytest.mark.slow
@pytest.mark.parametrize("generation", GENERATIONS)
def test_random_programs_say_the_same_twice(generation):
    programs = [random_program(7, number, name, 20) for name in PROFILES for number in range(2)]
    for arch in policies(generation):
        runs = [
            run_program(one, generation, arch=arch, entries=True, validate=False)
            for one in programs
        ]
        read = parse_transcript("\n".join(map(format_transcript, runs)))
        assert (read.all_flags, read.booted_each) == (True, True)
        kernels = Kernels(generation, arch, all_flags=True, validate=False, booted_each=True)
        outcome = replay(read.sequences, kernels)
        assert (outcome.ops_matched, outcome.kinds()) == (20 * len(programs), [])


@pytest.mark.slow
def test_several_processes_find_the_same():
    text = own_transcript().replace("write 1 7 => ok", "write 1 7 => SIGBUS")
    alone, together = replayed(text), replayed(text, jobs=2)
    assert alone == together
    assert pickle.loads(pickle.dumps(alone)) == alone


def test_progress_is_told():
    heard = []
    replayed(own_transcript(), progress=heard.append)
    assert heard == [1, 2]
