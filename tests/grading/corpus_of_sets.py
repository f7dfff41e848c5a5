"""Submissions that try to get points in other sets than the first: loaders, and parts of a kernel.

What such an answer is called by is larger: a learner's lines are carried out as a program, and a
learner's function stands inside the model. Where one asks for a path, it gets a real one.
"""

CASES = {
    "a plan that reads the bundle": (
        "06",
        "ex6_q5",
        """
import json
def plan(segments, relro):
    return json.load(open({sealed!r}))['items'][4]['probes'][0]['expected']
""",
    ),
    "a plan from a library of the machine": (
        "06",
        "ex6_q5",
        """
from vmalab.loader.elf import read_elf
def plan(segments, relro):
    return [str(read_elf({other!r})), str(read_elf('/lib/x86_64-linux-gnu/libc.so.6'))]
""",
    ),
    "a plan that never ends": (
        "06",
        "ex6_q5",
        "import itertools\ndef plan(segments, relro):\n    return list(itertools.repeat(''))\n",
    ),
    "a plan that wants all memory": (
        "06",
        "ex6_q5",
        """
def plan(segments, relro):
    huge = 'mmap 0 0x7ffffffff000 rw private,anon,fixed,populate'
    return [huge, 'mmap 0 16777216 rw shared,anon,populate']
""",
    ),
    "a loader's probes replaced": (
        "06",
        "ex6_q5",
        """
import vmalab.grading.libraries as libraries
libraries.random_cases = lambda *a: iter(())
libraries.vmas_by = libraries.reserved_by = lambda plan, case: plan(*case)
def plan(segments, relro):
    return []
""",
    ),
    "a place that is not taken": (
        "08",
        "ex8_q5",
        """
import contextlib
import vmalab.grading.rights as rights
rights.access_in_place = lambda allowed: contextlib.nullcontext()
def allowed(entry, usual, access):
    return 'ok'
""",
    ),
    "stars that are not run": (
        "08",
        "ex8_q6",
        """
import vmalab.grading.rights as rights
rights.stars_outcome = lambda *a: 'ok'
rights.star_programs = lambda *a: iter(())
def leave(page, own, rights, usual):
    return 0
""",
    ),
    "a kernel broken for good": (
        "08",
        "ex8_q4",
        """
from vmalab.arch.pte import PteFormat
from vmalab.mm import vmscan
vmscan.evict_file = lambda *a, **k: 0
PteFormat.pte_to_pgoff = lambda *a: 0
def read_note(entry):
    return 0, 'rw'
""",
    ),
}
"""By name: the set, the cell that it is put into, and the source. None of these answers either."""
