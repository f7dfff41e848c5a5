"""The machine of test_memory_machine.py driven by a seed: quick, and the same every time."""

import random

from tests.stateful.test_memory_machine import FILE_PAGES, MOST_TASKS, PAGES, Memory

STEPS = 80
FRAMES = 48
"""Few enough that the tasks' own faults reclaim, too."""
WEIGHTS = {
    "mmap_anon": 3,
    "mmap_file": 3,
    "store": 8,
    "store_everywhere": 4,
    "load": 8,
    "fork": 2,
    "exit": 1,
    "munmap": 1,
    "mprotect": 2,
    "mremap": 2,
    "dontneed": 1,
    "free": 1,
    "populate": 1,
    "pageout": 1,
    "evict": 4,
    "truncate": 2,
    "pwrite": 1,
}
TAKES = {
    "mmap_anon": "choice number length prot shared",
    "mmap_file": "choice number length prot shared which index",
    "store": "choice number half word",
    "store_everywhere": "choice number word",
    "load": "choice number half",
    "fork": "choice",
    "exit": "choice",
    "mprotect": "choice number length prot",
    "mremap": "choice number length to",
    "populate": "choice number length write",
    "evict": "hand much",
    "truncate": "which halves",
    "pwrite": "which index half word",
}
"""By rule, what it is told; other rules take a range."""


DIRECTED = {
    "rights go and come back while two show the page": """
        mmap_anon 0 0 1 3 0
        store 0 0 0 7
        fork 0
        mprotect 0 0 1 1
        mprotect 0 0 1 3
        store 0 0 0 8
    """,
    "a page on disk is read, written and unmapped": """
        mmap_file 0 0 1 3 1 1 0
        load 0 0 0
        store 0 0 0 9
        munmap 0 0 1
        evict 0 48
        mmap_file 0 0 1 3 1 1 0
    """,
    "a page on disk is read, written and put out": """
        mmap_file 0 0 1 3 1 1 0
        load 0 0 0
        store 0 0 0 9
        evict 0 48
    """,
    "a page comes back from swap, is written, and goes again": """
        mmap_anon 0 0 1 3 0
        store 0 0 0 7
        evict 0 48
        load 0 0 0
        store 0 0 0 8
        evict 0 48
    """,
    "a file is cut in the middle of a page and grows again": """
        pwrite 0 0 1 5
        truncate 0 1
        truncate 0 4
        mmap_file 0 0 2 3 1 0 0
    """,
    "the clock comes by the very page that is being copied": """
        mmap_anon 0 0 20 3 0
        store_everywhere 0 0 1
        store_everywhere 0 12 2
        fork 0
        fork 0
        store_everywhere 1 0 3
        point_the_hand 2 12
        store 2 12 0 12
        point_the_hand 2 13
        store 2 13 0 13
        point_the_hand 2 14
        store 2 14 0 14
        point_the_hand 2 15
        store 2 15 0 15
        point_the_hand 2 16
        store 2 16 0 16
        point_the_hand 2 17
        store 2 17 0 17
        point_the_hand 2 18
        store 2 18 0 18
        point_the_hand 2 19
        store 2 19 0 19
    """,
    "parent and child read a page back from swap": """
        mmap_anon 0 0 1 3 0
        store 0 0 0 7
        fork 0
        evict 0 48
        load 1 0 0
        load 0 0 0
        evict 0 48
        load 0 0 0
        store 1 0 0 8
    """,
}
"""Stories that luck would seldom tell: a rule and what it is told on each line."""


def tell(story):
    """A story on a machine of its own; raises where something is wrong."""
    machine = Memory(FRAMES)
    for line in story.strip().splitlines():
        name, *numbers = line.split()
        getattr(machine, name)(*map(int, numbers))
        machine.laws()
    machine.teardown()


def draw(rng):
    """A value for everything that a rule may ask."""
    return {
        "choice": rng.randrange(1 << 16),
        "number": rng.choice([*range(PAGES), *range(5), *range(5)]),
        "length": rng.randint(1, 6),
        "to": rng.randrange(PAGES),
        "prot": rng.choice([3, 3, 3, 3, 3, 1, 0]),
        "shared": rng.random() < 0.4,
        "write": rng.random() < 0.5,
        "which": rng.randrange(2),
        "index": rng.randrange(FILE_PAGES),
        "half": rng.randrange(2),
        "halves": rng.randint(0, 2 * FILE_PAGES + 2),
        "word": rng.randint(1, 1 << 31),
        "hand": rng.randrange(1 << 16),
        "much": rng.randint(1, 40),
    }


def drive(seed):
    """So many random steps, the laws after each; raises where something is wrong."""
    rng, machine = random.Random(seed), Memory(FRAMES)
    for _ in range(STEPS):
        name = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        nr_tasks, values = len(machine.tasks), draw(rng)
        if (name == "fork" and nr_tasks == MOST_TASKS) or (name == "exit" and nr_tasks == 1):
            continue
        words = TAKES.get(name, "choice number length").split()
        getattr(machine, name)(*(values[word] for word in words))
        machine.laws()
    machine.teardown()
