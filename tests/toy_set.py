"""Small exercise sets, written here, and notebooks that answer them."""

import json

import pytest

from vmalab.grading.bundle import ExerciseSet, Item, Probe
from vmalab.grading.canonical import canonical


def probe(name, level, points, source, *values):
    return Probe(name, level, points, f"hint of {name}", source, tuple(map(canonical, values)))


@pytest.fixture(scope="session")
def toy():
    """Two items: a number to predict, in two variants, and a function to write."""
    number = Item(
        "ex1.q1",
        "predict",
        "A number",
        "number",
        ("think", "think again"),
        (
            probe("its size", "open", 1, "tell(n=number)", {"n": 3}, {"n": 4}),
            probe("its parity", "hidden", 1, "tell(odd=number % 2)", {"odd": 1}, {"odd": 0}),
        ),
        "number = None",
        ({"shown": "three"}, {"shown": "four"}),
    )
    double = Item(
        "ex1.q2",
        "implement",
        "Double",
        "double",
        ("add it to itself",),
        (
            probe("of 2", "open", 1, "tell(n=attempt(double, 2))", {"n": 4}),
            probe("of 0", "closed", 1, "tell(n=attempt(double, 0))", {"n": 0}),
            probe("of -3", "hidden", 2, "tell(n=attempt(double, -3))", {"n": -6}),
        ),
        "def double(n):\n    raise NotImplementedError",
    )
    return ExerciseSet("01", "A toy set", (number, double))


RIGHT = {"ex1_q1": "number = 3", "ex1_q2": "def double(n):\n    return 2 * n"}


def cell(source, grade_id=None, kind="code"):
    meta = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": kind, "metadata": meta, "source": source}


def notebook(*cells, **metadata):
    whole = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole).encode()


@pytest.fixture
def answered():
    """A notebook with answers by grade_id; those left out are right."""

    def write(**answers):
        return notebook(*(cell(text, name) for name, text in {**RIGHT, **answers}.items()))

    return write
