"""Exercises and their grader: what a learner asks in a notebook, and what an instructor runs.

Formative: :func:`check` answers in the notebook, at once, from the probes that may be shown.
Summative: :mod:`vmalab.grading.pool` runs each submission in a sandbox and judges it from outside.
Both compare by :func:`vmalab.grading.canonical.agrees`.
"""

from vmalab.grading.formative import NotYetError, check, question

__all__ = ["NotYetError", "check", "question"]
