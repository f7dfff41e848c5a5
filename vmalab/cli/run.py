"""``vmalab run``: a program file on one kernel or several."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vmalab import host
from vmalab.cli.status import BAD_INPUT, DIFFERENT, IMPOSSIBLE, CannotError
from vmalab.generations import GENERATIONS
from vmalab.records.run import format_transcript
from vmalab.records.text import ProgramError, parse_programs
from vmalab.trace.capture import run_program
from vmalab.views.describe import describe_event
from vmalab.workloads.differential import comparable, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmalab.records.program import Program
    from vmalab.records.run import Run

HOST = "host"
DEFAULT = "linux-6"


def run(
    file: Annotated[str, typer.Argument(help="A program (docs/program-format.md); - is stdin.")],
    on: Annotated[
        list[str] | None,
        typer.Option(help="A kernel: linux-6, or host for this machine's own; repeat to compare."),
    ] = None,
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
        if kernel not in {HOST, *GENERATIONS}:
            names = ", ".join([*GENERATIONS, HOST])
            raise CannotError(f"no kernel is called {kernel!r}", f"choose one of {names}")
    programs = read_programs(file)
    parts = []
    different = False
    for program in programs:
        runs = [run_on(kernel, program, sealed=sealed) for kernel in kernels]
        parts += [text_of(one, why=why, events=events) for one in runs]
        different |= report_differences(runs, sealed=sealed)
    if transcript is None:
        typer.echo("\n".join(parts), nl=False)
    else:
        write(transcript, "\n".join(parts))
        typer.echo(f"{transcript}: {len(parts)} transcript{'s' * (len(parts) != 1)} written")
    if different:
        raise typer.Exit(DIFFERENT)


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


def run_on(kernel: str, program: Program, *, sealed: bool) -> Run:
    """One program on one kernel.

    Raises:
        CannotError: this machine's kernel cannot be asked.
    """
    if kernel != HOST:
        return run_program(program, kernel, sealed=sealed)
    try:
        return host.run_program(program, sealed=sealed, flags_each=True)
    except host.HostUnsupportedError as error:
        raise CannotError(str(error), f"try --on {DEFAULT}", IMPOSSIBLE) from None
    except host.HostError as error:
        raise CannotError(str(error), "", BAD_INPUT) from None


def report_differences(runs: Sequence[Run], *, sealed: bool) -> bool:
    """Say on standard error where runs differ from the first; True if any does."""
    different = False
    for other in runs[1:]:
        if not comparable(runs[0], other):
            continue
        found = compare(runs[0], other, sealed=sealed)
        if found is not None:
            different = True
            names = f"{runs[0].kernel} and {other.kernel}"
            typer.echo(f"{names} differ in {found.told(runs[0].kernel, other.kernel)}", err=True)
    return different


def text_of(one: Run, *, why: bool, events: bool) -> str:
    """A run's transcript, with comments where they are asked for."""
    text = format_transcript(one)
    if not (why or events):
        return text
    lines, steps = [], iter(one.steps)
    for line in text.splitlines():
        lines.append(line)
        if " => " in line:
            step = next(steps)
            if events:
                lines += [f"#   {describe_event(event, one.window)}" for event in step.events]
            if why and step.because:
                lines.append(f"#   because {step.because} [{step.rule}]")
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
