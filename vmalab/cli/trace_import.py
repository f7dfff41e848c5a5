"""``vmalab trace`` and ``vmalab trace-import``: a real process's calls as a program."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vmalab.cli.run import write
from vmalab.cli.status import BAD_INPUT, IMPOSSIBLE, CannotError
from vmalab.loader.strace import StraceError, bounded_lines, read_strace
from vmalab.loader.trace_import import import_trace

if TYPE_CHECKING:
    from collections.abc import Iterable

STDERR: Final = 2
"""Where the command's own output goes: standard output is the program's."""
WATCHED: Final = (
    "execve,open,openat,creat,memfd_create,close,dup,dup2,dup3,fcntl,"
    "mmap,munmap,mprotect,mremap,madvise,brk,mlock,mlock2,munlock,msync,remap_file_pages"
)
"""The calls that matter to an address space; what strace is asked for."""


def trace_import(
    log: Annotated[str, typer.Argument(help="What strace -o wrote; - is standard input.")],
    out: Annotated[Path | None, typer.Option(help="Write the program to this file.")] = None,
    without_exec: Annotated[
        bool, typer.Option("--without-exec", help="Leave out what execve mapped.")
    ] = False,
) -> None:
    """Turn a trace of strace into a program, which vmalab run replays on any kernel."""
    name = "standard input" if log == "-" else log
    try:
        if log == "-":
            text = _program(bounded_lines(sys.stdin), name, with_exec=not without_exec)
        else:
            with Path(log).open(errors="surrogateescape") as lines:
                text = _program(bounded_lines(lines), name, with_exec=not without_exec)
    except OSError as error:
        raise CannotError(f"{name}: {error.strerror}", "give a file that strace -o wrote") from None
    _give(text, out)


def trace(
    command: Annotated[list[str], typer.Argument(help="A command and its arguments, after --.")],
    out: Annotated[Path | None, typer.Option(help="Write the program to this file.")] = None,
) -> None:
    """Run a command under strace, and make a program of its memory calls."""
    strace = shutil.which("strace")
    if strace is None:
        raise CannotError("strace is not installed", "apt-get install strace", IMPOSSIBLE)
    if shutil.which(command[0]) is None:
        raise CannotError(f"{command[0]}: there is no such command", "give a command and arguments")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        watch = [strace, "-o", str(log), "-e", f"trace={WATCHED}", "--", *command]
        done = subprocess.run(watch, stdout=STDERR, check=False)
        if not log.exists() or not log.stat().st_size:
            what = f"strace saw nothing of {command[0]} (status {done.returncode})"
            raise CannotError(what, "may this user trace processes?", IMPOSSIBLE)
        with log.open(errors="surrogateescape") as lines:
            text = _program(lines, command[0], with_exec=True)
    _give(text, out)


def _program(lines: Iterable[str], name: str, *, with_exec: bool) -> str:
    """The program's text.

    Raises:
        CannotError: it is no trace, or nothing that can be a program.
    """
    try:
        return import_trace(read_strace(lines), with_exec=with_exec).text()
    except StraceError as error:
        raise CannotError(f"{name}: {error}", "", BAD_INPUT) from None


def _give(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text.encode(errors="backslashreplace").decode(), nl=False)
    else:
        write(out, text.encode(errors="backslashreplace").decode())
        typer.echo(f"{out}: written; vmalab run {out} replays it")
