"""The program ``vmalab``: its commands, and what becomes of errors."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Annotated, Any

import typer

from vmalab import __version__
from vmalab.cli.doctor import doctor
from vmalab.cli.fuzz import fuzz
from vmalab.cli.generations import generations
from vmalab.cli.grade import grade
from vmalab.cli.lab import lab
from vmalab.cli.ld import ld
from vmalab.cli.maps import maps
from vmalab.cli.progress import progress
from vmalab.cli.replay import replay
from vmalab.cli.run import run
from vmalab.cli.start import start
from vmalab.cli.status import BAD_INPUT, DIFFERENT, OUR_FAULT, STATUSES, CannotError
from vmalab.cli.trace_import import trace, trace_import
from vmalab.cli.uml import uml
from vmalab.cli.whatif import whatif

TRACEBACK = "VMALAB_TRACEBACK"
"""Set this environment variable to see where vmalab itself went wrong."""

UsageError: type[Exception] = typer.BadParameter.__bases__[0]
"""What typer raises for every mistake on the command line."""

app = typer.Typer(
    name="vmalab",
    help="A Linux memory manager to read, play with and check against the kernel underneath.",
    epilog=STATUSES,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    lab,
    start,
    run,
    fuzz,
    replay,
    generations,
    maps,
    ld,
    whatif,
    trace_import,
    trace,
    grade,
    progress,
    uml,
    doctor,
):
    app.command(epilog=STATUSES)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vmalab {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """A Linux memory manager to read, play with and check against the kernel underneath."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(BAD_INPUT)


def main() -> None:
    """Run the command line; errors are one line with the cure, never a traceback."""
    try:
        sys.exit(app(standalone_mode=False))
    except UsageError as error:
        _say(_usage(error))
        sys.exit(BAD_INPUT)
    except CannotError as error:
        _say(str(error))
        sys.exit(error.status)
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone; nothing may be written at exit either.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DIFFERENT)
    except OSError as error:  # whatever a command did not foresee
        _say(f"{error.filename or 'the operating system'}: {error.strerror or error}")
        sys.exit(BAD_INPUT)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        _say(f"{type(error).__name__}: {error}; please report it, with {TRACEBACK}=1 set")
        sys.exit(OUR_FAULT)


def _usage(error: Any) -> str:
    """A mistake on the command line, in one line."""
    command = error.ctx.command_path if error.ctx else "vmalab"
    return f"{error.format_message().rstrip('.')}; {command} --help says more"


def _say(text: str) -> None:
    line = " ".join(text.split("\n"))
    sys.stderr.write(f"vmalab: {line}\n")
