"""Does the model say what real kernels of 2006 said, line by line?

    transcript   @7.4 remap 3 1 none 9 => 0   V 0-8 rw-s 0 f0 nl   T 3-4=Pw
    model                               0       0-8 rw-s 0 f0 nl     3-4=Pw

tests/data/transcripts/README.md tells where the transcripts are from.
"""

import gzip
from functools import cache
from pathlib import Path

import pytest

from vmalab.cli.replay import arch_of
from vmalab.trace.transcript import parse_transcript
from vmalab.workloads.replay import Kernels, difference, narrate_one, replay

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "data" / "transcripts"
GENERATIONS = {
    "linux-2.6.18": "linux-2.6",
    "linux-2.6.18-manyprots-2006-04": "linux-2.6-manyprots-2006-04",
    "linux-2.6.18-manyprots-v4": "linux-2.6-manyprots-v4",
}
FILES = sorted(FOLDER.glob("*/*.gz"))
NAMES = [f"{path.parent.name}/{path.name}" for path in FILES]
LEAST_OPS, LEAST_SEQUENCES = 0.999, 0.99
PROCESSES = 2
LAWS_EVERY = 20
"""Of so many sequences one is held to the model's own laws too, after every operation."""


@cache
def transcript(path: Path):
    return parse_transcript(gzip.decompress(path.read_bytes()).decode())


def kernels(path: Path, *, validate: bool = False) -> Kernels:
    arch, _ = arch_of(path, None)
    return Kernels(GENERATIONS[path.parent.name], arch, transcript(path).all_flags, validate)


def test_every_recorded_kernel_has_transcripts():
    assert {path.parent.name for path in FILES} == set(GENERATIONS)
    assert len(FILES) == 14
    assert sum(transcript(path).nr_ops for path in FILES) == 86_460


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_line_is_the_same(path):
    outcome = replay(transcript(path).sequences, kernels(path), jobs=PROCESSES)
    told = [f"{count} x {found}" for count, found in outcome.kinds()]
    assert outcome.ops_matched >= LEAST_OPS * outcome.ops, told
    assert outcome.sequences_matched >= LEAST_SEQUENCES * outcome.sequences, told
    assert told == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_laws_hold_on_the_way(path):
    sequences = transcript(path).sequences[::LAWS_EVERY]
    assert replay(sequences, kernels(path, validate=True)).kinds() == []


# A kernel that loses frames: what sequence 59 finds depends on what those before it have lost.
def test_a_sequence_shown_alone_runs_on_the_boot_that_those_before_it_left():
    path = next(one for one in FILES if one.parent.name.endswith("2006-04"))
    sequences, on = transcript(path).sequences, kernels(path)
    number = next(at for at, one in enumerate(sequences) if one.program.name == "59")
    assert replay(sequences[number : number + 1], on).sequences_matched == 0
    told = list(narrate_one(sequences, number, on))
    assert len(told) == len(sequences[number].said)
    assert {difference(*pair) for pair in zip(sequences[number].said, told, strict=True)} == {""}
