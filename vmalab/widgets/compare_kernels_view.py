"""What CompareKernels shows: plain data, computed from a program's runs on several kernels."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any, Final

from vmalab.records.run import Run, Step
from vmalab.records.words import count_pages, in_window
from vmalab.views import Drawing, before_after
from vmalab.views.describe import brief_kernel, describe_event, describe_step
from vmalab.views.describe_op import brief_op, describe_op
from vmalab.widgets.frames import count_of, maps_rows, why, without_heading
from vmalab.widgets.pictures import closer
from vmalab.workloads.parting import NOT_RUN, STOPPED, Parting, vmas_of

WHATS: Final = {
    "results": "the answers differ",
    "VMAs": "the VMAs differ afterwards",
    "pages": "the pages show something else afterwards",
}
"""What may differ, in words."""
TOLD_ELSEWHERE: Final = ("The program called", "Refused with")
"""How the sentences begin of events that the rest of the page tells."""


def table(found: Parting) -> dict[str, Any]:
    """The program's lines, and beside each what every kernel answered."""
    numbers = range(1, len(found.runs[0].steps) + 1)
    return {
        "heads": [{"name": run.kernel, "brief": brief_kernel(run.kernel)} for run in found.runs],
        "rows": [_row(found, number) for number in numbers],
        "first": found.first or 0,
        "verdict": verdict(found),
    }


def _row(found: Parting, number: int) -> dict[str, Any]:
    letters = letters_of(found, number)
    apart = len(set(letters.values())) > 1
    steps = [(run, run.steps[number - 1]) for run in found.runs]
    return {
        "number": number,
        "line": brief_op(steps[0][1].op),
        "differs": found.what(number),
        "cells": [
            {
                "text": step.result.removeprefix("-1 "),
                "vmas": count_of(step.after.map_count, "VMA") if step.result != NOT_RUN else "",
                "failed": step.failed or step.result == STOPPED,
                "letter": letters[run.kernel] if apart else "",
            }
            for run, step in steps
        ],
    }


def letters_of(found: Parting, number: int) -> dict[str, str]:
    """A letter for each kernel; those that are alike after an operation have the same."""
    return {
        run.kernel: letter
        for letter, group in zip(ascii_uppercase, found.groups(number), strict=False)
        for run in group
    }


def verdict(found: Parting) -> str:
    """Where the kernels part first, in a sentence or two.

    >>> from vmalab.records.text import parse_program
    >>> from vmalab.workloads.parting import part
    >>> asked = parse_program("mmap 0 4 rw shared,fixed f0 0")
    >>> verdict(part(asked, ("linux-2.6", "linux-6")))
    'The 2 kernels agree from the first operation to the last: results, VMAs and pages.'
    """
    count = len(found.runs)
    if not found.runs[0].steps:
        return "There is nothing to run."
    if count == 1:
        return f"Only {found.runs[0].kernel} runs it; choose another kernel to compare with."
    if found.first is None:
        return (
            f"The {count} kernels agree from the first operation to the last: "
            "results, VMAs and pages."
        )
    op = found.runs[0].steps[found.first - 1].op
    how = WHATS[found.what(found.first)]
    return f"They part at operation {found.first}, {brief_op(op)}: {how}."


def show(found: Parting, at: int, key: str) -> dict[str, Any]:
    """Everything that the page shows of one operation."""
    if not found.runs[0].steps:
        return {"where": "no operation", "line": "", "sentence": "", "groups": {}}
    step = found.runs[0].steps[at - 1]
    asked = describe_op(step.op)
    return {
        "where": f"operation {at} of {len(found.runs[0].steps)}",
        "line": brief_op(step.op),
        "sentence": f"{asked[0].upper()}{asked[1:]}: {_alike(found, at)}.",
        "groups": {
            letter: _group(group, at, f"{key}{letter}")
            for letter, group in zip(ascii_uppercase, found.groups(at), strict=False)
        },
    }


def _alike(found: Parting, at: int) -> str:
    groups = found.groups(at)
    if len(groups) == 1:
        return "all kernels shown are alike" if len(found.runs) > 1 else "one kernel is shown"
    return f"{WHATS[found.what(at)]}, in {len(groups)} groups"


def _group(group: tuple[Run, ...], at: int, key: str) -> dict[str, Any]:
    """Kernels that are alike, shown by the first of them."""
    run = group[0]
    step = run.steps[at - 1]
    before = run.state(at - 1)
    window = closer(run.window, before, step.after)
    told = [describe_event(event, run.window) for event in step.events]
    drawing = Drawing(without_heading(before_after(before, step, window, reasons=False).scene))
    return {
        "kernels": [one.kernel for one in group],
        "sentence": ending(run, step),
        "failed": step.failed or step.result == STOPPED,
        "why": [pair for pair in why(step, run.window) if pair[0] not in {"error", "because"}],
        "events": [text for text in told if not text.startswith(TOLD_ELSEWHERE)],
        "picture": drawing.live(key),
        "maps": maps_rows(before, step.after),
        "totals": f"{count_of(step.after.map_count, 'VMA')}, {count_pages(step.after.total_vm)}",
    }


def ending(run: Run, step: Step) -> str:
    """What came of an operation, without what was asked, which is the same for all."""
    if step.result == STOPPED:
        return f"The kernel itself stops here: {in_window(step.because, run.window)}."
    if step.result == NOT_RUN:
        return "Not run: the kernel stopped before."
    told = describe_step(step, run.window)
    asked = describe_op(step.op)
    rest = told[len(asked) + 2 :]
    return rest[0].upper() + rest[1:]


def text_twin(found: Parting) -> str:
    """All of it in text: a column a group, the first difference marked and explained."""
    kernels = [f"  {run.kernel}" for run in found.runs]
    lines = [f"CompareKernels: {len(found.runs[0].steps)} operations on", *kernels, verdict(found)]
    for number, step in enumerate(found.runs[0].steps, 1):
        mark = " <-- the first difference" if number == found.first else ""
        lines.append(f"{number:3}  {brief_op(step.op)}{mark}")
        for letter, group in zip(ascii_uppercase, found.groups(number), strict=False):
            names = ", ".join(brief_kernel(run.kernel) for run in group)
            said = ending(group[0], group[0].steps[number - 1])
            count = count_of(group[0].steps[number - 1].after.map_count, "VMA")
            who = "all" if len(group) == len(found.runs) else f"{letter} ({names})"
            lines.append(f"       {who}: {said} {count}.")
            if number == found.first:
                lines += [f"          {row}" for row in vmas_of(group[0], number)]
    return "\n".join(lines)
