"""The lesson's hands on the reader's own kernel; where there is none, what was recorded of one."""

from __future__ import annotations

import mmap
import platform
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from vmalab.host import Host, HostError, release_note, unavailable
from vmalab.host.stopwatch import time_calls
from vmalab.records.program import Program
from vmalab.trace.capture import run_program as run_on_model
from vmalab.trace.transcript import Said
from vmalab.units import pages_to_bytes
from vmalab.views.describe_op import brief_op
from vmalab.widgets.pictures import Told, to_program
from vmalab.workloads.costs import MICROSECONDS
from vmalab.workloads.experiments import EXPERIMENTS, RECORDED, answer, recorded, result, told

NIGHTLY: Final = (100_000, 4_000_000)
"""Programs and operations run on Linux 6.18.44 in November 2026, without a difference."""


def which_kernel() -> Told:
    """Which kernel will answer, and what to expect of it."""
    if reason := unavailable():
        return Told(f"{reason}.\nYou will see what {RECORDED} answered, as it was recorded.")
    note = release_note() or "It is a release that the model mirrors."
    return Told(f"Linux {platform.release()} on {platform.machine()} will answer.\n{note}")


def tell_doctor() -> Told:
    """What ``vmalab doctor`` says in a shell; where no program can be started, a sentence."""
    command = [sys.executable, "-m", "vmalab", "doctor"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as reason:
        return Told(f"No program can be started here: {reason}.\nIn a shell: vmalab doctor")
    return Told((found.stdout or found.stderr).rstrip())


def real_answers(programs: Sequence[Program]) -> tuple[list[tuple[Said, ...]], str]:
    """What a real kernel said to each operation, and why it is not this one (empty if it is)."""
    reason = next(filter(None, map(unavailable, programs)), None)
    if reason is None:
        try:
            with Host(sealed=True) as host:
                return [told(host.run(program)) for program in programs], ""
        except HostError as error:
            reason = str(error)
    return [recorded(program) for program in programs], reason


def ask_kernel(program: str | Program) -> Told:
    """A program, what a real kernel said to each line, and whether the model says the same.

    ``program`` is an experiment's name, or what :func:`vmalab.widgets.ask_both` takes.
    """
    known = EXPERIMENTS.get(program) if isinstance(program, str) else None
    asked = to_program(program) if known is None else known.program
    (real,), reason = real_answers([asked])
    if not real:
        return Told(f"Of {RECORDED} this was not recorded, and here: {reason}.")
    model = told(run_on_model(asked, sealed=True))
    lines = [f"{brief_op(op):44} => {result(one)}" for op, one in zip(asked.ops, real, strict=True)]
    lines += [f"  {' '.join(row.split()[:4])}" for row in real[-1].rows or ("no VMA",)]
    pairs = enumerate(zip(real, model, strict=True), 1)
    parts = next((number for number, pair in pairs if _differ(*pair)), 0)
    lines.append(f"The model differs at operation {parts}." if parts else "The model agrees.")
    if reason:
        lines.append(f"(Recorded on {RECORDED}; here: {reason}.)")
    return Told("\n".join(lines))


def _differ(real: Said, model: Said) -> bool:
    """Results, or VMAs without their flags, of which older releases of Linux 6 tell fewer."""
    return real.result != model.result or _bare(real) != _bare(model)


def _bare(said: Said) -> list[list[str]]:
    return [row.split()[:4] for row in said.rows or ()]


def any_linux_6() -> Told:
    """Every experiment, and what a real kernel and the model answered: the same on each Linux 6."""
    asked = [one for one in EXPERIMENTS.values() if not one.since]
    real, _ = real_answers([one.program for one in asked])
    lines = [f"{'':44}{'a real kernel':18}the model"]
    for one, said in zip(asked, real, strict=True):
        model = told(run_on_model(one.program, sealed=True))
        lines.append(f"{one.asks:44}{answer(said[-1]):18}{answer(model[-1])}")
    return Told("\n".join(lines))


def try_random(programs: int = 100, profile: str = "mixed", seed: int = 2006) -> Told:
    """Random programs on the reader's kernel and on the model; the first difference, shrunk."""
    if reason := unavailable():
        done, ops = NIGHTLY
        return Told(
            f"{reason}.\nOn {RECORDED}: {done:,} programs, {ops:,} operations, no difference."
        )
    from vmalab.workloads.fuzz import Job, fuzz  # noqa: PLC0415 - a browser has no processes

    report = fuzz(Job(profile, seed, programs))
    head = (
        f"{report.programs} programs, {report.ops:,} operations, {report.share_ok:.0%} of them done"
    )
    if not report.found:
        return Told(f"{head}: no difference.")
    found = report.found[0]
    program = "\n".join(map(brief_op, found.shrunk.ops))
    return Told(f"{head}. The least that shows a difference:\n{program}\n{found.shrunk_difference}")


def tell_faults(pages: int = 1000) -> Told:
    """Touch so many fresh pages in this process, and say how many faults its kernel counted."""
    if sys.platform != "linux":
        return Told("This is not Linux, so these faults are not counted here.")
    from resource import RUSAGE_SELF, getrusage  # noqa: PLC0415 - a browser has none

    before = getrusage(RUSAGE_SELF)
    with mmap.mmap(-1, pages_to_bytes(pages)) as fresh:
        for page in range(pages):
            fresh[pages_to_bytes(page)] = 1
    after = getrusage(RUSAGE_SELF)
    minor, major = after.ru_minflt - before.ru_minflt, after.ru_majflt - before.ru_majflt
    return Told(f"{pages} pages touched: {minor} minor faults, {major} major")


def what_calls_take() -> Told:
    """Microseconds a call, here and as they were measured from C on Linux 6.18.44."""
    try:
        here = {} if unavailable() else dict(time_calls())
    except HostError:
        here = {}
    lines = [f"{'microseconds a call':22}{'here, from Python':>20}{'6.18.44, from C':>18}"]
    for name in ("floor", "mmap", "mprotect", "remap_file_pages", "guard_install"):
        mine = f"{here[name]:.1f}" if name in here else "-"
        theirs = f"{MICROSECONDS[name][0]:.1f}" if name in MICROSECONDS else "-"
        lines.append(f"{name:22}{mine:>20}{theirs:>18}")
    return Told("\n".join(lines))
