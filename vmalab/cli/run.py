"""``vmalab run``: a program file on one kernel or several."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vmalab import host
from vmalab.cli.columns import columns
from vmalab.cli.status import BAD_INPUT, DIFFERENT, IMPOSSIBLE, CannotError
from vmalab.generations import GENERATIONS, generation
from vmalab.records.program import WINDOW_START
from vmalab.records.run import format_transcript
from vmalab.records.text import ProgramError, parse_programs
from vmalab.trace.capture import run_program
from vmalab.trace.transcript import said_of
from vmalab.views.describe import describe_event
from vmalab.workloads.differential import comparable, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vmalab.records.program import Program
    from vmalab.records.run import Run, Step

HOST = "host"
DEFAULT = "linux-6"
OF_TODAY = {HOST, DEFAULT}
"""Kernels that tell the same VmFlags."""


def run(
    file: Annotated[str, typer.Argument(help="A program (docs/program-format.md); - is stdin.")],
    on: Annotated[
        list[str] | None,
        typer.Option(
            help="A kernel: linux-6, linux-2.6 …, or host, this machine's own; repeat to compare."
        ),
    ] = None,
    arch: Annotated[
        str, typer.Option(help="The model's machine: x86_64, i386 or i386-pae.")
    ] = "x86_64",
    transcript: Annotated[
        Path | None, typer.Option(help="Write the transcripts to this file, not to the screen.")
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="After each refusal, say what led to it.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="After each operation, say what happened inside.")
    ] = False,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Leave the program no addresses but its window.")
    ] = False,
) -> None:
    """Run a program and print its transcript: results, and the VMAs after every operation."""
    kernels = on or [DEFAULT]
    for kernel in kernels:
        check_kernel(kernel, arch)
    parts, texts = [], []
    different = False
    for program in read_programs(file):
        entries = transcript is not None or len(kernels) > 1
        runs = [run_on(one, program, arch, sealed=sealed, entries=entries) for one in kernels]
        parts += [text_of(one, why=why, events=events) for one in runs]
        found = find_differences(runs, sealed=sealed)
        if len(runs) > 1:
            texts.append(beside(runs, found, why=why, events=events))
        different |= bool(found)
    if transcript is None:
        typer.echo("\n".join(texts or parts), nl=False)
    else:
        write(transcript, "\n".join(parts))
        typer.echo(f"{transcript}: {len(parts)} transcript{'s' * (len(parts) != 1)} written")
    if different:
        raise typer.Exit(DIFFERENT)


def check_kernel(kernel: str, arch: str) -> None:
    """Is there such a kernel, and does it run on that machine?

    Raises:
        CannotError: no.
    """
    if kernel not in {HOST, *GENERATIONS}:
        names = ", ".join([*GENERATIONS, HOST])
        raise CannotError(f"no kernel is called {kernel!r}", f"choose one of {names}")
    if arch not in WINDOW_START:
        names = ", ".join(WINDOW_START)
        raise CannotError(f"{arch!r} is no architecture", f"choose one of {names}")
    if kernel == HOST and arch != "x86_64":
        raise CannotError(f"this machine's kernel is not {arch}", "leave out --arch, or host")
    if kernel != HOST:
        try:
            generation(kernel, arch)
        except ValueError as error:
            raise CannotError(str(error)) from None


def read_programs(file: str) -> list[Program]:
    """The programs of a file.

    Raises:
        CannotError: it cannot be read, or is not a program.
    """
    name = "standard input" if file == "-" else file
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return parse_programs(data.decode())
    except OSError as error:
        raise CannotError(f"{name}: {error.strerror}", "give a program file, or -") from None
    except UnicodeDecodeError as error:
        what = f"{name}: byte {error.start} is not UTF-8 text"
        raise CannotError(what, "give a text file, not a binary one") from None
    except ProgramError as error:
        raise CannotError(f"{name}: {error}") from None


def run_on(kernel: str, program: Program, arch: str, *, sealed: bool, entries: bool) -> Run:
    """One program on one kernel.

    Raises:
        CannotError: this machine's kernel cannot be asked.
    """
    if kernel != HOST:
        return run_program(program, kernel, sealed=sealed, arch=arch, entries=entries)
    try:
        return host.run_program(program, sealed=sealed, flags_each=True)
    except host.HostUnsupportedError as error:
        raise CannotError(str(error), f"try --on {DEFAULT}", IMPOSSIBLE) from None
    except host.HostError as error:
        raise CannotError(str(error), "", BAD_INPUT) from None


def find_differences(runs: Sequence[Run], *, sealed: bool) -> dict[int, str]:
    """Where runs first differ from the first of them, and in what; told on standard error."""
    found: dict[int, str] = {}
    for other in runs[1:]:
        if not comparable(runs[0], other):
            continue
        alike = {runs[0].kernel, other.kernel} <= OF_TODAY
        difference = compare(runs[0], other, sealed=sealed, flags=alike)
        if difference is not None:
            names = f"{runs[0].kernel} and {other.kernel}"
            told = difference.told(runs[0].kernel, other.kernel)
            typer.echo(f"{names} differ in {told}", err=True)
            many = len(runs) > 2
            what = f"{difference.what} of {other.kernel}" if many else difference.what
            before = found.get(difference.number)
            found[difference.number] = f"{before}, {what}" if before else what
    return found


def beside(runs: Sequence[Run], found: dict[int, str], *, why: bool, events: bool) -> str:
    """Several runs of one program, side by side."""
    program = runs[0].program
    alike = {one.kernel for one in runs} <= OF_TODAY
    told = [
        [said_of(step, one.window, all_flags=alike) for one, step in zip(runs, steps, strict=True)]
        for steps in zip(*(one.steps for one in runs), strict=True)
    ]
    notes = [
        [f"{one.kernel}: {note}" for one, note in _notes(runs, number, why=why, events=events)]
        for number in range(len(program.ops))
    ]
    head = f"seq {program.name} {program.pages} {program.fill}: "
    lines = columns(program.ops, told, found, notes)
    return "\n".join([head + " | ".join(one.kernel for one in runs), *lines]) + "\n"


def _notes(
    runs: Sequence[Run], number: int, *, why: bool, events: bool
) -> Iterator[tuple[Run, str]]:
    for one in runs:
        for note in comments(one, one.steps[number], why=why, events=events):
            yield one, note


def comments(one: Run, step: Step, *, why: bool, events: bool) -> list[str]:
    """What happened inside an operation, and why it was refused, as far as it is asked for."""
    notes = [describe_event(event, one.window) for event in step.events] if events else []
    if why and step.because:
        notes.append(f"because {step.because} [{step.rule}]")
    return notes


def text_of(one: Run, *, why: bool, events: bool) -> str:
    """A run's transcript, with comments where they are asked for."""
    text = format_transcript(one)
    if not (why or events):
        return text
    lines, steps = [], iter(one.steps)
    for line in text.splitlines():
        lines.append(line)
        if " => " in line:
            told = comments(one, next(steps), why=why, events=events)
            lines += [f"#   {note}" for note in told]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        CannotError: it cannot be written.
    """
    try:
        path.write_text(text)
    except OSError as error:
        raise CannotError(f"{path}: {error.strerror}", "choose another file") from None
