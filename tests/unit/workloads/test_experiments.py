"""Is what was recorded of a real kernel what the model says, and what this kernel says?

a program   ─┬─ recorded on Linux 6.18.44
             ├─ the model, now                 all three the same
             └─ this machine's kernel, now
"""

import pytest

from tools.recorded import transcript
from vmalab.host import release_note, unavailable
from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.trace.transcript import parse_transcript
from vmalab.workloads.experiments import EXPERIMENTS, FILE, answer, recorded, told


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_model_says_what_was_recorded(name):
    one = EXPERIMENTS[name]
    model = told(run_program(one.program, sealed=True))
    assert [said.rows for said in model] == [said.rows for said in recorded(one.program)]
    assert [said.result for said in model] == [said.result for said in recorded(one.program)]


def test_what_was_not_recorded_is_not_made_up():
    assert recorded(parse_program("munmap 0 1")) == ()


def test_no_two_experiments_end_alike():
    ends = [answer(recorded(one.program)[-1]) for one in EXPERIMENTS.values()]
    alike = {end for end in ends if ends.count(end) > 1}
    assert alike == {"p2, 2 VMAs"}, "two neighbours that stay two, for two reasons"


@pytest.mark.host
def test_this_kernel_says_what_was_recorded_if_it_is_of_that_release():
    if reason := unavailable() or release_note():
        pytest.skip(reason)
    kept, now = (parse_transcript(text) for text in (FILE.read_text(), transcript()))
    assert now.sequences == kept.sequences
