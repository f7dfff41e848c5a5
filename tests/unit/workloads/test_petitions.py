"""Who got what from the patch of 2006?

             had   hoped: plain 2.6   posted series   private (counterfactual)   linux-6
guest         6        EINVAL              1                   1                 EINVAL
database      6        1                   1                   1                 6
library       4        EINVAL              EINVAL              1                 EINVAL
stacks        6        6                   6                   1                 6
"""

import pytest

from vmalab.records.text import parse_program
from vmalab.trace.capture import run_program
from vmalab.workloads.petitions import PETITIONS, granted

KERNELS = ("linux-2.6", "linux-2.6-manyprots-v4", "linux-2.6-manyprots-private", "linux-6")
VERDICT = {
    "guest": ("6", "EINVAL", "1", "1", "EINVAL"),
    "database": ("6", "1", "1", "1", "6"),
    "library": ("4", "EINVAL", "EINVAL", "1", "EINVAL"),
    "stacks": ("6", "6", "6", "1", "6"),
}


@pytest.mark.parametrize("name", PETITIONS)
def test_only_the_guest_is_helped_by_what_was_posted(name):
    asked = PETITIONS[name]
    had = granted(asked.had, "linux-2.6")
    assert (had, *(granted(asked.hoped, kernel) for kernel in KERNELS)) == VERDICT[name]


@pytest.mark.parametrize(
    ("name", "kernel"), [("guest", "linux-2.6-manyprots-v4"), ("library", KERNELS[2])]
)
def test_what_is_hoped_for_is_the_same_memory(name, kernel):
    """The same pages of the file, with the same rights, as the calls that there were."""
    ends = []
    for text in (PETITIONS[name].had, PETITIONS[name].hoped):
        run = run_program(parse_program(f"seq 1 8 hole\n{text}\nprobe 0 8\ncontents"), kernel)
        ends.append([step.result for step in run.steps[-2:]])
    assert ends[0] == ends[1]
