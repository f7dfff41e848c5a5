"""Watching the model run: from a program to the record of its run."""

from vmalab.trace.capture import run_program

__all__ = ["run_program"]
